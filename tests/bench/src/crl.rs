//! What reading a revocation list and checking who signed it costs, beside `openssl crl -verify` on the same file.
//!
//! Both are processes of their own, pinned to one core, in turn; what their start costs is told by a list without entries,
//! and taken off.

use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use clap::Args;
use e2e::Folder;
use prober::observation::{BodyFacts, CrlOutcome, CrlSignature};
use prober::phase::crl::{Signers, read};
use prober::trust::signer::Signer;
use rcgen::{
    BasicConstraints, CertificateParams, CertificateRevocationListParams, DnType, IsCa, Issuer, KeyIdMethod, KeyPair,
    KeyUsagePurpose, PKCS_RSA_SHA256, RevocationReason, RevokedCertParams, SerialNumber,
};
use rustls::pki_types::CertificateDer;
use time::macros::datetime;

use crate::cpu;

/// How many entries the lists have; the first shows what the start costs, the last has 10 MB.
const ENTRIES: [u32; 3] = [0, 60_000, 205_000];

/// What the reader is told.
#[derive(Debug, Clone, Args)]
pub(crate) struct Reading {
    /// The list, DER.
    list: PathBuf,
    /// Whose signature it should have: a certificate, DER.
    authority: PathBuf,
}

/// Reads a list once and says what more memory that took than the list itself has.
pub(crate) fn run_once(order: &Reading) -> Result<(), Box<dyn std::error::Error>> {
    let authority = fs::read(&order.authority)?;
    let signer = Signer::of_certificate(&CertificateDer::from(authority)).ok_or("no authority that signs lists")?;
    let body = fs::read(&order.list)?;
    let before = cpu::reset_peak_kib()?;
    let facts = BodyFacts { bytes: body.len() as u64, complete: true, ..BodyFacts::default() };
    match read(&body, &facts, Signers::Only(&[signer])) {
        CrlOutcome::Parsed(list) if list.signature == CrlSignature::Valid => {
            println!("{} {}", list.revoked, cpu::peak_kib()?.saturating_sub(before));
            Ok(())
        }
        outcome => Err(format!("not a list of its authority: {outcome:?}").into()),
    }
}

/// Makes the lists, has them read in turn, and prints a row for each.
pub(crate) fn run(window: Duration, rounds: usize) -> Result<(), Box<dyn std::error::Error>> {
    let (folder, authority) = (Folder::new(), Authority::new()?);
    let [der, pem] = ["authority.der", "authority.pem"].map(|name| folder.path().join(name));
    fs::write(&der, authority.certificate.der())?;
    fs::write(&pem, authority.certificate.pem())?;
    println!(
        "## Revocation lists, read and their signatures checked (RSA 2048, SHA-256), in ms of processor (wall) time\n"
    );
    println!("| list | reachwatch | openssl | ratio (median of {rounds}) | memory beside the list |");
    println!("|---|---|---|---|---|");
    let mut start = None;
    for entries in ENTRIES {
        let list = folder.path().join(format!("{entries}.crl"));
        fs::write(&list, authority.list(entries)?)?;
        let [ours, theirs] = [Reader::Product { list: &list, der: &der }, Reader::Openssl { list: &list, pem: &pem }];
        let memory = ours.proves(entries)?;
        theirs.proves(entries)?;
        let (mut our_costs, mut their_costs) = (Vec::new(), Vec::new());
        for _round in 0..rounds {
            our_costs.push(ours.cost(window / 10)?);
            their_costs.push(theirs.cost(window / 10)?);
        }
        let (our, their) = (Cost::median(&our_costs), Cost::median(&their_costs));
        let Some((our_start, their_start)) = start else {
            println!("| without entries: the start alone | {our} | {their} | | |");
            start = Some((our, their));
            continue;
        };
        let pairs = our_costs.iter().zip(&their_costs);
        let ratios: Vec<Cost> = pairs.map(|(our, their)| our.less(our_start).over(their.less(their_start))).collect();
        let (our, their, ratio) = (our.less(our_start), their.less(their_start), Cost::median(&ratios));
        let size = cpu::as_f64(fs::metadata(&list)?.len()) / 1e6;
        println!("| {entries} entries, {size:.1} MB, without the start | {our} | {their} | {ratio} | {memory} KiB |");
    }
    Ok(())
}

/// What one run costs in milliseconds, or a ratio of two such costs.
#[derive(Debug, Clone, Copy)]
struct Cost {
    processor: f64,
    wall: f64,
}

impl Cost {
    fn of_each(&self, other: Self, of: impl Fn(f64, f64) -> f64) -> Self {
        Self { processor: of(self.processor, other.processor), wall: of(self.wall, other.wall) }
    }

