//! What to do about the causes that hold, out of the runbook, with what is known filled in.

use std::collections::BTreeSet;

use prober::cause::Cause;
use prober::observation::RouteFacts;
use prober::plan::Endpoint;
use prober::snapshot::Row;
use time::macros::format_description;

use crate::runbook::{Blank, Entry, Runbook};
use crate::words;

/// How many causes are explained in place; the others have their pages.
const MOST: usize = 3;

/// What to do about a cause.
#[derive(Debug)]
pub(super) struct Advice {
    pub(super) cause: Cause,
    pub(super) title: String,
    /// On which paths it holds.
    pub(super) paths: String,
    pub(super) who: &'static str,
    /// What is to be known, if it is told here.
    pub(super) entry: Option<Entry>,
    /// What is left to fill in.
    pub(super) blanks: Vec<Blank>,
}

impl Advice {
    /// One for each cause, in the order of the paths.
    pub(super) fn all(site: &str, rows: &[&Row]) -> Vec<Self> {
        let mut seen = BTreeSet::new();
        let causes = rows.iter().filter_map(|row| cause(row)).filter(|cause| seen.insert(*cause));
        causes.enumerate().filter_map(|(place, cause)| Self::about(cause, site, rows, place < MOST)).collect()
    }

    fn about(cause: Cause, site: &str, rows: &[&Row], in_place: bool) -> Option<Self> {
        let struck: Vec<&Row> = rows.iter().copied().filter(|row| self::cause(row) == Some(cause)).collect();
        let first = struck.first()?;
        let reason = first.confirmed.as_ref()?.report.verdict.reason.as_ref()?;
        let paths: Vec<_> = struck.iter().map(|row| row.pair.path.name.as_str()).collect();
        let entry = Runbook::get().ok().and_then(|runbook| runbook.entry(cause)).filter(|_| in_place);
        let known = Known { site, row: first, paths: words::all(&paths) };
        let entry = entry.map(|entry| entry.filled(&|blank| known.prose(blank), &|blank| known.command(blank)));
        Some(Self {
            cause,
            title: words::capitalised(cause.words()),
            who: words::who(reason.blame),
            blanks: entry.as_ref().map(Entry::blanks).unwrap_or_default(),
            entry,
            paths: known.paths,
        })
    }
}

fn cause(row: &Row) -> Option<Cause> {
    Some(row.confirmed.as_ref()?.report.verdict.reason.as_ref()?.cause)
}

/// What fills blanks.
struct Known<'a> {
    site: &'a str,
    row: &'a Row,
    paths: String,
}

