//! What goes wrong when: drawn before the run, by chance that can be had again.

use std::time::Duration;

use super::chance::Chance;
use super::terms::Terms;
use super::trouble::{Doing, Effect, Trouble, of_a_host, of_everybody};

/// How long the longest fault lasts, in times of what it takes to confirm one.
const LONGEST: u32 = 3;
/// How often a place is looked for.
const TRIES: usize = 50;

/// One thing that goes wrong, and is mended.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Planned {
    pub(super) trouble: Trouble,
    /// Whose; none where the proxy fails for everybody.
    pub(super) host: Option<usize>,
    /// When it begins, since the beginning of the run.
    pub(super) on: Duration,
    /// When it ends.
    pub(super) off: Duration,
}

impl Planned {
    /// What it does to a host's pairs on a path.
    pub(super) fn effect_on(&self, host: usize, is_proxied: bool) -> Effect {
        match self.host {
            Some(own) if own != host => Effect::None,
            _ if is_proxied => self.trouble.proxied,
            _ => self.trouble.direct,
        }
    }

    /// Whether both concern the same: a host can have one fault at a time, and who finds a pair blocked has to know by which.
    fn meets(&self, other: &Self) -> bool {
        let (is_wide, is_other_wide) = (self.host.is_none(), other.host.is_none());
        // What the proxy does for one host comes before what it does for all.
        let is_proxied = |planned: &Self| {
            planned.trouble.proxied != Effect::None || matches!(planned.trouble.doing, Doing::ProxyFor(_))
        };
        match (is_wide, is_other_wide) {
            (true, true) => true,
            (true, false) => is_proxied(other),
            (false, true) => is_proxied(self),
            (false, false) => self.host == other.host,
        }
    }
}

/// The run in time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Schedule {
    /// In the order of their beginnings.
    pub(super) faults: Vec<Planned>,
    /// When everything is right, and has been for long enough to be forgotten.
    pub(super) calms: Vec<(Duration, Duration)>,
    /// When the run is over.
    pub(super) end: Duration,
}

impl Schedule {
    /// Draws one.
    pub(super) fn draw(terms: &Terms) -> Self {
        let mut chance = Chance::of(terms.seed);
        let calm = terms.settled();
        let calm_all = terms.noticed() + calm + (terms.settled() + calm) * terms.parts();
        let part = terms.lasts.saturating_sub(calm_all) / terms.parts();
        // Everything has to have been probed before the first calm.
        let mut calms = vec![(terms.noticed(), terms.noticed() + calm)];
        let mut faults = Vec::new();
        let mut from = terms.noticed() + calm;
        for _ in 0..terms.parts() {
            let to = from + part;
            stretch(&mut faults, (from, to), terms, &mut chance);
            calms.push((to + terms.settled(), to + terms.settled() + calm));
            from = to + terms.settled() + calm;
        }
        faults.sort_by_key(|planned| planned.on);
        Self { faults, calms, end: from }
    }
}

/// Fills a stretch with faults that leave each other alone.
fn stretch(faults: &mut Vec<Planned>, (from, to): (Duration, Duration), terms: &Terms, chance: &mut Chance) {
    let longest = terms.confirmed() * LONGEST;
    let lasts = to.saturating_sub(from);
    if lasts >= terms.confirmed() * 2 {
        let fault = chance.one(&of_everybody()).cloned();
        // Long enough for everybody to know.
        let span = chance.between(terms.confirmed() * 3 / 2, longest).min(lasts);
        let on = chance.between(from, to.saturating_sub(span));
        faults.extend(fault.map(|trouble| Planned { trouble, host: None, on, off: on + span }));
    }
    let mean = (terms.confirmed() / 2 + longest) / 2;
    for _ in 0..wanted(terms, lasts, mean) {
        for _ in 0..TRIES {
            let host = chance.below(terms.hosts());
            let span = chance.between(terms.confirmed() / 2, longest).min(lasts);
            let on = chance.between(from, to.saturating_sub(span));
            let Some(trouble) = chance.one(&of_a_host(Terms::kind(host))).cloned() else { return };
            let drawn = Planned { trouble, host: Some(host), on, off: on + span };
            let gap = terms.settled();
            let is_free = |other: &Planned| other.off + gap <= drawn.on || drawn.off + gap <= other.on;
            if faults.iter().all(|other| !drawn.meets(other) || is_free(other)) {
                faults.push(drawn);
                break;
            }
        }
    }
}

/// How many faults of a length fill a stretch.
#[expect(clippy::cast_precision_loss, reason = "some hundred hosts")]
fn wanted(terms: &Terms, lasts: Duration, mean: Duration) -> usize {
    let all = terms.hosts() as f64 * terms.struck * lasts.as_secs_f64() / mean.as_secs_f64();
    let counts = 1..=u32::MAX;
    counts.take_while(|count| f64::from(*count) <= all.max(1.0)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn schedule(minutes: u64, seed: u64) -> (Terms, Schedule) {
        let terms = Terms::long(minutes, 200, seed);
        (terms, Schedule::draw(&terms))
    }

    #[test]
    fn the_same_seed_draws_the_same() {
        assert_eq!(schedule(30, 7).1, schedule(30, 7).1);
        assert_ne!(schedule(30, 7).1, schedule(30, 8).1);
    }

    #[test]
    fn what_strikes_the_same_is_told_apart_by_time() {
        for seed in 0..20 {
            let (terms, schedule) = schedule(30, seed);
            for (place, one) in schedule.faults.iter().enumerate() {
                for other in schedule.faults.iter().skip(place + 1) {
                    let is_apart = one.off + terms.settled() <= other.on || other.off + terms.settled() <= one.on;
                    assert!(!one.meets(other) || is_apart, "{one:?} {other:?}");
                }
            }
        }
    }

    #[test]
    fn calms_are_calm() {
        let (terms, schedule) = schedule(30, 3);
        assert_eq!(schedule.calms.len(), 6);
        for (from, to) in &schedule.calms {
            let is_apart = |fault: &&Planned| fault.off + terms.settled() <= *from || *to <= fault.on;
            assert!(schedule.faults.iter().all(|fault| is_apart(&fault)), "{from:?}");
        }
        assert!(schedule.calms.iter().all(|(_, to)| *to <= schedule.end));
    }

    #[test]
    fn most_faults_of_a_run_have_to_be_confirmed_and_every_kind_occurs() {
        let (terms, schedule) = schedule(30, 1);
        let long = schedule.faults.iter().filter(|fault| fault.off >= fault.on + terms.confirmed()).count();
        assert!(long * 4 > schedule.faults.len() * 3, "{long} of {}", schedule.faults.len());
        assert!(schedule.faults.len() > 300, "{}", schedule.faults.len());
        assert_eq!(schedule.faults.iter().filter(|fault| fault.host.is_none()).count(), 5);
        for kind in [super::super::trouble::Kind::Secured, super::super::trouble::Kind::Lists] {
            let missing = |trouble: &Trouble| schedule.faults.iter().all(|fault| fault.trouble != *trouble);
            let missing = of_a_host(kind).iter().filter(|trouble| missing(trouble)).count();
            assert!(missing < 10, "{missing} of {kind:?} do not occur");
        }
    }
}
