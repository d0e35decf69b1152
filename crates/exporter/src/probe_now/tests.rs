//! What begins, what does not, and what is left when nobody listens.

use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::Notify;

use super::*;
use crate::sample;

/// Probes that end when they are told to.
#[derive(Debug, Default)]
struct Held {
    gate: Notify,
    dropped: Arc<AtomicUsize>,
}

/// Counts when it goes.
struct Counted(Arc<AtomicUsize>);

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

impl ProbeNow for Held {
    fn probe<'a>(&'a self, _: &'a Pair, _: Option<Arc<AuditFacts>>, tell: &'a (dyn Fn(Line) + Sync)) -> Reports<'a> {
        Box::pin(async {
            let _counted = Counted(Arc::clone(&self.dropped));
            tell(Line::More("begun".to_owned()));
            self.gate.notified().await;
            report()
        })
    }
}

fn pair() -> Arc<Pair> {
    let snapshot = sample::branch();
    Arc::clone(&snapshot.rows[0].pair)
}

fn report() -> Report {
    let snapshot = sample::branch();
    Report::clone(snapshot.rows[0].last.as_deref().unwrap())
}

#[tokio::test]
async fn two_are_under_way_at_most() {
    let held = Arc::new(Held::default());
    let desk = Desk::new(Arc::clone(&held) as Arc<dyn ProbeNow>);
    let mut first = desk.begin(pair(), None).unwrap();
    let mut second = desk.begin(pair(), None).unwrap();
    assert_eq!(desk.begin(pair(), None).unwrap_err(), Refusal::Busy);
    assert!(matches!(first.recv().await, Some(Told::Line(Line::More(_)))));
    assert!(matches!(second.recv().await, Some(Told::Line(Line::More(_)))));
    held.gate.notify_one();
    held.gate.notify_one();
    assert!(matches!(first.recv().await, Some(Told::Report(_))));
    assert!(first.recv().await.is_none(), "a report is the last word, and its place is free then");
    assert!(desk.begin(pair(), None).is_ok());
}

#[tokio::test]
async fn a_probe_that_nobody_listens_to_ends() {
    let held = Arc::new(Held::default());
    let desk = Desk::new(Arc::clone(&held) as Arc<dyn ProbeNow>);
    let mut told = desk.begin(pair(), None).unwrap();
    assert!(told.recv().await.is_some());
    drop(told);
    while held.dropped.load(Ordering::SeqCst) == 0 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_followed_by_one_every_few_seconds() {
    let settled = Settled { lines: Vec::new(), report: report() };
    let desk = Desk::new(Arc::new(settled));
    let all = async |desk: &Desk| {
        let mut told = desk.begin(pair(), None)?;
        while told.recv().await.is_some() {}
        Ok::<_, Refusal>(())
    };
    for _ in 0..BURST {
        all(&desk).await.unwrap();
    }
    assert_eq!(all(&desk).await, Err(Refusal::TooMany { wait: ONE_EVERY }));
    tokio::time::advance(ONE_EVERY).await;
    assert_eq!(all(&desk).await, Ok(()));
    assert!(all(&desk).await.is_err());
}
