//! What was wrong against what reachwatch told of it. Pure.

use std::collections::BTreeSet;

use prober::net::{Clock, SystemClock};
use serde_json::Value;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use super::schedule::Planned;
use super::site::PATHS;
use super::terms::Terms;
use super::trouble::Effect;

/// A fault as it really was.
#[derive(Debug, Clone)]
pub(super) struct Happened {
    pub(super) planned: Planned,
    /// Before it began.
    pub(super) on: OffsetDateTime,
    /// Before it ended; `None` while it goes on.
    pub(super) off: Option<OffsetDateTime>,
}

impl Happened {
    fn is_within(&self, at: OffsetDateTime, after: std::time::Duration) -> bool {
        self.on <= at && self.off.is_none_or(|off| at <= off + after)
    }

    fn name(&self, endpoint: &str, path: &str) -> String {
        let (doing, on) = (&self.planned.trouble.doing, self.on.time());
        format!("{endpoint} over {path}: {doing:?} at {on}")
    }
}

/// An endpoint over a path, and what is wrong with it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Pair<'a> {
    pub(super) endpoint: &'a str,
    pub(super) host: usize,
    pub(super) path: &'a str,
}

impl Pair<'_> {
    fn effect_of(&self, happened: &Happened) -> Effect {
        happened.planned.effect_on(self.host, self.path == PATHS[1])
    }
}

/// A stretch of trouble as the history has it.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Told {
    pub(super) path: String,
    pub(super) state: String,
    pub(super) cause: String,
    pub(super) from: OffsetDateTime,
    pub(super) to: Option<OffsetDateTime>,
}

impl Told {
    /// Those of an answer of `GET /api/v1/incidents`.
    pub(super) fn all(answer: &Value) -> Option<Vec<Self>> {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let of = |trouble: &Value| {
            let to = match trouble.get("to")? {
                Value::Null => None,
                to => Some(stamp(to)?),
            };
            let (path, state, cause) = (trouble.get("path")?, trouble.get("state")?, trouble.get("cause")?);
            let from = stamp(trouble.get("from")?)?;
            Some(Self { path: text(path)?, state: text(state)?, cause: text(cause)?, from, to })
        };
        answer.get("troubles")?.as_array()?.iter().map(of).collect()
    }
}

/// The time as the history tells it, in milliseconds: what begins right after a fault is not before it.
pub(super) fn now() -> OffsetDateTime {
    in_milliseconds(SystemClock.now())
}

fn in_milliseconds(at: OffsetDateTime) -> OffsetDateTime {
    at.replace_millisecond(at.millisecond()).unwrap_or(at)
}

fn stamp(value: &Value) -> Option<OffsetDateTime> {
    OffsetDateTime::parse(value.as_str()?, &Rfc3339).ok()
}

/// What is wrong with what was told of a pair, and how many faults had to be told and were.
pub(super) fn compare(pair: Pair<'_>, told: &[Told], happened: &[Happened], terms: &Terms) -> (Vec<String>, usize) {
    let mut wrong = Vec::new();
    let mut found = vec![0_usize; happened.len()];
    for one in told.iter().filter(|one| one.path == pair.path) {
        // A probe that began in time ends later.
        let after = terms.timeout + terms.lateness;
        let is_it =
            |fault: &Happened| pair.effect_of(fault).state() == Some(&one.state) && fault.is_within(one.from, after);
        let Some((place, fault)) = happened.iter().enumerate().find(|(_, fault)| is_it(fault)) else {
            let Told { state, cause, from, .. } = one;
            wrong.push(format!("{} over {}: {state} by {cause} at {from} for nothing", pair.endpoint, pair.path));
            continue;
        };
        let name = || fault.name(pair.endpoint, pair.path);
        found.iter_mut().skip(place).take(1).for_each(|count| *count += 1);
        if one.from > fault.on + terms.noticed() {
            wrong.push(format!("{} began {} late", name(), one.from - fault.on));
        }
        match (one.to, fault.off) {
            (Some(to), Some(off)) if to >= off && to <= off + terms.noticed() => {}
            (Some(to), Some(off)) => wrong.push(format!("{} ended {} after it", name(), to - off)),
            (to, off) => wrong.push(format!("{} ended {to:?}, by rights {off:?}", name())),
        }
    }
    let mut due = 0;
    for (fault, count) in happened.iter().zip(found) {
        let must =
            pair.effect_of(fault) != Effect::None && fault.off.is_some_and(|off| off - fault.on >= terms.confirmed());
        due += usize::from(must);
        match count {
            0 if must => wrong.push(format!("{} was not told", fault.name(pair.endpoint, pair.path))),
            0 | 1 => {}
            _ => wrong.push(format!("{} was told {count} times", fault.name(pair.endpoint, pair.path))),
        }
    }
    (wrong, due)
}

