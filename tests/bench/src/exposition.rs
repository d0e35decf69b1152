//! What a Prometheus exposition says, as far as it is asked here.

/// The values of all series of a family.
pub(crate) fn values(exposition: &str, family: &str) -> impl Iterator<Item = f64> {
    series(exposition, family).map(|(_, value)| value)
}

/// The buckets of a histogram without labels of its own: bound and count up to there.
pub(crate) fn buckets(exposition: &str, histogram: &str) -> Vec<(f64, f64)> {
    let family = format!("{histogram}_bucket");
    let bound = |labels: &str| labels.split_once("le=\"")?.1.split_once('"')?.0.parse().ok();
    series(exposition, &family).filter_map(|(labels, count)| Some((bound(labels)?, count))).collect()
}

/// The labels, name by value, and the value of all series of a family; only of such as no quotation mark or comma is in.
pub(crate) fn labelled<'a>(exposition: &'a str, family: &str) -> impl Iterator<Item = (Vec<(&'a str, &'a str)>, f64)> {
    series(exposition, family).map(|(labels, value)| {
        let labels = labels.trim_start_matches('{').trim_end_matches('}').split(',');
        let pairs = labels.filter_map(|label| label.split_once('='));
        (pairs.map(|(name, value)| (name, value.trim_matches('"'))).collect(), value)
    })
}

/// Labels and value of each series of a family.
fn series<'a>(exposition: &'a str, family: &str) -> impl Iterator<Item = (&'a str, f64)> {
    exposition.lines().filter_map(move |line| {
        let rest = line.strip_prefix(family)?;
        if !rest.starts_with(['{', ' ']) {
            return None;
        }
        let (labels, value) = rest.rsplit_once(' ')?;
        Some((labels, value.parse().ok()?))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "# HELP a Something.\n# TYPE a counter\na{b=\"c d\"} 2\na{b=\"e\"} 3.5\na_total 7\n\
        # TYPE lag histogram\nlag_bucket{le=\"0.001\"} 4\nlag_bucket{le=\"+Inf\"} 5\nlag_sum 0.1\nlag_count 5\n";

    #[test]
    fn a_family_is_told_from_those_whose_names_begin_alike() {
        assert_eq!(values(TEXT, "a").collect::<Vec<_>>(), [2.0, 3.5]);
        assert_eq!(values(TEXT, "a_total").collect::<Vec<_>>(), [7.0]);
        assert_eq!(values(TEXT, "b").count(), 0);
    }

    #[test]
    fn labels_come_apart() {
        let found: Vec<_> = labelled("a{b=\"c\",d=\"\"} 2\na 3\n", "a").collect();
        assert_eq!(found, [(vec![("b", "c"), ("d", "")], 2.0), (vec![], 3.0)]);
    }

    #[test]
    fn buckets_keep_their_bounds() {
        assert_eq!(buckets(TEXT, "lag"), [(0.001, 4.0), (f64::INFINITY, 5.0)]);
    }
}
