//! An HTTP proxy, in the clear and behind TLS: CONNECT for tunnels, absolute-form for plain HTTP, one small table of
//! where names lead.

use std::collections::{BTreeMap, VecDeque};
use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::pin;
use std::sync::{Arc, Mutex};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::TcpStream;

use crate::door::{Door, Mode};
use crate::fault::{ProxyFault, Reply, TlsFault, squid};
use crate::host::{self, Hosts};
use crate::locked;
use crate::origin::{Connection, GARBAGE, Handshake, Shared, accept, endlessly, slowly};
use crate::shipped::Scheme;
use crate::wire::{Head, hold, read_head};

/// The proxies' name: the world's name server knows it, and the certificate for TLS to the proxy is for it.
pub const PROXY_HOST: &str = "proxy.testnet.example";

/// So much of what a client sends before there is anybody to send it to is taken.
const MAX_EARLY: usize = 64 * 1024;
/// So many requests are kept.
const KEPT_REQUESTS: usize = 4096;

/// A handle to the proxy: its address, its faults, and what it was asked.
#[derive(Debug, Clone)]
pub struct Proxy {
    inner: Arc<Inner>,
}

#[derive(Debug)]
struct Inner {
    door: Door,
    /// The same behind TLS.
    secure_door: Door,
    hosts: Hosts,
    settings: Mutex<Settings>,
    requests: Mutex<VecDeque<Head>>,
    /// How many requests there were for each host.
    asked: Mutex<BTreeMap<String, u64>>,
}

#[derive(Debug, Default)]
struct Settings {
    /// What `Proxy-Authorization` has to say.
    authorization: Option<String>,
    for_all: Option<ProxyFault>,
    for_target: BTreeMap<String, ProxyFault>,
    mapped: BTreeMap<String, SocketAddr>,
}

impl Proxy {
    pub(crate) fn open(hosts: Hosts) -> io::Result<Self> {
        let inner = Inner {
            door: Door::open((Ipv4Addr::LOCALHOST, 0).into())?,
            secure_door: Door::open((Ipv4Addr::LOCALHOST, 0).into())?,
            hosts,
            settings: Mutex::default(),
            requests: Mutex::default(),
            asked: Mutex::default(),
        };
        Ok(Self { inner: Arc::new(inner) })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.inner.door.address()
    }

    /// Its URL, without credentials.
    pub fn url(&self) -> String {
        format!("http://{}", self.address())
    }

    /// Where it listens for TLS.
    pub fn secure_address(&self) -> SocketAddr {
        self.inner.secure_door.address()
    }

    /// Its URL behind TLS, by the name that its certificate is for.
    pub fn secure_url(&self) -> String {
        format!("https://{PROXY_HOST}:{}", self.secure_address().port())
    }

    /// From now on asks for these with Basic ([RFC 7617](https://www.rfc-editor.org/rfc/rfc7617)).
    pub fn require_credentials(&self, username: &str, password: &str) {
        let token = BASE64_STANDARD.encode(format!("{username}:{password}"));
        locked(&self.inner.settings).authorization = Some(format!("Basic {token}"));
    }

    /// Whatever the target, this happens.
    pub fn set_fault(&self, fault: ProxyFault) {
        locked(&self.inner.settings).for_all = Some(fault);
    }

    /// This happens to requests for the host, before what happens to all.
    pub fn set_fault_for(&self, host: &str, fault: ProxyFault) {
        locked(&self.inner.settings).for_target.insert(host.to_ascii_lowercase(), fault);
    }

    /// Things are right again for the host, unless they are wrong for all.
    pub fn clear_for(&self, host: &str) {
        locked(&self.inner.settings).for_target.remove(&host.to_ascii_lowercase());
    }

    /// What happens to all targets happens no more, and connections are accepted; what happens to single ones still does.
    pub fn clear_for_all(&self) -> io::Result<()> {
        locked(&self.inner.settings).for_all = None;
        self.set_doors(Mode::Open)
    }

    /// No faults and no credentials any more, and connections are accepted.
    pub fn clear(&self) -> io::Result<()> {
        let mut settings = locked(&self.inner.settings);
        settings.for_all = None;
        settings.for_target.clear();
        settings.authorization = None;
        self.set_doors(Mode::Open)
    }

    /// Connections to the proxy itself are refused.
    pub fn refuse_connections(&self) -> io::Result<()> {
        self.set_doors(Mode::Refuse)
    }

    /// Connections to the proxy itself are not answered.
    pub fn drop_connections(&self) -> io::Result<()> {
        self.set_doors(Mode::Drop)
    }

    fn set_doors(&self, mode: Mode) -> io::Result<()> {
        self.inner.door.set(mode)?;
        self.inner.secure_door.set(mode)
    }

    /// Sends requests for that `host:port` there. The world's own hosts need none of this: their ports 443 and 80
    /// and the ports in their URLs lead to them.
    pub fn map(&self, host: &str, port: u16, to: SocketAddr) {
        locked(&self.inner.settings).mapped.insert(key(host, port), to);
    }

