//! `reachwatch explain`: one probe of any URL, told step by step as it happens, and what it comes to.

mod target;

use std::io::{self, Write};
use std::sync::Arc;

use prober::net::SystemClock;
use prober::plan::{Pair, Plan};
use prober::probe::{Probe, Prober};
use prober::verdict::{Question, Verdict, judge};

use super::args::{Common, ExplainArgs, without_user_info};
use super::exit::{Failure, Status};
use super::screen::Screen;
use super::{plan, printed};
use crate::teller::{Line, Teller};
use crate::words;

/// Probes once and tells all about it.
pub(crate) async fn explain(args: &ExplainArgs, common: &Common) -> Result<Status, Failure> {
    let url = without_user_info(&args.url).map_err(Failure::usage)?;
    let plan = plan::load_following(common.config.as_deref(), args.data.data_dir.as_deref())?;
    let domain = plan.pairs.iter().find(|pair| pair.endpoint.url == *url && pair.endpoint.tenant.is_some()).cloned();
    if url.scheme() == "dns" {
        let pair = domain.ok_or_else(|| Failure::usage(format!("{url} is no domain of the configuration's tenant")))?;
        return tell(&plan, &pair, false).await;
    }
    let path = args.path.as_deref().map(|path| plan::load_path(common.config.as_deref(), path)).transpose()?;
    let made = plan::load_endpoint(common.config.as_deref(), url)?;
    let (plan, pair) = target::plan_for(plan, made, path);
    tell(&plan, &pair, args.audit).await
}

/// Probes a pair of a plan, and audits it where that is wanted and worth it.
async fn tell(plan: &Plan, pair: &Pair, audit: bool) -> Result<Status, Failure> {
    let prober = Prober::new(plan, Arc::new(SystemClock)).map_err(Failure::config)?;

    let colour = Screen::stdout().colour;
    let teller = Teller::start(pair, |line| print(&line));
    let observation = prober.probe_with(pair, &teller).await;
    teller.ended(&observation);
    let ranges = plan.published.as_deref();
    let question = Question { ranges, ..Question::alone(pair, &plan.fingerprints) };
    let mut verdict = judge(&question, &observation);
    if audit && pair.endpoint.is_audited() && observation.tls.is_some() && verdict.state.is_usable() {
        let audit = prober.audit(pair).await;
        teller.audited(&audit);
        verdict = judge(&Question { audit: Some(&audit), ..question }, &observation);
    }
    printed(conclude(pair, &verdict, colour, &mut io::stdout().lock()))?;
    Ok(Status::of([verdict.state]))
}

/// A reader that has seen enough does not end the probe.
fn print(line: &Line) {
    let mut out = io::stdout().lock();
    let _ = writeln!(out, "{line}").and_then(|()| out.flush());
}

fn good_news(pair: &Pair) -> String {
    match pair.endpoint.tenant {
        Some(_) => "the record leads nowhere that it must not".to_owned(),
        None => format!("a client gets through to {}", pair.endpoint.url),
    }
}

/// Writes what the probe comes to.
fn conclude(pair: &Pair, verdict: &Verdict, colour: bool, out: &mut impl Write) -> io::Result<()> {
    let state = super::screen::painted(verdict.state, colour);
    match &verdict.reason {
        None => writeln!(out, "\n{state}: {}", good_news(pair))?,
        Some(reason) => {
            writeln!(out, "\n{state}: {}", reason.cause.words())?;
            writeln!(out, "  detail    {}", reason.detail)?;
            writeln!(out, "  who acts  {}", words::who(reason.blame))?;
            writeln!(out, "  cause     {} (stage {}, blame {})", reason.cause, reason.stage, reason.blame)?;
        }
    }
    let mut title = "evidence";
    for (name, value) in &verdict.evidence.facts {
        writeln!(out, "  {title:8}  {}: {value}", name.replace('_', " "))?;
        title = "";
    }
    let also: Vec<_> = verdict.evidence.also.iter().map(|cause| cause.as_str()).collect();
    if also.is_empty() { Ok(()) } else { writeln!(out, "  also      {}", also.join(", ")) }
}
