//! The thread of a file: who waits for it, who is to blame, and what becomes of one that does not come back.

use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use prober::observation::PacFlaw;
use prober::pac::{Engine, Surroundings};
use prober::plan::UrlView;
use time::OffsetDateTime;
use tokio::time::Instant;
use url::Url;

use super::bombs::{BOMB, URL, with_bomb};
use super::world::{Book, ask, engine};

#[tokio::test]
async fn an_endless_loop_does_not_hold_up_another_file() {
    let looping = engine("function FindProxyForURL() { for (;;); }");
    let fine = engine("function FindProxyForURL() { return 'DIRECT' }");
    let book = Book::default();
    ask(&fine, URL, &book).await.answer.unwrap();
    let mut served = 0;
    let mut bomb = std::pin::pin!(ask(&looping, URL, &book));
    let said = loop {
        tokio::select! {
            biased;
            said = &mut bomb => break said,
            said = ask(&fine, URL, &book) => {
                said.answer.unwrap();
                served += 1;
            }
        }
    };
    assert_eq!(said.answer, Err(PacFlaw::CpuLimit));
    assert!(served > 100, "only {served} answers of the other file came meanwhile");
}

/// Asks for an answer by then.
async fn ask_by(engine: &Engine, url: &str, by: Instant) -> Result<Result<String, PacFlaw>, String> {
    let said = engine.find(&Url::parse(url).unwrap(), UrlView::Stripped, &Book::default(), by, by).await;
    said.map(|said| said.answer).map_err(|fault| fault.reason.as_str().to_owned())
}

#[tokio::test]
async fn who_waits_behind_endless_loops_is_told_so_in_time_and_not_to_blame() {
    let engine = engine(&with_bomb("for (;;);"));
    let book = Book::default();
    let by = Instant::now() + Duration::from_millis(300);
    let (bomb, waiting) = tokio::join!(biased; ask(&engine, BOMB, &book), ask_by(&engine, URL, by));
    assert_eq!(bomb.answer, Err(PacFlaw::CpuLimit));
    assert_eq!(waiting, Err("other questions to the same file took all the time".to_owned()));
    // The one that held the others up was stopped in time; its thread goes on.
    assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("DIRECT"));
}

#[tokio::test]
async fn who_hardly_had_the_processor_is_not_to_blame() {
    let engine = engine(&with_bomb("for (;;);")).with_cpu_limit(Duration::from_secs(1000));
    ask(&engine, URL, &Book::default()).await.answer.unwrap();
    let came = ask_by(&engine, BOMB, Instant::now() + Duration::from_millis(50)).await;
    assert_eq!(came, Err("the machine was too busy to run the file".to_owned()));
}

/// Surroundings that remember which thread asked for them.
#[derive(Debug, Default)]
struct Witness(Mutex<Option<PathBuf>>);

impl Surroundings for Witness {
    fn now(&self) -> OffsetDateTime {
        OffsetDateTime::UNIX_EPOCH
    }

    fn own_addresses(&self) -> Vec<IpAddr> {
        *self.0.lock().unwrap() = Some(Path::new("/proc").join(std::fs::read_link("/proc/thread-self").unwrap()));
        Vec::new()
    }
}

impl Witness {
    fn thread(&self) -> PathBuf {
        self.0.lock().unwrap().clone().unwrap()
    }

    /// The nice value of the thread (proc_pid_stat(5), field 19).
    fn priority(&self) -> i32 {
        let stat = std::fs::read_to_string(self.thread().join("stat")).unwrap();
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().parse().unwrap()
    }
}

/// A number whose square takes the engine about a millisecond, which it cannot be interrupted in, nor be charged for.
const STICKY: &str = "myIpAddress(); var number = 3n ** 50000n; for (;;) number * number";

/// A thread that a script holds within the engine is beyond reach, but no longer in anybody's way.
#[tokio::test]
async fn who_does_not_come_back_in_time_gets_the_lowest_priority_and_another_serves() {
    let witness = Arc::new(Witness::default());
    let engine = Engine::new(with_bomb(STICKY).as_bytes(), None, witness.clone()).unwrap();
    // Loaded, and with a share that the bomb uses up while nobody can stop it.
    ask(&engine, URL, &Book::default()).await.answer.unwrap();
    let soon = || Instant::now() + Duration::from_secs(2);
    let mut stuck = Vec::new();
    for _ in 0..4 {
        let by = soon();
        // The second question waits behind the first, and the thread that takes over serves it.
        let late = by + Duration::from_secs(10);
        let (bomb, waiting) = tokio::join!(biased; ask_by(&engine, BOMB, by), ask_by(&engine, URL, late));
        assert_eq!(bomb, Ok(Err(PacFlaw::NotInTime)));
        stuck.push(witness.thread());
        assert_eq!(witness.priority(), 19);
        if stuck.len() < 4 {
            assert_eq!(waiting, Ok(Ok("DIRECT".to_owned())));
        }
    }
    stuck.dedup();
    assert_eq!(stuck.len(), 4, "each had a thread of its own");
    // No more threads for this file; others are not disturbed.
    assert_eq!(ask_by(&engine, URL, soon()).await, Ok(Err(PacFlaw::CpuLimit)));
    let other = super::world::engine("function FindProxyForURL() { return 'DIRECT' }");
    assert_eq!(ask_by(&other, URL, soon()).await, Ok(Ok("DIRECT".to_owned())));
}

#[tokio::test]
async fn dropping_an_engine_ends_its_thread_even_in_a_loop() {
    let witness = Arc::new(Witness::default());
    let engine = Engine::new(b"function FindProxyForURL() { for (;;); }", None, witness.clone()).unwrap();
    // Whether it is to blame or the machine is busy, nobody waits for it any more.
    let came = ask_by(&engine, URL, Instant::now() + Duration::from_millis(50)).await;
    assert!(!matches!(came, Ok(Ok(_))), "{came:?}");
    drop(engine);
    // The thread holds the other one.
    while Arc::strong_count(&witness) > 1 {
        tokio::task::yield_now().await;
    }
}
