//! Why a handshake failed: what the peer said decides, not only what the library makes of it.

use std::io;

use rustls::{AlertDescription, Error, PeerIncompatible};

use crate::observation::{IoFault, IoKind, Sample, TlsFailure, TlsFault};
use crate::phase::io::{Meter, is_over_budget};
use crate::phase::{Failure, exhausted};
use crate::text::Clean;

/// The fault behind a handshake's error.
pub(super) fn from_error(host: &str, error: &io::Error, meter: &Meter) -> Failure<TlsFault> {
    if let Some(fault) = exhausted("shake hands", error) {
        return Failure::Monitor(fault);
    }
    Failure::Fault(fault(host, failure(error), meter))
}

/// The fault of a handshake that is not complete in time.
pub(super) fn timed_out(host: &str, meter: &Meter) -> TlsFault {
    fault(host, TlsFailure::TimedOut, meter)
}

fn fault(host: &str, failure: TlsFailure, meter: &Meter) -> TlsFault {
    let head = meter.head();
    let host = host.to_owned();
    if is_no_tls(&head) {
        let first_bytes = Some(Sample::new(&head));
        return TlsFault { host, failure: TlsFailure::NotTls, answered: false, first_bytes };
    }
    TlsFault { host, failure, answered: !head.is_empty(), first_bytes: None }
}

/// Whether an answer cannot be the beginning of a TLS record (RFC 8446, section 5.1): its type is one of four, its
/// version begins with 3.
fn is_no_tls(head: &[u8]) -> bool {
    match head {
        [] => false,
        [kind] => !matches!(kind, 0x14..=0x17),
        [kind, major, ..] => !matches!(kind, 0x14..=0x17) || *major != 0x03,
    }
}

fn failure(error: &io::Error) -> TlsFailure {
    if is_over_budget(error) {
        return TlsFailure::Protocol(Clean::new(&error.to_string()));
    }
    if let Some(error) = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        return protocol_failure(error);
    }
    let fault = IoFault::from(error);
    match fault.kind {
        IoKind::Closed => TlsFailure::Lost(IoFault::closed()),
        // The kernel gave up on the connection: nobody acknowledged what we sent.
        IoKind::TimedOut => TlsFailure::TimedOut,
        _ => TlsFailure::Lost(fault),
    }
}

fn protocol_failure(error: &Error) -> TlsFailure {
    let words = || Clean::new(&error.to_string());
    match error {
        Error::AlertReceived(AlertDescription::ProtocolVersion) => TlsFailure::Version("alert protocol_version".into()),
        Error::AlertReceived(alert) => TlsFailure::Alert(Clean::new(&alert_name(*alert))),
        Error::PeerIncompatible(
            PeerIncompatible::ServerDoesNotSupportTls12Or13
            | PeerIncompatible::ServerTlsVersionIsDisabledByOurConfig
            | PeerIncompatible::Tls12NotOffered
            | PeerIncompatible::Tls12NotOfferedOrEnabled
            | PeerIncompatible::SupportedVersionsExtensionRequired,
        ) => TlsFailure::Version(words()),
        _ => TlsFailure::Protocol(words()),
    }
}

/// An alert by its name in RFC 8446, section 6, which is rustls' in snake_case.
fn alert_name(alert: AlertDescription) -> String {
    match alert {
        AlertDescription::UnknownCA => return "unknown_ca".to_owned(),
        AlertDescription::UnknownPSKIdentity => return "unknown_psk_identity".to_owned(),
        // RFC 8446 spells it the other way.
        AlertDescription::UnrecognisedName => return "unrecognized_name".to_owned(),
        AlertDescription::Unknown(code) => return format!("{code}"),
        _ => {}
    }
    let mut name = String::new();
    for character in format!("{alert:?}").chars() {
        if character.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(character.to_ascii_lowercase());
    }
    name
}
