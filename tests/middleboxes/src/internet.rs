//! The internet of all branches: testnet's origins and name server at the ports that real ones have.

use std::collections::BTreeMap;
use std::net::{IpAddr, Ipv4Addr};
use std::path::PathBuf;
use std::thread::{self, JoinHandle};
use std::time::Instant;

use testnet::{CertificateKind, Faults, PKI_HOST, Scheme, World};
use tokio::sync::oneshot;

use crate::hosts::{KNOWN, peculiar};
use crate::namespace::Namespace;
use crate::shell::sh;

/// A documentation network (RFC 5737), which counts as public.
const NETWORK: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 0);
/// Where the name server is that tells the truth.
pub(crate) const NAME_SERVER: Ipv4Addr = Ipv4Addr::new(198, 51, 100, 2);

/// The running internet; it ends when this is dropped.
#[derive(Debug)]
pub struct Internet {
    pub(crate) namespace: Namespace,
    pub(crate) facts: Facts,
    /// When its certificates and lists were made, or a moment later.
    pub(crate) began: Instant,
    end: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// What others have to know of it.
#[derive(Debug)]
pub(crate) struct Facts {
    /// Address by host.
    pub(crate) addresses: BTreeMap<String, IpAddr>,
    /// The root of all origins, PEM.
    pub(crate) root: PathBuf,
    /// The certificate of the company's own TLS inspection, PEM.
    pub(crate) inspection: PathBuf,
    /// Its key, PEM.
    pub(crate) inspection_key: String,
    /// Certificate and key of a sign-in page that nobody trusts, PEM.
    pub(crate) portal: (String, String),
    pub(crate) faults: Faults,
}

impl Internet {
    /// Brings it up.
    pub async fn start() -> Self {
        let namespace = Namespace::new("internet").await;
        sh(&format!("ip -n internet route add local {NETWORK}/24 dev lo")).await;
        let (tell, told) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let inside = namespace.clone();
        let thread = thread::spawn(move || {
            inside.enter();
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
            runtime.block_on(serve(tell, ended));
        });
        let facts = told.await.expect("the internet comes up");
        Self { namespace, facts, began: Instant::now(), end: Some(end), thread: Some(thread) }
    }
}

async fn serve(tell: oneshot::Sender<Facts>, ended: oneshot::Receiver<()>) {
    let builder = World::builder().at_real_ports_of(NETWORK);
    let builder = peculiar().into_iter().fold(builder, |builder, (host, _)| builder.with_host(host));
    let world = builder.start().await.expect("the internet comes up");
    assert_eq!(world.dns_address().ip(), NAME_SERVER);
    for (host, fault) in peculiar() {
        world.faults().set(host, fault).expect("a host of ours");
    }
    tell.send(facts(&world)).expect("somebody waits for it");
    // An error is an end as well.
    let _ended = ended.await;
}

fn facts(world: &World) -> Facts {
    let hosts = KNOWN.iter().map(|known| known.host).chain([PKI_HOST]);
    let address = |host: &str| world.address(host, Scheme::Https).expect("a host of ours").ip();
    let portal = world.authority().leaf("portal.contoso.com", &CertificateKind::SelfSigned).expect("a certificate");
    Facts {
        addresses: hosts.map(|host| (host.to_owned(), address(host))).collect(),
        root: world.root_file(),
        inspection: world.interceptor_file(),
        inspection_key: world.authority().interceptor_key_pem(),
        portal: (portal.chain_pem, portal.key_pem),
        faults: world.faults(),
    }
}

impl Drop for Internet {
    fn drop(&mut self) {
        drop(self.end.take());
        // A panic there has been told.
        let _ended = self.thread.take().map(JoinHandle::join);
    }
}