    /// The newest requests, oldest first, those that were refused among them.
    pub fn requests(&self) -> Vec<Head> {
        locked(&self.inner.requests).iter().cloned().collect()
    }

    /// How many requests for the host there were, those that were refused among them.
    pub fn asked_for(&self, host: &str) -> u64 {
        locked(&self.inner.asked).get(&host.to_ascii_lowercase()).copied().unwrap_or_default()
    }

    /// Accepts until dropped; the connections end with it.
    pub(crate) async fn serve(self) {
        let accepted = |stream| connection(stream, Arc::clone(&self.inner));
        self.inner.door.serve(accepted).await;
    }

    /// The same behind TLS.
    pub(crate) async fn serve_secure(self, shared: Arc<Shared>) {
        let accepted = |stream| secure_connection(stream, Arc::clone(&self.inner), Arc::clone(&shared));
        self.inner.secure_door.serve(accepted).await;
    }
}

fn key(host: &str, port: u16) -> String {
    format!("{}:{port}", host.to_ascii_lowercase())
}

/// Where a request wants to go.
struct Target {
    host: String,
    port: u16,
    /// What the origin gets to see as target; `None` for CONNECT.
    path: Option<String>,
}

impl Target {
    fn of(head: &Head) -> Option<Self> {
        let (authority, path, default_port) = if head.method == "CONNECT" {
            (head.target.as_str(), None, Scheme::Https.default_port())
        } else {
            let rest = head.target.strip_prefix("http://")?;
            let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
            (authority, Some(format!("/{path}")), Scheme::Http.default_port())
        };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) => (host, port.parse().ok()?),
            None => (authority, default_port),
        };
        Some(Self { host: host.to_ascii_lowercase(), port, path })
    }
}

impl Inner {
    fn record(&self, head: Head) {
        let mut requests = locked(&self.requests);
        if requests.len() == KEPT_REQUESTS {
            requests.pop_front();
        }
        requests.push_back(head);
    }

    fn is_authorized(&self, head: &Head) -> bool {
        let settings = locked(&self.settings);
        settings.authorization.is_none() || settings.authorization.as_deref() == head.header("Proxy-Authorization")
    }

    /// What happens to a request for the target; a fault of the TLS before it lies behind.
    fn fault(&self, target: &Target) -> Option<ProxyFault> {
        let settings = locked(&self.settings);
        let fault = settings.for_target.get(&target.host).or(settings.for_all.as_ref());
        fault.filter(|fault| !matches!(fault, ProxyFault::Tls(_))).cloned()
    }

    /// What happens to handshakes: they come before any target is known.
    fn tls_fault(&self) -> Option<TlsFault> {
        match &locked(&self.settings).for_all {
            Some(ProxyFault::Tls(fault)) => Some(fault.clone()),
            _ => None,
        }
    }

    /// The address behind the name: only what the world knows, so that nothing ever leaves the machine.
    fn resolve(&self, target: &Target) -> Option<SocketAddr> {
        let mapped = locked(&self.settings).mapped.get(&key(&target.host, target.port)).copied();
        mapped.or_else(|| host::locate(&self.hosts, &target.host, target.port))
    }
}

/// One connection that begins with a handshake.
async fn secure_connection(stream: TcpStream, proxy: Arc<Inner>, shared: Arc<Shared>) -> io::Result<()> {
    let fault = proxy.tls_fault();
    let handshake = Handshake { name: PROXY_HOST, fault: fault.as_ref(), h2: false };
    match accept(stream, handshake, &shared).await? {
        Some(stream) => connection(stream, proxy).await,
        None => Ok(()),
    }
}

/// Requests on one connection, until one of them becomes a tunnel or ends it.
async fn connection<C: Connection>(mut stream: C, proxy: Arc<Inner>) -> io::Result<()> {
    let mut buffer = BytesMut::new();
    while let Some(head) = read_head(&mut stream, &mut buffer).await? {
        proxy.record(head.clone());
        let target = Target::of(&head);
        if let Some(target) = &target {
            *locked(&proxy.asked).entry(target.host.clone()).or_default() += 1;
        }
        let reply = match target {
            None => Reply::status(400),
            Some(_) if !proxy.is_authorized(&head) => {
                squid(407, "ERR_CACHE_ACCESS_DENIED 0").header("Proxy-Authenticate", "Basic realm=\"testnet\"")
            }
            Some(target) => match proxy.fault(&target) {
                Some(ProxyFault::Reply(reply)) => reply,
                Some(fault) => return misbehave(stream, &fault, &head, &target, &proxy).await,
                None => match reach_for(&mut stream, &mut buffer, &proxy, &target).await? {
                    Some(Ok(upstream)) => {
                        return forward(stream, upstream, &head, &target, buffer, b"").await;
                    }
                    Some(Err(reply)) => reply,
                    None => return Ok(()),
                },
            },
        };
        stream.write_all(&written(&reply)).await?;
        if reply.headers.iter().any(|(name, value)| name == "Connection" && value == "close") {
            return stream.shutdown().await;
        }
    }
    Ok(())
}

