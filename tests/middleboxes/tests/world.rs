//! The suite: every scenario, the matrix of what was said against what is true, and the bar. While working on one,
//! `REACHWATCH_SCENARIO=portal` leaves out those without that word in their names.
#![expect(clippy::unwrap_used, reason = "a test")]

use std::sync::Arc;

use middleboxes::{Internet, Matrix, Scenario, TIMEOUT_SECONDS, all, apart, visit};
use tokio::sync::Semaphore;
use tokio::task::{JoinSet, LocalSet};

/// So many branches at a time: most of them wait for somebody who never answers.
const AT_A_TIME: usize = 5;

#[test]
fn the_cause_is_right_and_nobody_is_blocked_in_vain() {
    apart("the_cause_is_right_and_nobody_is_blocked_in_vain", || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let wanted = std::env::var("REACHWATCH_SCENARIO").unwrap_or_default();
        let scenarios = all().into_iter().filter(|scenario| scenario.name.contains(&wanted)).collect();
        let matrix = LocalSet::new().block_on(&runtime, visit_all(scenarios));
        println!("{matrix}");
        assert_eq!(matrix.faults(TIMEOUT_SECONDS.into()), Vec::<String>::new());
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
