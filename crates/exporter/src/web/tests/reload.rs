//! What `POST /-/reload` answers.

use prober::plan::Tally;

use super::*;
use crate::reload::{Outcome, Refused, Requests};

/// An app whose reloads somebody answers, each with this.
fn answering(outcome: Outcome) -> (App, tokio::task::JoinHandle<()>) {
    let (_sender, app) = app(sample::good());
    let (reloads, mut requests): (_, Requests) = Reloads::channel();
    let answering = tokio::spawn(async move {
        loop {
            let waiting = requests.next().await;
            requests.tell(waiting, sample::NOW, &outcome);
        }
    });
    (App { reloads, ..app }, answering)
}

async fn post(app: &App, headers: &[(&str, &str)]) -> (StatusCode, String) {
    let mut request = Request::post("/-/reload").header("host", "branch:10365");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let response = router(app.clone()).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn a_good_configuration_is_told_in_numbers() {
    let (app, answering) = answering(Ok(Tally { added: 1, changed: 2, removed: 3, same: 4 }));
    for headers in [&[][..], &[("origin", "http://branch:10365")], &[("sec-fetch-site", "same-origin")]] {
        let answer = (StatusCode::OK, "loaded: 1 added, 2 changed, 3 removed\n".to_owned());
        assert_eq!(post(&app, headers).await, answer, "{headers:?}");
    }
    let (status, _, page) = ask(&app, Method::GET, "/").await;
    assert!(status == StatusCode::OK && page.contains("1 added, 2 changed, 3 removed"), "{page}");
    answering.abort();
}

#[tokio::test]
async fn a_bad_one_is_told_with_its_faults() {
    for (faults, expected) in [(2, StatusCode::UNPROCESSABLE_ENTITY), (0, StatusCode::INTERNAL_SERVER_ERROR)] {
        let (app, answering) = answering(Err(Refused { faults, words: "x.yaml:1:1: a\nx.yaml:2:1: b".into() }));
        let (status, body) = post(&app, &[]).await;
        assert_eq!((status, body.starts_with("x.yaml:1:1: a\nx.yaml:2:1: b\n")), (expected, true), "{body}");
        answering.abort();
    }
}

#[tokio::test]
async fn pages_of_others_and_other_methods_have_nothing_read() {
    let (app, answering) = answering(Ok(Tally::default()));
    for headers in [[("origin", "http://evil.example")], [("sec-fetch-site", "cross-site")], [("origin", "null")]] {
        assert_eq!(post(&app, &headers).await.0, StatusCode::FORBIDDEN, "{headers:?}");
    }
    assert_eq!(ask(&app, Method::GET, "/-/reload").await.0, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(app.reloads.last(), None);
    answering.abort();
}

#[tokio::test]
async fn nobody_waits_for_somebody_who_is_gone() {
    let (_sender, app) = app(sample::good());
    assert_eq!(post(&app, &[]).await.0, StatusCode::SERVICE_UNAVAILABLE);
}