/// An incident that is open.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Open {
    pub(super) scope: String,
    endpoints: Vec<String>,
    paths: Vec<String>,
}

/// When an answer of `GET /api/v1/incidents` was made, and what is open in it.
pub(super) fn open(answer: &Value) -> Option<(OffsetDateTime, Vec<Open>)> {
    let texts = |value: &Value| {
        value.as_array()?.iter().map(|text| text.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
    };
    let of = |incident: &Value| {
        Some(Open {
            scope: incident.get("scope")?.as_str()?.to_owned(),
            endpoints: texts(incident.get("endpoints")?)?,
            paths: texts(incident.get("paths")?)?,
        })
    };
    let all = answer.get("incidents")?.as_array()?.iter().map(of).collect::<Option<_>>()?;
    Some((stamp(answer.get("generated_at")?)?, all))
}

/// What is wrong with the incidents that are open at a time: every trouble has to be there once, and nothing else.
pub(super) fn watch<'a>(
    (at, open): &(OffsetDateTime, Vec<Open>),
    pairs: impl Iterator<Item = Pair<'a>>,
    happened: &[Happened],
    terms: &Terms,
) -> Vec<String> {
    let mut wrong = Vec::new();
    let mut covered = BTreeSet::new();
    for incident in open {
        for (path, endpoint) in incident.paths.iter().flat_map(|path| incident.endpoints.iter().map(move |e| (path, e)))
        {
            if !covered.insert((endpoint.as_str(), path.as_str())) {
                wrong.push(format!("{endpoint} over {path} is in two incidents at {at}"));
            }
        }
    }
    // Long ago is long ago.
    let lately: Vec<_> = happened.iter().filter(|fault| fault.is_within(*at, terms.noticed())).collect();
    for pair in pairs {
        let is_covered = covered.remove(&(pair.endpoint, pair.path));
        let mut striking = lately.iter().filter(|fault| pair.effect_of(fault) != Effect::None).peekable();
        if is_covered && striking.peek().is_none() {
            wrong.push(format!("{} over {} is in an incident at {at} for nothing", pair.endpoint, pair.path));
        }
        let must = |fault: &&&Happened| {
            let is_known = fault.on + terms.confirmed() <= *at && fault.off.is_none_or(|off| *at < off);
            is_known && pair.effect_of(fault) == Effect::Blocked
        };
        if let Some(fault) = striking.find(must).filter(|_| !is_covered) {
            wrong.push(format!("{} is in no incident at {at}", fault.name(pair.endpoint, pair.path)));
        }
    }
    wrong.extend(covered.into_iter().map(|(endpoint, path)| format!("{endpoint} over {path} is none, and struck")));
    wrong.extend(wide(*at, open, &lately, terms));
    wrong
}

