//! What a certificate says of itself.

use aws_lc_rs::digest;
use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::certificate::{X509Certificate, X509CertificateParser};
use x509_parser::extensions::{
    AuthorityInfoAccess, DistributionPointName, GeneralName, ParsedExtension, SubjectAlternativeName,
};
use x509_parser::nom::Parser as _;
use x509_parser::oid_registry::{
    OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS, OID_PKIX_ACCESS_DESCRIPTOR_OCSP, OID_PKIX_AUTHORITY_INFO_ACCESS,
    OID_X509_EXT_SUBJECT_ALT_NAME,
};
use x509_parser::prelude::FromDer as _;

use crate::observation::{CertificateFacts, Publication, Published};
use crate::text::Clean;

/// The most places kept where an issuer's certificate is published.
const MAX_CA_ISSUERS: usize = 4;
/// The most places kept of each kind that a certificate names.
const MAX_PUBLICATIONS: usize = 4;
/// The most names kept that a certificate is for.
const MAX_NAMES: usize = 100;

/// Reads a certificate as far as it can be read; one that cannot be says so in its names.
pub(crate) fn facts(certificate: &CertificateDer<'_>) -> CertificateFacts {
    // Of the extensions only one matters, so the parser is spared the others.
    match X509CertificateParser::new().with_deep_parse_extensions(false).parse(certificate.as_ref()) {
        Ok((_, certificate)) => readable(&certificate),
        Err(_) => CertificateFacts {
            subject: Clean::new("unparsable"),
            issuer: Clean::new("unparsable"),
            not_before: OffsetDateTime::UNIX_EPOCH,
            not_after: OffsetDateTime::UNIX_EPOCH,
            self_issued: false,
            ca_issuers: Vec::new(),
        },
    }
}

/// The SHA-256 of a certificate as sent, in hexadecimal.
pub(crate) fn sha256(certificate: &CertificateDer<'_>) -> String {
    let digest = digest::digest(&digest::SHA256, certificate.as_ref());
    let nibbles = digest.as_ref().iter().flat_map(|byte| [byte >> 4, byte & 0xf]);
    nibbles.filter_map(|nibble| char::from_digit(nibble.into(), 16)).collect()
}

/// The names of the DNS that a certificate is for (RFC 5280, section 4.2.1.6).
pub(crate) fn names(certificate: &CertificateDer<'_>) -> Vec<Clean> {
    let parsed = X509CertificateParser::new().with_deep_parse_extensions(false).parse(certificate.as_ref());
    let Ok((_, certificate)) = parsed else { return Vec::new() };
    let Ok(Some(extension)) = certificate.get_extension_unique(&OID_X509_EXT_SUBJECT_ALT_NAME) else {
        return Vec::new();
    };
    let Ok((_, alternatives)) = SubjectAlternativeName::from_der(extension.value) else { return Vec::new() };
    let names = alternatives.general_names.iter().filter_map(|name| match name {
        GeneralName::DNSName(name) => Some(Clean::new(name)),
        _ => None,
    });
    names.take(MAX_NAMES).collect()
}

/// Whether it is a certificate at all, as far as can be told without its issuer.
pub(crate) fn is_readable(certificate: &CertificateDer<'_>) -> bool {
    X509Certificate::from_der(certificate.as_ref()).is_ok()
}

fn readable(certificate: &X509Certificate<'_>) -> CertificateFacts {
    CertificateFacts {
        subject: Clean::new(&certificate.subject().to_string()),
        issuer: Clean::new(&certificate.issuer().to_string()),
        not_before: certificate.validity().not_before.to_datetime(),
        not_after: certificate.validity().not_after.to_datetime(),
        self_issued: certificate.subject().as_raw() == certificate.issuer().as_raw(),
        ca_issuers: ca_issuers(certificate),
    }
}

/// Where a certificate says that something about it is published, as far as that is over plain http.
pub(crate) fn publications(certificate: &CertificateDer<'_>) -> Vec<Publication> {
    let Ok((_, certificate)) = X509Certificate::from_der(certificate.as_ref()) else { return Vec::new() };
    let mut found = Vec::new();
    for extension in certificate.extensions() {
        match extension.parsed_extension() {
            ParsedExtension::CRLDistributionPoints(points) => {
                let names = points.iter().filter_map(|point| match &point.distribution_point {
                    Some(DistributionPointName::FullName(names)) => Some(names),
                    _ => None,
                });
                note(&mut found, Published::Crl, names.flatten());
            }
            ParsedExtension::AuthorityInfoAccess(access) => {
                let of = |method| {
                    let all = access.accessdescs.iter().filter(move |access| access.access_method == method);
                    all.map(|access| &access.access_location)
                };
                note(&mut found, Published::Ocsp, of(OID_PKIX_ACCESS_DESCRIPTOR_OCSP));
                note(&mut found, Published::Issuer, of(OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS));
            }
            _ => {}
        }
    }
    found
}

/// Notes the plain http addresses among names, as many as are kept of a kind.
fn note<'a>(found: &mut Vec<Publication>, kind: Published, names: impl Iterator<Item = &'a GeneralName<'a>>) {
    let urls = names.filter_map(|name| match name {
        GeneralName::URI(url) if is_http(url) => Some(Clean::new(url)),
        _ => None,
    });
    found.extend(urls.take(MAX_PUBLICATIONS).map(|url| Publication { kind, url }));
}

fn is_http(url: &str) -> bool {
    url.get(..7).is_some_and(|scheme| scheme.eq_ignore_ascii_case("http://"))
}

/// The plain http addresses among the caIssuers (RFC 5280, section 4.2.2.1).
fn ca_issuers(certificate: &X509Certificate<'_>) -> Vec<Clean> {
    let extensions = certificate.extensions().iter();
    let mut found = extensions.filter(|extension| extension.oid == OID_PKIX_AUTHORITY_INFO_ACCESS);
    let Some((_, access)) = found.next().and_then(|extension| AuthorityInfoAccess::from_der(extension.value).ok())
    else {
        return Vec::new();
    };
    let urls = access.accessdescs.iter().filter_map(|description| match description.access_location {
        GeneralName::URI(url) if description.access_method == OID_PKIX_ACCESS_DESCRIPTOR_CA_ISSUERS => Some(url),
        _ => None,
    });
    urls.filter(|url| is_http(url)).take(MAX_CA_ISSUERS).map(Clean::new).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fingerprint_is_hexadecimal_with_every_zero() {
        // FIPS 180-4's example for "abc".
        let expected = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(sha256(&CertificateDer::from(b"abc".as_slice())), expected);
    }
}
