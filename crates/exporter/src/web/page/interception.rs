//! Who answers in place of origins, as the overview tells it.

use prober::diagnosis::{Extent, Interceptor, interception};
use prober::snapshot::Snapshot;

/// Everybody who answers in place of origins, as many as fit.
#[derive(Debug)]
pub(super) struct InterceptionLines<'a> {
    /// Who nobody announced first.
    pub(super) shown: Vec<InterceptionLine<'a>>,
    /// How many more there are: somebody who signs as each host himself is met once for every one.
    pub(super) left_out: usize,
}

/// Somebody who answers in place of origins.
#[derive(Debug)]
pub(super) struct InterceptionLine<'a> {
    /// Who signed.
    pub(super) issuer: &'a str,
    /// Whose product it is.
    pub(super) vendor: Option<&'a str>,
    /// Whether the site announced it.
    pub(super) announced: bool,
    /// Where and for how many, in a sentence.
    pub(super) reach: String,
}

impl<'a> InterceptionLines<'a> {
    /// How many are told.
    const MOST: usize = 8;

    /// Everybody who was met.
    pub(super) fn of(snapshot: &'a Snapshot) -> Self {
        let mut interceptors = interception(snapshot).interceptors;
        interceptors.sort_by_key(|interceptor| interceptor.announced);
        let shown: Vec<_> = interceptors.iter().take(Self::MOST).map(InterceptionLine::of).collect();
        Self { left_out: interceptors.len() - shown.len(), shown }
    }
}

impl<'a> InterceptionLine<'a> {
    /// How many paths a sentence names.
    const MOST_PATHS: usize = 4;

    fn of(interceptor: &Interceptor<'a>) -> Self {
        Self {
            issuer: interceptor.issuer,
            vendor: interceptor.vendor,
            announced: interceptor.announced,
            reach: reach(interceptor),
        }
    }
}

/// "only on hq: 2 of 11 endpoints", "on every path: direct 2 of 11 endpoints, hq 11 of 11".
fn reach(interceptor: &Interceptor<'_>) -> String {
    let (mut parts, mut noun) = (Vec::new(), " endpoints");
    for reach in interceptor.paths.iter().take(InterceptionLine::MOST_PATHS) {
        parts.push(format!("{} of {}{noun} on {}", reach.intercepted, reach.tls, reach.path));
        noun = "";
    }
    let left_out = interceptor.paths.len().saturating_sub(parts.len());
    if left_out > 0 {
        parts.push(format!("and on {left_out} more paths"));
    }
    let extent = match interceptor.extent {
        Some(Extent::EveryPath) => "on every path: ",
        Some(Extent::OnePath) => "on one path only: ",
        Some(Extent::SomePaths) | None => "",
    };
    format!("{extent}{}", parts.join(", "))
}
