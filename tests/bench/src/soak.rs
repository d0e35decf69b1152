//! Whether reachwatch goes on as it began: for half an hour everything that testnet knows goes wrong with endpoints and the
//! proxy, one thing or the other at any time, by chance that can be had again.
//!
//! Three things have to hold at the end. Memory, open files and tasks are what they were ([`flat`]). Every fault that lasted
//! long enough to be confirmed is one trouble in the history and one open incident, closed when it was mended, at times that
//! fit, and nothing else is ([`record`]). And reachwatch counted what testnet served ([`ledger`]).

mod chance;
mod flat;
mod ledger;
mod plot;
mod product;
mod record;
mod schedule;
mod site;
mod terms;
#[cfg(test)]
mod tests;
mod trouble;

use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use prober::net::{Clock, SystemClock};
use tokio::time::{Instant, sleep, sleep_until, timeout};

use self::flat::{Looked, Trend};
use self::product::Product;
use self::record::{Happened, Pair, Told};
use self::schedule::{Planned, Schedule};
use self::site::{PATHS, Site};
pub(crate) use self::terms::Terms;

/// The most that is told of what is wrong.
const MOST_TOLD: usize = 40;
/// The time that an answer of the product may take.
const PATIENCE: Duration = Duration::from_secs(60);

/// What is to be done at a time.
#[derive(Debug, Clone, Copy)]
enum Step {
    Begin(usize),
    End(usize),
    Look,
}

/// A run.
struct Soak<'a> {
    terms: &'a Terms,
    schedule: &'a Schedule,
    site: &'a Site,
    product: &'a Product,
    /// By the number of the fault in the schedule.
    happened: Vec<Happened>,
    looks: Vec<Looked>,
    wrong: Vec<String>,
}

/// What came of a run.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// What there is to tell, in Markdown.
    pub(crate) report: String,
    /// The plot.
    pub(crate) plot: String,
    /// What does not hold.
    pub(crate) wrong: Vec<String>,
}

/// A seed that nobody has chosen.
pub(crate) fn any_seed() -> u64 {
    SystemClock.now().unix_timestamp().unsigned_abs()
}

/// Runs the soak, prints what came of it, writes the plot where it is wanted, and fails where something does not hold.
pub(crate) async fn run(binary: &Path, terms: Terms, plots: Option<&Path>) -> Result<(), Box<dyn std::error::Error>> {
    eprintln!("seed {}", terms.seed);
    let outcome = soak(binary, &terms).await?;
    println!("{}", outcome.report);
    if let Some(folder) = plots {
        std::fs::write(folder.join("soak.svg"), &outcome.plot)?;
    }
    for wrong in outcome.wrong.iter().take(MOST_TOLD) {
        eprintln!("{wrong}");
    }
    match outcome.wrong.len() {
        0 => Ok(()),
        count => Err(format!("{count} things are wrong; the seed was {}", terms.seed).into()),
    }
}

/// Runs the soak.
pub(crate) async fn soak(binary: &Path, terms: &Terms) -> Result<Outcome, Box<dyn std::error::Error>> {
    let schedule = Schedule::draw(terms);
    let site = Site::start(terms).await?;
    let config = site.configure(terms)?;
    let mut product = Product::start(binary, &config, &site).await?;
    let (happened, looks, wrong) = Default::default();
    let mut soak = Soak { terms, schedule: &schedule, site: &site, product: &product, happened, looks, wrong };
    soak.go_through().await?;
    let outcome = soak.conclude().await?;
    let status = product.end().await?;
    if !status.success() {
        return Err(format!("it ended with {status}").into());
    }
    Ok(outcome)
}