impl Known<'_> {
    /// For a text that people read.
    fn prose(&self, blank: Blank) -> Option<String> {
        let endpoint: &Endpoint = &self.row.pair.endpoint;
        let confirmed = self.row.confirmed.as_ref()?;
        let report = &confirmed.report;
        match blank {
            Blank::Site => Some(self.site.to_owned()),
            Blank::Endpoint => Some(endpoint.name.clone()),
            Blank::Url => Some(endpoint.url.to_string()),
            Blank::Host => endpoint.url.host_str().map(str::to_owned),
            Blank::Path => Some(self.paths.clone()),
            Blank::Since => {
                let format = format_description!("[day padding:none] [month repr:short] [year], [hour]:[minute] UTC");
                confirmed.since.to_offset(time::UtcOffset::UTC).format(format).ok()
            }
            Blank::Detail => report.verdict.reason.as_ref().map(|reason| reason.detail.clone()),
            Blank::Evidence => {
                let facts = &report.verdict.evidence.facts;
                let facts: Vec<_> =
                    facts.iter().map(|(key, value)| format!("{}: {value}", key.replace('_', " "))).collect();
                (!facts.is_empty()).then(|| facts.join("; "))
            }
            Blank::Proxy | Blank::ProxyUrl | Blank::ProxyHost | Blank::ProxyPort => self.proxy(blank),
            _ => None,
        }
    }

    /// The proxy that the failed probe went through.
    fn proxy(&self, blank: Blank) -> Option<String> {
        let RouteFacts::Proxy(via) = &self.row.confirmed.as_ref()?.report.observation.route else { return None };
        let (host, port) = via.address.rsplit_once(':')?;
        match blank {
            Blank::Proxy => Some(via.address.clone()),
            Blank::ProxyUrl => Some(format!("{}://{}", via.scheme.as_str(), via.address)),
            Blank::ProxyHost => Some(host.trim_matches(['[', ']']).to_owned()),
            Blank::ProxyPort => Some(port.to_owned()),
            _ => None,
        }
    }

    /// For a command: only what every shell takes for a word and no program for an option, whoever it comes from.
    fn command(&self, blank: Blank) -> Option<String> {
        const OF_NETWORKS: [Blank; 6] =
            [Blank::Url, Blank::Host, Blank::Proxy, Blank::ProxyUrl, Blank::ProxyHost, Blank::ProxyPort];
        let is_word = |text: &String| {
            let is_harmless = |c: char| c.is_ascii_alphanumeric() || "._:/-[]".contains(c);
            text.starts_with(|c: char| c.is_ascii_alphanumeric()) && text.chars().all(is_harmless)
        };
        self.prose(blank).filter(|_| OF_NETWORKS.contains(&blank)).filter(is_word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::runbook::{Command, Span};
    use crate::sample;

    fn letter(url: &str, name: &str) -> (String, String) {
        let row = sample::row_of(url, name, "hq").evidence("via", "1.1 squid").blocked(Cause::ProxyDenied, "refused");
        let snapshot = sample::snapshot([row]);
        let rows: Vec<&Row> = snapshot.rows.iter().map(AsRef::as_ref).collect();
        let advice = Advice::all("branch <b>", &rows);
        let entry = advice[0].entry.as_ref().unwrap();
        let commands = entry.check.iter().flat_map(|step| step.windows.iter().chain(&step.shell));
        let text = |span: &Span| match span {
            Span::Text(text) | Span::Code(text) => text.clone(),
            Span::Blank(blank) => blank.to_string(),
        };
        let commands = commands.flat_map(Command::spans).map(text).collect();
        (entry.send.spans().map(text).collect(), commands)
    }

    #[test]
    fn the_letter_is_filled_in_with_what_is_known() {
        let (letter, commands) = letter("https://ols.example/olsc", "ols");
        for words in ["branch <b>", "https://ols.example/olsc", "hq", "proxy.hq.example:3128"] {
            assert!(letter.contains(words), "{words}: {letter}");
        }
        assert!(!letter.contains("{url}") && !letter.contains("{site}"), "{letter}");
        assert!(commands.contains("-x http://proxy.hq.example:3128 https://ols.example/olsc"), "{commands}");
    }

    #[test]
    fn no_command_takes_in_what_a_shell_would_run() {
        let (_, commands) = letter("https://ols.example/$(reboot)?a=`b`", "x");
        assert!(!commands.contains("reboot"), "{commands}");
    }

    #[test]
    fn causes_are_told_once_each() {
        let snapshot = sample::snapshot([
            sample::row("a", "direct").blocked(Cause::TcpRefused, "no"),
            sample::row("a", "hq").blocked(Cause::ProxyDenied, "no"),
            sample::row("a", "lte").blocked(Cause::TcpRefused, "no"),
            sample::row("a", "wan").reachable(),
        ]);
        let rows: Vec<&Row> = snapshot.rows.iter().map(AsRef::as_ref).collect();
        let told: Vec<_> = Advice::all("s", &rows).into_iter().map(|one| (one.cause, one.paths)).collect();
        let both = |paths: &str| paths.to_owned();
        assert_eq!(told, [(Cause::TcpRefused, both("direct and lte")), (Cause::ProxyDenied, both("hq"))]);
    }
}
