//! Serves hand-made findings, to work on the page without a network: `cargo run -p exporter --example page [crowd]`.

#[path = "../src/sample.rs"]
mod sample;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use exporter::history::History;
use exporter::metrics::Live;
use exporter::pac::Settled;
use exporter::web::{self, App};
use prober::net::Clock;
use time::OffsetDateTime;
use tokio::sync::watch;

/// Always the time at which the findings were made.
#[derive(Debug)]
struct SampleClock;

impl Clock for SampleClock {
    fn now(&self) -> OffsetDateTime {
        sample::NOW + Duration::from_secs(12)
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let snapshot = match std::env::args().nth(1).as_deref() {
        Some("crowd") => sample::crowd(2500, 4),
        Some("paths") => sample::crowd(12, 7),
        Some("good") => sample::good(),
        _ => sample::branch(),
    };
    let (_sender, snapshots) = watch::channel(Arc::new(snapshot));
    let live = Live::new(sample::NOW)?;
    live.probe_started(Duration::from_millis(2));
    live.probe_ended("hq", Duration::from_millis(48));
    let clock: Arc<dyn Clock> = Arc::new(SampleClock);
    let history = History::open(None, Arc::clone(&clock));
    let app = App { snapshots, live: Arc::new(live), clock, deciders: Arc::new(Settled::default()), history };

    let listeners = web::bind(&[([127, 0, 0, 1], 0).into()])?;
    for listener in &listeners {
        println!("http://{}/", listener.local_addr()?);
    }
    web::serve(listeners, web::router(app), async { _ = tokio::signal::ctrl_c().await }).await;
    Ok(())
}
