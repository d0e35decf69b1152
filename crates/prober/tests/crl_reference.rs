//! What is read of the lists of a folder of reference data that lies beside some checkouts and is no part of this
//! repository: real ones, ones made to be odd, and what comes in the place of one. Without it the other tests, which
//! restate most of its cases, have to do.
#![expect(clippy::unwrap_used, reason = "a vector that cannot be read has to fail the test")]

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use prober::observation::{BodyFacts, CrlFacts, CrlLimit, CrlOutcome};
use prober::phase::crl::{Signers, read};
use prober::trust::signer::KnownSigners;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject as _;

/// A file, and what is read of it: entries, number, issued and due, algorithm, scope, and what of its signature.
const EXPECTED: &str = include_str!("../../../tests/fixtures/crl/reference.txt");

fn folder() -> Option<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../../shared/reference/crl");
    if folder.is_dir() {
        return Some(folder);
    }
    println!("{} is absent: nothing to compare with", folder.display());
    None
}

#[test]
fn every_vector_is_read_as_expected() {
    let Some(folder) = folder() else { return };
    let ca = CertificateDer::from_pem_slice(&fs::read(folder.join("synthetic/ca.pem")).unwrap()).unwrap();
    let known = KnownSigners::new(Vec::new());
    known.meet([&ca]);

    let mut seen = BTreeMap::new();
    for part in ["synthetic", "webpki", "x509-parser"] {
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            if name.starts_with("LICENSE") {
                continue;
            }
            let body = fs::read(&path).unwrap();
            let facts = BodyFacts { bytes: body.len() as u64, complete: true, ..BodyFacts::default() };
            seen.insert(format!("{part}/{name}"), in_words(&read(&body, &facts, Signers::Known(&known))));
        }
    }
    let expected: BTreeMap<_, _> = EXPECTED
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, words)| (name.to_owned(), words.to_owned()))
        .collect();
    for (name, words) in &seen {
        assert_eq!(Some(words), expected.get(name), "{name}");
    }
    assert_eq!(seen.len(), expected.len());
}

fn in_words(outcome: &CrlOutcome) -> String {
    match outcome {
        CrlOutcome::Parsed(list) => list_in_words(list),
        CrlOutcome::Truncated { announced, received } => format!("truncated {received} of {announced}"),
        CrlOutcome::TooLarge => "too large".to_owned(),
        CrlOutcome::Invalid { reason } => format!("no CRL: {reason}"),
    }
}

fn list_in_words(list: &CrlFacts) -> String {
    let mut words = format!("{} entries, number {}", list.revoked, list.number.as_deref().unwrap_or("-"));
    let due = list.next_update.map_or_else(|| "-".to_owned(), |due| due.date().to_string());
    write!(words, ", {}..{due}, {}", list.this_update.date(), list.signed_with).unwrap();
    if let Some(base) = &list.scope.delta_of {
        write!(words, ", delta of {base}").unwrap();
    }
    if list.scope.indirect {
        words.push_str(", indirect");
    }
    if let Some(only) = list.scope.only.map(CrlLimit::as_str) {
        write!(words, ", only {only}").unwrap();
    }
    for id in &list.unknown_critical {
        write!(words, ", unknown critical {id}").unwrap();
    }
    write!(words, ", {}", list.signature.as_str()).unwrap();
    if let Some(reason) = &list.signature_reason {
        write!(words, " ({reason})").unwrap();
    }
    words
}
