//! `/probe`, as a Prometheus that knows blackbox_exporter asks for it.

use super::*;

#[tokio::test]
async fn a_configured_pair_is_told_and_nothing_is_probed() {
    let one = [sample::row("only", "direct").reachable(), sample::row("both", "direct").reachable()];
    let more = [sample::row("both", "hq").blocked(prober::Cause::ProxyDenied, "x"), sample::row("new", "direct")];
    let (_sender, app) = app(sample::snapshot(one.into_iter().chain(more)));
    for (query, success) in [
        ("target=only", 1),
        ("target=only&module=direct&debug=true", 1),
        ("target=both&module=direct", 1),
        ("target=both&module=hq", 0),
        ("module=hq&target=%62oth", 0),
    ] {
        let (status, headers, body) = ask(&app, Method::GET, &format!("/probe?{query}")).await;
        assert_eq!(status, StatusCode::OK, "{query}: {body}");
        assert_eq!(headers[header::CONTENT_TYPE], "text/plain; version=0.0.4; charset=utf-8");
        assert!(body.contains(&format!("\nprobe_success {success}\n")), "{query}: {body}");
    }
    let (status, ..) = ask(&app, Method::GET, "/probe?target=new").await;
    assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE, "not probed yet");
}

#[tokio::test]
async fn anything_else_is_refused_and_not_repeated() {
    let rows = [sample::row("both", "direct").reachable(), sample::row("both", "hq").reachable()];
    let (_sender, app) = app(sample::snapshot(rows));
    for (query, words) in [
        ("", "target is missing: the name of a configured endpoint."),
        ("target=", "target is missing: the name of a configured endpoint."),
        ("target=https://both.example/", "No endpoint of this name is configured; target takes nothing else."),
        ("target=<b>evil</b>&module=direct", "No endpoint of this name is configured; target takes nothing else."),
        ("target=both", "module is missing: this endpoint is probed over several paths; name one."),
        ("target=both&module=http_2xx", "This endpoint is not probed over a path of this name (module)."),
        ("target=both&target=both", "target and module are each a single text."),
    ] {
        let uri = format!("/probe?{}", query.replace('<', "%3C").replace('>', "%3E"));
        let (status, _, body) = ask(&app, Method::GET, &uri).await;
        assert_eq!((status, body.trim_end()), (StatusCode::BAD_REQUEST, words), "{query}");
    }
}
