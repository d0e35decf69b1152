//! The suite: every scenario, the matrix of what was said against what is true, and the bar.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use middleboxes::{Internet, Matrix, Scenario, all, apart, visit};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

/// So many branches at a time: most of them wait for somebody who never answers.
const AT_A_TIME: usize = 6;
/// What a probe may take, in seconds.
const TIMEOUT: f64 = 4.0;

#[test]
fn the_cause_is_right_and_nobody_is_blocked_in_vain() {
    apart("the_cause_is_right_and_nobody_is_blocked_in_vain", || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let matrix = LocalSet::new().block_on(&runtime, visit_all(all()));
        println!("{matrix}");
        assert_eq!(matrix.bar(TIMEOUT).faults, Vec::<String>::new());
    });
}

async fn visit_all(scenarios: Vec<Scenario>) -> Matrix {
    let internet = Arc::new(Internet::start().await);
    let places = Arc::new(Semaphore::new(AT_A_TIME));
    let mut visits = JoinSet::new();
    for (number, scenario) in scenarios.into_iter().enumerate() {
        let (internet, places) = (Arc::clone(&internet), Arc::clone(&places));
        visits.spawn_local(async move {
            let _place = places.acquire().await.unwrap();
            (number, visit(number, &scenario, &internet).await)
        });
    }
    let mut outcomes = visits.join_all().await;
    outcomes.sort_by_key(|(number, _)| *number);
    Matrix::new(outcomes.into_iter().map(|(_, outcome)| outcome).collect())
}
