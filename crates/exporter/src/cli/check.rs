//! `reachwatch check`: one round over everything, and a report.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use prober::net::{Clock, SystemClock};
use prober::probe::Prober;
use prober::scheduler::{self, Progress};
use prober::snapshot::Snapshot;

use super::args::{CheckArgs, Common};
use super::exit::{Failure, Status};
use super::filter::Selected;
use super::screen::Screen;
use super::{filter, plan, printed, report};

/// How often the bar moves when no probe ends, so that nobody takes waiting for hanging.
const TICK: Duration = Duration::from_millis(100);

/// Probes, reports, and tells what the results come to. Controls are reported and never touch the exit status.
pub(crate) async fn check(args: &CheckArgs, common: &Common) -> Result<Status, Failure> {
    let plan = plan::load_following(common.config.as_deref(), args.data.data_dir.as_deref())?;
    let Selected { plan, groups } = filter::select(&plan, &args.filter).map_err(Failure::usage)?;
    let clock = SystemClock;
    let prober = Prober::new(&plan, Arc::new(clock)).map_err(Failure::config)?;

    let audits = if args.audit { plan.pairs.iter().filter(|pair| pair.endpoint.is_audited()).count() } else { 0 };
    let progress = progress(plan.pairs.len() + audits);
    let told = |step: Progress<'_>| match step {
        Progress::Discovered(more) => progress.inc_length(u64::try_from(more).unwrap_or(0)),
        Progress::Ended(_) => progress.inc(1),
    };
    let mut round = scheduler::round(&plan, Arc::new(prober), &clock, args.audit, told).await;
    progress.finish_and_clear();
    if let Some(groups) = groups {
        round.results.retain(|(pair, _)| groups.contains(&pair.endpoint.group));
    }

    let status =
        Status::of(round.results.iter().filter(|(pair, _)| !pair.endpoint.control).map(|(_, r)| r.verdict.state));
    let snapshot = Snapshot::of_round(&plan.site, clock.now(), &round);
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
