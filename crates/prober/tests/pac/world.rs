//! A machine, a clock and a resolver that PAC files under test live with.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prober::observation::PacFlaw;
use prober::pac::{Engine, Names, Said, Surroundings};
use prober::plan::UrlView;
use prober::text::Clean;
use time::OffsetDateTime;
use time::macros::datetime;
use tokio::time::Instant;
use url::Url;

/// A machine that is asked for its addresses.
#[derive(Debug, Clone, Default)]
pub(crate) struct Machine {
    pub(crate) own_addresses: Vec<IpAddr>,
}

impl Surroundings for Machine {
    fn now(&self) -> OffsetDateTime {
        // A Tuesday; in UTC the Monday before.
        datetime!(2026-03-03 00:30 +01:00)
    }

    fn own_addresses(&self) -> Vec<IpAddr> {
        self.own_addresses.clone()
    }
}

/// Names with their addresses, and a list of what was asked for.
#[derive(Debug, Default)]
pub(crate) struct Book {
    entries: BTreeMap<String, Vec<IpAddr>>,
    asked: Mutex<Vec<String>>,
    /// Names that are never answered.
    silent: Vec<String>,
}

impl Book {
    pub(crate) fn new(entries: &[(&str, &[&str])]) -> Self {
        let parse = |addresses: &[&str]| addresses.iter().map(|text| text.parse().unwrap()).collect();
        let entries = entries.iter().map(|(name, addresses)| ((*name).to_owned(), parse(addresses))).collect();
        Self { entries, ..Self::default() }
    }

    pub(crate) fn silent_about(mut self, name: &str) -> Self {
        self.silent.push(name.to_owned());
        self
    }

    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

impl Names for Book {
    async fn addresses(&self, name: &str, _: Instant) -> Result<Vec<IpAddr>, Clean> {
        self.asked.lock().unwrap().push(name.to_owned());
        if self.silent.iter().any(|silent| silent == name) {
            std::future::pending::<()>().await;
        }
        self.entries.get(name).cloned().ok_or_else(|| "does not exist".into())
    }
}

pub(crate) fn engine_of(bytes: &[u8], machine: Machine) -> Result<Engine, PacFlaw> {
    Engine::new(bytes, None, Arc::new(machine))
}

pub(crate) fn engine(script: &str) -> Engine {
    engine_of(script.as_bytes(), Machine::default()).unwrap()
}

/// Asks with all the time in the world.
pub(crate) async fn ask(engine: &Engine, url: &str, book: &Book) -> Said {
    let by = Instant::now() + Duration::from_secs(60);
    engine.find(&Url::parse(url).unwrap(), UrlView::Stripped, book, by, by).await.unwrap()
}

/// What a script of no names answers.
pub(crate) async fn answer(script: &str, url: &str) -> Result<String, PacFlaw> {
    ask(&engine(script), url, &Book::default()).await.answer
}

/// A fixture of this repository.
pub(crate) fn fixture(name: &str) -> Vec<u8> {
    let file = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/pac").join(name);
    std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()))
}
