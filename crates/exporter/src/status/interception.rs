//! Who answers in place of origins, as the status document shows it.

use prober::diagnosis::{Extent, Interceptor, Reach};
use serde::Serialize;

/// Somebody who answers in place of origins.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct InterceptorEntry<'a> {
    /// Who signed the last certificate shown, a distinguished name.
    pub issuer: &'a str,
    /// Whose product it is, where fingerprints tell.
    pub vendor: Option<&'a str>,
    /// Whether it is the site's own, by `inspection_roots`.
    pub announced: bool,
    /// `one_path`, `some_paths`, `every_path`; null where handshakes complete on a single path only.
    pub extent: Option<&'static str>,
    /// Where it was met.
    pub paths: Vec<ReachEntry<'a>>,
}

/// How far somebody reaches on a path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct ReachEntry<'a> {
    /// The path's name.
    pub path: &'a str,
    /// Endpoints that it answers for.
    pub intercepted_endpoints: usize,
    /// Endpoints whose TLS handshake completes there.
    pub tls_endpoints: usize,
}

impl<'a> InterceptorEntry<'a> {
    pub(super) fn of(interceptor: &Interceptor<'a>) -> Self {
        let entry = |&Reach { path, intercepted, tls }| ReachEntry {
            path,
            intercepted_endpoints: intercepted,
            tls_endpoints: tls,
        };
        Self {
            issuer: interceptor.issuer,
            vendor: interceptor.vendor,
            announced: interceptor.announced,
            extent: interceptor.extent.map(Extent::as_str),
            paths: interceptor.paths.iter().map(entry).collect(),
        }
    }
}
