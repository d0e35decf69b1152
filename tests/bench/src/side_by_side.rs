//! Everything that is measured beside blackbox_exporter and the bare loop, as tables and plots.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::time::Instant;

use crate::contender::{Kind, Place};
use crate::contest::{self, Hurry, Meeting, Terms};
use crate::growth::{self, Size};
use crate::memory::Memory;
use crate::peers::Peers;
use crate::plot;

/// What came of it.
struct Results {
    terms: Terms,
    meetings: Vec<Meeting>,
    hurry: Hurry,
    /// By size, the product's and blackbox_exporter's.
    growth: [Vec<Size>; 2],
    memory: [Memory; 2],
}

/// Measures, prints the tables, and writes the plots where they are wanted.
pub(crate) async fn run(binary: &Path, terms: Terms, plots: Option<&Path>) -> Result<(), Box<dyn std::error::Error>> {
    let began = Instant::now();
    let peers = Peers::start().await?;
    let hosts = peers.hosts_file();
    let place = Place::pinned(binary, peers.dir(), &hosts);
    let meetings = contest::run(&peers, place, terms).await?;
    let hurry = Hurry::of(&peers, place, terms).await?;
    let memory = [Memory::of(Kind::Product, &peers, place).await?, Memory::of(Kind::Blackbox, &peers, place).await?];
    let growth = [growth::run(Kind::Product, &peers, place).await?, growth::run(Kind::Blackbox, &peers, place).await?];
    let results = Results { terms, meetings, hurry, growth, memory };
    println!("{}", results.tables()?);
    if let Some(folder) = plots {
        let [ours, theirs] = &results.growth;
        fs::write(folder.join("cost-growth.svg"), plot::growth(ours, theirs))?;
        fs::write(folder.join("cost-probe.svg"), plot::bars(&results.meetings))?;
    }
    eprintln!("{:.0} seconds in all", began.elapsed().as_secs_f64());
    Ok(())
}

impl Results {
    fn tables(&self) -> Result<String, std::fmt::Error> {
        let mut out = String::new();
        self.costs(&mut out)?;
        self.throughput(&mut out)?;
        self.sizes(&mut out)?;
        self.memory(&mut out)?;
        Ok(out)
    }

    fn costs(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "| CPU seconds per 1,000 probes | reachwatch | blackbox_exporter | bare loop | of blackbox_exporter | of the loop |"
        )?;
        writeln!(out, "|---|---|---|---|---|---|")?;
        for meeting in &self.meetings {
            let [ours, blackbox, bare] = Kind::ALL.map(|kind| meeting.cost(kind));
            let pace = if meeting.is_paced { format!("{} a second", self.terms.rate) } else { "all it can".to_owned() };
            writeln!(
                out,
                "| {pace}, {} | {ours:.2} | {blackbox:.2} | {bare:.2} | **{:.2}** | **{:.2}** |",
                meeting.label,
                meeting.ratio(Kind::Blackbox),
                meeting.ratio(Kind::Bare)
            )?;
        }
        let Hurry { rate, cost, lag } = self.hurry;
        writeln!(
            out,
            "\nreachwatch at {rate} a second: {cost:.2} ms a probe, which starts {lag:.1} ms late at most in 99 of 100 cases\n"
        )
    }

    fn throughput(&self, out: &mut String) -> std::fmt::Result {
        writeln!(
            out,
            "| probes a second on one core, 16 at a time (how much of it was used) | reachwatch | blackbox_exporter | bare loop |"
        )?;
        writeln!(out, "|---|---|---|---|")?;
        for meeting in self.meetings.iter().filter(|meeting| !meeting.is_paced) {
            let [ours, blackbox, bare] = Kind::ALL.map(|kind| {
                let (rate, share) = meeting.throughput(kind);
                format!("{rate:.0} ({:.0} %)", share * 100.0)
            });
            writeln!(out, "| {} | {ours} | {blackbox} | {bare} |", meeting.label)?;
        }
        writeln!(out)
    }

    fn sizes(&self, out: &mut String) -> std::fmt::Result {
        let columns = "ms of CPU a probe | blackbox_exporter | MiB | blackbox_exporter | ms a scrape | bytes of each | blackbox_exporter";
        writeln!(out, "| endpoints over paths | {columns} |\n|---|---|---|---|---|---|---|---|")?;
        let [ours, theirs] = &self.growth;
        for (place, our) in ours.iter().enumerate() {
            let their = theirs.get(place);
            let theirs = |show: &dyn Fn(&Size) -> String| their.map_or_else(|| "too many".to_owned(), show);
            writeln!(
                out,
                "| {} | {:.2} | {} | {:.1} | {} | {:.1} | {:.0} | {} |",
                our.targets,
                our.window.cost(),
                theirs(&|size| format!("{:.2}", size.window.cost())),
                our.memory,
                theirs(&|size| format!("{:.1}", size.memory)),
                our.scrape.millis,
                our.scrape.bytes,
                theirs(&|size| format!("{:.0}", size.scrape.bytes)),
            )?;
        }
        writeln!(out)
    }

    fn memory(&self, out: &mut String) -> std::fmt::Result {
        writeln!(out, "| MiB of resident memory | reachwatch | blackbox_exporter | share |\n|---|---|---|---|")?;
        let [ours, theirs] = &self.memory;
        let rows = [
            ("idle, one target", ours.idle, theirs.idle),
            ("after 10,000 probes", ours.worked, theirs.worked),
            ("while 1,000 targets hang", ours.hanging, theirs.hanging),
        ];
        for (label, ours, theirs) in rows {
            writeln!(out, "| {label} | {ours:.1} | {theirs:.1} | **{:.2}** |", ours / theirs)?;
        }
        Ok(())
    }
}
