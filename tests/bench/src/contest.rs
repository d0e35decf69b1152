//! The contest: contenders in turn, the same origin, the same schedule, the origin counting.

use std::time::{Duration, Instant};

use crate::chains::Keys;
use crate::contender::{Contender, Kind, Place};
use crate::cpu;
use crate::exposition;
use crate::load::Load;
use crate::peers::{Origin, Peers};
use crate::statistics::{is_within, median, quantile};
use crate::task::{Pace, Task};

/// Time for a contender to reach its steady schedule before it is counted.
const WARM_UP: Duration = Duration::from_millis(1500);
/// The same where it has no schedule.
const SHORT_WARM_UP: Duration = Duration::from_millis(800);
/// A window whose count is off by more than this share is thrown away and taken again.
const TOLERANCE: f64 = 0.03;
/// How often a window is taken again before the run gives up.
const ATTEMPTS: usize = 5;
/// How often the processor time of threads is read, which ends with them.
const LOOK: Duration = Duration::from_millis(250);
/// Probes under way at a time where a contender is to give all it has.
const AT_ONCE: u32 = 16;

/// What was measured in one window.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Window {
    /// Processor time of the contender.
    pub(crate) cpu: Duration,
    /// How long it was.
    pub(crate) wall: Duration,
    /// How many probes the origin served.
    pub(crate) probes: f64,
}

impl Window {
    /// Looks at a contender for a time.
    pub(crate) async fn of(
        contender: &Contender,
        origin: &Origin,
        length: Duration,
    ) -> Result<Self, Box<dyn std::error::Error>> {
        let served_before = origin.served().await?;
        let (mut watch, began) = (contender.stopwatch()?, Instant::now());
        let used = watch.look()?;
        while began.elapsed() < length {
            tokio::time::sleep(LOOK.min(length.saturating_sub(began.elapsed()))).await;
            watch.look()?;
        }
        let (cpu, wall) = (watch.look()?.saturating_sub(used), began.elapsed());
        let served = origin.served().await?.saturating_sub(served_before);
        Ok(Self { cpu, wall, probes: cpu::as_f64(served) })
    }

    /// Milliseconds of processor time for a probe, which are seconds for a thousand.
    pub(crate) fn cost(&self) -> f64 {
        self.cpu.as_secs_f64() * 1000.0 / self.probes
    }

    /// How much of a core it took.
    pub(crate) fn share(&self) -> f64 {
        self.cpu.as_secs_f64() / self.wall.as_secs_f64()
    }
}

/// One row: where contenders met, and what a probe cost each of them, in milliseconds, round by round.
#[derive(Debug)]
pub(crate) struct Meeting {
    /// What was probed, and on which way.
    pub(crate) label: String,
    /// Whether they kept a schedule, or did all they could.
    pub(crate) is_paced: bool,
    rounds: Vec<[Window; 3]>,
}

impl Meeting {
    /// The median of what a probe cost one of them.
    pub(crate) fn cost(&self, kind: Kind) -> f64 {
        median(self.rounds.iter().map(|round| of(round, kind).cost()))
    }

    /// The median of the product's cost as a share of another's, each within its round.
    pub(crate) fn ratio(&self, other: Kind) -> f64 {
        median(self.ratios(other))
    }

    /// The same, round by round.
    pub(crate) fn ratios(&self, other: Kind) -> impl Iterator<Item = f64> {
        self.rounds.iter().map(move |round| of(round, Kind::Product).cost() / of(round, other).cost())
    }

    /// The median of probes per second, and of the share of a core that they took.
    pub(crate) fn throughput(&self, kind: Kind) -> (f64, f64) {
        let windows = || self.rounds.iter().map(|round| of(round, kind));
        (median(windows().map(|w| w.probes / w.wall.as_secs_f64())), median(windows().map(Window::share)))
    }
}

fn of(round: &[Window; 3], kind: Kind) -> &Window {
    let [product, blackbox, bare] = round;
    match kind {
        Kind::Product => product,
        Kind::Blackbox => blackbox,
        Kind::Bare => bare,
    }
}

/// How long, how often, how fast.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Terms {
    /// The length of a window.
    pub(crate) window: Duration,
    /// How many each contender has.
    pub(crate) rounds: usize,
    /// Probes per second where a schedule is kept.
    pub(crate) rate: u32,
}

/// Has all contenders meet everywhere.
pub(crate) async fn run(
    peers: &Peers,
    place: Place<'_>,
    terms: Terms,
) -> Result<Vec<Meeting>, Box<dyn std::error::Error>> {
    let mut meetings = Vec::new();
    let paced = Pace::Even { targets: terms.rate, every: Duration::from_secs(1) };
    for pace in [paced, Pace::Full { at_once: AT_ONCE }] {
        for keys in [Keys::P256, Keys::Rsa] {
            let direct = Task::direct(peers.origin(keys), pace);
            let through = direct.clone().through(peers.proxy());
            for (task, way) in [(direct, "direct"), (through, "through squid")] {
                let label = format!("{}, {way}", keys.label());
                meetings.push(meet(label, &task, peers.origin(keys), place, terms).await?);
            }
        }
    }
    Ok(meetings)
}

