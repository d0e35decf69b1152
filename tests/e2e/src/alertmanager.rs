//! Debian's Alertmanager with the routes that are shipped, and the webhook that it tells.

use std::convert::Infallible;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::{Arc, Mutex, PoisonError};

use http_body_util::{BodyExt, Empty};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::process::Command;
use tokio::task::JoinHandle;

use crate::folder::Folder;
use crate::peer::Peer;
use crate::prometheus::hurried;

/// A running Alertmanager.
#[derive(Debug)]
pub struct Alertmanager {
    peer: Peer,
}

impl Alertmanager {
    /// Starts one with the shipped routes, whose receivers are all the webhook.
    pub async fn start(webhook: &Webhook) -> Self {
        let folder = Folder::new();
        let config = hurried("prometheus/alertmanager.yaml", &folder);
        let text = std::fs::read_to_string(&config).expect("a file of the test");
        let told = text.replace("http://127.0.0.1:5001", &format!("http://{}", webhook.address));
        assert_ne!(told, text, "the shipped receivers have moved");
        std::fs::write(&config, told).expect("a file of the test");
        let command = |folder: &Folder, address: SocketAddr| {
            let mut command = Command::new("prometheus-alertmanager");
            command.arg(format!("--config.file={}", config.display()));
            command.arg(format!("--storage.path={}", folder.path().join("data").display()));
            command.arg(format!("--web.listen-address={address}"));
            command.args(["--cluster.listen-address=", "--log.level=warn"]);
            command
        };
        Self { peer: Peer::start("prometheus-alertmanager", folder, command).await }
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.peer.address()
    }
}

/// An alert as a notification had it.
#[derive(Debug, Clone, PartialEq)]
pub struct Told {
    /// The receiver's part of the URL.
    pub receiver: String,
    /// `firing` or `resolved`.
    pub status: String,
    /// Its labels.
    pub labels: Value,
    /// Its annotations.
    pub annotations: Value,
}

impl Told {
    /// "alertname endpoint path", with what it has.
    pub fn key(&self) -> String {
        let parts = ["alertname", "endpoint", "path"].map(|label| self.labels[label].as_str());
        parts.into_iter().flatten().collect::<Vec<_>>().join(" ")
    }
}

/// A receiver of notifications.
#[derive(Debug)]
pub struct Webhook {
    address: SocketAddr,
    told: Arc<Mutex<Vec<Told>>>,
    server: JoinHandle<()>,
}

impl Webhook {
    /// Listens.
    pub async fn start() -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a free port");
        let address = listener.local_addr().expect("a bound address");
        let told = Arc::<Mutex<Vec<Told>>>::default();
        let kept = Arc::clone(&told);
        let server = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let kept = Arc::clone(&kept);
                let service = service_fn(move |request| take(request, Arc::clone(&kept)));
                let connection =
                    hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
                tokio::spawn(connection);
            }
        });
        Self { address, told, server }
    }

    /// Every alert of every notification so far.
    pub fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Drop for Webhook {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn take(request: Request<Incoming>, told: Arc<Mutex<Vec<Told>>>) -> Result<Response<Empty<Bytes>>, Infallible> {
    let receiver = request.uri().path().trim_start_matches('/').to_owned();
    let body = request.into_body().collect().await.expect("a whole notification").to_bytes();
    let notification: Value = serde_json::from_slice(&body).expect("a notification of JSON");
    let alerts = notification["alerts"].as_array().expect("alerts").iter().map(|alert| Told {
        receiver: receiver.clone(),
        status: alert["status"].as_str().unwrap_or_default().to_owned(),
        labels: alert["labels"].clone(),
        annotations: alert["annotations"].clone(),
    });
    told.lock().unwrap_or_else(PoisonError::into_inner).extend(alerts);
    Ok(Response::new(Empty::new()))
}
