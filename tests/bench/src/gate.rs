//! What a probe costs in instructions and system calls: the same on a busy machine, so that limits can be held to.
//!
//! Each contender runs twice, until the origin has served few probes and many; the difference is what the probes cost, and
//! what a start costs is gone. It keeps a schedule slow enough for valgrind, so that what the product does besides (results,
//! snapshots, history) is there for every probe, and its share is the largest that it can be.

use std::fmt;
use std::fs;
use std::path::Path;
use std::time::Duration;

use crate::chains::Keys;
use crate::contender::{Contender, Kind, Place};
use crate::cpu;
use crate::peers::{Origin, Peers};
use crate::task::{Pace, Task};
use crate::wait::until;

/// Probes of the shorter run: all targets once.
const FEW: u32 = 50;
/// Probes of the longer run.
const MANY: u32 = 200;
/// User instructions, as a share of the loop's.
const INSTRUCTIONS: f64 = 1.25;
/// System calls.
const SYSTEM_CALLS: f64 = 30.0;

/// What is counted, and by whom.
#[derive(Debug, Clone, Copy)]
enum Meter {
    /// Instructions in user mode, by valgrind.
    Instructions,
    /// System calls, by strace.
    SystemCalls,
}

impl Meter {
    fn wrapper(self, report: &Path) -> Vec<String> {
        let report = report.display();
        let parts: &[&str] = match self {
            Self::Instructions => &[
                "valgrind",
                "--tool=cachegrind",
                "--cache-sim=no",
                "--cachegrind-out-file=/dev/null",
                &format!("--log-file={report}"),
            ],
            // Not the parent of what it watches, which is ours.
            Self::SystemCalls => &["strace", "-D", "-f", "-c", "-o", &report.to_string()],
        };
        parts.iter().map(|part| (*part).to_owned()).collect()
    }

    /// How many it counted, once it has written its report.
    fn count(self, report: &str) -> Option<u64> {
        match self {
            Self::Instructions => {
                let line = report.lines().find(|line| line.contains("I   refs:") || line.contains("I refs:"))?;
                line.rsplit_once(':')?.1.trim().replace(',', "").parse().ok()
            }
            Self::SystemCalls => {
                // "% time  seconds  usecs/call  calls  errors  syscall", and a total below.
                let rows = report.lines().skip(2).take_while(|line| !line.starts_with("------"));
                let calls: Option<u64> = rows.map(|row| row.split_whitespace().nth(3)?.parse::<u64>().ok()).sum();
                calls.filter(|_| report.trim_end().ends_with("total"))
            }
        }
    }
}

/// What a probe costs somebody.
#[derive(Debug)]
struct Cost {
    kind: Kind,
    instructions: f64,
    system_calls: f64,
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let millions = self.instructions / 1e6;
        write!(f, "| {} | {millions:.2} million | {:.1} |", self.kind.label(), self.system_calls)
    }
}

/// Counts, prints a table, and fails where the product is over a limit.
pub(crate) async fn run(binary: &Path) -> Result<(), Box<dyn std::error::Error>> {
    let peers = Peers::start().await?;
    let hosts = peers.hosts_file();
    let place = Place { wrapper: &[], ..Place::pinned(binary, peers.dir(), &hosts) };
    println!("| of a probe, P-256, direct | user instructions | system calls |\n|---|---|---|");
    let mut costs = Vec::new();
    for kind in [Kind::Product, Kind::Bare] {
        let origin = peers.origin(Keys::P256);
        let cost = Cost {
            kind,
            instructions: each(Meter::Instructions, kind, origin, place).await?,
            system_calls: each(Meter::SystemCalls, kind, origin, place).await?,
        };
        println!("{cost}");
        costs.push(cost);
    }
    let [product, bare] = costs.as_slice() else { return Err("two were to be counted".into()) };
    let share = product.instructions / bare.instructions;
    println!("\ninstructions: {share:.3} of the loop's, {INSTRUCTIONS} allowed; system calls: {SYSTEM_CALLS} allowed");
    if share > INSTRUCTIONS || product.system_calls > SYSTEM_CALLS {
        return Err("a probe costs more than it may".into());
    }
    Ok(())
}

/// The difference that probes make, for each of them.
async fn each(meter: Meter, kind: Kind, origin: &Origin, place: Place<'_>) -> Result<f64, Box<dyn std::error::Error>> {
    let (few, few_probes) = counted(meter, kind, FEW, origin, place).await?;
    let (many, many_probes) = counted(meter, kind, MANY, origin, place).await?;
    let (counts, probes) = (many.saturating_sub(few), many_probes.saturating_sub(few_probes));
    Ok(cpu::as_f64(counts) / cpu::as_f64(probes))
}

/// Runs a contender until it has sent so many probes; gives what was counted, and how many they were.
async fn counted(
    meter: Meter,
    kind: Kind,
    probes: u32,
    origin: &Origin,
    place: Place<'_>,
) -> Result<(u64, u64), Box<dyn std::error::Error>> {
    let report = place.dir.join("count");
    fs::write(&report, "")?;
    let wrapper = meter.wrapper(&report);
    let wrapper: Vec<&str> = wrapper.iter().map(String::as_str).collect();
    // Ten a second, each with seconds to spare.
    let task = Task::direct(origin, Pace::Even { targets: FEW, every: Duration::from_secs(5) });
    let before = origin.served().await?;
    let contender = Contender::start(kind, Place { wrapper: &wrapper, ..place }, &task).await?;
    let enough = before + u64::from(probes);
    until("enough probes", async || origin.served().await.ok().filter(|served| *served >= enough)).await?;
    contender.end()?;
    let written = async || meter.count(&fs::read_to_string(&report).ok()?);
    let count = until("a count", written).await?;
    Ok((count, origin.served().await?.saturating_sub(before)))
}

#[cfg(test)]
mod tests {
    use super::Meter;

    #[test]
    fn instructions_are_found_in_what_valgrind_says() {
        let report = "==7== Cachegrind, a cache profiler\n==7== \n==7== I   refs:      1,234,567\n";
        assert_eq!(Meter::Instructions.count(report), Some(1_234_567));
        assert_eq!(Meter::Instructions.count("==7== I refs:          89\n"), Some(89));
        assert_eq!(Meter::Instructions.count("==7== Cachegrind\n"), None, "it has not ended");
    }

    #[test]
    fn system_calls_are_summed_over_all_rows() {
        let report = "% time     seconds  usecs/call     calls    errors syscall\n\
            ------ ----------- ----------- --------- --------- ----------------\n \
            60.00    0.000600           6       100           write\n \
            40.00    0.000400          20        20         3 connect\n\
            ------ ----------- ----------- --------- --------- ----------------\n\
            100.00    0.001000           8       120         3 total\n";
        assert_eq!(Meter::SystemCalls.count(report), Some(120));
        let begun = report.lines().take(4).collect::<Vec<_>>().join("\n");
        assert_eq!(Meter::SystemCalls.count(&begun), None, "it is still writing");
        assert_eq!(Meter::SystemCalls.count(""), None);
    }
}