impl Soak<'_> {
    /// Lets faults come and go, and looks on.
    async fn go_through(&mut self) -> Result<(), Box<dyn std::error::Error>> {
        let faults = self.schedule.faults.iter().enumerate();
        let switches =
            faults.flat_map(|(place, fault)| [(fault.on, Step::Begin(place)), (fault.off, Step::End(place))]);
        let looks = (1..).map(|look| self.terms.look_every * look).take_while(|at| *at < self.schedule.end);
        let mut steps: Vec<_> = switches.chain(looks.map(|at| (at, Step::Look))).collect();
        steps.sort_by_key(|(at, _)| *at);
        let began = Instant::now();
        for (at, step) in steps {
            sleep_until(began + at).await;
            match step {
                Step::Begin(place) => self.begin(place)?,
                Step::End(place) => self.end(place)?,
                Step::Look => self.look(began).await?,
            }
        }
        sleep_until(began + self.schedule.end).await;
        Ok(())
    }

    fn begin(&mut self, place: usize) -> Result<(), Box<dyn std::error::Error>> {
        let Some(planned) = self.schedule.faults.get(place) else { return Ok(()) };
        // They begin in the order in which they stand.
        self.happened.push(Happened { planned: planned.clone(), on: record::now(), off: None });
        planned.trouble.doing.begin(&self.site.world, planned.host.map_or("", |host| self.site.host(host)))
    }

    fn end(&mut self, place: usize) -> Result<(), Box<dyn std::error::Error>> {
        let Some(happened) = self.happened.get_mut(place) else { return Ok(()) };
        happened.off = Some(record::now());
        let planned = &happened.planned;
        planned.trouble.doing.end(&self.site.world, planned.host.map_or("", |host| self.site.host(host)))
    }

    /// Reads what somebody who watches the site reads, and keeps what it says of the process and of what is open.
    async fn look(&mut self, began: Instant) -> Result<(), Box<dyn std::error::Error>> {
        let at = began.elapsed();
        let exposition = self.read("/metrics").await?;
        self.looks.push((at, self.product.look(&exposition)?));
        for page in ["/", "/report", "/endpoints/soak-0000.example"] {
            self.read(page).await?;
        }
        let answer = serde_json::from_str(&self.read("/api/v1/incidents?state=open&limit=1").await?)?;
        let open = record::open(&answer).ok_or("incidents in another form")?;
        let wrong = record::watch(&open, self.pairs(), &self.happened, self.terms);
        // Who looks on need not wait for half an hour.
        if let Some(first) = wrong.first().filter(|_| self.wrong.is_empty()) {
            eprintln!("wrong: {first}");
        }
        self.wrong.extend(wrong);
        Ok(())
    }

    async fn read(&self, path: &str) -> Result<String, Box<dyn std::error::Error>> {
        timeout(PATIENCE, self.product.get(path)).await?
    }

    fn pairs(&self) -> impl Iterator<Item = Pair<'_>> {
        let hosts = self.site.hosts.iter().enumerate();
        hosts.flat_map(|(host, endpoint)| PATHS.map(|path| Pair { endpoint, host, path }))
    }

    /// Looks at all that is known at the end.
    async fn conclude(mut self) -> Result<Outcome, Box<dyn std::error::Error>> {
        let mut report = String::new();
        self.count(&mut report).await?;
        self.compare(&mut report).await?;
        let trends = flat::trends(&self.looks, self.schedule, self.terms);
        self.weigh(&trends, &mut report)?;
        self.wrong.extend(self.product.errors());
        let plot = plot::soak(&self.looks, self.schedule);
        Ok(Outcome { report, plot, wrong: self.wrong })
    }

    /// Compares counters.
    async fn count(&mut self, report: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let (before, _) = ledger::served(self.site)?;
        sleep(self.terms.timeout + Duration::from_secs(1)).await;
        let exposition = self.read("/metrics").await?;
        let (_, after) = ledger::served(self.site)?;
        let probed = ledger::probed(&exposition);
        let at_the_door = ledger::at_the_door(&self.happened, self.terms);
        let differences = ledger::differences(&before, &probed, &after, at_the_door);
        let told: Vec<_> = differences.into_iter().map(|difference| self.with_faults(difference)).collect();
        let differing = told.len();
        self.wrong.extend(told);
        let (direct, proxied) = (ledger::total(&probed, ledger::DIRECT), ledger::total(&probed, ledger::PROXIED));
        let unanswered = (proxied - ledger::total(&after, ledger::PROXIED)).max(0.0);
        let took = self.schedule.end.as_secs_f64();
        writeln!(
            report,
            "{:.0} probes in {:.0} s, {:.0} a second: {direct:.0} directly, {proxied:.0} through the proxy ({unanswered:.0} of them \
             met its door shut); {:.0} were let through. Testnet counted otherwise {differing} times, host by host.\n",
            direct + proxied,
            took,
            (direct + proxied) / took,
            ledger::total(&probed, ledger::THROUGH),
        )?;
        let unknown = crate::exposition::labelled(&exposition, "reachwatch_probes_total");
        let unknown: f64 = unknown.filter(|(labels, _)| labels.contains(&("result", "unknown"))).map(|(_, n)| n).sum();
        writeln!(report, "{unknown:.0} of them found out nothing, for want of time on this machine.\n")?;
        Ok(())
    }

    /// What differs, with all that went wrong with the host that it begins with.
    fn with_faults(&self, mut difference: String) -> String {
        for Planned { trouble, host, on, off } in self.happened.iter().map(|happened| &happened.planned) {
            if host.is_some_and(|host| difference.starts_with(self.site.host(host))) {
                let _infallible = write!(difference, "; {:?} for {:.0?}", trouble.doing, off.saturating_sub(*on));
            }
        }
        difference
    }

    /// Compares what was wrong with what was told of it.
    async fn compare(&mut self, report: &mut String) -> Result<(), Box<dyn std::error::Error>> {
        let (mut all, mut due) = (0, 0);
        for (host, endpoint) in self.site.hosts.iter().enumerate() {
            let answer = self.read(&format!("/api/v1/incidents?endpoint={endpoint}&limit=10000")).await?;
            let told = Told::all(&serde_json::from_str(&answer)?).ok_or("no troubles")?;
            all += told.len();
            for path in PATHS {
                let pair = Pair { endpoint, host, path };
                let (wrong, long) = record::compare(pair, &told, &self.happened, self.terms);
                self.wrong.extend(wrong);
                due += long;
            }
        }
        let answer = serde_json::from_str(&self.read("/api/v1/incidents?state=open&limit=10").await?)?;
        let (_, open) = record::open(&answer).ok_or("incidents in another form")?;
        if !open.is_empty() {
            self.wrong.push(format!("still open at the end: {open:?}"));
        }
        let wide = self.happened.iter().filter(|fault| fault.planned.host.is_none()).count();
        writeln!(
            report,
            "{} faults, {wide} of them of the proxy for everybody: {due} times an endpoint over a path was struck for long \
             enough to be confirmed; {all} troubles in the history, {} open incidents looked at.\n",
            self.happened.len(),
            self.looks.len(),
        )?;
        Ok(())
    }

    /// Compares what the process took.
    fn weigh(&mut self, trends: &[Trend], report: &mut String) -> std::fmt::Result {
        writeln!(report, "| | before | at the end | flat up to |\n|---|---|---|---|")?;
        for trend in trends {
            let Trend { of, before, after, most } = trend;
            writeln!(report, "| {of} | {before:.1} | {after:.1} | {most:.1} |")?;
            if !trend.is_flat() {
                self.wrong.push(format!("{of}: {before:.1} before, {after:.1} at the end"));
            }
        }
        let last = self.looks.last().map(|(_, look)| *look);
        if let Some(last) = last {
            writeln!(report, "\n{:.0} threads, {:.1} MiB of history.", last.threads, last.history)?;
        }
        Ok(())
    }
}
