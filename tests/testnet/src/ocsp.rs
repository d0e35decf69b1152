//! An OCSP responder, whose answers are really signed ([RFC 6960](https://www.rfc-editor.org/rfc/rfc6960)).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair, SigningKey as _};
use time::{Duration, OffsetDateTime};

use crate::certs::{Authority, der};
use crate::fault::OcspFault;

const SEQUENCE: u8 = 0x30;
const OCTETS: u8 = 0x04;
const ECDSA_WITH_SHA256: &[u8] = &[0x30, 0x0a, 0x06, 8, 0x2a, 0x86, 0x48, 0xce, 0x3d, 4, 3, 2];
/// `id-pkix-ocsp-basic`.
const BASIC: &[u8] = &[0x06, 9, 0x2b, 6, 1, 5, 5, 7, 0x30, 1, 1];

/// The answer to a GET for a path, which holds the request (appendix A.1).
pub(crate) fn answer(authority: &Authority, path: &str, fault: Option<OcspFault>) -> Result<Vec<u8>, rcgen::Error> {
    let Some(id) = certificate_id(path) else { return Ok(refusal(1)) };
    match fault {
        Some(OcspFault::TryLater) => Ok(refusal(3)),
        Some(OcspFault::Unauthorized) => Ok(refusal(6)),
        fault => signed(authority, &id, fault),
    }
}

fn refusal(status: u8) -> Vec<u8> {
    der(SEQUENCE, &der(0x0a, &[status]))
}

/// The `CertID` of a request, with its header.
fn certificate_id(path: &str) -> Option<Vec<u8>> {
    let text = path.trim_start_matches('/').replace("%2B", "+").replace("%2F", "/").replace("%3D", "=");
    let request = STANDARD.decode(text).ok()?;
    let mut inner = request.as_slice();
    for _ in 0..4 {
        inner = content(inner)?;
    }
    let length = inner.len() - content(inner)?.len();
    (length == 2).then(|| inner.to_vec())
}

/// The content of an element whose length takes one octet.
fn content(element: &[u8]) -> Option<&[u8]> {
    element.get(2..2 + usize::from(*element.get(1)?))
}

/// The serial number's octets: the last part of a `CertID`.
fn serial(id: &[u8]) -> Option<&[u8]> {
    let mut rest = content(id)?;
    for _ in 0..3 {
        rest = rest.get(2 + content(rest)?.len()..)?;
    }
    content(rest)
}

fn signed(authority: &Authority, id: &[u8], fault: Option<OcspFault>) -> Result<Vec<u8>, rcgen::Error> {
    let now = authority.now();
    let revoked = authority.revoked().iter().any(|revoked| serial(id) == Some(&revoked.to_bytes()[..]));
    let status = match fault {
        Some(OcspFault::Unknown) => vec![0x82, 0],
        _ if revoked => der(0xa1, &stamp(now - Duration::days(10))),
        _ => vec![0x80, 0],
    };
    let mut id = id.to_vec();
    if let (Some(OcspFault::OtherCertificate), Some(last)) = (fault, id.last_mut()) {
        *last ^= 1;
    }
    let left = if fault == Some(OcspFault::Expired) { Duration::days(-1) } else { Duration::days(3) };
    let single = [id, status, stamp(now - Duration::days(2)), der(0xa0, &stamp(now + left))].concat();
    let by_key = der(0xa2, &der(OCTETS, &[0; 20]));
    let data = [by_key, stamp(now), der(SEQUENCE, &der(SEQUENCE, &single))].concat();
    let data = der(SEQUENCE, &data);

    let (mut signature, certificates) = match fault {
        Some(OcspFault::Delegated { signing }) => {
            let key = KeyPair::generate()?;
            let mut params = CertificateParams::new(Vec::new())?;
            params.not_before = now - Duration::days(1);
            params.not_after = now + Duration::days(1);
            let usage =
                if signing { ExtendedKeyUsagePurpose::OcspSigning } else { ExtendedKeyUsagePurpose::ServerAuth };
            params.extended_key_usages = vec![usage];
            let certificate = params.signed_by(&key, authority.leaf_issuer())?;
            (key.sign(&data)?, der(0xa0, &der(SEQUENCE, certificate.der())))
        }
        _ => (authority.leaf_issuer().key().sign(&data)?, Vec::new()),
    };
    if let (Some(OcspFault::BadSignature), Some(last)) = (fault, signature.last_mut()) {
        *last ^= 1;
    }
    let signature = der(0x03, &[&[0], &signature[..]].concat());
    let basic = der(SEQUENCE, &[data, ECDSA_WITH_SHA256.to_vec(), signature, certificates].concat());
    let bytes = der(SEQUENCE, &[BASIC, &der(OCTETS, &basic)].concat());
    Ok(der(SEQUENCE, &[der(0x0a, &[0]), der(0xa0, &bytes)].concat()))
}

/// `GeneralizedTime`.
fn stamp(at: OffsetDateTime) -> Vec<u8> {
    let (date, time) = (at.date(), at.time());
    let text = format!(
        "{:04}{:02}{:02}{:02}{:02}{:02}Z",
        date.year(),
        u8::from(date.month()),
        date.day(),
        time.hour(),
        time.minute(),
        time.second()
    );
    der(0x18, text.as_bytes())
}