/// A path that is down is one incident, and there is none where it is not.
fn wide(at: OffsetDateTime, open: &[Open], lately: &[&Happened], terms: &Terms) -> Option<String> {
    let count = open.iter().filter(|incident| incident.scope != "endpoint").count();
    let fault = lately.iter().find(|fault| fault.planned.host.is_none());
    let is_known = |fault: &&Happened| fault.on + terms.confirmed() <= at && fault.off.is_none_or(|off| at < off);
    match fault {
        None if count > 0 => Some(format!("{count} paths are down at {at} for nothing")),
        Some(fault) if count > 1 || count == 0 && is_known(fault) => {
            Some(format!("{:?}: {count} paths are down at {at}", fault.planned.trouble.doing))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::json;
    use testnet::TcpFault;

    use super::super::trouble::{Doing, Trouble};
    use super::*;

    const PAIR: Pair<'static> = Pair { endpoint: "e", host: 1, path: "direct" };
    const NONE: [&str; 0] = [];

    fn terms() -> Terms {
        Terms::long(30, 200, 1)
    }

    fn at(seconds: i64) -> OffsetDateTime {
        OffsetDateTime::from_unix_timestamp(1_700_000_000 + seconds).unwrap()
    }

    fn happened(host: Option<usize>, on: i64, off: Option<i64>) -> Happened {
        let doing = if host.is_some() { Doing::Host(TcpFault::Reset.into()) } else { Doing::ProxyRefuses };
        let direct = if host.is_some() { Effect::Blocked } else { Effect::None };
        let trouble = Trouble { doing, direct, proxied: Effect::Blocked };
        let planned = Planned { trouble, host, on: Duration::ZERO, off: Duration::ZERO };
        Happened { planned, on: at(on), off: off.map(at) }
    }

    fn told(from: i64, to: Option<i64>) -> Told {
        let (path, state, cause) = ("direct".to_owned(), "blocked".to_owned(), "tls_reset".to_owned());
        Told { path, state, cause, from: at(from), to: to.map(at) }
    }

    #[test]
    fn a_probe_in_the_millisecond_of_a_fault_is_not_before_it() {
        let exactly = at(100) + Duration::from_nanos(634_222_448);
        let Ok(written) = in_milliseconds(exactly).format(&Rfc3339) else { panic!("{exactly}") };
        assert_eq!(written, format!("{}.634Z", at(100).format(&Rfc3339).unwrap().trim_end_matches('Z')));
        assert!(in_milliseconds(exactly) <= stamp(&Value::from(written)).unwrap());
    }

    #[test]
    fn every_long_fault_is_one_trouble_and_no_other() {
        let faults = [happened(Some(1), 100, Some(200)), happened(Some(2), 100, Some(200))];
        let wrong = |told: &[Told]| compare(PAIR, told, &faults, &terms()).0.join("; ");
        assert_eq!(compare(PAIR, &[told(104, Some(203))], &faults, &terms()), (vec![], 1));
        assert!(wrong(&[]).ends_with("was not told"));
        assert!(wrong(&[told(104, Some(150)), told(160, Some(203))]).contains("was told 2 times"));
        assert!(wrong(&[told(104, Some(203)), told(90, Some(95))]).ends_with("for nothing"));
        assert!(wrong(&[told(140, Some(203))]).contains("late"));
        assert!(wrong(&[told(104, Some(199))]).contains("after it"));
        assert!(wrong(&[told(104, Some(230))]).contains("after it"));
        assert!(wrong(&[told(104, None)]).contains("ended None"));
        let degraded = Told { state: "degraded".to_owned(), ..told(104, Some(203)) };
        assert!(wrong(&[degraded]).contains("for nothing"));
    }

    #[test]
    fn a_short_fault_may_be_told_or_not() {
        let faults = [happened(Some(1), 100, Some(108))];
        assert_eq!(compare(PAIR, &[], &faults, &terms()), (vec![], 0));
        assert_eq!(compare(PAIR, &[told(103, Some(110))], &faults, &terms()), (vec![], 0));
    }

    fn incident(scope: &str, path: &str) -> Open {
        Open { scope: scope.to_owned(), endpoints: vec!["e".to_owned()], paths: vec![path.to_owned()] }
    }

    #[test]
    fn what_is_open_is_there_once_and_for_a_reason() {
        let faults = [happened(Some(1), 100, None)];
        let wrong = |when: i64, open: &[Open]| {
            watch(&(at(when), open.to_vec()), [PAIR].into_iter(), &faults, &terms()).join("; ")
        };
        let one = incident("endpoint", "direct");
        assert_eq!(wrong(150, std::slice::from_ref(&one)), "");
        assert_eq!(wrong(105, &[]), "", "it may not be known yet");
        assert!(wrong(150, &[]).contains("is in no incident"));
        assert!(wrong(150, &[one.clone(), one.clone()]).contains("in two incidents"));
        assert!(wrong(90, &[one]).contains("for nothing"));
        let other = Open { endpoints: vec!["f".to_owned()], ..incident("endpoint", "direct") };
        assert!(wrong(105, &[other]).contains("f over direct is none"));
    }

    #[test]
    fn a_path_that_is_down_is_one_incident() {
        let pair = Pair { path: "proxy", ..PAIR };
        let faults = [happened(None, 100, None)];
        let wrong = |open: &[Open]| watch(&(at(150), open.to_vec()), [pair].into_iter(), &faults, &terms());
        assert_eq!(wrong(&[incident("path", "proxy")]), NONE);
        assert!(
            wrong(&[incident("endpoint", "proxy")])[0].ends_with("0 paths are down at 2023-11-14 22:15:50.0 +00:00:00")
        );
        let none = watch(&(at(150), vec![incident("path", "proxy")]), [pair].into_iter(), &[], &terms());
        assert_eq!(none.len(), 2, "{none:?}");
    }

    #[test]
    fn the_answer_is_read() {
        let answer = json!({
            "generated_at": "2026-01-01T00:00:00Z",
            "incidents": [{"scope": "path", "paths": ["proxy"], "endpoints": ["a", "b"]}],
            "troubles": [{"path": "direct", "state": "blocked", "cause": "tls_reset",
                          "from": "2026-01-01T00:00:00Z", "to": null}],
        });
        let told = Told::all(&answer).unwrap();
        assert_eq!((told.len(), told[0].to, told[0].cause.as_str()), (1, None, "tls_reset"));
        let (_, open) = open(&answer).unwrap();
        assert_eq!((open[0].scope.as_str(), open[0].endpoints.len()), ("path", 2));
        assert_eq!(Told::all(&json!({"troubles": null})), None);
    }
}
