//! Proper answers, over h2 and HTTP/1.1 alike.

use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::header::{CONTENT_TYPE, DATE, ETAG, HeaderName, HeaderValue, IF_NONE_MATCH};
use http::{Request, Response, StatusCode};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame, Incoming};
use hyper::ext::ReasonPhrase;
use hyper::service::service_fn;
use hyper_util::rt::{TokioExecutor, TokioIo};
use hyper_util::server::conn::auto::Builder;
use time::macros::format_description;
use time::{Duration, OffsetDateTime, UtcOffset};

use super::{Connection, Shared};
use crate::crl;
use crate::fault::{CrlFault, HttpFault, Met, Reply, TlsFault};
use crate::host::Host;
use crate::ocsp;
use crate::shipped::{self, INTERMEDIATE_PATH, ISSUING_CRL_PATH, OCSP_HOST, PKI_HOST, ROOT_PATH};
use crate::wire::Head;

type Answer = Response<BoxBody<Bytes, io::Error>>;

/// Serves requests until the client has had enough.
pub(super) async fn serve<C: Connection>(
    stream: C,
    tls: Option<TlsFault>,
    host: Arc<Host>,
    shared: Arc<Shared>,
) -> io::Result<()> {
    let service = service_fn(move |request| {
        let mut answer = answer(&request, tls.as_ref(), &host, &shared);
        if let Some(HttpFault::Date(seconds)) = host.faults().http {
            shift_date(&mut answer, shared.authority.now(), seconds);
        }
        async move { Ok::<_, Infallible>(answer) }
    });
    Builder::new(TokioExecutor::new()).serve_connection(TokioIo::new(stream), service).await.map_err(io::Error::other)
}

fn answer(request: &Request<Incoming>, tls: Option<&TlsFault>, host: &Host, shared: &Shared) -> Answer {
    let path = request.uri().path();
    let faults = host.faults();
    let http = faults.http.clone().filter(HttpFault::is_proper);
    let crl = faults.crl.filter(|_| shipped::is_crl(path));
    host.record(head(request), Met { tls: tls.cloned(), http, crl });
    if let Some(HttpFault::Reply(reply)) = &faults.http {
        return from_reply(reply);
    }
    if let Some(page) = host.page(path) {
        return from_reply(&page);
    }
    if shipped::is_crl(path) {
        let of_leaves = host.name == PKI_HOST && path == ISSUING_CRL_PATH;
        return list(request, faults.crl, of_leaves, shared);
    }
    if host.name == OCSP_HOST {
        let answer = ocsp::answer(&shared.authority, path, faults.ocsp);
        let answer = answer.map(|der| whole(StatusCode::OK, "application/ocsp-response", der.into()));
        return answer.unwrap_or_else(|error| failed(&error));
    }
    let certificate = match (host.name.as_str(), path) {
        (PKI_HOST, INTERMEDIATE_PATH) => Some(shared.authority.intermediate_der()),
        (PKI_HOST, ROOT_PATH) => Some(shared.authority.root_der()),
        _ => None,
    };
    if let Some(certificate) = certificate {
        return whole(StatusCode::OK, "application/pkix-cert", certificate.to_vec().into());
    }
    let (status, body) = shipped::usual_answer(&host.name, path);
    let status = StatusCode::from_u16(status).unwrap_or_default();
    whole(status, "text/plain", Bytes::from_static(body.as_bytes()))
}

/// Gives an answer a Date away from the time at which the world was made; hyper adds none to it then.
fn shift_date(answer: &mut Answer, now: OffsetDateTime, seconds: i64) {
    let form =
        format_description!("[weekday repr:short], [day] [month repr:short] [year] [hour]:[minute]:[second] GMT");
    let date =
        now.checked_add(Duration::seconds(seconds)).and_then(|date| date.to_offset(UtcOffset::UTC).format(form).ok());
    if let Some(Ok(date)) = date.map(|date| HeaderValue::from_str(&date)) {
        answer.headers_mut().insert(DATE, date);
    }
}

/// A revocation list, unless the client has the very same one.
fn list(request: &Request<Incoming>, fault: Option<CrlFault>, of_leaves: bool, shared: &Shared) -> Answer {
    let tag = crl::tag(&shared.authority, fault, of_leaves);
    let asked = request.headers().get(IF_NONE_MATCH).and_then(|value| value.to_str().ok());
    let mut answer = if tag.is_some() && asked == tag.as_deref() {
        whole(StatusCode::NOT_MODIFIED, "application/pkix-crl", Bytes::new())
    } else {
        crl::body(&shared.authority, fault, of_leaves).map_or_else(|error| failed(&error), from_crl)
    };
    if let Some(tag) = tag.and_then(|tag| HeaderValue::from_str(&tag).ok()) {
        answer.headers_mut().insert(ETAG, tag);
    }
    answer
}

fn head(request: &Request<Incoming>) -> Head {
    Head {
        method: request.method().to_string(),
        target: request.uri().to_string(),
        version: format!("{:?}", request.version()),
        headers: request
            .headers()
            .iter()
            .map(|(name, value)| (name.to_string(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect(),
    }
}

fn from_reply(reply: &Reply) -> Answer {
    let status = StatusCode::from_u16(reply.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let mut response = Response::new(full(Bytes::from(reply.body.clone())));
    *response.status_mut() = status;
    if let Some(Ok(reason)) = reply.reason.clone().map(|reason| ReasonPhrase::try_from(reason.into_bytes())) {
        response.extensions_mut().insert(reason);
    }
    for (name, value) in &reply.headers {
        if let (Ok(name), Ok(value)) = (name.parse::<HeaderName>(), HeaderValue::from_str(value)) {
            response.headers_mut().append(name, value);
        }
    }
    response
}

fn from_crl(body: crl::Body) -> Answer {
    match body {
        crl::Body::Whole(content_type, octets) => whole(StatusCode::OK, content_type, octets),
        crl::Body::Endless(start, length) => Response::new(Padded { start: Some(start), left: length }.boxed()),
    }
}

fn failed(error: &dyn std::error::Error) -> Answer {
    whole(StatusCode::INTERNAL_SERVER_ERROR, "text/plain", error.to_string().into())
}

fn whole(status: StatusCode, content_type: &'static str, octets: Bytes) -> Answer {
    let mut response = Response::new(full(octets));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    response
}

fn full(octets: Bytes) -> BoxBody<Bytes, io::Error> {
    Full::new(octets).map_err(|never: Infallible| match never {}).boxed()
}

/// A beginning, and zeros up to a length.
struct Padded {
    start: Option<Bytes>,
    left: u64,
}

static ZEROS: [u8; 16 * 1024] = [0; 16 * 1024];

impl Body for Padded {
    type Data = Bytes;
    type Error = io::Error;

    fn poll_frame(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<io::Result<Frame<Bytes>>>> {
        if self.left == 0 {
            return Poll::Ready(None);
        }
        let octets = self.start.take().unwrap_or(Bytes::from_static(&ZEROS));
        self.left = self.left.saturating_sub(octets.len() as u64);
        Poll::Ready(Some(Ok(Frame::data(octets))))
    }
}
