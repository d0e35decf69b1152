//! What pages cost: `cargo run --release -p exporter --example rendering`, 500 endpoints over 4 paths with a past, and the
//! exposition of 10,000 endpoints.

#[path = "../src/sample.rs"]
mod sample;
#[path = "../src/sample_past.rs"]
mod sample_past;

use std::error::Error;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::body::Body;
use axum::http::Request;
use exporter::history::{
    Days, Filter, Finding, HALF_HOURS, HalfHour, History, HistoryError, Latency, LatencySpan, Standing, Trouble,
    TroubleState,
};
use exporter::metrics::Live;
use exporter::pac::Settled;
use exporter::probe_now::{self, Desk};
use exporter::reload::Reloads;
use exporter::web::{App, Past, Told, router_over};
use http_body_util::BodyExt;
use prober::net::{Clock, SystemClock};
use prober::snapshot::Snapshot;
use tokio::sync::watch;
use tower::ServiceExt;

use self::sample_past::SamplePast;

const ROUNDS: usize = 21;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let snapshot = sample::crowd(500, 4);
    let name = snapshot.rows.first().map(|row| row.pair.endpoint.name.clone()).unwrap_or_default();
    println!("{:<28} {:>10} {:>10} {:>12}", "page", "median", "least", "sent");
    let endpoint = format!("/endpoints/{name}");
    for path in ["/", &endpoint, "/incidents", "/metrics"] {
        time(path, path, &snapshot).await?;
    }
    time("/metrics of 10,000", "/metrics", &sample::crowd(10_000, 1)).await
}

/// Asks for a page of a snapshot again and again.
async fn time(label: &str, path: &str, snapshot: &Snapshot) -> Result<(), Box<dyn Error>> {
    let past = Arc::new(SamplePast::of(snapshot));
    let (_sender, snapshots) = watch::channel(Arc::new(snapshot.clone()));
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let app = App {
        snapshots,
        live: Arc::new(Live::new(sample::NOW)?),
        history: History::open(None, Arc::clone(&clock)),
        clock,
        deciders: Arc::new(Settled::default()),
        desk: Desk::new(Arc::new(probe_now::Settled { lines: Vec::new(), report: sample::report() })),
        reloads: Reloads::channel().0,
        list: watch::channel(Arc::default()).1,
    };
    let (mut took, mut bytes) = (Vec::new(), 0);
    for _ in 0..ROUNDS {
        // A router of its own: what was rendered once would be served again.
        let router = router_over(app.clone(), Arc::clone(&past) as Arc<dyn Past>);
        let request = Request::get(path).header("accept-encoding", "gzip").body(Body::empty())?;
        let began = Instant::now();
        let mut body = router.oneshot(request).await?.into_body();
        bytes = 0;
        while let Some(frame) = body.frame().await {
            bytes += frame?.data_ref().map_or(0, axum::body::Bytes::len);
        }
        took.push(began.elapsed());
    }
    took.sort();
    let of = |place: usize| took.get(place).copied().unwrap_or(Duration::ZERO).as_secs_f64() * 1e3;
    println!("{label:<28} {:>7.1} ms {:>7.1} ms {:>8} KiB", of(ROUNDS / 2), of(0), bytes.div_ceil(1024));
    Ok(())
}
