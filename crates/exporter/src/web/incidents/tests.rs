//! The pages and the document over a hand-made past, and over one that cannot be read.

use axum::Router;
use axum::body::Body;
use axum::http::{HeaderMap, Request};
use http_body_util::BodyExt;
use prober::cause::Cause;
use prober::text::Clean;
use tower::ServiceExt;

use super::*;
use crate::history::{
    Days, Filter, Finding, HistoryError, Latency, LatencySpan, Standing, StorageFault, Trouble, TroubleState,
};
use crate::web::Told;
use crate::{sample, sample_past};

/// A past of so many troubles, or one that cannot be read.
#[derive(Debug)]
enum Made {
    Told(Vec<Told>),
    Broken,
}

impl Made {
    fn read(&self) -> Result<&[Told], HistoryError> {
        match self {
            Self::Told(told) => Ok(told),
            Self::Broken => Err(HistoryError { operation: "select", source: "disk I/O error".into() }),
        }
    }
}

impl Past for Made {
    fn standing(&self) -> Standing {
        let fault = StorageFault { operation: "writing", reason: Clean::new("no <space>"), since: sample::NOW };
        Standing { fault: matches!(self, Self::Broken).then_some(fault), ..Standing::default() }
    }

    fn days(&self) -> Days {
        Days::empty(sample::NOW)
    }

    fn troubles(&self, filter: &Filter) -> Result<Vec<Trouble>, HistoryError> {
        let is_asked = |trouble: &&Trouble| {
            filter.cause.is_none_or(|cause| cause == trouble.cause)
                && filter.id.is_none_or(|id| id == trouble.id)
                && filter.state.is_none_or(|state| (state == TroubleState::Open) == trouble.to.is_none())
        };
        let all = self.read()?.iter().map(|(trouble, ..)| trouble);
        Ok(all.filter(is_asked).take(filter.limit.unwrap_or(1000)).cloned().collect())
    }

    fn evidence(&self, id: i64) -> Result<Option<(Finding, Finding)>, HistoryError> {
        let told = self.read()?.iter().find(|(trouble, _)| trouble.id == id);
        Ok(told.and_then(|(_, evidence)| evidence.clone()))
    }

    fn last_failure(&self, endpoint: &str, path: &str) -> Result<Option<(Trouble, Finding)>, HistoryError> {
        let is_of = |trouble: &Trouble| (trouble.endpoint.as_str(), trouble.path.as_str()) == (endpoint, path);
        let newest = self.read()?.iter().find(|(trouble, _)| is_of(trouble));
        Ok(newest.and_then(|(trouble, evidence)| Some((trouble.clone(), evidence.clone()?.1))))
    }

    fn latencies(&self, _: &str, _: &str, _: LatencySpan) -> Result<Vec<Latency>, HistoryError> {
        self.read().map(|_| Vec::new())
    }
}

fn past() -> Made {
    Made::Told(sample_past::troubles(&sample::branch()))
}

fn many(count: i64) -> Made {
    let one = sample_past::troubles(&sample::branch()).remove(0);
    Made::Told((0..count).map(|id| (Trouble { id, ..one.0.clone() }, one.1.clone())).collect())
}

async fn ask(past: Made, path: &str) -> (StatusCode, HeaderMap, String) {
    let (_sender, app) = crate::web::tests::app(sample::branch());
    let service: Router = crate::web::router_over(app, Arc::new(past));
    let request = Request::get(path).body(Body::empty()).unwrap();
    let (head, body) = service.oneshot(request).await.unwrap().into_parts();
    let body = body.collect().await.unwrap().to_bytes();
    (head.status, head.headers, String::from_utf8(body.to_vec()).unwrap())
}

#[tokio::test]
async fn the_list_tells_what_is_open_and_what_is_over() {
    let (status, _, body) = ask(past(), "/incidents").await;
    assert_eq!(status, StatusCode::OK);
    for words in ["open for", "whoever runs the proxy", "go <span class=\"label\">over</span> hq", "19 probes failed"] {
        assert!(body.contains(words), "{words}: {body}");
    }
    assert!(!body.contains("<script>") && body.contains("&#60;script&#62;alert(1)"), "{body}");
    let (_, _, body) = ask(past(), "/incidents?cause=tls_reset&state=closed").await;
    assert_eq!(body.matches("<li class=\"trouble").count(), 1);
    assert!(body.contains("<option value=\"tls_reset\" selected>") && body.contains("Show all"), "{body}");
    assert!(body.contains("/api/v1/incidents?cause=tls_reset&#38;state=closed&#38;format=csv"), "{body}");
}

#[tokio::test]
async fn what_was_asked_for_stays_in_the_form_as_text() {
    let (_, _, body) = ask(past(), "/incidents?endpoint=%22%3E%3Cscript%3E&path=%3Cb%3E").await;
    assert!(body.contains("value=\"&#34;&#62;&#60;script&#62;\""), "{body}");
    assert!(body.contains("<option value=\"&#60;b&#62;\" selected>"), "{body}");
}

