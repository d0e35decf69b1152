//! What can be wrong with a host or the proxy, layer by layer.

mod connection;
mod dns;
mod http;
mod proxy;
mod reply;
mod revocation;
mod socks;
mod words;

pub use self::connection::{TcpFault, TlsFault};
pub use self::dns::DnsFault;
pub use self::http::HttpFault;
pub use self::proxy::ProxyFault;
pub use self::reply::Reply;
pub(crate) use self::reply::{DENY_PAGE, squid};
pub use self::revocation::{CrlFault, OcspFault};
pub use self::socks::SocksFault;
pub use self::words::{BadFault, Subject, WORDS, Word};
use crate::certs::CertificateKind;

/// A fault of any layer of a host; every layer holds one at a time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fault {
    /// What the name server says of the host.
    Dns(DnsFault),
    /// How its connections fare.
    Tcp(TcpFault),
    /// What meets a `ClientHello`.
    Tls(TlsFault),
    /// What meets a request.
    Http(HttpFault),
    /// What a request for a CRL gets, where no [`HttpFault`] stands before it.
    Crl(CrlFault),
    /// What a request for the state of a certificate gets.
    Ocsp(OcspFault),
}

/// The faults of one host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostFaults {
    /// What the name server says of the host.
    pub dns: Option<DnsFault>,
    /// How its connections fare.
    pub tcp: Option<TcpFault>,
    /// What meets a `ClientHello`.
    pub tls: Option<TlsFault>,
    /// What meets a request.
    pub http: Option<HttpFault>,
    /// What a request for a CRL gets.
    pub crl: Option<CrlFault>,
    /// What a request for the state of a certificate gets.
    pub ocsp: Option<OcspFault>,
}

impl HostFaults {
    pub(crate) fn set(&mut self, fault: Fault) {
        match fault {
            Fault::Dns(fault) => self.dns = Some(fault),
            Fault::Tcp(fault) => self.tcp = Some(fault),
            Fault::Tls(fault) => self.tls = Some(fault),
            Fault::Http(fault) => self.http = Some(fault),
            Fault::Crl(fault) => self.crl = Some(fault),
            Fault::Ocsp(fault) => self.ocsp = Some(fault),
        }
    }
}

/// What a request met that an origin has read: the faults that were in force where they strike, at the handshake of its
/// connection and at its answer.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Met {
    /// What was wrong with the handshake.
    pub tls: Option<TlsFault>,
    /// What was wrong with the answer.
    pub http: Option<HttpFault>,
    /// What was wrong with the revocation list, if it was one.
    pub crl: Option<CrlFault>,
}

macro_rules! layers {
    ($($layer:ident($fault:ty)),+ $(,)?) => {$(
        impl From<$fault> for Fault {
            fn from(fault: $fault) -> Self {
                Self::$layer(fault)
            }
        }
    )+};
}

layers!(Dns(DnsFault), Tcp(TcpFault), Tls(TlsFault), Http(HttpFault), Crl(CrlFault), Ocsp(OcspFault));

impl From<Reply> for Fault {
    fn from(reply: Reply) -> Self {
        Self::Http(HttpFault::Reply(reply))
    }
}

impl From<CertificateKind> for Fault {
    fn from(kind: CertificateKind) -> Self {
        Self::Tls(TlsFault::Certificate(kind))
    }
}
