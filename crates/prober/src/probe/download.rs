//! Fetching a document for the monitor itself, over a path of the plan: with its resolvers, its proxies and what these want
//! to know, and its PAC file.

use std::sync::Arc;
use std::time::Duration;

use http::HeaderValue;
use http::header::CACHE_CONTROL;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};
use url::Url;

use super::Prober;
use super::pac::is_trusted;
use super::trip::Trip;
use crate::observation::{Fault, HttpFault};
use crate::phase::http::Body;
use crate::phase::{Deadline, Failure};
use crate::plan::{Endpoint, Expect, Pair, Path};
use crate::text::Clean;

/// What came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Download {
    /// The status.
    pub status: u16,
    /// The reason phrase.
    pub reason: Option<Clean>,
    /// The `Retry-After` header.
    pub retry_after: Option<Clean>,
    /// The body; of an answer that is no success, the beginning of it.
    pub bytes: Vec<u8>,
}

/// Why nothing came that could be taken.
#[derive(Debug, Clone, PartialEq, Error)]
pub enum DownloadFault {
    /// No way led there, or nobody answered.
    #[error("it cannot be reached")]
    Unreached(#[source] Fault),
    /// Somebody answered who is not proven to be the one who was asked.
    #[error("whoever answers is not proven to be it: {reason}")]
    Unproven {
        /// What the certificate lacks.
        reason: Clean,
    },
    /// More came than is taken.
    #[error("more came than {limit} bytes")]
    TooLarge {
        /// The most that is taken.
        limit: usize,
    },
    /// The answer broke off.
    #[error("its answer broke off")]
    BrokeOff(#[source] Fault),
    /// It took too long.
    #[error("it did not come within {} s", limit.as_secs())]
    TooLate {
        /// The time that there was.
        limit: Duration,
    },
}

impl Prober {
    /// Fetches what is at a URL over a path of the plan ([`Plan::ways_out`](crate::plan::Plan::ways_out)), at most so many
    /// bytes within so much time. An https server has to prove itself, or the company's own TLS inspection in its place.
    /// Redirects are not followed: whoever publishes for programs does without, and portals do not. Caches on the way are asked to
    /// look whether what they have is still so.
    ///
    /// # Errors
    /// Where nothing came, or not all of it. A refusal by HTTP status is an answer.
    pub async fn download(
        &self,
        path: &Arc<Path>,
        url: &Url,
        limit: usize,
        time: Duration,
    ) -> Result<Download, DownloadFault> {
        // Of whatever a cache on the way has kept it says nothing here whether that is still so (RFC 9111, section 5.2.1.4).
        let headers = vec![(CACHE_CONTROL, HeaderValue::from_static("no-cache"))];
        let endpoint = Endpoint { timeout: time, headers, expect: Expect::default(), ..Endpoint::new("", url.clone()) };
        let pair = Pair { endpoint: Arc::new(endpoint), path: Arc::clone(path) };
        let start = Instant::now();
        let trip = Trip::new(self, &pair, Deadline::new(start, time), &()).taking(limit);
        // As large as a probe, and rare.
        let ended = timeout_at(start + time, Box::pin(trip.download())).await;
        let (body, tls) =
            ended.map_err(|_| DownloadFault::TooLate { limit: time })?.map_err(DownloadFault::Unreached)?;
        if let Some(tls) = tls.filter(|tls| !is_trusted(tls)) {
            let reason = tls.verification.reason.unwrap_or_else(|| "its certificate does not hold".into());
            return Err(DownloadFault::Unproven { reason });
        }
        whole(body, limit)
    }
}

/// A body that came to its end; of a refusal nobody needs all.
fn whole(body: Body, limit: usize) -> Result<Download, DownloadFault> {
    let Body { facts, bytes, fault, .. } = body;
    if (200..300).contains(&facts.status) {
        if facts.body.limit_reached {
            return Err(DownloadFault::TooLarge { limit });
        }
        if let Some(failure) = fault {
            return Err(DownloadFault::BrokeOff(as_fault(failure)));
        }
    }
    let retry_after = facts.headers.get("retry-after").map(Clean::new);
    Ok(Download { status: facts.status, reason: facts.reason, retry_after, bytes })
}

fn as_fault(failure: Failure<HttpFault>) -> Fault {
    match failure {
        Failure::Fault(fault) => Fault::Http(fault),
        Failure::Monitor(fault) => Fault::Monitor(fault),
    }
}