#[tokio::test]
async fn pages_lead_to_each_other() {
    let lines = |body: &str| body.matches("<li class=\"trouble").count();
    let (_, _, first) = ask(many(120), "/incidents?state=open").await;
    assert_eq!((lines(&first), first.contains("rel=\"prev\"")), (50, false));
    assert!(first.contains("href=\"/incidents?state=open&#38;page=2\" rel=\"next\""), "{first}");
    let (_, _, last) = ask(many(120), "/incidents?state=open&page=3").await;
    assert_eq!((lines(&last), last.contains("rel=\"next\"")), (20, false));
    assert!(last.contains("start=\"101\"") && last.contains("page=2\" rel=\"prev\""));
    let (_, _, beyond) = ask(many(120), "/incidents?page=9").await;
    assert!(beyond.contains("There are no further incidents."));
    // There is no page 21.
    assert!(!ask(many(2000), "/incidents?page=20").await.2.contains("rel=\"next\""));
}

#[tokio::test]
async fn what_cannot_be_asked_for_is_refused_on_the_page_too() {
    let (status, _, body) = ask(past(), "/incidents?stat=open").await;
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body.contains("There is no parameter &#34;stat&#34;; there are state, kind,"), "{body}");
    let (status, headers, body) = ask(past(), "/api/v1/incidents?state=broken").await;
    assert_eq!(
        (status, headers[header::CONTENT_TYPE].to_str().unwrap()),
        (StatusCode::BAD_REQUEST, "text/plain; charset=utf-8")
    );
    assert_eq!(body, "\"state\" cannot be \"broken\"; it is one of open, closed\n");
}

#[tokio::test]
async fn a_trouble_has_a_page_with_what_was_said_word_by_word() {
    let troubles = sample_past::troubles(&sample::branch());
    let id = |cause| troubles.iter().find(|(trouble, ..)| trouble.cause == cause).unwrap().0.id;
    let (status, _, body) = ask(past(), &format!("/incidents/{}", id(Cause::ProxyDenied))).await;
    assert_eq!(status, StatusCode::OK);
    for words in [
        "403 Forbidden",
        "x-squid-error: ERR_ACCESS_DENIED 0 &#60;b&#62;",
        "The last failure",
        "The first failure",
        "/runbook/proxy_denied",
    ] {
        assert!(body.contains(words), "{words}: {body}");
    }
    assert!(!body.contains("<script"), "{body}");
    for unknown in ["999", "x", "%ff", "-1"] {
        assert_eq!(ask(past(), &format!("/incidents/{unknown}")).await.0, StatusCode::NOT_FOUND, "{unknown}");
    }
}

#[tokio::test]
async fn a_trouble_whose_evidence_cannot_be_read_has_a_page_all_the_same() {
    let told = many(1).read().unwrap().iter().map(|(trouble, _)| (trouble.clone(), None)).collect();
    let (status, _, body) = ask(Made::Told(told), "/incidents/0").await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("this version does not read") && !body.contains("The first failure"), "{body}");
}

#[tokio::test]
async fn programs_get_the_open_incidents_and_the_troubles_that_they_ask_for() {
    let (_, _, body) = ask(past(), "/api/v1/incidents?cause=proxy_denied").await;
    let document: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(document["incidents"].as_array().unwrap().len(), 3);
    let troubles = document["troubles"].as_array().unwrap();
    assert_eq!(troubles.len(), 2);
    insta::assert_yaml_snapshot!(troubles[0]);
    let (_, headers, csv) = ask(past(), "/api/v1/incidents?format=csv&limit=2").await;
    assert_eq!(headers[header::CONTENT_DISPOSITION], "attachment; filename=\"incidents.csv\"");
    assert_eq!(csv.lines().count(), 3);
}

#[tokio::test]
async fn a_history_that_cannot_be_read_is_said_and_takes_nothing_else_away() {
    let (status, _, body) = ask(Made::Broken, "/incidents").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(body.contains("The history cannot be read just now") && body.contains("no &#60;space&#62;"), "{body}");
    let (status, _, body) = ask(Made::Broken, "/api/v1/incidents").await;
    let document: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!((status, document["incidents"].as_array().unwrap().len()), (StatusCode::OK, 3));
    assert_eq!(document["troubles"], serde_json::Value::Null);
    assert_eq!(ask(Made::Broken, "/api/v1/incidents?format=csv").await.0, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(ask(Made::Broken, "/incidents/1").await.0, StatusCode::SERVICE_UNAVAILABLE);
    let (status, _, body) = ask(Made::Broken, "/").await;
    assert_eq!(status, StatusCode::OK);
    assert!(body.contains("The history is not being kept") && body.contains("writing failed: no &#60;space&#62;"));
}
