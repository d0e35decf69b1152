//! The page of an endpoint over HTTP.

use super::*;

#[tokio::test]
async fn every_endpoint_on_the_overview_has_a_page() {
    let (_sender, app) = app(sample::branch());
    let (_, _, overview) = ask(&app, Method::GET, "/").await;
    let links: Vec<&str> = overview
        .split("href=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .filter(|to| to.starts_with("/endpoints/"))
        .collect();
    assert!(links.len() > 12, "{links:?}");
    for link in links {
        let (status, headers, body) = ask(&app, Method::GET, link).await;
        assert_eq!(
            (status, &headers[header::CONTENT_TYPE]),
            (StatusCode::OK, &"text/html; charset=utf-8".parse::<axum::http::HeaderValue>().unwrap()),
            "{link}"
        );
        assert!(body.contains("<h1>") && body.contains(&assets::endpoint_script()), "{link}");
        assert!(ask(&app, Method::HEAD, link).await.2.is_empty());
    }
    let (status, headers, _) = ask(&app, Method::GET, &assets::endpoint_script()).await;
    assert_eq!(
        (status, headers[header::CONTENT_TYPE].to_str().unwrap()),
        (StatusCode::OK, "text/javascript; charset=utf-8")
    );
}

#[tokio::test]
async fn a_name_may_hold_whatever_the_configuration_allows() {
    const NAME: &str = "Büro Süd/2?x=%2F#<b>";
    let row = sample::row("a", "hq").endpoint(|endpoint| NAME.clone_into(&mut endpoint.name)).reachable();
    let (_sender, app) = app(sample::snapshot([row]));
    let (_, _, overview) = ask(&app, Method::GET, "/").await;
    let link =
        overview.split("href=\"").find(|rest| rest.starts_with("/endpoints/")).and_then(|rest| rest.split('"').next());
    let (status, _, body) = ask(&app, Method::GET, link.unwrap()).await;
    assert_eq!(status, StatusCode::OK, "{link:?}");
    assert!(body.contains("<h1>Büro Süd/2?x=%2F#&#60;b&#62;</h1>"), "{body}");
}

#[tokio::test]
async fn other_names_lead_back_to_the_overview() {
    let (_sender, app) = app(sample::branch());
    for path in ["/endpoints/nobody", "/endpoints/%FF", "/endpoints/ols%00", "/endpoints/OLS"] {
        let (status, headers, body) = ask(&app, Method::GET, path).await;
        assert_eq!(status, StatusCode::NOT_FOUND, "{path}");
        assert_eq!(headers[header::CONTENT_TYPE], "text/html; charset=utf-8");
        assert!(body.contains("<a href=\"/\">The overview</a>"), "{path}");
    }
}
