//! Which word means which fault.

use super::{Make, Word};
use crate::certs::CertificateKind;
use crate::fault::{
    CrlFault, DnsFault, Fault, HttpFault, OcspFault, ProxyFault, Reply, SocksFault, TcpFault, TlsFault,
};

const fn plain(word: &'static str, about: &'static str, make: fn() -> Fault) -> Word {
    Word { word, argument: None, about, make: Make::Plain(make) }
}

const fn with(
    word: &'static str,
    argument: &'static str,
    about: &'static str,
    make: fn(&str) -> Result<Fault, String>,
) -> Word {
    Word { word, argument: Some(argument), about, make: Make::With(make) }
}

const fn proxy(word: &'static str, about: &'static str, make: fn() -> ProxyFault) -> Word {
    Word { word, argument: None, about, make: Make::Proxy(make) }
}

const fn socks(word: &'static str, about: &'static str, make: fn() -> SocksFault) -> Word {
    Word { word, argument: None, about, make: Make::Socks(make) }
}

const fn socks_with(
    word: &'static str,
    argument: &'static str,
    about: &'static str,
    make: fn(&str) -> Result<SocksFault, String>,
) -> Word {
    Word { word, argument: Some(argument), about, make: Make::SocksWith(make) }
}

fn list<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<Vec<T>, String> {
    text.split(',').map(|item| item.trim().parse().map_err(|error| format!("{item}: {error}"))).collect()
}

fn number<T: std::str::FromStr<Err: std::fmt::Display>>(text: &str) -> Result<T, String> {
    text.parse().map_err(|error| format!("{text}: {error}"))
}

/// A status that an HTTP answer can have as its last one.
fn status(text: &str) -> Result<u16, String> {
    match number(text)? {
        status @ 200..=999 => Ok(status),
        other => Err(format!("{other} is no final status (200 to 999)")),
    }
}

