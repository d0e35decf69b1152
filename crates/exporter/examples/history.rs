//! What the history costs with many pairs: `cargo run --release -p exporter --example history [HOURS]`.

#[path = "../src/sample.rs"]
mod sample;

use std::error::Error;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use exporter::history::{Filter, History, LatencySpan};
use prober::cause::{Cause, State};
use prober::config::{SystemSources, parse};
use prober::net::Clock;
use prober::plan::Pair;
use prober::scheduler::Events;
use prober::state::{Change, Confirmed, Report};
use time::OffsetDateTime;

const ENDPOINTS: u32 = 500;
const PATHS: u32 = 4;
const PATIENCE: Duration = Duration::from_secs(120);

/// A clock that is set.
#[derive(Debug)]
struct Hands(Mutex<OffsetDateTime>);

impl Clock for Hands {
    fn now(&self) -> OffsetDateTime {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let hours = std::env::args().nth(1).map_or(Ok(2), |hours| hours.parse::<u32>())?;
    let folder = std::env::temp_dir().join(format!("reachwatch-history-cost-{}", std::process::id()));
    let measured = measure(&folder, hours);
    std::fs::remove_dir_all(&folder)?;
    measured
}

fn measure(folder: &Path, hours: u32) -> Result<(), Box<dyn Error>> {
    let plan = parse("endpoints: [a.example]\n", "none", &SystemSources::in_folder(".")).map_err(|_| "no plan")?;
    let clock = Arc::new(Hands(Mutex::new(sample::NOW)));
    let open = || History::open(Some(folder.to_owned()), Arc::clone(&clock) as Arc<dyn Clock>);
    let pairs: Vec<_> = (0..ENDPOINTS).flat_map(|one| (0..PATHS).map(move |path| (one, path))).map(pair).collect();

    let history = open();
    let recorder = history.recorder(&plan);
    let (mut telling, mut writing, mut slots) = (Duration::ZERO, Duration::ZERO, 0);
    for minute in 0..hours * 60 {
        let at = sample::NOW + Duration::from_secs(u64::from(minute) * 60);
        *clock.0.lock().unwrap_or_else(PoisonError::into_inner) = at;
        let mut results: Vec<_> = pairs.iter().map(|(pair, report)| (pair, report.clone())).collect();
        for (number, (_, report)) in (0_u64..).zip(&mut results) {
            report.observation.probed_at = at;
            report.observation.duration += Duration::from_micros(number * 7919 % 30_011);
        }
        let began = Instant::now();
        for (pair, report) in &results {
            recorder.probe_ended(pair, report);
        }
        telling += began.elapsed();
        // Every pair has a trouble once a day or so.
        for (pair, report) in results.iter().skip(minute as usize).step_by(1440) {
            let (_, mut failing) = made(sample::row("a", "hq").blocked(Cause::TcpRefused, "refused"));
            failing.observation.probed_at = at;
            for (state, report) in [(State::Blocked, failing), (State::Reachable, (*report).clone())] {
                let after = Confirmed { state, since: at, report: Arc::new(report) };
                recorder.changed(pair, &Change { before: None, after });
            }
        }
        if minute % 5 == 4 {
            let began = Instant::now();
            history.flush(PATIENCE);
            writing += began.elapsed();
            slots += 1;
        }
    }
    let events = hours * 60 * ENDPOINTS * PATHS;
    println!("{} pairs, {hours} hours: {:.1} MB", pairs.len(), mb(history.storage().bytes));
    println!("telling: {:.2} us an event", micros(telling) / f64::from(events));
    println!("writing: {:.1} ms a slot of all pairs", micros(writing) / 1000.0 / f64::from(slots));

    timed("days()", || history.days().pairs.len());
    timed("troubles(), the newest 1,000", || history.troubles(&Filter::default()).map_or(0, |found| found.len()));
    let endpoint = Some("e-7".to_owned());
    let of_one = Filter { endpoint, ..Filter::default() };
    timed("troubles() of an endpoint", || history.troubles(&of_one).map_or(0, |found| found.len()));
    for span in [LatencySpan::Day, LatencySpan::Week] {
        timed(&format!("latencies() of a pair, {span:?}"), || {
            history.latencies("e-7", "p-1", span).map_or(0, |found| found.len())
        });
    }
    history.close();
    timed("open()", || open().days().pairs.len());
    Ok(())
}

/// A pair, and a result of it.
fn pair((endpoint, path): (u32, u32)) -> (Arc<Pair>, Report) {
    made(sample::row(&format!("e-{endpoint}"), &format!("p-{path}")).reachable())
}

#[expect(clippy::expect_used, reason = "what was put in is there")]
fn made(sample: sample::RowSample) -> (Arc<Pair>, Report) {
    let row = sample::snapshot([sample]).rows.pop().expect("a row");
    (Arc::clone(&row.pair), Report::clone(row.last.as_ref().expect("a result")))
}

fn timed(what: &str, mut act: impl FnMut() -> usize) {
    let began = Instant::now();
    let count = act();
    println!("{what}: {:.2} ms, {count} found", micros(began.elapsed()) / 1000.0);
}

fn micros(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1e6
}

#[expect(clippy::cast_precision_loss, reason = "for people")]
fn mb(bytes: u64) -> f64 {
    bytes as f64 / 1e6
}
