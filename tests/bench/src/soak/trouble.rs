//! What can be made wrong, and what has to come of it by docs/causes.md.

use testnet::{
    CertificateKind, CrlFault, DnsFault, Fault, HttpFault, Met, ProxyFault, Reply, TcpFault, TlsFault, World,
};

/// What becomes of a pair of endpoint and path.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Nothing that anybody should hear of.
    None,
    /// Clients get through, but somebody should know.
    Degraded,
    /// They do not.
    Blocked,
}

impl Effect {
    /// As the API calls it; `None` where it is no trouble.
    pub(super) fn state(self) -> Option<&'static str> {
        match self {
            Self::None => None,
            Self::Degraded => Some("degraded"),
            Self::Blocked => Some("blocked"),
        }
    }
}

/// What a host serves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// HTTPS.
    Secured,
    /// Revocation lists, in the clear.
    Lists,
}

/// What is done to the world.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Doing {
    /// To a host.
    Host(Fault),
    /// To what the proxy does for a host.
    ProxyFor(ProxyFault),
    /// To what the proxy does for everybody.
    Proxy(ProxyFault),
    /// The proxy's connections are refused.
    ProxyRefuses,
    /// The proxy's connections are not answered.
    ProxyIsGone,
}

impl Doing {
    /// Makes it so. A host's name is needed but where everybody is struck.
    pub(super) fn begin(&self, world: &World, host: &str) -> Result<(), Box<dyn std::error::Error>> {
        match self {
            Self::Host(fault) => world.faults().set(host, fault.clone())?,
            Self::ProxyFor(fault) => world.proxy().set_fault_for(host, fault.clone()),
            Self::Proxy(fault) => world.proxy().set_fault(fault.clone()),
            Self::ProxyRefuses => world.proxy().refuse_connections()?,
            Self::ProxyIsGone => world.proxy().drop_connections()?,
        }
        Ok(())
    }

    /// Makes it right again.
    pub(super) fn end(&self, world: &World, host: &str) -> Result<(), Box<dyn std::error::Error>> {
        match self {
            Self::Host(_) => world.faults().clear(host)?,
            Self::ProxyFor(_) => world.proxy().clear_for(host),
            Self::Proxy(_) | Self::ProxyRefuses | Self::ProxyIsGone => world.proxy().clear_for_all()?,
        }
        Ok(())
    }
}

/// Something that can be wrong.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Trouble {
    pub(super) doing: Doing,
    /// What becomes of what goes to the host directly.
    pub(super) direct: Effect,
    /// What becomes of what goes there through the proxy.
    pub(super) proxied: Effect,
}

fn of_host(fault: impl Into<Fault>, effect: Effect) -> Trouble {
    Trouble { doing: Doing::Host(fault.into()), direct: effect, proxied: effect }
}

/// The proxy resolves names by itself.
fn of_name(fault: DnsFault, effect: Effect) -> Trouble {
    Trouble { proxied: Effect::None, ..of_host(fault, effect) }
}

/// What can be wrong with a host of a kind, with the proxy's dealings with it included. What takes two tries of the probe is
/// left out (HTTP/2 that is refused, answers that are too long for UDP): probes would not be as many as what testnet counts.
pub(super) fn of_a_host(kind: Kind) -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for fault in [DnsFault::NxDomain, DnsFault::NoData, DnsFault::ServFail, DnsFault::Refused, DnsFault::Silent] {
        troubles.push(of_name(fault, Effect::Blocked));
    }
    troubles.push(of_name(DnsFault::unspecified(), Effect::Blocked));
    troubles.push(of_name(DnsFault::AaaaSilent, Effect::None));
    troubles.push(of_name(DnsFault::Cname(vec!["edge.soak.example.".to_owned()]), Effect::None));
    for fault in [TcpFault::Refuse, TcpFault::Drop, TcpFault::Hang, TcpFault::Close, TcpFault::Reset] {
        troubles.push(of_host(fault, Effect::Blocked));
    }
    for fault in broken_answers() {
        troubles.push(of_host(fault, Effect::Blocked));
    }
    troubles.extend(match kind {
        Kind::Secured => of_secured(),
        Kind::Lists => of_lists(),
    });
    for (doing, effect) in of_the_proxy(kind) {
        troubles.push(Trouble { doing: Doing::ProxyFor(doing), direct: Effect::None, proxied: effect });
    }
    troubles
}

/// Answers without a head that is whole.
fn broken_answers() -> [HttpFault; 8] {
    [
        HttpFault::HangBeforeHead,
        HttpFault::CloseBeforeHead,
        HttpFault::ResetBeforeHead,
        HttpFault::SlowHead,
        HttpFault::Garbage,
        HttpFault::EndlessHeaders,
        HttpFault::CloseInHead,
        HttpFault::InformationalFlood,
    ]
}

