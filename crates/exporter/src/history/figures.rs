//! How long a number of probes took, in four figures.

/// The most durations that one slot looks at: more than the shortest interval brings in five minutes.
pub(super) const MOST_SAMPLES: usize = 512;

/// The least, the median, the 95th percentile and the most of some durations, in microseconds. Both quantiles are by
/// nearest rank: durations that were measured, none between them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Figures {
    /// How many durations there were; one at least.
    pub(super) samples: u32,
    /// The least.
    pub(super) min: u32,
    /// Half took no longer.
    pub(super) median: u32,
    /// Nineteen of twenty took no longer.
    pub(super) p95: u32,
    /// The most.
    pub(super) max: u32,
}

impl Figures {
    /// The figures of durations, in any order; `None` of none.
    pub(super) fn of(mut durations: Vec<u32>) -> Option<Self> {
        durations.sort_unstable();
        let count = durations.len();
        let ranked = |rank: usize| durations.get(rank.checked_sub(1)?).copied();
        Some(Self {
            samples: u32::try_from(count).ok()?,
            min: ranked(1)?,
            median: ranked(median_rank(count))?,
            p95: ranked(p95_rank(count))?,
            max: ranked(count)?,
        })
    }

    /// The figures of several together. What stood between the figures of each is taken as evenly spread; the least and
    /// the most, and everything of parts of up to three durations, are exact.
    pub(super) fn of_parts(parts: &[Self]) -> Option<Self> {
        match parts {
            [only] => Some(*only),
            _ => Self::of(parts.iter().flat_map(|part| part.spread()).collect()),
        }
    }

    /// As many durations as there were, with these figures.
    fn spread(self) -> impl Iterator<Item = u32> {
        let count = (self.samples as usize).min(MOST_SAMPLES);
        let known = [(1, self.min), (median_rank(count), self.median), (p95_rank(count), self.p95), (count, self.max)];
        (1..=count).map(move |rank| {
            let below = known.iter().rev().find(|(at, _)| *at <= rank).copied().unwrap_or((1, self.min));
            let above = known.iter().find(|(at, _)| *at >= rank).copied().unwrap_or((count, self.max));
            between(below, above, rank)
        })
    }
}

fn median_rank(count: usize) -> usize {
    count.div_ceil(2)
}

fn p95_rank(count: usize) -> usize {
    (count * 95).div_ceil(100)
}

fn between(below: (usize, u32), above: (usize, u32), rank: usize) -> u32 {
    let (steps, step) = ((above.0 - below.0) as u64, (rank - below.0) as u64);
    let rise = u64::from(above.1.saturating_sub(below.1));
    let risen = (rise * step).checked_div(steps).unwrap_or(0);
    below.1.saturating_add(u32::try_from(risen).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(samples: u32, min: u32, median: u32, p95: u32, max: u32) -> Figures {
        Figures { samples, min, median, p95, max }
    }

    #[test]
    fn quantiles_are_by_nearest_rank() {
        assert_eq!(Figures::of(vec![]), None);
        assert_eq!(Figures::of(vec![7]), Some(figures(1, 7, 7, 7, 7)));
        assert_eq!(Figures::of(vec![9, 1]), Some(figures(2, 1, 1, 9, 9)));
        assert_eq!(Figures::of(vec![5, 1, 3]), Some(figures(3, 1, 3, 5, 5)));
        assert_eq!(Figures::of((1..=100).rev().collect()), Some(figures(100, 1, 50, 95, 100)));
    }

    #[test]
    fn what_is_spread_has_the_same_figures() {
        for durations in [vec![4], vec![4, 9], vec![1, 1, 8], vec![1, 2, 3, 50], (0..301).map(|n| n * n).collect()] {
            let figures = Figures::of(durations).unwrap();
            assert_eq!(Figures::of(figures.spread().collect()), Some(figures));
        }
    }

    #[test]
    fn parts_weigh_by_their_number() {
        let (fast, slow) = (figures(8, 10, 10, 10, 10), figures(2, 90, 90, 100, 100));
        assert_eq!(Figures::of_parts(&[fast, slow]), Some(figures(10, 10, 10, 100, 100)));
        assert_eq!(Figures::of_parts(&[slow]), Some(slow));
        assert_eq!(Figures::of_parts(&[]), None);
    }
}