/// Connects to the origin, unless the client goes away meanwhile: nobody would be there for the answer.
async fn reach_for<C: Connection>(
    stream: &mut C,
    buffer: &mut BytesMut,
    proxy: &Inner,
    target: &Target,
) -> io::Result<Option<Result<TcpStream, Reply>>> {
    let mut reached = pin!(reach(proxy, target));
    loop {
        tokio::select! {
            reached = &mut reached => return Ok(Some(reached)),
            read = stream.read_buf(buffer), if buffer.len() < MAX_EARLY => {
                if read? == 0 {
                    return Ok(None);
                }
            }
        }
    }
}

/// Connects to the origin, or says as squid does why not.
async fn reach(proxy: &Inner, target: &Target) -> Result<TcpStream, Reply> {
    let address = proxy.resolve(target).ok_or_else(|| squid(503, "ERR_DNS_FAIL 0"))?;
    TcpStream::connect(address).await.map_err(|error| {
        let code = error.raw_os_error().unwrap_or_default();
        squid(503, &format!("ERR_CONNECT_FAIL {code}"))
    })
}

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";

/// Passes on what is to be said, and then everything both ways.
async fn forward<C: Connection>(
    mut stream: C,
    mut upstream: TcpStream,
    head: &Head,
    target: &Target,
    rest: BytesMut,
    extra: &[u8],
) -> io::Result<()> {
    match &target.path {
        None => stream.write_all(&[ESTABLISHED, extra].concat()).await?,
        Some(path) => {
            upstream.write_all(origin_form(head, path).as_bytes()).await?;
        }
    }
    upstream.write_all(&rest).await?;
    copy_bidirectional(&mut stream, &mut upstream).await.map(drop)
}

/// The request as the origin gets it ([RFC 9110 section 7.6.1](https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1)).
fn origin_form(head: &Head, path: &str) -> String {
    let mut out = format!("{} {path} {}\r\n", head.method, head.version);
    for (name, value) in &head.headers {
        let hop_by_hop = ["connection", "proxy-connection", "proxy-authorization", "keep-alive"];
        if !hop_by_hop.contains(&name.to_ascii_lowercase().as_str()) {
            out.extend([name, ": ", value, "\r\n"]);
        }
    }
    // One request per connection: the next one may be for another host.
    out + "Via: 1.1 testnet\r\nConnection: close\r\n\r\n"
}

fn written(reply: &Reply) -> Vec<u8> {
    let reason = reply.reason.clone().or_else(|| {
        let status = http::StatusCode::from_u16(reply.status).ok()?;
        status.canonical_reason().map(str::to_owned)
    });
    let mut out = format!("HTTP/1.1 {} {}\r\n", reply.status, reason.unwrap_or_default());
    for (name, value) in &reply.headers {
        out.extend([name.as_str(), ": ", value, "\r\n"]);
    }
    let length = reply.body.len().to_string();
    out.extend(["Content-Length: ", &length, "\r\n\r\n", &reply.body]);
    out.into_bytes()
}

async fn misbehave<C: Connection>(
    mut stream: C,
    fault: &ProxyFault,
    head: &Head,
    target: &Target,
    proxy: &Inner,
) -> io::Result<()> {
    match fault {
        ProxyFault::Hang => hold(stream).await,
        ProxyFault::Reset => stream.reset_on_drop(),
        ProxyFault::Garbage => {
            stream.write_all(GARBAGE).await?;
            stream.shutdown().await
        }
        ProxyFault::EndlessHead => {
            stream.write_all(b"HTTP/1.1 200 OK\r\n").await?;
            endlessly(&mut stream, &b"X-Endless: and more of it\r\n".repeat(64)).await
        }
        ProxyFault::SlowHead => slowly(&mut stream, ESTABLISHED).await,
        ProxyFault::TunnelGarbage => {
            stream.write_all(&[ESTABLISHED, GARBAGE].concat()).await?;
            hold(stream).await
        }
        ProxyFault::TunnelHang => {
            stream.write_all(ESTABLISHED).await?;
            hold(stream).await
        }
        ProxyFault::TunnelReset => {
            stream.write_all(ESTABLISHED).await?;
            stream.read_u8().await?;
            stream.reset_on_drop()
        }
        ProxyFault::ExtraBytes => match reach(proxy, target).await {
            Ok(upstream) => forward(stream, upstream, head, target, BytesMut::new(), WARNING).await,
            Err(reply) => stream.write_all(&written(&reply)).await,
        },
        ProxyFault::Close | ProxyFault::Reply(_) | ProxyFault::Tls(_) => stream.shutdown().await,
    }
}

/// A TLS record with the warning `unrecognized_name`, which a server may send before its `ServerHello`
/// ([RFC 6066 section 3](https://www.rfc-editor.org/rfc/rfc6066#section-3)).
const WARNING: &[u8] = &[21, 3, 3, 0, 2, 1, 112];
