//! Every seed goes through its door, and every target has seeds, a door and its place.

use std::fs;
use std::panic;
use std::path::PathBuf;

use rustls::pki_types::CertificateDer;

use super::DOORS;
use super::world::{LEAF, NOW, World, host, whole};
use crate::config::parse;
use crate::fingerprint::OwnRows;
use crate::microsoft365::{Instance, List};
use crate::observation::{ChainTrust, CrlOutcome, CrlSignature, OcspOutcome};
use crate::phase::crl::read_for;
use crate::phase::ocsp;
use crate::trust::certificate;

fn fuzz() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../fuzz"))
}

/// The names in a folder.
fn names(folder: &str) -> Vec<String> {
    let entries = fs::read_dir(fuzz().join(folder)).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn every_seed_goes_through_its_door() {
    let mut stuck = Vec::new();
    for (name, door) in DOORS {
        let seeds = names(&format!("seeds/{name}"));
        assert!(seeds.len() > 5, "{name} has {seeds:?}");
        for seed in seeds {
            let octets = fs::read(fuzz().join("seeds").join(name).join(&seed)).unwrap();
            println!("{name}/{seed}");
            if panic::catch_unwind(|| door(&octets)).is_err() {
                stuck.push(format!("{name}/{seed}"));
            }
        }
    }
    assert_eq!(stuck, Vec::<String>::new());
}

/// Else nothing that depends on a good signature would ever be reached.
#[test]
fn the_authorities_behind_the_doors_signed_their_seeds() {
    let (world, seed) = (World::get(), |name: &str| fs::read(fuzz().join("seeds").join(name)).unwrap());
    for name in ["ecdsa", "rsa", "pss", "ed25519", "delta", "unknown", "far", "empty", "followed"] {
        let body = seed(&format!("crl/{name}.crl"));
        let CrlOutcome::Parsed(list) = read_for(&body, &whole(&body), world.known(), Some(&world.served)) else {
            panic!("{name} is no list");
        };
        assert_eq!(list.signature, CrlSignature::Valid, "{name}");
        // What a delta says is not the whole truth, and `unknown` is indirect: it speaks for others too.
        let revokes = !["delta", "unknown", "empty", "followed"].contains(&name);
        assert_eq!(list.revokes.len(), usize::from(revokes), "{name}");
    }
    for name in ["good", "good-without-certificates", "good-by-key-id", "good-delegated", "revoked", "several"] {
        let body = seed(&format!("ocsp/{name}.der"));
        let OcspOutcome::Answered(answer) = ocsp::read(&body, &whole(&body), &world.link) else {
            panic!("{name} is no answer");
        };
        assert_eq!(answer.signature, CrlSignature::Valid, "{name}");
    }
    let (chain, facts) = (CertificateDer::from(LEAF), certificate::facts(&CertificateDer::from(LEAF)));
    assert_eq!(world.trust.verify(&[chain], &[facts], &host(), NOW).trust, ChainTrust::Extra);
}

/// Else nothing that depends on a good one would ever be reached.
#[test]
fn what_is_meant_to_be_good_among_the_seeds_is() {
    let seed = |door: &str, name: &str| fs::read(fuzz().join("seeds").join(door).join(name)).unwrap();
    for name in [
        "anchors",
        "least",
        "maintenance",
        "microsoft365",
        "pac",
        "proxies",
        "substituted",
        "tenant",
        "whole",
        "windows",
    ] {
        let text = String::from_utf8(seed("config", name)).unwrap();
        let read = parse(&text, name, &super::config::GIVEN);
        assert!(read.is_ok(), "{}", read.unwrap_err());
    }
    for name in ["list.json", "addresses.json", "overlap.json", "mapped.json"] {
        List::read(Instance::Worldwide, &seed("microsoft365", name)).unwrap();
    }
    for name in ["title.yaml", "head.yaml", "presence.yaml", "issuer.yaml", "answer.yaml", "aliases.yaml"] {
        OwnRows::default().add(&seed("fingerprints", name)).unwrap();
    }
}

#[test]
fn every_door_has_a_target_and_seeds() {
    let doors: Vec<String> = DOORS.iter().map(|(name, _)| (*name).to_owned()).collect();
    // Others have doors of their own.
    let is_ours = |target: &String| {
        fs::read_to_string(fuzz().join("fuzz_targets").join(target)).unwrap().contains("prober::fuzzing::")
    };
    let targets: Vec<String> = doors.iter().map(|name| format!("{name}.rs")).collect();
    let ours: Vec<String> = names("fuzz_targets").into_iter().filter(is_ours).collect();
    assert_eq!(ours, targets, "in the order of their names");
    let manifest = fs::read_to_string(fuzz().join("Cargo.toml")).unwrap();
    for name in doors {
        assert!(manifest.contains(&format!("path = \"fuzz_targets/{name}.rs\"")), "{name} is not built");
    }
}
