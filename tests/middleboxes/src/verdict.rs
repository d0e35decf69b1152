//! What is true of an endpoint over a path, and what the program said.

use std::fmt;

/// State, cause and blame, as they are spelled in the report.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Verdict {
    /// `reachable`, `degraded`, `blocked`, `unknown`.
    pub state: String,
    /// The cause and who must act; none where nothing is wrong.
    pub reason: Option<(String, String)>,
}

impl Verdict {
    /// From words: `reachable`, or state, cause and blame.
    pub fn new(words: &str) -> Self {
        match words.split_whitespace().collect::<Vec<_>>()[..] {
            [state] => Self { state: state.to_owned(), reason: None },
            [state, cause, blame] => {
                Self { state: state.to_owned(), reason: Some((cause.to_owned(), blame.to_owned())) }
            }
            _ => panic!("{words:?} is neither a state nor a state, a cause and a blame"),
        }
    }

    /// Whether clients get through.
    pub fn is_usable(&self) -> bool {
        matches!(self.state.as_str(), "reachable" | "degraded")
    }

    /// Whether nothing is wrong.
    pub fn is_healthy(&self) -> bool {
        self.reason.is_none() && self.state == "reachable"
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let words = match &self.reason {
            Some((cause, blame)) => format!("{} {cause} {blame}", self.state),
            None => self.state.clone(),
        };
        f.pad(&words)
    }
}

/// An endpoint (or control) over a path.
#[derive(Debug, Clone)]
pub struct Pair {
    /// The endpoint's name.
    pub endpoint: String,
    /// The path's name.
    pub path: String,
    /// What is true.
    pub truth: Verdict,
    /// What was said.
    pub said: Verdict,
    /// How long the probe took until its verdict.
    pub seconds: f64,
    /// What else was said, for a person who has to find out why it was wrong.
    pub detail: String,
}

/// What the program said at one branch.
#[derive(Debug, Clone)]
pub struct Outcome {
    /// The scenario's name.
    pub scenario: &'static str,
    /// Every pair.
    pub pairs: Vec<Pair>,
    /// What is wrong with the report as a whole: its exit status, the state of the site.
    pub faults: Vec<String>,
}
