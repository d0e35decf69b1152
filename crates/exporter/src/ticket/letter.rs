//! Filling in what the runbook says to send.

use url::Url;

use super::Target;
use crate::runbook::{Blank, Prose, Span};
use crate::status::Stamp;
use crate::words;

/// What is known, for the blanks.
pub(super) struct Facts<'t, 'a> {
    pub(super) site: &'t str,
    pub(super) path: &'t str,
    pub(super) targets: &'t [Target<'a>],
}

impl Facts<'_, '_> {
    /// The paragraphs; what is not known stays a blank, for the sender to fill in.
    pub(super) fn fill(&self, prose: &Prose) -> Vec<Vec<Span>> {
        let filled = |span: &Span| match span {
            Span::Blank(blank) => self.value(*blank).map_or_else(|| span.clone(), Span::Text),
            other => other.clone(),
        };
        prose.paragraphs.iter().map(|paragraph| paragraph.iter().map(filled).collect()).collect()
    }

    fn value(&self, blank: Blank) -> Option<String> {
        let first = self.targets.first()?;
        match blank {
            Blank::Site => Some(self.site.to_owned()),
            Blank::Path => Some(self.path.to_owned()),
            Blank::Endpoint => Some(self.each(|target| target.endpoint.to_owned())),
            Blank::Url => Some(self.each(|target| Url::to_string(target.url))),
            Blank::Host => Some(self.each(|target| target.host.clone())),
            Blank::Since => Stamp(self.targets.iter().map(|target| target.since).min()?).to_text(),
            Blank::Detail => Some(first.detail.to_string()),
            Blank::Evidence => {
                // Those of the endpoint of which most was seen.
                let told = self.targets.iter().max_by_key(|target| target.evidence.len())?;
                let facts: Vec<_> = told.evidence.iter().map(|(key, value)| format!("{key}: {value}")).collect();
                Some(facts.join("; ")).filter(|facts| !facts.is_empty())
            }
            Blank::Proxy => self.the_same(|target| target.proxy.clone()),
            Blank::ProxyHost => self.the_same(|target| Some(target.proxy.as_ref()?.rsplit_once(':')?.0.to_owned())),
            Blank::ProxyPort => self.the_same(|target| Some(target.proxy.as_ref()?.rsplit_once(':')?.1.to_owned())),
            _ => None,
        }
    }

    /// What targets have, each once, as many as fit into a sentence.
    fn each(&self, of: impl Fn(&Target<'_>) -> String) -> String {
        let mut all: Vec<String> = Vec::new();
        for value in self.targets.iter().map(of) {
            if !all.contains(&value) {
                all.push(value);
            }
        }
        words::all(&all.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// What all targets have alike.
    fn the_same(&self, of: impl Fn(&Target<'_>) -> Option<String>) -> Option<String> {
        let mut values = self.targets.iter().map(of);
        let first = values.next()??;
        values.all(|value| value.as_ref() == Some(&first)).then_some(first)
    }
}
