//! `reachwatch health`: asks a running instance whether it serves, for images without a shell.

mod secured;

use std::time::Duration;

use http::{HeaderValue, Request, header};
use http_body_util::Empty;
use hyper::body::Bytes;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use url::Url;

use self::secured::Tls;
use super::args::{HealthArgs, without_user_info};
use super::exit::{Failure, Status};

/// How long the instance may take to answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Why an instance is not healthy.
#[derive(Debug, thiserror::Error)]
enum Unhealthy {
    #[error("{0} does not answer")]
    Connect(Url, #[source] std::io::Error),
    #[error("{0} does not speak TLS with us")]
    Handshake(Url, #[source] std::io::Error),
    #[error("{0} does not speak HTTP")]
    Exchange(Url, #[source] hyper::Error),
    #[error("{0} did not answer within {PATIENCE:?}")]
    Timeout(Url),
    #[error("{0} answers {1}")]
    Status(Url, http::StatusCode),
    #[error("{0} cannot be asked")]
    Request(Url, #[source] http::Error),
}

/// Asks once; anything but a 2xx in time is a failure.
pub(crate) async fn health(args: &HealthArgs) -> Result<Status, Failure> {
    let url = without_user_info(&args.url).map_err(Failure::usage)?;
    let credentials = secured::credentials(args).map_err(Failure::other)?;
    let tls = if url.scheme() == "https" { Some(Tls::new(url, args).map_err(Failure::other)?) } else { None };
    let answer = tokio::time::timeout(PATIENCE, ask(url, tls, credentials)).await;
    match answer.unwrap_or_else(|_| Err(Unhealthy::Timeout(url.clone()))) {
        Ok(()) => Ok(Status::Success),
        Err(unhealthy) => Err(Failure::other(unhealthy)),
    }
}

async fn ask(url: &Url, tls: Option<Tls>, credentials: Option<HeaderValue>) -> Result<(), Unhealthy> {
    // A URL with one of these schemes always has a host and a port.
    let host = url.host_str().unwrap_or_default();
    let authority = format!("{host}:{}", url.port_or_known_default().unwrap_or(80));
    let mut request = Request::get(url.path())
        .header(header::HOST, &authority)
        .body(Empty::<Bytes>::new())
        .map_err(|error| Unhealthy::Request(url.clone(), error))?;
    request.headers_mut().extend(credentials.map(|credentials| (header::AUTHORIZATION, credentials)));

    let stream = TcpStream::connect(&authority).await.map_err(|error| Unhealthy::Connect(url.clone(), error))?;
    match tls {
        None => exchange(url, stream, request).await,
        Some(tls) => {
            let stream = tls.connect(stream).await.map_err(|error| Unhealthy::Handshake(url.clone(), error))?;
            exchange(url, stream, request).await
        }
    }
}

async fn exchange<S>(url: &Url, stream: S, request: Request<Empty<Bytes>>) -> Result<(), Unhealthy>
where
    S: AsyncRead + AsyncWrite + Unpin + Send + 'static,
{
    let exchange = |error| Unhealthy::Exchange(url.clone(), error);
    let (mut sender, connection) =
        hyper::client::conn::http1::handshake(TokioIo::new(stream)).await.map_err(exchange)?;
    let driver = tokio::spawn(connection);
    let response = sender.send_request(request).await.map_err(exchange)?;
    driver.abort();
    if response.status().is_success() { Ok(()) } else { Err(Unhealthy::Status(url.clone(), response.status())) }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    use tokio::net::TcpListener;

    use super::*;

    /// Serves one connection with fixed bytes, or none at all, and asks for its health.
    async fn ask_a_server_that_says(reply: Option<&'static str>) -> Result<(), String> {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = Url::parse(&format!("http://{}/-/healthy", listener.local_addr().unwrap())).unwrap();
        let server = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.unwrap();
            let mut request = [0; 512];
            let length = stream.read(&mut request).await.unwrap();
            assert!(request[..length].starts_with(b"GET /-/healthy HTTP/1.1\r\n"));
            match reply {
                Some(reply) => stream.write_all(reply.as_bytes()).await.unwrap(),
                None => std::future::pending().await,
            }
        });
        let result = health(&HealthArgs::asking(url)).await;
        server.abort();
        result.map(|_| ()).map_err(|failure| failure.to_string())
    }

    #[tokio::test]
    async fn only_a_2xx_is_healthy() {
        assert_eq!(ask_a_server_that_says(Some("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")).await, Ok(()));
        let sick = ask_a_server_that_says(Some("HTTP/1.1 503 Sick\r\nContent-Length: 0\r\n\r\n")).await.unwrap_err();
        assert!(sick.ends_with("answers 503 Service Unavailable"), "{sick}");
        let garbage = ask_a_server_that_says(Some("hello\r\n\r\n")).await.unwrap_err();
        assert!(garbage.contains("does not speak HTTP"), "{garbage}");
    }

    #[tokio::test]
    async fn silence_and_a_closed_port_are_not_healthy() {
        let silent = ask_a_server_that_says(None).await.unwrap_err();
        assert!(silent.ends_with("did not answer within 3s"), "{silent}");

        let address = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        let url = Url::parse(&format!("http://{address}/-/healthy")).unwrap();
        let closed = health(&HealthArgs::asking(url)).await.unwrap_err().to_string();
        assert!(closed.contains("does not answer: Connection refused"), "{closed}");
    }
}
