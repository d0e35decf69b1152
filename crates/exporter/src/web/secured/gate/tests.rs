use std::time::Duration;

use axum::http::HeaderValue;
use prober::config::{SystemSources, read_as};

use super::super::users;
use super::*;

/// One cheap user and one who costs something: about ten milliseconds for an optimised bcrypt.
fn alice_and_bob() -> Users {
    let [alice, bob] = [4, 8].map(|cost| bcrypt::hash("right", cost).unwrap());
    users_of(&format!("alice: {alice}\nbob: {bob}\n"))
}

fn users_of(text: &str) -> Users {
    read_as(text, "web.yml", &SystemSources::in_folder(""), users::read).map(Option::from).unwrap().unwrap()
}

fn said(user: &str, password: &str) -> HeaderMap {
    let value = format!("Basic {}", BASE64_STANDARD.encode(format!("{user}:{password}")));
    HeaderMap::from_iter([(header::AUTHORIZATION, HeaderValue::from_str(&value).unwrap())])
}

#[tokio::test]
async fn somebody_unknown_costs_as_much_as_the_costliest_user() {
    let users = alice_and_bob();
    let (unknown, exists) = users.hash_for("mallory");
    assert!(!exists);
    assert_eq!(unknown.expose(), users.hash_for("bob").0.expose());
    let gate = Gate::new();
    assert_eq!(gate.check(&users, &said("mallory", "right"), None).await, Outcome::Unknown, "though the hash fits");
}

/// alice's hash takes a hundredth of the time that Mallory's takes; what they wait tells nobody which of them exists.
#[tokio::test]
async fn a_wrong_password_takes_as_long_for_a_cheap_user_as_for_nobody() {
    let [alice, bob] = [4, 11].map(|cost| bcrypt::hash("right", cost).unwrap());
    let users = users_of(&format!("alice: {alice}\nbob: {bob}\n"));
    assert_eq!(users.hash_for("alice").0.short_of(users.costliest()), 4..11);
    assert_eq!(users.hash_for("mallory").0.short_of(users.costliest()).count(), 0);
    let gate = Gate::new();
    let mut least = [Duration::MAX; 2];
    for _ in 0..3 {
        for (least, user) in least.iter_mut().zip(["alice", "mallory"]) {
            let began = std::time::Instant::now();
            assert_eq!(gate.check(&users, &said(user, "wrong"), None).await, Outcome::Unknown);
            *least = began.elapsed().min(*least);
        }
    }
    let [alice, mallory] = least;
    assert!(alice > mallory / 2, "alice {alice:?}, mallory {mallory:?}");
}

#[tokio::test]
async fn what_was_right_is_remembered_until_the_hash_changes() {
    let (gate, users) = (Gate::new(), alice_and_bob());
    assert_eq!(gate.check(&users, &said("alice", "right"), None).await, Outcome::Known);
    // With nobody left to look at passwords, only what is remembered is known.
    let busy = Arc::clone(&gate.queue).try_acquire_many_owned(u32::try_from(AT_ONCE + QUEUE).unwrap()).unwrap();
    assert_eq!(gate.check(&users, &said("alice", "right"), None).await, Outcome::Known);
    assert_eq!(gate.check(&users, &said("alice", "wrong"), None).await, Outcome::Wait(1));
    assert_eq!(gate.check(&users, &said("bob", "right"), None).await, Outcome::Wait(1));
    assert_eq!(gate.check(&alice_and_bob(), &said("alice", "right"), None).await, Outcome::Wait(1), "another salt");
    drop(busy);
    assert_eq!(gate.check(&users, &said("bob", "right"), None).await, Outcome::Known);
}

#[tokio::test]
async fn work_goes_on_one_at_a_time_even_when_nobody_waits_for_it_any_more() {
    let (gate, users) = (Gate::new(), alice_and_bob());
    let turn = Arc::clone(&gate.work).try_acquire_owned().unwrap();
    let alice = said("alice", "right");
    let waits = tokio::time::timeout(Duration::from_millis(50), gate.check(&users, &alice, None));
    assert!(waits.await.is_err(), "somebody else has the turn");
    assert_eq!(gate.queue.available_permits(), AT_ONCE + QUEUE, "who went away waits no more");
    drop(turn);
    assert_eq!(gate.check(&users, &alice, None).await, Outcome::Known);
}

#[tokio::test]
async fn what_is_remembered_is_bounded() {
    let gate = Gate::new();
    for number in 0..=u32::try_from(REMEMBERED).unwrap() {
        let mut pair = [0; 32];
        pair[..4].copy_from_slice(&number.to_be_bytes());
        gate.remember(pair);
    }
    assert_eq!(gate.right.lock().unwrap().len(), 1);
}