/// What a schedule of many probes a second costs the product alone, which blackbox_exporter could not keep on every machine.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Hurry {
    /// Probes a second.
    pub(crate) rate: u32,
    /// Milliseconds of processor time for a probe.
    pub(crate) cost: f64,
    /// Late starts: the 99th percentile, in milliseconds.
    pub(crate) lag: f64,
}

impl Hurry {
    /// Measures it at 500 probes a second.
    pub(crate) async fn of(peers: &Peers, place: Place<'_>, terms: Terms) -> Result<Self, Box<dyn std::error::Error>> {
        const RATE: u32 = 500;
        let origin = peers.origin(Keys::P256);
        let task = Task::direct(origin, Pace::Even { targets: RATE, every: Duration::from_secs(1) });
        let (mut costs, mut lags) = (Vec::new(), Vec::new());
        for _round in 0..terms.rounds {
            let (window, lag) = measure(Kind::Product, &task, origin, place, terms.window).await?;
            costs.push(window.cost());
            lags.extend(lag);
        }
        Ok(Self { rate: RATE, cost: median(costs), lag: median(lags) })
    }
}

async fn meet(
    label: String,
    task: &Task,
    origin: &Origin,
    place: Place<'_>,
    terms: Terms,
) -> Result<Meeting, Box<dyn std::error::Error>> {
    let is_paced = matches!(task.pace, Pace::Even { .. });
    let mut meeting = Meeting { label, is_paced, rounds: Vec::new() };
    for _round in 0..terms.rounds {
        let mut windows = Vec::new();
        for kind in Kind::ALL {
            windows.push(measure(kind, task, origin, place, terms.window).await?.0);
        }
        meeting.rounds.extend(<[Window; 3]>::try_from(windows));
    }
    let [ours, blackbox, bare] = Kind::ALL.map(|kind| meeting.cost(kind));
    let shown = |kind| meeting.ratios(kind).map(|ratio| format!("{ratio:.2}")).collect::<Vec<_>>().join(" ");
    let (of_blackbox, of_bare) = (shown(Kind::Blackbox), shown(Kind::Bare));
    eprintln!(
        "{} ({:?}): {ours:.3}, {blackbox:.3}, {bare:.3} ms; {of_blackbox} of blackbox_exporter, {of_bare} of the loop",
        meeting.label, task.pace
    );
    Ok(meeting)
}

/// One window of one contender, and how late the product started probes in milliseconds (the 99th percentile).
async fn measure(
    kind: Kind,
    task: &Task,
    origin: &Origin,
    place: Place<'_>,
    length: Duration,
) -> Result<(Window, Option<f64>), Box<dyn std::error::Error>> {
    for _attempt in 0..ATTEMPTS {
        let contender = Contender::start(kind, place, task).await?;
        let load = Load::on(&contender, kind, task)?;
        let is_paced = matches!(task.pace, Pace::Even { .. });
        tokio::time::sleep(if is_paced { WARM_UP } else { SHORT_WARM_UP }).await;
        let window = Window::of(&contender, origin, length).await?;
        let due = window.wall.as_secs_f64() / task.gap().as_secs_f64();
        let told = if kind == Kind::Product && is_paced { Some(Told::by(&contender).await?) } else { None };
        let failed = load.failed() + told.as_ref().map_or(0, |told| told.failed);
        if failed == 0 && (!is_paced || is_within(window.probes, due, TOLERANCE)) {
            return Ok((window, told.map(|told| told.lag)));
        }
        let probes = window.probes;
        eprintln!("window thrown away: {probes} probes where {due:.0} were due, {failed} failed ({})", kind.label());
    }
    Err(format!("no window within {} % of its schedule", TOLERANCE * 100.0).into())
}

/// What the product tells of itself.
struct Told {
    /// Targets that it does not reach, so that their probes are no measure.
    failed: u64,
    /// How late it starts probes: the 99th percentile, in milliseconds.
    lag: f64,
}

impl Told {
    async fn by(contender: &Contender) -> Result<Self, Box<dyn std::error::Error>> {
        let metrics = e2e::get(contender.address()?, "/metrics").await.ok_or("no metrics")?.body;
        let reachable = exposition::values(&metrics, "reachwatch_endpoint_reachable");
        let buckets = exposition::buckets(&metrics, "reachwatch_scheduler_lag_seconds");
        Ok(Self {
            failed: reachable.filter(|reachable| *reachable < 1.0).map(|_| 1).sum(),
            lag: quantile(0.99, &buckets) * 1000.0,
        })
    }
}