fn of_secured() -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for fault in [
        TlsFault::ResetAfterHello,
        TlsFault::CloseAfterHello,
        TlsFault::HangAfterHello,
        TlsFault::Plaintext,
        TlsFault::HANDSHAKE_FAILURE,
        TlsFault::PROTOCOL_VERSION,
        TlsFault::UNRECOGNIZED_NAME,
        TlsFault::Certificate(CertificateKind::WrongName),
        TlsFault::Certificate(CertificateKind::Expired),
        TlsFault::Certificate(CertificateKind::NotYetValid),
        TlsFault::Certificate(CertificateKind::SelfSigned),
        TlsFault::Certificate(CertificateKind::Intercepted),
    ] {
        troubles.push(of_host(fault, Effect::Blocked));
    }
    for fault in [TlsFault::Only12, TlsFault::Only13, TlsFault::Certificate(CertificateKind::ExpiresSoon)] {
        troubles.push(of_host(fault, Effect::None));
    }
    // Once a proven origin's head is complete, the network let us through.
    for fault in [
        HttpFault::SlowBody,
        HttpFault::EndlessBody,
        HttpFault::GzipBomb,
        HttpFault::CloseInBody,
        HttpFault::ResetInBody,
        HttpFault::FoldedHeader,
        HttpFault::Reply(Reply::deny_page()),
        HttpFault::Reply(Reply::status(401)),
    ] {
        troubles.push(of_host(fault, Effect::None));
    }
    troubles.push(of_host(Reply::status(503), Effect::Degraded));
    troubles
}

fn of_lists() -> Vec<Trouble> {
    let mut troubles = Vec::new();
    for reply in [Reply::deny_page(), Reply::captive_portal(), Reply::redirect("http://portal.example/sign-in")] {
        troubles.push(of_host(reply, Effect::Blocked));
    }
    for fault in [CrlFault::Html, CrlFault::Truncated, CrlFault::CutShort] {
        troubles.push(of_host(fault, Effect::Blocked));
    }
    troubles.push(of_host(CrlFault::Pem, Effect::None));
    troubles.push(of_host(CrlFault::Expired, Effect::Degraded));
    troubles.push(of_host(Reply::status(500), Effect::Degraded));
    troubles.push(of_host(Reply::status(404), Effect::Degraded));
    troubles
}

/// What the proxy can do wrong to one host.
fn of_the_proxy(kind: Kind) -> Vec<(ProxyFault, Effect)> {
    let mut faults: Vec<_> = [
        ProxyFault::squid_denied(),
        ProxyFault::squid_connect_failed(),
        ProxyFault::auth_required(),
        ProxyFault::forefront_denied(),
        ProxyFault::Hang,
        ProxyFault::Close,
        ProxyFault::Reset,
        ProxyFault::Garbage,
        ProxyFault::EndlessHead,
        ProxyFault::SlowHead,
    ]
    .map(|fault| (fault, Effect::Blocked))
    .into();
    if kind == Kind::Secured {
        for fault in [ProxyFault::TunnelGarbage, ProxyFault::TunnelReset, ProxyFault::TunnelHang] {
            faults.push((fault, Effect::Blocked));
        }
        faults.push((ProxyFault::ExtraBytes, Effect::None));
    }
    faults
}

/// What can be wrong with the proxy for everybody.
pub(super) fn of_everybody() -> Vec<Trouble> {
    let faults = [ProxyFault::squid_denied(), ProxyFault::auth_required(), ProxyFault::Hang, ProxyFault::Reset];
    let doings = faults.map(Doing::Proxy).into_iter().chain([Doing::ProxyRefuses, Doing::ProxyIsGone]);
    doings.map(|doing| Trouble { doing, direct: Effect::None, proxied: Effect::Blocked }).collect()
}

/// Whether who sent a request that met this got through, as `troubles` have it.
pub(super) fn gets_through(met: &Met, troubles: &[Trouble]) -> bool {
    let is_met = |trouble: &&Trouble| match &trouble.doing {
        Doing::Host(Fault::Tls(fault)) => met.tls.as_ref() == Some(fault),
        Doing::Host(Fault::Http(fault)) => met.http.as_ref() == Some(fault),
        Doing::Host(Fault::Crl(fault)) => met.crl.as_ref() == Some(fault),
        _ => false,
    };
    troubles.iter().filter(is_met).all(|trouble| trouble.direct != Effect::Blocked)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_read_before_a_page_that_blocks_came_got_through() {
        let lists = of_a_host(Kind::Lists);
        let with = |http: Option<HttpFault>, crl| gets_through(&Met { tls: None, http, crl }, &lists);
        assert!(with(None, None) && with(None, Some(CrlFault::Pem)) && with(None, Some(CrlFault::Expired)));
        assert!(with(Some(Reply::status(500).into_fault()), None));
        assert!(!with(Some(Reply::deny_page().into_fault()), None) && !with(None, Some(CrlFault::Html)));
        let secured = of_a_host(Kind::Secured);
        let met = Met { http: Some(Reply::deny_page().into_fault()), ..Met::default() };
        assert!(gets_through(&met, &secured), "a proven origin may say what it likes");
        let tls = Some(TlsFault::Certificate(CertificateKind::Expired));
        assert!(!gets_through(&Met { tls, ..met }, &secured));
    }

    trait IntoFault {
        fn into_fault(self) -> HttpFault;
    }

    impl IntoFault for Reply {
        fn into_fault(self) -> HttpFault {
            HttpFault::Reply(self)
        }
    }
}
