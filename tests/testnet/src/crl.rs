//! Revocation lists, really signed, and what may come in their place.

use bytes::Bytes;
use rcgen::{CertificateRevocationListParams, KeyIdMethod, RevocationReason, RevokedCertParams, SerialNumber};
use time::Duration;

use crate::certs::Authority;
use crate::fault::{CrlFault, DENY_PAGE};

/// The usual CRL number.
const NUMBER: u64 = 7;
/// The usual count of revoked certificates.
const REVOKED: u32 = 3;
/// What [`CrlFault::TooLarge`] announces and sends: one MiB more than clients of this kind take.
const TOO_LARGE: u32 = 33 * 1024 * 1024;

/// A body for a request for a CRL.
#[derive(Debug)]
pub(crate) enum Body {
    /// All of it.
    Whole(&'static str, Bytes),
    /// The beginning, then zeros up to so many octets in all.
    Endless(Bytes, u64),
}

const DER: &str = "application/pkix-crl";

/// By what a list can be asked for again, where it is one.
pub(crate) fn tag(authority: &Authority, fault: Option<CrlFault>, of_leaves: bool) -> Option<String> {
    match fault {
        Some(CrlFault::Truncated | CrlFault::CutShort | CrlFault::Html | CrlFault::TooLarge) => None,
        // Two lists of one kind differ in nothing but their signature.
        list => Some(format!("\"{list:?} {}\"", if of_leaves { authority.revoked().len() } else { 0 })),
    }
}

/// What the CRL host answers with; `of_leaves` is the list of the leaves that are revoked, by their issuer.
pub(crate) fn body(authority: &Authority, fault: Option<CrlFault>, of_leaves: bool) -> Result<Body, rcgen::Error> {
    Ok(match fault {
        None if of_leaves => {
            let mut list = params(authority, None);
            list.revoked_certs.extend(authority.revoked().into_iter().map(|serial| revoked(authority, serial)));
            Body::Whole(DER, list.signed_by(authority.leaf_issuer())?.der().to_vec().into())
        }
        Some(CrlFault::Pem) => {
            let list = params(authority, None).signed_by(authority.crl_issuer())?;
            Body::Whole("application/x-pem-file", list.pem()?.into())
        }
        // Cut short over HTTP/1.1 is another matter; where that cannot be said, the octets are the same.
        Some(CrlFault::Truncated | CrlFault::CutShort) => Body::Whole(DER, cut_short(authority)?.0),
        Some(CrlFault::Html) => Body::Whole("text/html", DENY_PAGE.into()),
        Some(CrlFault::TooLarge) => {
            let [a, b, c, d] = (TOO_LARGE - 6).to_be_bytes();
            let start = Bytes::copy_from_slice(&[0x30, 0x84, a, b, c, d]);
            Body::Endless(start, u64::from(TOO_LARGE))
        }
        Some(CrlFault::OtherIssuer) => {
            let list = params(authority, fault).signed_by(authority.foreign_issuer())?;
            Body::Whole(DER, list.der().to_vec().into())
        }
        Some(CrlFault::BadSignature) => {
            let mut der = signed(authority, fault)?.to_vec();
            // The signature is the last thing in a CRL: RFC 5280 section 5.1.
            if let Some(last) = der.last_mut() {
                *last ^= 1;
            }
            Body::Whole(DER, der.into())
        }
        _ => Body::Whole(DER, signed(authority, fault)?),
    })
}

/// The usual list without its last third, and the length that it had.
pub(crate) fn cut_short(authority: &Authority) -> Result<(Bytes, usize), rcgen::Error> {
    let whole = signed(authority, None)?;
    Ok((whole.slice(..whole.len() / 3 * 2), whole.len()))
}

fn signed(authority: &Authority, fault: Option<CrlFault>) -> Result<Bytes, rcgen::Error> {
    let list = params(authority, fault).signed_by(authority.crl_issuer())?;
    Ok(list.der().to_vec().into())
}

fn params(authority: &Authority, fault: Option<CrlFault>) -> CertificateRevocationListParams {
    let now = authority.now();
    let number = match fault {
        Some(CrlFault::Number(number)) => number,
        _ => NUMBER,
    };
    let revoked = match fault {
        Some(CrlFault::Revoked(count)) => count,
        _ => REVOKED,
    };
    let left = match fault {
        Some(CrlFault::Expired) => Duration::days(-1),
        Some(CrlFault::ShortLived) => Duration::seconds(15),
        _ => Duration::days(30),
    };
    CertificateRevocationListParams {
        this_update: now - Duration::days(2),
        next_update: now + left,
        crl_number: SerialNumber::from(number),
        issuing_distribution_point: None,
        revoked_certs: (1..=revoked)
            .map(|serial| self::revoked(authority, SerialNumber::from(u64::from(serial))))
            .collect(),
        key_identifier_method: KeyIdMethod::Sha256,
    }
}

fn revoked(authority: &Authority, serial_number: SerialNumber) -> RevokedCertParams {
    RevokedCertParams {
        serial_number,
        revocation_time: authority.now() - Duration::days(10),
        reason_code: Some(RevocationReason::KeyCompromise),
        invalidity_date: None,
    }
}
