//! Whether what a process takes stays what it was. Pure.

use std::time::Duration;

use super::product::Look;
use super::schedule::Schedule;
use super::terms::Terms;
use crate::statistics::median;

/// Descriptors and tasks that may be more in one calm than in another: a probe that happens to be under way has a few.
const A_FEW: f64 = 3.0;
/// Growth of memory that is still flat, beside a slack that does not depend on its size.
const GROWTH: f64 = 1.05;

/// What the process said, and when since the beginning.
pub(super) type Looked = (Duration, Look);

/// A comparison of a resource at two times.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trend {
    pub(super) of: &'static str,
    pub(super) before: f64,
    pub(super) after: f64,
    /// The most that is flat.
    pub(super) most: f64,
}

impl Trend {
    pub(super) fn is_flat(&self) -> bool {
        self.after <= self.most
    }
}

/// Memory: the median of the last fifth against that of the second one. Descriptors and tasks, of which there are more while
/// probes are under way: the fewest in the last calm against the fewest in the first one after faults (in a run of one part,
/// before them), since those are always held.
pub(super) fn trends(looks: &[Looked], schedule: &Schedule, terms: &Terms) -> Vec<Trend> {
    let during = |(from, to): (Duration, Duration), of: fn(&Look) -> f64| {
        looks.iter().filter(move |(at, _)| (from..to).contains(at)).map(move |(_, look)| of(look))
    };
    let fifth = schedule.end / 5;
    let memory = |of: &'static str, value: fn(&Look) -> f64| {
        let before = median(during((fifth, fifth * 2), value));
        let after = median(during((fifth * 4, schedule.end), value));
        Trend { of, before, after, most: before * GROWTH + terms.memory_slack() }
    };
    let first = schedule.calms.get(usize::from(schedule.calms.len() > 2)).copied().unwrap_or_default();
    let last = schedule.calms.last().copied().unwrap_or_default();
    let held = |of: &'static str, value: fn(&Look) -> f64| {
        let fewest = |calm| during(calm, value).min_by(f64::total_cmp).unwrap_or(f64::NAN);
        let (before, after) = (fewest(first), fewest(last));
        Trend { of, before, after, most: before + A_FEW }
    };
    vec![
        memory("resident memory, MiB", |look| look.memory),
        memory("of that, in no file, MiB", |look| look.heap),
        held("fewest open files in a calm", |look| look.files),
        held("fewest tasks in a calm", |look| look.tasks),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn trends_of(look: impl Fn(Duration, &Schedule) -> Look) -> Vec<Trend> {
        let terms = Terms::long(30, 200, 1);
        let schedule = Schedule::draw(&terms);
        let times = (0..).map(|second| Duration::from_secs(3 * second)).take_while(|at| *at < schedule.end);
        let looks: Vec<_> = times.map(|at| (at, look(at, &schedule))).collect();
        trends(&looks, &schedule, &terms)
    }

    const LOOK: Look = Look { memory: 40.0, heap: 30.0, files: 30.0, threads: 5.0, tasks: 12.0, history: 1.0 };

    #[test]
    fn what_goes_up_and_comes_down_again_is_flat() {
        let trends = trends_of(|at, schedule| {
            let is_calm = schedule.calms.iter().any(|(from, to)| (from..to).contains(&&at));
            if is_calm { LOOK } else { Look { files: 300.0, tasks: 900.0, ..LOOK } }
        });
        assert!(trends.iter().all(Trend::is_flat), "{trends:?}");
    }

    #[test]
    fn what_leaks_slowly_is_not() {
        let trends = trends_of(|at, _| {
            let grown = at.as_secs_f64() / 1800.0;
            Look {
                memory: 40.0 + 6.0 * grown,
                heap: 30.0 + 6.0 * grown,
                files: 30.0 + 8.0 * grown,
                tasks: 12.0 + 8.0 * grown,
                ..LOOK
            }
        });
        assert_eq!(trends.iter().filter(|trend| trend.is_flat()).count(), 0, "{trends:?}");
    }

    #[test]
    fn nothing_known_is_not_flat() {
        let terms = Terms::long(30, 200, 1);
        assert!(trends(&[], &Schedule::draw(&terms), &terms).iter().all(|trend| !trend.is_flat()));
    }
}
