//! `reachwatch check`: one round over everything, and a report.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use prober::net::{Clock, SystemClock};
use prober::plan::{Pair, Plan};
use prober::probe::Prober;
use prober::scheduler;
use prober::snapshot::{Counts, Row, Snapshot};
use prober::state::{Confirmed, Report};
use time::OffsetDateTime;

use super::args::{CheckArgs, Common};
use super::exit::{Failure, Status};
use super::screen::Screen;
use super::{filter, plan, printed, report};

/// How often the bar moves when no probe ends, so that nobody takes waiting for hanging.
const TICK: Duration = Duration::from_millis(100);

/// Probes, reports, and tells what the results come to. Controls are reported and never touch the exit status.
pub(crate) async fn check(args: &CheckArgs, common: &Common) -> Result<Status, Failure> {
    let (plan, _) = plan::load(common.config.as_deref())?;
    let plan = filter::select(&plan, &args.filter).map_err(Failure::usage)?;
    let clock = SystemClock;
    let prober = Prober::new(&plan, Arc::new(clock)).map_err(Failure::config)?;

    let progress = progress(plan.pairs.len());
    let results = scheduler::round(&plan, Arc::new(prober), &clock, |_| progress.inc(1)).await;
    progress.finish_and_clear();

    let status = Status::of(results.iter().filter(|(pair, _)| !pair.endpoint.control).map(|(_, r)| r.verdict.state));
    let snapshot = snapshot(&plan, results, clock.now());
    printed(report::write(args.format, &snapshot, Screen::stdout(), &mut io::stdout().lock()))?;
    Ok(status)
}

/// A bar on a terminal, nothing elsewhere; on stderr, where it cannot get into the report.
fn progress(probes: usize) -> ProgressBar {
    if !io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bar = ProgressBar::with_draw_target(u64::try_from(probes).ok(), ProgressDrawTarget::stderr());
    // The template is ours, so that it cannot fail; the default one would do too.
    if let Ok(style) = ProgressStyle::with_template("probing {bar:40} {pos}/{len} in {elapsed}") {
        bar.set_style(style);
    }
    bar.enable_steady_tick(TICK);
    bar
}

/// Raw results as a snapshot: what one round saw is held true, there is nothing to confirm it with.
fn snapshot(plan: &Plan, results: Vec<(Arc<Pair>, Arc<Report>)>, now: OffsetDateTime) -> Snapshot {
    let rows = results.into_iter().map(|(pair, report)| {
        let mut counts = Counts::default();
        counts.count(report.verdict.state);
        let (state, since) = (report.verdict.state, report.observation.probed_at);
        let confirmed = Some(Confirmed { state, since, report: Arc::clone(&report) });
        Arc::new(Row { pair, confirmed, last: Some(report), counts })
    });
    Snapshot { site: plan.site.as_str().into(), generated_at: now, first_round_complete: true, rows: rows.collect() }
}
