//! The pages of the runbook.

use askama::Template;
use prober::cause::{Cause, Stage};

use super::frame::Frame;
use crate::runbook::{Entry, NetworkIsFine, Section, Span};
use crate::words;

/// All causes, by stage.
#[derive(Debug, Template)]
#[template(path = "runbook/index.html")]
struct Index {
    frame: Frame,
    groups: Vec<Group>,
}

/// The causes of a stage.
#[derive(Debug)]
struct Group {
    id: &'static str,
    title: &'static str,
    causes: Vec<Cause>,
}

/// One cause.
#[derive(Debug, Template)]
#[template(path = "runbook/cause.html")]
struct CausePage<'a> {
    frame: Frame,
    entry: &'a Entry,
    title: String,
    stage: &'static str,
    who: &'static str,
}

/// What else may stop activation.
#[derive(Debug, Template)]
#[template(path = "runbook/network_is_fine.html")]
struct NetworkIsFinePage<'a> {
    frame: Frame,
    page: &'a NetworkIsFine,
}

/// What is said of a cause that does not exist.
#[derive(Debug, Template)]
#[template(path = "runbook/unknown.html")]
struct Unknown {
    frame: Frame,
}

/// The index as HTML.
pub(in crate::web) fn index() -> askama::Result<String> {
    let of_stage = |stage: Stage| {
        let causes = Cause::ALL.iter().copied().filter(|cause| *cause != Cause::MonitorError && cause.stage() == stage);
        Group { id: stage.as_str(), title: title(stage), causes: causes.collect() }
    };
    let mut groups: Vec<_> = Stage::ALL.into_iter().map(of_stage).collect();
    groups.push(Group { id: "any", title: "The monitor itself, at any stage", causes: vec![Cause::MonitorError] });
    Index { frame: Frame::new(), groups }.render()
}

/// The page of a cause as HTML.
pub(in crate::web) fn cause(entry: &Entry) -> askama::Result<String> {
    let cause = entry.cause;
    let stage = if cause == Cause::MonitorError { "any" } else { cause.stage().as_str() };
    let who = words::who(cause.blame());
    CausePage { frame: Frame::new(), entry, title: words::capitalised(cause.words()), stage, who }.render()
}

/// The page for when the network is fine as HTML.
pub(in crate::web) fn network_is_fine(page: &NetworkIsFine) -> askama::Result<String> {
    NetworkIsFinePage { frame: Frame::new(), page }.render()
}

/// The page in place of one that does not exist as HTML.
pub(in crate::web) fn unknown() -> askama::Result<String> {
    Unknown { frame: Frame::new() }.render()
}

const fn title(stage: Stage) -> &'static str {
    match stage {
        Stage::Route => "Choosing the way out",
        Stage::Resolve => "Finding the address",
        Stage::Connect => "Connecting",
        Stage::Proxy => "The proxy",
        Stage::Tls => "TLS and certificates",
        Stage::Http => "Request and answer",
        Stage::Content => "Content: revocation lists, expected texts",
    }
}
