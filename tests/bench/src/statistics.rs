//! What a handful of measurements comes to.

/// The middle one; not a number where there is none.
pub(crate) fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_by(f64::total_cmp);
    let upper = values.get(values.len() / 2).copied().unwrap_or(f64::NAN);
    if values.len() % 2 == 1 {
        return upper;
    }
    let lower = values.len().checked_sub(1).and_then(|last| values.get(last / 2));
    lower.map_or(upper, |lower| f64::midpoint(*lower, upper))
}

/// The value below which a share of all lies, by a Prometheus histogram: buckets of `le` with the count up to there, rising.
/// Within a bucket as `histogram_quantile` has it; of what is beyond the last bound, that bound.
pub(crate) fn quantile(share: f64, buckets: &[(f64, f64)]) -> f64 {
    let wanted = buckets.last().map_or(f64::NAN, |(_, all)| all * share);
    let (mut from, mut below) = (0.0, 0.0);
    for (bound, count) in buckets {
        if *count >= wanted && *count > 0.0 {
            let within = if bound.is_finite() { (bound - from) * (wanted - below) / (count - below) } else { 0.0 };
            return from + within;
        }
        (from, below) = (*bound, *count);
    }
    f64::NAN
}

/// Whether a count is what was due, give or take a share of it, and one that fell to either side of each end.
pub(crate) fn is_within(served: f64, due: f64, tolerance: f64) -> bool {
    (served - due).abs() <= (due * tolerance).max(2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_the_middle() {
        assert!((median([3.0, 1.0, 2.0]) - 2.0).abs() < f64::EPSILON);
        assert!((median([4.0, 1.0, 2.0, 3.0]) - 2.5).abs() < f64::EPSILON);
        assert!(median([]).is_nan());
    }

    #[test]
    fn a_quantile_lies_in_its_bucket() {
        let buckets = [(0.001, 900.0), (0.005, 980.0), (0.01, 1000.0), (f64::INFINITY, 1000.0)];
        assert!((quantile(0.5, &buckets) - 0.000_555_6).abs() < 1e-6);
        assert!((quantile(0.99, &buckets) - 0.007_5).abs() < 1e-9);
        assert!((quantile(1.0, &buckets) - 0.01).abs() < 1e-9);
        let late = [(0.001, 0.0), (f64::INFINITY, 10.0)];
        assert!((quantile(0.99, &late) - 0.001).abs() < 1e-9, "beyond the last bound nothing is known");
        assert!(quantile(0.99, &[]).is_nan() && quantile(0.99, &[(1.0, 0.0)]).is_nan());
    }

    #[test]
    fn a_window_off_its_schedule_is_told() {
        assert!(
            is_within(2059.0, 2000.0, 0.03) && !is_within(2061.0, 2000.0, 0.03) && !is_within(1939.0, 2000.0, 0.03)
        );
        assert!(is_within(9.0, 10.0, 0.03) && !is_within(7.0, 10.0, 0.03));
    }
}
