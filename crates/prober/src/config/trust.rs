//! The section `tls`: which roots are trusted.

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;

use super::cursor::Cursor;
use crate::plan::{RootsChoice, TlsPlan};

const KEYS: &[&str] = &["roots", "extra_roots", "inspection_roots"];

/// The most files of one list.
const MAX_FILES: usize = 100;

/// Reads the section; the second value is the default for all endpoints.
pub(super) fn read(cursor: &Cursor<'_>) -> Option<(TlsPlan, RootsChoice)> {
    let tls = cursor.section(KEYS)?;
    let certificates = |key| tls.get(key).and_then(|cursor| files(&cursor)).unwrap_or_default();
    let plan = TlsPlan { extra_roots: certificates("extra_roots"), inspection_roots: certificates("inspection_roots") };
    Some((plan, tls.get("roots").and_then(|cursor| roots(&cursor)).unwrap_or_default()))
}

/// Reads an endpoint's own `tls`.
pub(super) fn read_own(cursor: &Cursor<'_>) -> Option<RootsChoice> {
    cursor.section(&["roots"])?.get("roots").and_then(|cursor| roots(&cursor))
}

fn roots(cursor: &Cursor<'_>) -> Option<RootsChoice> {
    cursor.choice(&[("bundled", RootsChoice::Bundled), ("system", RootsChoice::System)])
}

fn files(cursor: &Cursor<'_>) -> Option<Vec<CertificateDer<'static>>> {
    let items = cursor.items()?;
    if items.len() > MAX_FILES {
        return cursor.fault(format!("more than {MAX_FILES} files"));
    }
    Some(items.iter().filter_map(file).flatten().collect())
}

fn file(cursor: &Cursor<'_>) -> Option<Vec<CertificateDer<'static>>> {
    let certificates = certificates(cursor)?;
    if certificates.iter().any(|certificate| webpki::anchor_from_trusted_cert(certificate).is_err()) {
        return cursor.fault(format!("{} holds a certificate that cannot be a root", cursor.shown()));
    }
    Some(certificates)
}

/// The certificates of a PEM file, of which there is one at least.
pub(super) fn certificates(cursor: &Cursor<'_>) -> Option<Vec<CertificateDer<'static>>> {
    let bytes = cursor.file()?;
    let Ok(certificates) = CertificateDer::pem_slice_iter(&bytes).collect::<Result<Vec<_>, _>>() else {
        return cursor.fault(format!("{} is no readable PEM file", cursor.shown()));
    };
    if certificates.is_empty() {
        return cursor.fault(format!("{} holds no certificate in PEM form", cursor.shown()));
    }
    Some(certificates)
}
