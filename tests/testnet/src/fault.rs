//! What can be wrong with a host or the proxy, layer by layer.

mod words;

use std::net::IpAddr;

use crate::certs::CertificateKind;
pub use words::{BadFault, Subject, WORDS, Word};

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

/// Answers of the name server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DnsFault {
    /// The name does not exist.
    NxDomain,
    /// The name exists, without addresses.
    NoData,
    /// SERVFAIL.
    ServFail,
    /// REFUSED.
    Refused,
    /// No answer at all.
    Silent,
    /// A is answered, AAAA is not.
    AaaaSilent,
    /// Other addresses than the host's.
    Addresses(Vec<IpAddr>),
    /// The host's addresses, behind these further names in turn.
    Cname(Vec<String>),
    /// Over UDP only the TC flag; the answer over TCP.
    Truncated,
}

impl DnsFault {
    /// 0.0.0.0 and ::, as blocking resolvers answer.
    pub fn unspecified() -> Self {
        Self::Addresses(vec![std::net::Ipv4Addr::UNSPECIFIED.into(), std::net::Ipv6Addr::UNSPECIFIED.into()])
    }
}

/// Ways for a connection to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TcpFault {
    /// RST to the SYN.
    Refuse,
    /// No answer to the SYN.
    Drop,
    /// Accepted, then nothing.
    Hang,
    /// Accepted, then closed.
    Close,
    /// Accepted, then reset.
    Reset,
}

/// Ways for a TLS handshake to go wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TlsFault {
    /// RST after the whole `ClientHello`.
    ResetAfterHello,
    /// FIN after the whole `ClientHello`.
    CloseAfterHello,
    /// Nothing after the whole `ClientHello`.
    HangAfterHello,
    /// Nothing after a `ClientHello` of more octets than this, as with middleboxes that expect it in one segment.
    HangAfterHelloOver(usize),
    /// RST after a `ClientHello` of more octets than this.
    ResetAfterHelloOver(usize),
    /// RST after a `ClientHello` that offers TLS 1.2 and not 1.3.
    ResetWithout13,
    /// RST after a `ClientHello` that offers TLS 1.3 and not 1.2.
    ResetWithout12,
    /// A block page in the clear.
    Plaintext,
    /// A fatal alert with this description ([RFC 8446 section 6](https://www.rfc-editor.org/rfc/rfc8446#section-6)).
    Alert(u8),
    /// TLS 1.2 only.
    Only12,
    /// TLS 1.3 only.
    Only13,
    /// Another certificate than the right one.
    Certificate(CertificateKind),
    /// A leaf without its intermediate; its caIssuers points into this world, at port 80 (which only the world's
    /// proxy reaches) or at the port that the world really listens on.
    MissingIntermediate {
        /// Whether the URL is written without a port.
        port_80: bool,
    },
}

impl TlsFault {
    /// Alert `protocol_version`.
    pub const PROTOCOL_VERSION: Self = Self::Alert(70);
    /// Alert `handshake_failure`.
    pub const HANDSHAKE_FAILURE: Self = Self::Alert(40);
    /// Alert `unrecognized_name`.
    pub const UNRECOGNIZED_NAME: Self = Self::Alert(112);
}

/// A complete answer, over h2 and HTTP/1.1 alike.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply {
    /// The status code.
    pub status: u16,
    /// The reason phrase, which only HTTP/1.1 has, where it is not the usual one.
    pub reason: Option<String>,
    /// Further header fields; the length is added.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Reply {
    /// A bare status.
    pub fn status(status: u16) -> Self {
        Self { status, reason: None, headers: Vec::new(), body: String::new() }
    }

    /// With one more header field.
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.push((name.to_owned(), value.to_owned()));
        self
    }

    /// With this body, as HTML.
    pub fn html(self, body: &str) -> Self {
        let mut reply = self.header("Content-Type", "text/html");
        body.clone_into(&mut reply.body);
        reply
    }

    /// With this body, as JSON.
    pub fn json(body: &str) -> Self {
        let mut reply = Self::status(200).header("Content-Type", "application/json");
        body.clone_into(&mut reply.body);
        reply
    }

    /// With this reason phrase.
    pub fn reason(mut self, reason: &str) -> Self {
        self.reason = Some(reason.to_owned());
        self
    }

    /// A redirect.
    pub fn redirect(location: &str) -> Self {
        Self::status(302).header("Location", location)
    }

    /// 403 with the page that a filtering gateway shows.
    pub fn deny_page() -> Self {
        Self::status(403).html(DENY_PAGE)
    }

    /// 511, the status made for captive portals ([RFC 6585](https://www.rfc-editor.org/rfc/rfc6585#section-6)).
    pub fn captive_portal() -> Self {
        Self::status(511).html(
            "<html><head><title>Network Authentication Required</title></head>\
             <body><a href=\"http://portal.testnet.example/login\">Sign in</a></body></html>",
        )
    }
}