/// Every word, in the order of the layers.
pub const WORDS: &[Word] = &[
    plain("nxdomain", "the name does not exist", || DnsFault::NxDomain.into()),
    plain("nodata", "the name has no address", || DnsFault::NoData.into()),
    plain("servfail", "the name server fails", || DnsFault::ServFail.into()),
    plain("dns-refused", "the name server refuses", || DnsFault::Refused.into()),
    plain("dns-silent", "the name server says nothing", || DnsFault::Silent.into()),
    plain("aaaa-silent", "A is answered, AAAA is lost", || DnsFault::AaaaSilent.into()),
    plain("dns-truncated", "UDP answers are truncated", || DnsFault::Truncated.into()),
    plain("unspecified", "the name resolves to 0.0.0.0 and ::", || DnsFault::unspecified().into()),
    with("addresses", "10.0.0.1,::1", "the name resolves to these", |text| {
        list(text).map(|addresses| DnsFault::Addresses(addresses).into())
    }),
    with("cname", "one.example,two.example", "the address lies behind these names", |text| {
        list(text).map(|names| DnsFault::Cname(names).into())
    }),
    plain("refuse", "connections are refused", || TcpFault::Refuse.into()),
    plain("drop", "connections are not answered", || TcpFault::Drop.into()),
    plain("hang", "accepts, then says nothing", || TcpFault::Hang.into()),
    plain("close", "accepts, then closes", || TcpFault::Close.into()),
    plain("reset", "accepts, then resets", || TcpFault::Reset.into()),
    plain("reset-after-hello", "resets after the ClientHello", || TlsFault::ResetAfterHello.into()),
    plain("close-after-hello", "closes after the ClientHello", || TlsFault::CloseAfterHello.into()),
    plain("hang-after-hello", "says nothing to the ClientHello", || TlsFault::HangAfterHello.into()),
    with("hang-after-hello-over", "1400", "says nothing to a larger ClientHello", |text| {
        number(text).map(|octets| TlsFault::HangAfterHelloOver(octets).into())
    }),
    with("reset-after-hello-over", "1400", "resets after a larger ClientHello", |text| {
        number(text).map(|octets| TlsFault::ResetAfterHelloOver(octets).into())
    }),
    plain("reset-without-tls13", "resets after a ClientHello of TLS 1.2 alone", || TlsFault::ResetWithout13.into()),
    plain("reset-without-tls12", "resets after a ClientHello of TLS 1.3 alone", || TlsFault::ResetWithout12.into()),
    plain("plaintext", "answers the ClientHello with a web page", || TlsFault::Plaintext.into()),
    plain("protocol-version", "alert protocol_version", || TlsFault::PROTOCOL_VERSION.into()),
    plain("handshake-failure", "alert handshake_failure", || TlsFault::HANDSHAKE_FAILURE.into()),
    plain("unrecognized-name", "alert unrecognized_name", || TlsFault::UNRECOGNIZED_NAME.into()),
    with("alert", "80", "alert of that number", |text| {
        number(text).map(|description| TlsFault::Alert(description).into())
    }),
    plain("tls12-only", "speaks TLS 1.2 only", || TlsFault::Only12.into()),
    plain("tls13-only", "speaks TLS 1.3 only", || TlsFault::Only13.into()),
    plain("wrong-name", "certificate for another name", || CertificateKind::WrongName.into()),
    plain("expired", "certificate ended yesterday", || CertificateKind::Expired.into()),
    plain("expires-soon", "certificate ends in an hour", || CertificateKind::ExpiresSoon.into()),
    plain("not-yet-valid", "certificate begins tomorrow", || CertificateKind::NotYetValid.into()),
    plain("self-signed", "certificate is its own issuer", || CertificateKind::SelfSigned.into()),
    plain("intercepted", "certificate of the inspection authority", || CertificateKind::Intercepted.into()),
    plain("intercepted-expired", "expired certificate of the inspection authority", || {
        CertificateKind::InterceptedExpired.into()
    }),
    plain("missing-intermediate", "the intermediate is not sent", || {
        TlsFault::MissingIntermediate { port_80: false }.into()
    }),
    plain("missing-intermediate-80", "the same, to be fetched from port 80", || {
        TlsFault::MissingIntermediate { port_80: true }.into()
    }),
    with("status", "503", "answers with that status", |text| status(text).map(|status| Reply::status(status).into())),
    with("redirect", "http://portal.example/", "answers with a redirect", |text| Ok(Reply::redirect(text).into())),
    plain("deny-page", "answers with a gateway's deny page", || Reply::deny_page().into()),
    plain("captive-portal", "answers 511", || Reply::captive_portal().into()),
    with("date", "-86400", "the usual answer, with a Date so many seconds from now", |text| {
        number(text).map(|seconds| HttpFault::Date(seconds).into())
    }),
    plain("hang-before-head", "says nothing to the request", || HttpFault::HangBeforeHead.into()),
    plain("close-before-head", "closes after the request", || HttpFault::CloseBeforeHead.into()),
    plain("reset-before-head", "resets after the request", || HttpFault::ResetBeforeHead.into()),
    plain("slow-head", "one octet of the head a second", || HttpFault::SlowHead.into()),
    plain("slow-body", "one octet of the body a second", || HttpFault::SlowBody.into()),
    plain("garbage", "answers with noise", || HttpFault::Garbage.into()),
    plain("endless-headers", "header fields without end", || HttpFault::EndlessHeaders.into()),
    plain("endless-body", "a body without end", || HttpFault::EndlessBody.into()),
    plain("close-in-head", "closes in the head", || HttpFault::CloseInHead.into()),
    plain("close-in-body", "closes before the announced length", || HttpFault::CloseInBody.into()),
    plain("reset-in-body", "resets before the announced length", || HttpFault::ResetInBody.into()),
    plain("informational-flood", "103 without end", || HttpFault::InformationalFlood.into()),
    plain("huge-header", "one header field of 1 MiB", || HttpFault::HugeHeader.into()),
    plain("gzip-bomb", "1 MiB that unpacks to 100", || HttpFault::GzipBomb.into()),
    plain("folded-header", "obsolete line folding", || HttpFault::FoldedHeader.into()),
    plain("space-before-colon", "a blank before a colon", || HttpFault::SpaceBeforeColon.into()),
    plain("goaway", "h2 GOAWAY; HTTP/1.1 works", || HttpFault::GoAway.into()),
    plain("http11-required", "h2 refused; HTTP/1.1 works", || HttpFault::Http11Required.into()),
    plain("crl-pem", "the CRL as PEM", || CrlFault::Pem.into()),
    plain("crl-expired", "the CRL's nextUpdate has passed", || CrlFault::Expired.into()),
    plain("crl-short-lived", "the CRL's nextUpdate is 15 seconds after the start", || CrlFault::ShortLived.into()),
    plain("crl-truncated", "the CRL without its end", || CrlFault::Truncated.into()),
    plain("crl-cut-short", "the same, shorter than announced", || CrlFault::CutShort.into()),
    plain("crl-html", "a web page in place of the CRL", || CrlFault::Html.into()),
    plain("crl-too-large", "a CRL of more than 32 MiB", || CrlFault::TooLarge.into()),
    plain("crl-other-issuer", "a CRL of another issuer", || CrlFault::OtherIssuer.into()),
    plain("crl-bad-signature", "a CRL with a foreign signature", || CrlFault::BadSignature.into()),
    plain("ocsp-delegated", "an answer that a responder of the issuer's signed", || {
        OcspFault::Delegated { signing: true }.into()
    }),
    plain("ocsp-usurped", "the same by one that may not", || OcspFault::Delegated { signing: false }.into()),
    plain("ocsp-unknown", "the certificate is not known", || OcspFault::Unknown.into()),
    plain("ocsp-expired", "the answer's nextUpdate has passed", || OcspFault::Expired.into()),
    plain("ocsp-other", "an answer about another certificate", || OcspFault::OtherCertificate.into()),
    plain("ocsp-bad-signature", "an answer with a foreign signature", || OcspFault::BadSignature.into()),
    plain("ocsp-try-later", "the responder's tryLater", || OcspFault::TryLater.into()),
    plain("ocsp-unauthorized", "the responder's unauthorized", || OcspFault::Unauthorized.into()),
    with("crl-number", "6", "a CRL with that number", |text| {
        number(text).map(|number| CrlFault::Number(number).into())
    }),
    with("crl-revoked", "1000", "a CRL with so many entries", |text| match number(text)? {
        count @ 0..=1_000_000 => Ok(CrlFault::Revoked(count).into()),
        _ => Err("at most 1000000".to_owned()),
    }),
    proxy("squid-denied", "403 as squid's ACL gives", ProxyFault::squid_denied),
    proxy("squid-connect-failed", "503 as squid gives", ProxyFault::squid_connect_failed),
    proxy("forefront-denied", "502 as Forefront TMG gives", ProxyFault::forefront_denied),
    proxy("auth-required", "407, Basic", ProxyFault::auth_required),
    proxy("auth-required-closing", "407, NTLM, then closed", ProxyFault::auth_required_closing),
    Word {
        word: "status",
        argument: Some("504"),
        about: "answers with that status",
        make: Make::ProxyWith(|text| status(text).map(|status| ProxyFault::Reply(Reply::status(status)))),
    },
    Word {
        word: "redirect",
        argument: Some("http://portal.example/"),
        about: "answers with a redirect",
        make: Make::ProxyWith(|text| Ok(ProxyFault::Reply(Reply::redirect(text)))),
    },
    proxy("hang", "says nothing to the request", || ProxyFault::Hang),
    proxy("close", "closes after the request", || ProxyFault::Close),
    proxy("reset", "resets after the request", || ProxyFault::Reset),
    proxy("garbage", "answers with noise", || ProxyFault::Garbage),
    proxy("endless-head", "header fields without end", || ProxyFault::EndlessHead),
    proxy("slow-head", "one octet of the reply a second", || ProxyFault::SlowHead),
    proxy("tunnel-garbage", "200, then noise", || ProxyFault::TunnelGarbage),
    proxy("tunnel-reset", "200, then reset", || ProxyFault::TunnelReset),
    proxy("tunnel-hang", "200, then nothing", || ProxyFault::TunnelHang),
    Word {
        word: "tls",
        argument: Some("expired"),
        about: "that host fault of TLS, where TLS is spoken to the proxy (all targets only)",
        make: Make::ProxyWith(|text| match text.parse::<Fault>() {
            Ok(Fault::Tls(fault)) => Ok(ProxyFault::Tls(fault)),
            Ok(_) => Err(format!("`{text}` is no fault of TLS")),
            Err(error) => Err(error.to_string()),
        }),
    },
    proxy("extra-bytes", "200 with a TLS warning right behind it; the tunnel works", || ProxyFault::ExtraBytes),
    socks("deny", "2, as Dante's rules give", || SocksFault::Reply(2)),
    socks_with("reply", "5", "answers the request with that code", |text| number(text).map(SocksFault::Reply)),
    socks_with("method", "1", "chooses that method of authentication", |text| number(text).map(SocksFault::Method)),
    socks("hang-at-once", "accepts, then says nothing (all targets only)", || SocksFault::HangAtOnce),
    socks("hang", "says nothing to the request", || SocksFault::Hang),
    socks("close", "closes after the request", || SocksFault::Close),
    socks("reset", "resets after the request", || SocksFault::Reset),
    socks_with("close-after", "3", "closes after so many octets (all targets only)", |text| {
        number(text).map(SocksFault::CloseAfter)
    }),
    socks("version-4", "answers SOCKS5 in SOCKS4", || SocksFault::Version4),
    socks("http", "answers with a status line", || SocksFault::Http),
    socks("garbage", "answers with noise", || SocksFault::Garbage),
    socks("slow-reply", "one octet of the reply a second", || SocksFault::SlowReply),
    socks("tunnel-garbage", "opens the way, then noise", || SocksFault::TunnelGarbage),
    socks("tunnel-reset", "opens the way, then resets", || SocksFault::TunnelReset),
    socks("tunnel-hang", "opens the way, then nothing", || SocksFault::TunnelHang),
];
