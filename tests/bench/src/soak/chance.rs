//! Chance that can be had again: SplitMix64, from a seed.

use std::time::Duration;

/// Numbers that look as if nobody had chosen them; the same for the same seed.
#[derive(Debug, Clone)]
pub(super) struct Chance(u64);

impl Chance {
    pub(super) fn of(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below another one; 0 where that is none.
    pub(super) fn below(&mut self, end: usize) -> usize {
        let number = self.next() % u64::try_from(end).unwrap_or(u64::MAX).max(1);
        usize::try_from(number).unwrap_or_default()
    }

    /// One of some.
    pub(super) fn one<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get(self.below(of.len()))
    }

    /// A time between two, to the millisecond.
    pub(super) fn between(&mut self, least: Duration, most: Duration) -> Duration {
        let span = usize::try_from(most.saturating_sub(least).as_millis()).unwrap_or(usize::MAX);
        least + Duration::from_millis(u64::try_from(self.below(span.saturating_add(1))).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_gives_the_same() {
        let draw = |seed| {
            let mut chance = Chance::of(seed);
            [(); 64].map(|()| chance.below(10))
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
        assert!((0..10).all(|number| draw(7).contains(&number)), "{:?}", draw(7));
        let (least, most) = (Duration::from_secs(1), Duration::from_secs(2));
        assert!((0..100).all(|seed| (least..=most).contains(&Chance::of(seed).between(least, most))));
        assert_eq!((Chance::of(1).below(0), Chance::of(1).one::<u8>(&[])), (0, None));
    }
}
