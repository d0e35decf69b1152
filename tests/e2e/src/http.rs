//! A client for what the program serves.

use std::net::SocketAddr;

use http_body_util::{BodyExt, Empty, Full};
use hyper::body::{Bytes, Incoming};
use hyper::{HeaderMap, Request, StatusCode};
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

/// A whole response.
#[derive(Debug)]
pub struct Response {
    /// The status.
    pub status: StatusCode,
    /// The header fields.
    pub headers: HeaderMap,
    /// The body.
    pub body: String,
}

impl Response {
    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.body).expect("a body of JSON")
    }
}

/// Asks for a path; `None` where no whole response came.
pub async fn get(address: SocketAddr, path: &str) -> Option<Response> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Empty<Bytes>>();
    whole(client.get(format!("http://{address}{path}").parse().expect("a path")).await.ok()?).await
}

/// Sends a form with more headers; `None` where no whole response came.
pub async fn post(address: SocketAddr, path: &str, headers: &[(&str, &str)], form: &str) -> Option<Response> {
    let client = Client::builder(TokioExecutor::new()).build_http::<Full<Bytes>>();
    let mut request = Request::post(format!("http://{address}{path}"));
    request = request.header("content-type", "application/x-www-form-urlencoded");
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(Full::from(form.to_owned())).expect("a request");
    whole(client.request(request).await.ok()?).await
}

async fn whole(response: hyper::Response<Incoming>) -> Option<Response> {
    let (head, body) = response.into_parts();
    let body = body.collect().await.ok()?.to_bytes();
    Some(Response { status: head.status, headers: head.headers, body: String::from_utf8_lossy(&body).into_owned() })
}
