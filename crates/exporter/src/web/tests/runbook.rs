//! The runbook's pages, asked for as browsers do.

use prober::cause::{Blame, Cause};

use super::*;
use crate::runbook::Section;
use crate::words;

async fn page(path: &str) -> String {
    let (_sender, app) = app(sample::branch());
    let (status, _, body) = ask(&app, Method::GET, path).await;
    assert_eq!(status, StatusCode::OK, "{path}");
    body
}

/// The values of an attribute.
fn values<'a>(html: &'a str, attribute: &str) -> Vec<&'a str> {
    let opening = format!(" {attribute}=\"");
    html.split(opening.as_str()).skip(1).filter_map(|rest| rest.split('"').next()).collect()
}

#[tokio::test]
async fn every_cause_has_a_page_and_the_index_leads_there() {
    let index = page("/runbook").await;
    let links = values(&index, "href");
    assert!(links.contains(&"/runbook/network-is-fine"));
    for cause in Cause::ALL {
        let address = format!("/runbook/{cause}");
        assert_eq!(links.iter().filter(|link| **link == address).count(), 1, "{address}");
        let html = page(&address).await;
        assert!(html.contains(&format!("<title>{cause}: ")), "{address}");
        assert!(html.contains(&words::who(cause.blame()).replace('\'', "&#39;")), "{address}");
        for part in ["means", "knows", "check", "send", "article"] {
            assert!(html.contains(&format!("<h2 id=\"{part}\">")), "{address} lacks {part}");
        }
    }
}

#[tokio::test]
async fn a_page_says_who_acts_what_to_type_and_what_to_fill_in() {
    let html = page("/runbook/proxy_denied").await;
    assert!(html.contains("<h1>The proxy refuses it</h1>"));
    assert!(html.contains(&format!("What to send to {}</h2>", words::who(Blame::Proxy))));
    assert!(html.contains("curl -v -x <var>{proxy_url}</var> <var>{url}</var></pre>"), "nothing around the command");
    assert!(html.contains("<dt><var>{since}</var></dt>"));
    assert!(html.contains("section <q>Check whether you&#39;re behind a proxy server</q>"));
    assert!(!html.contains("does not report the cause yet"));
}

#[tokio::test]
async fn every_cause_is_reported_by_now() {
    for cause in Cause::ALL {
        let page = page(&format!("/runbook/{cause}")).await;
        assert!(page.contains("<h1>") && !page.contains("does not report the cause yet"), "{cause}");
    }
}

#[tokio::test]
async fn the_network_is_fine_tells_every_other_section_and_leads_to_it() {
    let html = page("/runbook/network-is-fine").await;
    for section in Section::ALL {
        let network = matches!(section, Section::Proxy | Section::Firewall | Section::ExternalDns);
        let (heading, link) = (format!("<h3 id=\"{}\">", section.anchor()), format!("href=\"#{}\"", section.anchor()));
        assert_eq!((html.contains(&heading), html.contains(&link)), (!network, !network), "{section:?}");
    }
}

#[tokio::test]
async fn an_unknown_cause_is_not_found_and_the_way_to_the_index_is_shown() {
    let (_sender, app) = app(sample::branch());
    for path in ["/runbook/proxy_refusal", "/runbook/%3Cscript%3E", "/runbook/%FF", "/runbook/PROXY_DENIED"] {
        let (status, headers, body) = ask(&app, Method::GET, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8", "{path}");
        assert_eq!(headers[header::CACHE_CONTROL], "no-store", "{path}");
        assert!(values(&body, "href").contains(&"/runbook"), "{path}");
        assert!(!body.contains("<script"), "{path}");
        let (status, _, body) = ask(&app, Method::HEAD, path).await;
        assert_eq!((status, body.as_str()), (StatusCode::NOT_FOUND, ""), "{path}");
    }
}

#[tokio::test]
async fn pages_are_kept_and_confirmed_by_their_tag() {
    let (_sender, app) = app(sample::branch());
    for path in ["/runbook", "/runbook/tcp_timeout", "/runbook/network-is-fine"] {
        let (_, headers, _) = ask(&app, Method::GET, path).await;
        assert_eq!(headers[header::CACHE_CONTROL], "no-cache", "{path}");
        let tag = headers[header::ETAG].to_str().unwrap();
        for (held, status) in [
            (tag.to_owned(), StatusCode::NOT_MODIFIED),
            (format!("\"0\", W/{tag}"), StatusCode::NOT_MODIFIED),
            ("\"0\"".to_owned(), StatusCode::OK),
        ] {
            let again = Request::get(path).header(header::IF_NONE_MATCH, &held).body(Body::empty()).unwrap();
            let response = router(app.clone()).oneshot(again).await.unwrap();
            assert_eq!(response.status(), status, "{path}: {held}");
        }
    }
}

#[tokio::test]
async fn nothing_is_loaded_from_outside_and_nothing_is_styled_or_scripted_inline() {
    let mut paths = vec!["/runbook".to_owned(), "/runbook/network-is-fine".to_owned()];
    paths.extend(Cause::ALL.iter().map(|cause| format!("/runbook/{cause}")));
    for path in paths {
        let html = page(&path).await;
        for tag in html.split("<link ").skip(1).filter_map(|rest| rest.split('>').next()) {
            assert!(values(&format!(" {tag}"), "href")[0].starts_with("/assets/"), "{path}: {tag}");
        }
        for address in values(&html, "href") {
            let is_ours = address.starts_with('/') || address.starts_with('#');
            assert!(is_ours || address.starts_with("https://"), "{path}: {address}");
        }
        for forbidden in ["<script", "<style", " src=", " style=", "http-equiv", "javascript:"] {
            assert!(!html.contains(forbidden), "{path}: {forbidden}");
        }
    }
}

#[tokio::test]
async fn the_overview_leads_from_each_cause_to_its_page() {
    let overview = page("/").await;
    let causes: Vec<&str> =
        values(&overview, "href").into_iter().filter(|address| address.starts_with("/runbook/")).collect();
    for cause in [Cause::ProxyDenied, Cause::TlsIntercepted, Cause::HttpServerError, Cause::MonitorError] {
        let address = format!("/runbook/{cause}");
        let count = causes.iter().filter(|link| **link == address).count();
        assert!(count >= 2, "{cause}: from what needs attention, and from the matrix");
    }
    for address in causes {
        page(address).await;
    }
}

#[tokio::test]
async fn the_overview_asks_whether_activation_still_fails_where_all_is_well_alone() {
    let link = "href=\"/runbook/network-is-fine\"";
    for (snapshot, expected) in [(sample::good(), true), (sample::branch(), false)] {
        let (_sender, app) = app(snapshot);
        let (_, _, overview) = ask(&app, Method::GET, "/").await;
        assert_eq!(overview.contains(link), expected);
    }
}