/// What a filtering gateway shows.
pub(crate) const DENY_PAGE: &str = "<!DOCTYPE html><html><head><title>Web Page Blocked</title></head><body>\
    <h1>Web Page Blocked!</h1><p>The page you have requested has been blocked, because the URL is banned. \
    FortiGuard Intrusion Prevention - Access Blocked</p></body></html>";

/// Ways for an HTTP answer to go wrong. But for [`HttpFault::Reply`], [`HttpFault::Date`] and the two of h2, they are spoken over HTTP/1.1
/// only, and ALPN offers nothing else while they are set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HttpFault {
    /// Another answer than the usual one.
    Reply(Reply),
    /// The usual answer, with a Date so many seconds from now.
    Date(i64),
    /// The request is read, then nothing.
    HangBeforeHead,
    /// The request is read, then FIN.
    CloseBeforeHead,
    /// The request is read, then RST.
    ResetBeforeHead,
    /// One octet of the head a second.
    SlowHead,
    /// The head at once, then one octet of the body a second.
    SlowBody,
    /// Octets that are not HTTP.
    Garbage,
    /// Header fields without an end.
    EndlessHeaders,
    /// A body without an end.
    EndlessBody,
    /// FIN in the middle of the head.
    CloseInHead,
    /// FIN before the announced length.
    CloseInBody,
    /// RST before the announced length.
    ResetInBody,
    /// 103 after 103, and never the answer.
    InformationalFlood,
    /// One header field of 1 MiB.
    HugeHeader,
    /// 1 MiB that unpacks to more than 100 MiB.
    GzipBomb,
    /// A folded header field ([RFC 9112 section 5.2](https://www.rfc-editor.org/rfc/rfc9112#section-5.2)).
    FoldedHeader,
    /// A blank between a field's name and its colon.
    SpaceBeforeColon,
    /// h2: GOAWAY in place of an answer. HTTP/1.1 works.
    GoAway,
    /// h2: the stream is reset with `HTTP_1_1_REQUIRED`. HTTP/1.1 works.
    Http11Required,
}

impl HttpFault {
    /// Whether it is told by answers that are HTTP, so that any version has it.
    pub(crate) fn is_proper(&self) -> bool {
        matches!(self, Self::Reply(_) | Self::Date(_) | Self::GoAway | Self::Http11Required)
    }
}

/// Ways for a revocation list to be something else.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CrlFault {
    /// As PEM instead of DER; no fault as such.
    Pem,
    /// `nextUpdate` passed yesterday.
    Expired,
    /// `nextUpdate` is 15 seconds after the world began: a copy of it goes stale while one waits.
    ShortLived,
    /// The last third is missing, and Content-Length agrees with what is sent.
    Truncated,
    /// The last third is missing, and Content-Length announces all of it; whatever path is asked for.
    CutShort,
    /// A web page.
    Html,
    /// More than 32 MiB, beginning as a CRL of that size does.
    TooLarge,
    /// With so many certificates revoked.
    Revoked(u32),
    /// With this CRL number; 7 is the usual one.
    Number(u64),
    /// Issued by the interceptor.
    OtherIssuer,
    /// The right issuer's name, a signature that is not its own.
    BadSignature,
}

/// What an OCSP responder may answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum OcspFault {
    /// Signed by a responder of the issuer's; without the right usage it may not.
    Delegated {
        /// Whether its certificate is for signing answers.
        signing: bool,
    },
    /// It does not know the certificate.
    Unknown,
    /// Newer information was due yesterday.
    Expired,
    /// About another certificate.
    OtherCertificate,
    /// A signature that is nobody's.
    BadSignature,
    /// `tryLater`.
    TryLater,
    /// `unauthorized`.
    Unauthorized,
}

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

/// Ways for the SOCKS server to fail, for all targets or for one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SocksFault {
    /// The request is answered with this code; in SOCKS4 with 91 where it is none of its own.
    Reply(u8),
    /// Accepted, then nothing; for all targets only, as no request is read.
    HangAtOnce,
    /// The request is read, then nothing.
    Hang,
    /// The request is read, then FIN.
    Close,
    /// The request is read, then RST.
    Reset,
    /// So many octets of what is to be said, then FIN; for all targets only.
    CloseAfter(usize),
    /// This method of authentication is chosen, whatever is offered; for all targets only.
    Method(u8),
    /// SOCKS5 is answered by a refusal in SOCKS4.
    Version4,
    /// The answer is a status line of HTTP.
    Http,
    /// Octets that are not SOCKS.
    Garbage,
    /// One octet of the reply a second.
    SlowReply,
    /// The way is opened, then octets that are neither TLS nor HTTP.
    TunnelGarbage,
    /// The way is opened, then RST once the client has sent something.
    TunnelReset,
    /// The way is opened, then nothing.
    TunnelHang,
}

/// An answer of squid's own making.
pub(crate) fn squid(status: u16, error: &str) -> Reply {
    Reply::status(status)
        .header("Server", "squid/5.7")
        .header("X-Squid-Error", error)
        .header("Via", "1.1 testnet (squid/5.7)")
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
