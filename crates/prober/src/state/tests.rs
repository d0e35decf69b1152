use time::macros::datetime;

use super::*;
use crate::cause::Cause;
use crate::verdict::{Evidence, Reason};

const START: OffsetDateTime = datetime!(2026-01-01 00:00 UTC);

fn rules(confirm: u32) -> Rules {
    Rules { confirm: NonZeroU32::new(confirm).unwrap(), interval: Duration::from_secs(60) }
}

fn report(state: State, cause: Option<Cause>, minute: i64) -> Arc<Report> {
    let reason = cause.map(|cause| Reason { cause, stage: cause.stage(), blame: cause.blame(), detail: String::new() });
    let observation = Observation::empty(START + time::Duration::minutes(minute));
    Arc::new(Report { observation, verdict: Verdict { state, reason, evidence: Evidence::default() }, audit: None })
}

/// Plays raw results, a letter a minute (r, d, b, u; a dot is a minute without one), and writes down what is held
/// after each: the letter, `-` for nothing, upper case where that was a change; and at the end since which minute.
fn play(confirm: u32, raw: &str) -> (String, Option<i64>) {
    let mut memory = Memory::default();
    let mut held = String::new();
    for (minute, letter) in (0..).zip(raw.chars()) {
        let state = match letter {
            'r' => State::Reachable,
            'd' => State::Degraded,
            'b' => State::Blocked,
            'u' => State::Unknown,
            _ => {
                held.push('.');
                continue;
            }
        };
        let change = memory.fold(&report(state, None, minute), rules(confirm));
        let now = memory.confirmed().map_or('-', |confirmed| confirmed.state.as_str().chars().next().unwrap());
        if let Some(change) = &change {
            assert_ne!(change.before.as_ref().map(|before| before.state), Some(change.after.state));
            assert_eq!(Some(&change.after), memory.confirmed());
        }
        held.push(if change.is_some() { now.to_ascii_uppercase() } else { now });
    }
    (held, memory.confirmed().map(|confirmed| (confirmed.since - START).whole_minutes()))
}

#[test]
fn raw_results_become_a_confirmed_state() {
    let table = [
        // The first usable result is adopted at once.
        (2, "r", "R", Some(0)),
        (2, "d", "D", Some(0)),
        (2, "rdr", "RDR", Some(2)),
        (2, "rrr", "Rrr", Some(0)),
        // Blocked needs its row, from the very first result on; since is the row's beginning.
        (2, "b", "-", None),
        (2, "bb", "-B", Some(0)),
        (3, "rbbrbbb", "RrrrrrB", Some(4)),
        (2, "rbrbrb", "Rrrrrr", Some(0)),
        (2, "rbb", "RrB", Some(1)),
        (1, "rb", "RB", Some(1)),
        (2, "rbbbb", "RrBbb", Some(1)),
        // One good result ends it, and the next row starts anew.
        (2, "bbrb", "-BRr", Some(2)),
        (2, "bbrbb", "-BRrB", Some(3)),
        // Unknown shows where nothing is held; it neither counts for a row nor breaks one.
        (2, "u", "U", Some(0)),
        (2, "uur", "UuR", Some(2)),
        (2, "bub", "-UB", Some(0)),
        (2, "rbub", "RrrB", Some(1)),
        (2, "buu", "-Uu", Some(1)),
        // It replaces a confirmed state only after max(3 × interval, 5 min) without anything else.
        (2, "ruuuu", "Rrrrr", Some(0)),
        (2, "ruuuuu", "RrrrrU", Some(1)),
        (2, "ruuruuuu", "Rrrrrrrr", Some(0)),
        (2, "bbuuuuu", "-BbbbbU", Some(2)),
        (2, "bbuuuuubb", "-BbbbbUuB", Some(7)),
        // With it goes a row that was begun: a failure of long ago confirms none of today.
        (2, "rbuuuuubb", "RrrrrrUuB", Some(7)),
        (2, "buuuuubb", "-UuuuuuB", Some(6)),
        (2, "r....u", "R....U", Some(5)),
        (2, "ruuuuur", "RrrrrUR", Some(6)),
    ];
    for (confirm, raw, held, since) in table {
        assert_eq!(play(confirm, raw), (held.to_owned(), since), "confirm {confirm}: {raw}");
    }
}

#[test]
fn patience_grows_with_the_interval() {
    let slow = Rules { interval: Duration::from_secs(600), ..rules(2) };
    let mut memory = Memory::default();
    memory.fold(&report(State::Reachable, None, 0), slow);
    assert_eq!(memory.fold(&report(State::Unknown, None, 29), slow), None);
    assert!(memory.fold(&report(State::Unknown, None, 30), slow).is_some());
}

#[test]
fn rows_are_equal_in_state_not_in_cause_and_the_newest_cause_is_shown() {
    let mut memory = Memory::default();
    let shown = |memory: &Memory| memory.confirmed()?.report.verdict.reason.as_ref().map(|reason| reason.cause);

    memory.fold(&report(State::Blocked, Some(Cause::TcpTimeout), 0), rules(2));
    assert!(memory.is_undecided());
    memory.fold(&report(State::Blocked, Some(Cause::DnsTimeout), 1), rules(2));
    assert!(!memory.is_undecided());
    assert_eq!(shown(&memory), Some(Cause::DnsTimeout));

    memory.fold(&report(State::Blocked, Some(Cause::TcpRefused), 2), rules(2));
    assert_eq!(shown(&memory), Some(Cause::TcpRefused));
    assert_eq!(memory.confirmed().unwrap().since, START);
}

#[test]
fn a_first_state_that_an_earlier_process_held_began_before_this_one() {
    let before = START - time::Duration::hours(9);
    let table = [
        (State::Blocked, "bb", -540),
        (State::Blocked, "uubb", -540),
        (State::Degraded, "d", -540),
        // Another state came first, so what follows is new.
        (State::Blocked, "rbb", 1),
        (State::Blocked, "dbb", 1),
        (State::Degraded, "bbd", 2),
        (State::Blocked, "u", 0),
    ];
    for (state, raw, since) in table {
        let mut memory = Memory::after(Some((state, before)));
        for (minute, letter) in (0..).zip(raw.chars()) {
            let state = match letter {
                'r' => State::Reachable,
                'd' => State::Degraded,
                'b' => State::Blocked,
                _ => State::Unknown,
            };
            memory.fold(&report(state, None, minute), rules(2));
        }
        let held = memory.confirmed().unwrap();
        assert_eq!((held.since - START).whole_minutes(), since, "{state} {raw}");
    }
    // A clock that was set back since then says nothing.
    let mut memory = Memory::after(Some((State::Degraded, START + time::Duration::hours(1))));
    memory.fold(&report(State::Degraded, None, 0), rules(2));
    assert_eq!(memory.confirmed().unwrap().since, START);
}
