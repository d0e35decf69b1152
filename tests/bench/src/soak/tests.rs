//! A short soak, so that the long one does not rot.

use std::time::Duration;

use super::{Terms, soak};

// Of the faults some are floods.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_short_soak_is_told_and_counted_as_it_was() {
    let second = Duration::from_secs(1);
    let terms = Terms {
        lasts: 55 * second,
        interval: 2 * second,
        timeout: 2 * second,
        lateness: 3 * second,
        struck: 0.25,
        look_every: second,
        ..Terms::long(1, 30, 7)
    };
    let outcome = soak(e2e::binary(), &terms).await.unwrap();
    assert_eq!(outcome.wrong, [""; 0], "{}", outcome.report);
    println!("{}", outcome.report);
    assert!(outcome.plot.ends_with("</svg>\n"));
}
