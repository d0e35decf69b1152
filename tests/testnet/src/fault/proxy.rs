//! What may be wrong with an HTTP proxy.

use super::connection::TlsFault;
use super::reply::{Reply, squid};

/// Ways for the proxy to fail, for all targets or for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ProxyFault {
    /// Another answer than the tunnel or the origin's reply. A `Connection: close` among its fields is obeyed.
    Reply(Reply),
    /// The request is read, then nothing.
    Hang,
    /// The request is read, then FIN.
    Close,
    /// The request is read, then RST.
    Reset,
    /// Octets that are not HTTP.
    Garbage,
    /// Header fields without an end.
    EndlessHead,
    /// One octet of the reply a second.
    SlowHead,
    /// 200, then octets that are neither TLS nor HTTP.
    TunnelGarbage,
    /// 200, then RST once the client has sent something through the tunnel.
    TunnelReset,
    /// 200, then nothing.
    TunnelHang,
    /// What meets a `ClientHello` where TLS is spoken to the proxy, for all targets: none is known yet.
    Tls(TlsFault),
    /// 200 with octets of the tunnel in the same segment: a TLS warning, which clients pass over. The tunnel works.
    ExtraBytes,
}

impl ProxyFault {
    /// Squid's refusal by ACL.
    pub fn squid_denied() -> Self {
        Self::Reply(
            squid(403, "ERR_ACCESS_DENIED 0")
                .html("<html><head><title>ERROR: The requested URL could not be retrieved</title></head></html>"),
        )
    }

    /// Squid, whose own connection to the target failed.
    pub fn squid_connect_failed() -> Self {
        Self::Reply(squid(503, "ERR_CONNECT_FAIL 111"))
    }

    /// 407 with Basic offered.
    pub fn auth_required() -> Self {
        Self::Reply(Reply::status(407).header("Proxy-Authenticate", "Basic realm=\"testnet\""))
    }

    /// 407 with the schemes of a Windows domain, then FIN.
    pub fn auth_required_closing() -> Self {
        Self::Reply(
            Reply::status(407)
                .header("Proxy-Authenticate", "Negotiate")
                .header("Proxy-Authenticate", "NTLM")
                .header("Connection", "close"),
        )
    }

    /// Forefront TMG, which refuses with 502 and says so in its reason phrase.
    pub fn forefront_denied() -> Self {
        Self::Reply(
            Reply::status(502)
                .header("Via", "1.1 TMG")
                .reason("Proxy Error ( Forefront TMG denied the specified Uniform Resource Locator (URL). )"),
        )
    }
}