    /// Without what the start costs.
    fn less(&self, start: Self) -> Self {
        self.of_each(start, |cost, start| cost - start)
    }

    fn over(&self, other: Self) -> Self {
        self.of_each(other, |cost, other| cost / other)
    }

    fn median(costs: &[Self]) -> Self {
        let of = |get: fn(&Self) -> f64| {
            let mut values: Vec<f64> = costs.iter().map(get).collect();
            values.sort_by(f64::total_cmp);
            values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
        };
        Self { processor: of(|cost| cost.processor), wall: of(|cost| cost.wall) }
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.2} ({:.2})", self.processor, self.wall)
    }
}

/// Somebody who reads lists.
enum Reader<'a> {
    Product { list: &'a Path, der: &'a Path },
    Openssl { list: &'a Path, pem: &'a Path },
}

impl Reader<'_> {
    fn command(&self) -> io::Result<Command> {
        let mut command = Command::new("taskset");
        command.args(["--cpu-list", "0"]).stdin(Stdio::null());
        match self {
            Self::Product { list, der } => {
                command.arg(std::env::current_exe()?).arg("read-crl").arg(list).arg(der);
            }
            Self::Openssl { list, pem } => {
                command.args(["openssl", "crl", "-inform", "DER", "-verify", "-noout", "-in"]).arg(list);
                command.arg("-CAfile").arg(pem);
            }
        }
        Ok(command)
    }

    /// Makes sure that it does the work; gives the KiB of memory that it says it took.
    fn proves(&self, entries: u32) -> Result<u64, Box<dyn std::error::Error>> {
        let output = self.command()?.output()?;
        let (stdout, stderr) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        let said = match self {
            Self::Product { .. } => stdout.trim().split_once(' ').filter(|(read, _)| *read == entries.to_string()),
            Self::Openssl { .. } => stderr.contains("verify OK").then_some(("", "0")),
        };
        let (_, memory) = said.filter(|_| output.status.success()).ok_or(format!("{stdout}{stderr}"))?;
        Ok(memory.parse()?)
    }

    /// What one run costs, over as many as fit a time.
    fn cost(&self, batch: Duration) -> Result<Cost, Box<dyn std::error::Error>> {
        let (mut runs, began, before) = (0_u32, Instant::now(), cpu::childrens_time()?);
        while began.elapsed() < batch {
            let status = self.command()?.stdout(Stdio::null()).stderr(Stdio::null()).status()?;
            if !status.success() {
                return Err(format!("a reader failed: {status}").into());
            }
            runs += 1;
        }
        let wall = began.elapsed();
        let used = cpu::childrens_time()?.saturating_sub(before);
        let each = |time: Duration| time.as_secs_f64() * 1000.0 / f64::from(runs);
        Ok(Cost { processor: each(used), wall: each(wall) })
    }
}

/// Whoever signs the lists.
struct Authority {
    certificate: rcgen::Certificate,
    issuer: Issuer<'static, KeyPair>,
}

impl Authority {
    fn new() -> Result<Self, rcgen::Error> {
        let mut params = CertificateParams::default();
        params.distinguished_name.push(DnType::CommonName, "Bench CA");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::CrlSign, KeyUsagePurpose::KeyCertSign];
        let key = KeyPair::generate_for(&PKCS_RSA_SHA256)?;
        Ok(Self { certificate: params.self_signed(&key)?, issuer: Issuer::new(params, key) })
    }

    /// A list as authorities publish them: serial numbers of 16 octets, a date and a reason for each.
    fn list(&self, entries: u32) -> Result<Vec<u8>, rcgen::Error> {
        let revoked = (1..=entries).map(|number| {
            let spread = u128::from(number).wrapping_mul(0x5851_f42d_4c95_7f2d_1405_7b7e_f767_814f) >> 1;
            RevokedCertParams {
                serial_number: SerialNumber::from_slice(&spread.to_be_bytes()),
                revocation_time: datetime!(2026-01-01 00:00 UTC),
                reason_code: Some(RevocationReason::KeyCompromise),
                invalidity_date: None,
            }
        });
        let params = CertificateRevocationListParams {
            this_update: datetime!(2026-01-02 03:04:05 UTC),
            next_update: datetime!(2036-01-01 00:00 UTC),
            crl_number: SerialNumber::from(1),
            issuing_distribution_point: None,
            revoked_certs: revoked.collect(),
            key_identifier_method: KeyIdMethod::Sha256,
        };
        Ok(params.signed_by(&self.issuer)?.der().to_vec())
    }
}
