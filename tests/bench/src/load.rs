//! What is asked of a contender while it is measured: of blackbox_exporter every probe, of reachwatch one scrape an interval.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use http_body_util::{BodyExt, Empty};
use hyper::Uri;
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval};

use crate::contender::{Contender, Kind};
use crate::task::{Pace, Task};

/// Somebody who asks until dropped, over connections that are kept, as Prometheus does.
#[derive(Debug)]
pub(crate) struct Load {
    _asking: JoinSet<()>,
    failed: Arc<AtomicU64>,
}

impl Load {
    /// Begins to ask what a contender's task takes.
    pub(crate) fn on(contender: &Contender, kind: Kind, task: &Task) -> Result<Self, Box<dyn std::error::Error>> {
        let failed = Arc::<AtomicU64>::default();
        let mut asking = JoinSet::new();
        match kind {
            Kind::Product => {
                let asker =
                    Asker::new(contender.address()?, &["/metrics".to_owned()], "reachwatch_build_info", &failed)?;
                let mut tick = interval(task.interval());
                asking.spawn(async move {
                    // What has only just begun has nothing to tell.
                    tick.tick().await;
                    loop {
                        tick.tick().await;
                        asker.ask(0).await;
                    }
                });
            }
            Kind::Blackbox => {
                let paths: Vec<String> = (0..task.targets()).map(|number| task.blackbox_path(number)).collect();
                let asker = Arc::new(Asker::new(contender.address()?, &paths, "probe_success 1\n", &failed)?);
                match task.pace {
                    Pace::Even { .. } => drop(asking.spawn(evenly(asker, task.clone()))),
                    Pace::Full { at_once } => {
                        for worker in 0..at_once {
                            let asker = Arc::clone(&asker);
                            asking.spawn(async move {
                                for number in (0..).map(|round: u32| round.wrapping_mul(at_once) + worker) {
                                    asker.ask(number).await;
                                }
                            });
                        }
                    }
                    Pace::Together { targets } => {
                        for number in 0..targets {
                            let asker = Arc::clone(&asker);
                            asking.spawn(async move { asker.ask(number).await });
                        }
                    }
                }
            }
            Kind::Bare => {}
        }
        Ok(Self { _asking: asking, failed })
    }

    /// How many answers were not what was asked for.
    pub(crate) fn failed(&self) -> u64 {
        self.failed.load(Ordering::Relaxed)
    }
}

/// Asks for one target after the other, each once an interval.
async fn evenly(asker: Arc<Asker>, task: Task) {
    let mut tick = interval(task.gap());
    tick.set_missed_tick_behavior(MissedTickBehavior::Burst);
    let mut under_way = JoinSet::new();
    for number in (0..task.targets()).cycle() {
        tick.tick().await;
        let asker = Arc::clone(&asker);
        under_way.spawn(async move { asker.ask(number).await });
        while under_way.try_join_next().is_some() {}
    }
}

/// A client that knows what to ask, and what a good answer has in it.
struct Asker {
    client: Client<HttpConnector, Empty<Bytes>>,
    addresses: Vec<Uri>,
    expected: &'static str,
    failed: Arc<AtomicU64>,
}

impl Asker {
    fn new(
        address: SocketAddr,
        paths: &[String],
        expected: &'static str,
        failed: &Arc<AtomicU64>,
    ) -> Result<Self, hyper::http::uri::InvalidUri> {
        let mut connector = HttpConnector::new();
        connector.set_nodelay(true);
        let client = Client::builder(TokioExecutor::new()).build(connector);
        let addresses = paths.iter().map(|path| format!("http://{address}{path}").parse());
        Ok(Self { client, addresses: addresses.collect::<Result<_, _>>()?, expected, failed: Arc::clone(failed) })
    }

    /// Asks for one of the paths, by its number modulo how many there are.
    async fn ask(&self, number: u32) {
        let index = number as usize % self.addresses.len().max(1);
        let Some(address) = self.addresses.get(index) else { return };
        let answer = async {
            let response = self.client.get(address.clone()).await.ok()?;
            Some(response.into_body().collect().await.ok()?.to_bytes())
        };
        let is_good = |body: Bytes| memchr::memmem::find(&body, self.expected.as_bytes()).is_some();
        if !answer.await.is_some_and(is_good) {
            self.failed.fetch_add(1, Ordering::Relaxed);
        }
    }
}
