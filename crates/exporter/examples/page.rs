//! Serves hand-made findings, to work on the page without a network: `cargo run -p exporter --example page [crowd|large|paths|good]`.

#[path = "../src/sample.rs"]
mod sample;
#[path = "../src/sample_past.rs"]
mod sample_past;

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use exporter::history::{
    Days, Filter, Finding, HALF_HOURS, HalfHour, History, HistoryError, Latency, LatencySpan, Standing, Trouble,
    TroubleState,
};
use exporter::metrics::Live;
use exporter::pac::Settled;
use exporter::probe_now::{self, Desk};
use exporter::reload::{Refused, Reloads, Waiting};
use exporter::teller::Line;
use exporter::web::{self, App, Past, Told};
use prober::net::Clock;
use time::OffsetDateTime;
use tokio::sync::watch;

use self::sample_past::SamplePast;

/// Always the time at which the findings were made.
#[derive(Debug)]
struct SampleClock;

impl Clock for SampleClock {
    fn now(&self) -> OffsetDateTime {
        sample::NOW + Duration::from_secs(12)
    }
}

/// What a probe tells that a proxy refuses.
fn told() -> Vec<Line> {
    let step = |millis, stage, words: &str| Line::Step {
        after: Duration::from_millis(millis),
        stage,
        words: words.to_owned(),
    };
    vec![
        Line::Title("GET https://ols.officeapps.live.com/olsc over hq".to_owned()),
        step(0, "route", "PROXY proxy.hq.example:3128"),
        step(1, "resolve", "proxy.hq.example is 10.0.0.8"),
        Line::More("A from 10.0.0.1:53: 10.0.0.8".to_owned()),
        step(3, "connect", "to 10.0.0.8:3128"),
        step(47, "proxy", "CONNECT answered 403 Forbidden"),
        Line::More("server: squid/5.7".to_owned()),
        step(48, "failed", "the proxy refused CONNECT"),
    ]
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let snapshot = match std::env::args().nth(1).as_deref() {
        Some("crowd") => sample::crowd(2500, 4),
        Some("large") => sample::crowd(500, 4),
        Some("paths") => sample::crowd(12, 7),
        Some("good") => sample::good(),
        Some("maintenance") => sample::maintained(sample::branch(), "*", "hq"),
        _ => sample::branch(),
    };
    let past = SamplePast::of(&snapshot);
    let (_sender, snapshots) = watch::channel(Arc::new(snapshot));
    let live = Live::new(sample::NOW)?;
    live.probe_started(Duration::from_millis(2));
    live.probe_ended("hq", Duration::from_millis(48));
    let clock: Arc<dyn Clock> = Arc::new(SampleClock);
    let history = History::open(None, Arc::clone(&clock));
    // Somebody gave it a configuration with two faults.
    let (reloads, requests) = Reloads::channel();
    if std::env::args().nth(1).as_deref() == Some("maintenance") {
        let words = "the configuration has 2 faults".into();
        requests.tell(Waiting::default(), sample::NOW - Duration::from_secs(100), &Err(Refused { faults: 2, words }));
    }
    let desk = Desk::new(Arc::new(probe_now::Settled { lines: told(), report: sample::report() }));
    let deciders = Arc::new(Settled::default());
    let app = App {
        snapshots,
        live: Arc::new(live),
        clock,
        deciders,
        history,
        desk,
        reloads,
        list: watch::channel(Arc::default()).1,
    };

    let listeners = web::bind(&[([127, 0, 0, 1], 0).into()])?;
    for listener in &listeners {
        println!("http://{}/", listener.local_addr()?);
    }
    web::serve(listeners, web::router_over(app, Arc::new(past)), async { _ = tokio::signal::ctrl_c().await }).await;
    Ok(())
}
