//! Filters of our own, for what no packaged product does by configuration: connections are redirected here, looked into,
//! and cut, slowed down or passed on to where they were going.

use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rustix::net::sockopt::ip_original_dst;
use rustls::server::Acceptor;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep, sleep_until};

use crate::namespace::Namespace;

/// What a filter does.
#[derive(Debug, Clone)]
pub(crate) enum Filter {
    /// Connections whose ClientHello or request names one of these hosts are cut.
    Cut(&'static [(&'static str, Cut)]),
    /// Everything passes, this much later in each direction.
    Delay(Duration),
    /// Replies pass at an octet a second.
    Trickle,
    /// An HTTP proxy that says 200 to everything, and shows its page for this host.
    PoliteProxy(&'static str),
}

/// How a connection is cut.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Cut {
    /// RST.
    Reset,
    /// FIN.
    Close,
    /// Nothing passes any more.
    Hold,
    /// The TLS alert `handshake_failure`.
    Alert,
}

/// A running filter; it ends when this is dropped.
#[derive(Debug)]
pub(crate) struct Relay {
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Relay {
    /// At a port of the gateway.
    pub(crate) async fn start(gateway: &Namespace, port: u16, filter: Filter) -> Self {
        let (up, is_up) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let gateway = gateway.clone();
        let thread = thread::spawn(move || {
            gateway.enter();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(async {
                let listener = TcpListener::bind((Ipv4Addr::UNSPECIFIED, port)).await.expect("a port of ours");
                up.send(()).expect("somebody waits for it");
                tokio::select! {
                    () = serve(listener, filter) => {}
                    _ended = ended => {}
                }
            });
        });
        is_up.await.expect("the filter starts");
        Self { end: Some(end), thread: Some(thread) }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        drop(self.end.take());
        // A panic there has been told.
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}

async fn serve(listener: TcpListener, filter: Filter) {
    let mut connections = JoinSet::new();
    while let Ok((stream, _)) = listener.accept().await {
        // How a connection ends is the client's to judge.
        connections.spawn(connection(stream, filter.clone()));
    }
}

async fn connection(mut client: TcpStream, filter: Filter) -> io::Result<()> {
    client.set_nodelay(true)?;
    if let Filter::PoliteProxy(host) = filter {
        return polite_proxy(client, host).await;
    }
    let target = SocketAddr::from(ip_original_dst(&client)?);
    let mut begun = Vec::new();
    if let Filter::Cut(unwanted) = filter {
        begun = beginning(&mut client).await?;
        let name = name(&begun);
        if let Some((_, cut)) = unwanted.iter().find(|(host, _)| name.as_deref() == Some(host)) {
            return end(client, *cut).await;
        }
    }
    let mut server = TcpStream::connect(target).await?;
    server.set_nodelay(true)?;
    server.write_all(&begun).await?;
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    match filter {
        Filter::Delay(delay) => both(later(from_client, to_server, delay), later(from_server, to_client, delay)).await,
        Filter::Trickle => both(pass(from_client, to_server), trickle(from_server, to_client)).await,
        Filter::Cut(_) | Filter::PoliteProxy(_) => {
            both(pass(from_client, to_server), pass(from_server, to_client)).await
        }
    }
}

async fn both(up: impl Future<Output = io::Result<()>>, down: impl Future<Output = io::Result<()>>) -> io::Result<()> {
    tokio::try_join!(up, down).map(drop)
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
    tokio::io::copy(&mut from, &mut to).await?;
    to.shutdown().await
}

async fn trickle(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin) -> io::Result<()> {
    loop {
        match from.read_u8().await {
            Ok(octet) => to.write_u8(octet).await?,
            Err(_) => return to.shutdown().await,
        }
        sleep(Duration::from_secs(1)).await;
    }
}

/// A long line: what enters leaves so much later, however much is on its way.
async fn later(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, delay: Duration) -> io::Result<()> {
    let (enter, mut leave) = mpsc::unbounded_channel::<(Instant, Vec<u8>)>();
    let entering = async move {
        loop {
            let mut chunk = vec![0; 16 * 1024];
            let length = from.read(&mut chunk).await?;
            chunk.truncate(length);
            let closed = enter.send((Instant::now() + delay, chunk)).is_err();
            if closed || length == 0 {
                return Ok(());
            }
        }
    };
    let leaving = async move {
        while let Some((at, chunk)) = leave.recv().await {
            sleep_until(at).await;
            to.write_all(&chunk).await?;
        }
        to.shutdown().await
    };
    both(entering, leaving).await
}

/// What a client says first, as far as it takes to see whom it asks for.
async fn beginning(client: &mut TcpStream) -> io::Result<Vec<u8>> {
    let mut begun = Vec::new();
    while name(&begun).is_none() && begun.len() < 64 * 1024 && client.read_buf(&mut begun).await? > 0 {}
    Ok(begun)
}

/// The host that a whole ClientHello or a whole head of a request names.
fn name(begun: &[u8]) -> Option<String> {
    let mut acceptor = Acceptor::default();
    acceptor.read_tls(&mut &*begun).ok()?;
    if let Ok(Some(accepted)) = acceptor.accept() {
        return accepted.client_hello().server_name().map(str::to_owned);
    }
    let text = String::from_utf8_lossy(begun);
    let (head, _) = text.split_once("\r\n\r\n")?;
    let mut fields = head.lines().filter_map(|line| line.split_once(':'));
    fields.find(|(field, _)| field.eq_ignore_ascii_case("host")).map(|(_, host)| host.trim().to_owned())
}

async fn end(mut client: TcpStream, cut: Cut) -> io::Result<()> {
    match cut {
        Cut::Reset => client.set_zero_linger(),
        Cut::Close => client.shutdown().await,
        Cut::Hold => {
            // Until the client has had enough.
            let _said = client.read_to_end(&mut Vec::new()).await;
            Ok(())
        }
        Cut::Alert => {
            const ALERT: u8 = 21;
            const FATAL: u8 = 2;
            const HANDSHAKE_FAILURE: u8 = 40;
            client.write_all(&[ALERT, 3, 3, 0, 2, FATAL, HANDSHAKE_FAILURE]).await?;
            client.shutdown().await
        }
    }
}

const PAGE: &str = "<html><head><title>Notice</title></head><body>This site is not for you.</body></html>";

/// A proxy whose refusals look like success.
async fn polite_proxy(mut client: TcpStream, unwanted: &str) -> io::Result<()> {
    let begun = beginning(&mut client).await?;
    let head = String::from_utf8_lossy(&begun).into_owned();
    let mut words = head.split_whitespace();
    let (method, target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    let is_connect = method == "CONNECT";
    let authority = target.trim_start_matches("http://").split('/').next().unwrap_or_default();
    let (host, port) = authority.rsplit_once(':').unwrap_or((authority, "80"));
    if host == unwanted {
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: {}\r\n\r\n", PAGE.len());
        client.write_all(format!("{head}{PAGE}").as_bytes()).await?;
        return end(client, Cut::Hold).await;
    }
    let address = lookup(host, port)?;
    let mut server = TcpStream::connect(address).await?;
    if is_connect {
        client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n").await?;
    } else {
        server.write_all(head.replacen(&format!("http://{authority}"), "", 1).as_bytes()).await?;
    }
    let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
    both(pass(from_client, to_server), pass(from_server, to_client)).await
}

/// By libc's resolver on this very thread, which is on the gateway's network; others are not.
fn lookup(host: &str, port: &str) -> io::Result<SocketAddr> {
    let port = port.parse().map_err(io::Error::other)?;
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok((address, port).into());
    }
    std::net::ToSocketAddrs::to_socket_addrs(&(host, port))?.next().ok_or_else(|| io::ErrorKind::NotFound.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_read_from_whole_heads() {
        let head = b"GET / HTTP/1.1\r\nAccept: a:b\r\nhost:  go.microsoft.com\r\n\r\n";
        assert_eq!(name(head).as_deref(), Some("go.microsoft.com"));
        for length in 0..head.len() {
            assert_eq!(name(&head[..length]), None, "{length}");
        }
    }

    #[test]
    fn names_are_read_from_whole_hellos() {
        let provider = std::sync::Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let config = rustls::ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_root_certificates(rustls::RootCertStore::empty())
            .with_no_client_auth();
        let server = "ols.officeapps.live.com".try_into().unwrap();
        let mut client = rustls::ClientConnection::new(std::sync::Arc::new(config), server).unwrap();
        let mut hello = Vec::new();
        client.write_tls(&mut hello).unwrap();
        assert_eq!(name(&hello).as_deref(), Some("ols.officeapps.live.com"));
        for length in 0..hello.len() {
            assert_eq!(name(&hello[..length]), None, "{length}");
        }
    }
}
