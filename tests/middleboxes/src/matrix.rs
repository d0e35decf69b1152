//! What was said against what is true: the matrix, the share that is right, and the time that verdicts took.

use std::collections::BTreeMap;
use std::fmt;

use crate::verdict::{Outcome, Pair, Verdict};

/// Of a hundred verdicts so many have to be right.
const BAR_PERCENT: usize = 98;

/// Causes that are known at once: their verdict waits for no timeout.
const AT_ONCE: [&str; 7] = [
    "tcp_refused",
    "tcp_unreachable",
    "dns_nxdomain",
    "dns_no_address",
    "proxy_refused",
    "proxy_denied",
    "proxy_auth_required",
];

/// All that was said.
#[derive(Debug, Default)]
pub struct Matrix {
    outcomes: Vec<Outcome>,
}

impl Matrix {
    /// Of these branches.
    pub fn new(outcomes: Vec<Outcome>) -> Self {
        Self { outcomes }
    }

    fn pairs(&self) -> impl Iterator<Item = &Pair> {
        self.outcomes.iter().flat_map(|outcome| &outcome.pairs)
    }

    /// Why it is not good enough; empty where it is. A probe may take `timeout` seconds. Cause and blame (and state) have to be right
    /// at least 98 times in 100, among the pairs that are broken and among all; a usable pair must not be called blocked
    /// a single time; what is known at once must not take half of the time that there is.
    pub fn faults(&self, timeout: f64) -> Vec<String> {
        let mut faults: Vec<_> = self.outcomes.iter().flat_map(|outcome| outcome.faults.clone()).collect();
        let all: Vec<_> = self.pairs().collect();
        let broken: Vec<_> = self.pairs().filter(|pair| !pair.truth.is_healthy()).collect();
        if all.is_empty() {
            faults.push("nothing was said".to_owned());
        }
        for (which, pairs) in [("broken", broken), ("all", all)] {
            let right = pairs.iter().filter(|pair| pair.truth == pair.said).count();
            if right * 100 < pairs.len() * BAR_PERCENT {
                faults.push(format!("{right} of {} {which} pairs are right, under {BAR_PERCENT} in 100", pairs.len()));
            }
        }
        for outcome in &self.outcomes {
            let vainly = outcome.pairs.iter().filter(|pair| pair.truth.is_usable() && pair.said.state == "blocked");
            faults.extend(vainly.map(|pair| format!("blocked in vain: {}", told(outcome, pair))));
            let slow = outcome.pairs.iter().filter(|pair| {
                let at_once = pair.said.reason.as_ref().is_some_and(|(cause, _)| AT_ONCE.contains(&cause.as_str()));
                at_once && pair.seconds * 2.0 > timeout
            });
            faults.extend(
                slow.map(|pair| format!("{:.1} s for what is known at once: {}", pair.seconds, told(outcome, pair))),
            );
        }
        faults
    }

    /// Seconds until a right verdict, by cause.
    fn seconds(&self) -> BTreeMap<&str, Vec<f64>> {
        let mut by_cause: BTreeMap<&str, Vec<f64>> = BTreeMap::new();
        for pair in self.pairs().filter(|pair| pair.truth == pair.said) {
            let cause = pair.said.reason.as_ref().map_or("reachable", |(cause, _)| cause);
            by_cause.entry(cause).or_default().push(pair.seconds);
        }
        for seconds in by_cause.values_mut() {
            seconds.sort_by(f64::total_cmp);
        }
        by_cause
    }
}

fn told(outcome: &Outcome, pair: &Pair) -> String {
    let Pair { endpoint, path, truth, said, detail, .. } = pair;
    format!("{}: {endpoint} over {path}: {said} in place of {truth}: {detail}", outcome.scenario)
}

