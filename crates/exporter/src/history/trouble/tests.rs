use std::num::NonZeroU32;
use std::time::Duration;

use prober::observation::Observation;
use prober::state::{Memory, Rules};
use prober::verdict::{Evidence, Reason, Verdict};
use time::macros::datetime;

use super::*;

const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

fn minute(minute: i64) -> OffsetDateTime {
    START + time::Duration::minutes(minute)
}

fn endpoint() -> Endpoint {
    let mut endpoint = Endpoint::new("a", "https://a.example/".parse().unwrap());
    endpoint.group = "g".to_owned();
    endpoint
}

fn report(letter: char, at: i64) -> Arc<Report> {
    let (state, cause) = match letter {
        'r' => (State::Reachable, None),
        'd' => (State::Degraded, Some(Cause::CrlExpired)),
        'b' => (State::Blocked, Some(Cause::TcpRefused)),
        't' => (State::Blocked, Some(Cause::TcpTimeout)),
        _ => (State::Unknown, Some(Cause::MonitorError)),
    };
    let detail = format!("{letter} of minute {at}");
    let reason = cause.map(|cause| Reason { cause, stage: cause.stage(), blame: cause.blame(), detail });
    let verdict = Verdict { state, reason, evidence: Evidence::default() };
    Arc::new(Report { observation: Observation::empty(minute(at)), verdict, audit: None })
}

/// A pair as the scheduler has it: memory and fold fed with the same results.
#[derive(Default)]
struct Pair {
    memory: Memory,
    fold: Fold,
}

impl Pair {
    /// Raw results, a letter a minute from one on; a dot is a minute without any, and with an x the pair is gone.
    fn play(&mut self, first: i64, raw: &str) -> &mut Self {
        let rules = Rules { confirm: NonZeroU32::new(2).unwrap(), interval: Duration::from_secs(60) };
        for (at, letter) in (first..).zip(raw.chars()).filter(|(_, letter)| *letter != '.') {
            if letter == 'x' {
                self.fold.gone(minute(at));
                self.memory = Memory::default();
                continue;
            }
            let report = report(letter, at);
            self.fold.probe_ended(&report);
            if let Some(change) = self.memory.fold(&report, rules) {
                self.fold.changed(&endpoint(), &change);
            }
        }
        self
    }

    /// All troubles, in words: state, from-to in minutes, probes, cause, minutes of the first and the last failure.
    fn troubles(&mut self) -> Vec<String> {
        self.fold.tell_again();
        self.fold.take(News::More).iter().map(words).collect()
    }
}

fn words(record: &Record) -> String {
    let minutes = |at: OffsetDateTime| (at - START).whole_minutes();
    let seen = |report: &Option<Arc<Report>>| {
        report.as_ref().map_or("?".to_owned(), |report| minutes(report.observation.probed_at).to_string())
    };
    let to = record.to.map_or(String::new(), |to| minutes(to).to_string());
    let (state, from, cause) = (record.state, minutes(record.from), record.cause);
    let (first, last) = (seen(&record.first), seen(&record.last));
    format!("{state} {from}-{to} {}x {cause} {first}..{last}", record.probes)
}

#[test]
fn confirmed_stretches_become_troubles() {
    let table: &[(&str, &[&str])] = &[
        ("", &[]),
        ("rrrr", &[]),
        // A lone failure is none.
        ("rbrbr", &[]),
        ("rbb", &["blocked 1- 2x tcp_refused 1..2"]),
        ("rbbbtr", &["blocked 1-5 4x tcp_timeout 1..4"]),
        ("bb", &["blocked 0- 2x tcp_refused 0..1"]),
        ("rdddr", &["degraded 1-4 3x crl_expired 1..3"]),
        // From one to the other are two, and one ends where the other begins.
        (
            "ddbbbdd",
            &["degraded 0-2 2x crl_expired 0..1", "blocked 2-5 3x tcp_refused 2..4", "degraded 5- 2x crl_expired 5..6"],
        ),
        // Blocked results that are not confirmed are none of a degraded stretch's.
        ("dbdd", &["degraded 0- 3x crl_expired 0..3"]),
        // What is unknown counts for nothing and breaks nothing, until it is all that is known.
        ("rbub", &["blocked 1- 2x tcp_refused 1..3"]),
        ("bbuub", &["blocked 0- 3x tcp_refused 0..4"]),
        ("bbuuuuuuu", &["blocked 0-2 2x tcp_refused 0..1"]),
        ("bbuuuuubb", &["blocked 0-2 2x tcp_refused 0..1", "blocked 7- 2x tcp_refused 7..8"]),
        ("bub", &["blocked 0- 2x tcp_refused 0..2"]),
        // A failure that confirmed nothing for too long is not the first of the next stretch.
        ("rbuuuuubb", &["blocked 7- 2x tcp_refused 7..8"]),
        ("buuuuubb", &["blocked 6- 1x tcp_refused 7..7"]),
        // What comes by the name of one that is gone has its own beginning, and its first failures are its own.
        ("bbbxbb", &["blocked 0-3 3x tcp_refused 0..2", "blocked 4- 2x tcp_refused 4..5"]),
        ("bxbb", &["blocked 2- 2x tcp_refused 2..3"]),
    ];
    for (raw, expected) in table {
        assert_eq!(Pair::default().play(0, raw).troubles(), *expected, "{raw}");
    }
}

