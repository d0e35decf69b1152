//! An answer that grows while a probe is under way.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;
use serde::Serialize;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::probe_now::Told;
use crate::status::LastResult;
use crate::teller::Line;
use crate::web::page::endpoint::ProbePage;

/// How a tale is written.
#[derive(Debug)]
pub(super) enum Form {
    /// A line of JSON for each of its own.
    Lines,
    /// A page.
    Page(ProbePage),
}

/// What comes of a probe, as it comes.
#[derive(Debug)]
pub(super) struct Growing {
    form: Form,
    told: UnboundedReceiver<Told>,
    /// What comes before the first word.
    start: Option<String>,
    /// Whether the last word has been said.
    ended: bool,
}

/// One line of JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "snake_case")]
enum Entry<'a> {
    Title(&'a str),
    Step {
        after_seconds: f64,
        stage: &'a str,
        words: &'a str,
    },
    More(&'a str),
    Result(Box<LastResult<'a>>),
    /// There will be no result.
    Failed(&'a str),
}

/// Said in place of a result where a bug ended the probe.
const FAILED: &str = "the probe ended without a result; the log says more";

impl Form {
    pub(super) const fn content_type(&self) -> &'static str {
        match self {
            Self::Lines => "application/x-ndjson",
            Self::Page(_) => "text/html; charset=utf-8",
        }
    }

    fn said(&self, told: &Told) -> String {
        match (self, told) {
            (Self::Lines, Told::Line(Line::Title(words))) => json(&Entry::Title(words)),
            (Self::Lines, Told::Line(Line::More(words))) => json(&Entry::More(words)),
            (Self::Lines, Told::Line(Line::Step { after, stage, words })) => {
                json(&Entry::Step { after_seconds: after.as_secs_f64(), stage, words })
            }
            (Self::Lines, Told::Report(report)) => json(&Entry::Result(Box::new(LastResult::of(report)))),
            (Self::Page(_), Told::Line(line)) => ProbePage::line(line),
            (Self::Page(page), Told::Report(report)) => page.end(Some(report)),
        }
    }

    fn failed(&self) -> String {
        match self {
            Self::Lines => json(&Entry::Failed(FAILED)),
            Self::Page(page) => page.end(None),
        }
    }
}

fn json(entry: &Entry<'_>) -> String {
    // Strings and numbers always serialize.
    serde_json::to_string(entry).map(|line| line + "\n").unwrap_or_default()
}

impl Growing {
    pub(super) fn new(form: Form, told: UnboundedReceiver<Told>) -> Self {
        let start = match &form {
            Form::Lines => None,
            Form::Page(page) => Some(page.start().to_owned()),
        };
        Self { form, told, start, ended: false }
    }
}

impl HttpBody for Growing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        let this = self.get_mut();
        if let Some(text) = this.start.take() {
            return Poll::Ready(Some(Ok(Frame::data(text.into()))));
        }
        if this.ended {
            return Poll::Ready(None);
        }
        let told = std::task::ready!(this.told.poll_recv(cx));
        this.ended = !matches!(told, Some(Told::Line(_)));
        let text = told.map_or_else(|| this.form.failed(), |told| this.form.said(&told));
        Poll::Ready(Some(Ok(Frame::data(text.into()))))
    }
}