impl fmt::Display for Matrix {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{:<48} {:<48} right  longest  said instead", "scenario", "truth")?;
        for outcome in &self.outcomes {
            for (truth, pairs) in by_truth(outcome) {
                let right = pairs.iter().filter(|pair| pair.said == *truth).count();
                let longest = pairs.iter().map(|pair| pair.seconds).fold(0.0, f64::max);
                write!(f, "{:<48} {truth:<48} {right:>2}/{:<2} {longest:>6.2} s", outcome.scenario, pairs.len())?;
                for pair in pairs.iter().filter(|pair| pair.said != *truth) {
                    write!(f, "  {}@{}: {}", pair.endpoint, pair.path, pair.said)?;
                }
                writeln!(f)?;
            }
        }
        writeln!(f, "\n{:<24} {:>5} {:>10} {:>10}", "seconds to the verdict", "pairs", "median", "longest")?;
        for (cause, seconds) in self.seconds() {
            let (median, longest) = (seconds[seconds.len() / 2], seconds[seconds.len() - 1]);
            writeln!(f, "{cause:<24} {:>5} {median:>10.3} {longest:>10.3}", seconds.len())?;
        }
        let wrong = self.outcomes.iter().flat_map(|outcome| {
            let wrong = outcome.pairs.iter().filter(|pair| pair.said != pair.truth);
            wrong.map(move |pair| told(outcome, pair))
        });
        for wrong in wrong {
            writeln!(f, "wrong: {wrong}")?;
        }
        let broken: Vec<_> = self.pairs().filter(|pair| !pair.truth.is_healthy()).collect();
        let right = |pairs: &[&Pair]| pairs.iter().filter(|pair| pair.truth == pair.said).count();
        let all: Vec<_> = self.pairs().collect();
        writeln!(
            f,
            "\n{} scenarios; right: {} of {} broken pairs, {} of all {}",
            self.outcomes.len(),
            right(&broken),
            broken.len(),
            right(&all),
            all.len()
        )
    }
}

fn by_truth(outcome: &Outcome) -> BTreeMap<&Verdict, Vec<&Pair>> {
    let mut by_truth: BTreeMap<&Verdict, Vec<&Pair>> = BTreeMap::new();
    for pair in &outcome.pairs {
        by_truth.entry(&pair.truth).or_default().push(pair);
    }
    by_truth
}

#[cfg(test)]
mod tests {
    use super::*;

    const TIMEOUT: f64 = 4.0;

    fn pairs(count: usize, truth: &str, said: &str, seconds: f64) -> Vec<Pair> {
        let pair = Pair {
            endpoint: "e".to_owned(),
            path: "p".to_owned(),
            truth: Verdict::new(truth),
            said: Verdict::new(said),
            seconds,
            detail: "d".to_owned(),
        };
        vec![pair; count]
    }

    fn faults(pairs: impl IntoIterator<Item = Vec<Pair>>) -> Vec<String> {
        let pairs = pairs.into_iter().flatten().collect();
        Matrix::new(vec![Outcome { scenario: "s", pairs, faults: Vec::new() }]).faults(TIMEOUT)
    }

    const REFUSED: &str = "blocked tcp_refused network";
    const SILENT: &str = "blocked tcp_timeout network";

    #[test]
    fn right_is_good_enough() {
        let none: Vec<String> = Vec::new();
        assert_eq!(faults([pairs(9, "reachable", "reachable", 9.0), pairs(1, SILENT, SILENT, 9.0)]), none);
    }

    #[test]
    fn two_in_a_hundred_may_be_wrong_and_not_three() {
        let of_a_hundred =
            |wrong| faults([pairs(100 - wrong, SILENT, SILENT, 3.0), pairs(wrong, SILENT, REFUSED, 0.0)]);
        assert!(of_a_hundred(2).is_empty());
        assert_eq!(of_a_hundred(3).len(), 2, "{:?}", of_a_hundred(3));
    }

    #[test]
    fn many_healthy_pairs_hide_no_broken_ones() {
        let faults = faults([pairs(1000, "reachable", "reachable", 0.0), pairs(1, SILENT, REFUSED, 0.0)]);
        assert_eq!(faults, ["0 of 1 broken pairs are right, under 98 in 100"]);
    }

    #[test]
    fn the_right_cause_with_another_blame_is_wrong() {
        assert!(!faults([pairs(1, SILENT, "blocked tcp_timeout proxy", 0.0)]).is_empty());
    }

    #[test]
    fn a_single_usable_pair_called_blocked_is_too_much() {
        for usable in ["reachable", "degraded http_server_error origin"] {
            let faults = faults([pairs(1000, SILENT, SILENT, 0.0), pairs(1, usable, SILENT, 0.0)]);
            assert!(matches!(&faults[..], [only] if only.starts_with("blocked in vain")), "{faults:?}");
        }
    }

    #[test]
    fn a_refusal_waits_for_no_timeout() {
        let faults = faults([pairs(1, REFUSED, REFUSED, 2.1)]);
        assert!(matches!(&faults[..], [only] if only.starts_with("2.1 s")), "{faults:?}");
    }

    #[test]
    fn nothing_is_not_good_enough() {
        assert!(!faults([]).is_empty());
    }
}