#[test]
fn controls_have_none() {
    let mut fold = Fold::default();
    let mut control = endpoint();
    control.control = true;
    let report = report('d', 0);
    fold.probe_ended(&report);
    let after = prober::state::Confirmed { state: State::Degraded, since: minute(0), report };
    fold.changed(&control, &Change { before: None, after });
    assert_eq!(fold.take(News::More), []);
}

/// An open trouble as another process left it.
fn left(state: State) -> Record {
    let mut before = Pair::default();
    before.play(-60, if state == State::Blocked { "bbb" } else { "ddd" });
    let record = before.fold.take(News::More).remove(0);
    Record { first: None, last: None, ..record }
}

#[test]
fn what_was_open_at_the_end_goes_on_or_is_over_after_the_start() {
    let table: &[(State, &str, &[&str])] = &[
        // Nothing is said while nothing is confirmed.
        (State::Blocked, "b", &["blocked -60- 3x tcp_refused ?..?"]),
        (State::Blocked, "bb", &["blocked -60- 5x tcp_refused ?..1"]),
        (State::Blocked, "bbtr", &["blocked -60-3 6x tcp_timeout ?..2"]),
        (State::Blocked, "r", &["blocked -60-0 3x tcp_refused ?..?"]),
        (State::Blocked, "uubb", &["blocked -60- 5x tcp_refused ?..3"]),
        (State::Blocked, "uur", &["blocked -60-2 3x tcp_refused ?..?"]),
        (State::Degraded, "dd", &["degraded -60- 5x crl_expired ?..1"]),
        (State::Degraded, "bb", &["degraded -60-0 3x crl_expired ?..?", "blocked 0- 2x tcp_refused 0..1"]),
    ];
    for (state, raw, expected) in table {
        let mut pair = Pair::default();
        assert_eq!(pair.fold.resume(left(*state)), Resumed::Awaited);
        assert_eq!(pair.play(0, raw).troubles(), *expected, "{state} {raw}");
    }
}

#[test]
fn what_was_left_may_become_known_late() {
    let table: &[(&str, Resumed, &[&str])] = &[
        ("", Resumed::Awaited, &["blocked -60- 3x tcp_refused ?..?"]),
        ("b", Resumed::Awaited, &["blocked -60- 3x tcp_refused ?..?"]),
        ("u", Resumed::Awaited, &["blocked -60- 3x tcp_refused ?..?"]),
        ("rr", Resumed::Over, &["blocked -60-0 3x tcp_refused ?..?"]),
        ("bbb", Resumed::TakenOver, &["blocked -60- 6x tcp_refused ?..2"]),
        // It had recovered in between: what is open now is another.
        ("rbb", Resumed::Over, &["blocked -60-0 3x tcp_refused ?..?", "blocked 1- 2x tcp_refused 1..2"]),
        (
            "bbrbb",
            Resumed::Over,
            &["blocked 0-2 2x tcp_refused 0..1", "blocked -60-0 3x tcp_refused ?..?", "blocked 3- 2x tcp_refused 3..4"],
        ),
        ("dd", Resumed::Over, &["blocked -60-0 3x tcp_refused ?..?", "degraded 0- 2x crl_expired 0..1"]),
    ];
    for (raw, resumed, expected) in table {
        let mut pair = Pair::default();
        pair.play(0, raw);
        assert_eq!(pair.fold.resume(left(State::Blocked)), *resumed, "{raw}");
        assert_eq!(pair.troubles(), *expected, "{raw}");
    }
}

#[test]
fn troubles_are_told_when_there_is_news() {
    let mut pair = Pair::default();
    let told = |pair: &mut Pair, least| pair.fold.take(least).len();
    pair.play(0, "rb");
    assert_eq!(told(&mut pair, News::More), 0);
    pair.play(2, "b");
    assert_eq!((told(&mut pair, News::Soon), told(&mut pair, News::More)), (1, 0));
    pair.play(3, "b");
    assert_eq!((told(&mut pair, News::Soon), told(&mut pair, News::More)), (0, 1));
    pair.play(4, "t");
    assert_eq!((told(&mut pair, News::Soon), told(&mut pair, News::More)), (1, 0));
    pair.play(5, "r");
    assert_eq!((told(&mut pair, News::Soon), told(&mut pair, News::More)), (1, 0));
}

#[test]
fn what_nobody_takes_is_bounded() {
    let mut pair = Pair::default();
    let mut given_up = 0;
    for at in 0..200 {
        pair.play(2 * at, "d");
        given_up += pair.fold.close(minute(2 * at + 1));
        pair.memory = Memory::default();
    }
    assert_eq!((pair.fold.over.len(), given_up), (64, 136));
}
