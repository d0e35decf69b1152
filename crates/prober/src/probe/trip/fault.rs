//! From the failures of phases to the one fault of a probe.

use crate::cause::Stage;
use crate::observation::{
    ConnectFailure, ConnectFault, Fault, HttpFailure, HttpFault, Moment, MonitorFault, Observation, ProxyFailure,
    ProxyFault, ResolveFailure, ResolveFault, RouteFacts, TlsFailure, TlsFault,
};
use crate::phase::Failure;
use crate::phase::http::Unanswered;
use crate::plan::Endpoint;
use crate::text::Clean;

/// What keeps a visit from going on.
#[derive(Debug)]
pub(super) enum Stopped {
    /// A fault that ends the probe.
    Fault(Fault),
    /// One that another try over HTTP/1.1 may mend.
    WorthHttp1(HttpFault),
}

impl Stopped {
    /// Whether nobody was asked for the target yet, so that another way may lead there: clients try the next entry of a
    /// list where a name, a connection or TLS to the proxy fails, and never after an answer.
    pub(super) fn is_short_of_the_target(&self) -> bool {
        let Self::Fault(fault) = self else { return false };
        match fault {
            Fault::Resolve(_) | Fault::Connect(_) | Fault::Unasked(_) => true,
            Fault::Proxy(fault) => matches!(
                fault.failure,
                ProxyFailure::Resolve(_) | ProxyFailure::Connect(_) | ProxyFailure::Tls(_) | ProxyFailure::Unproven
            ),
            Fault::Pac(_) | Fault::Tls(_) | Fault::Http(_) | Fault::Monitor(_) => false,
        }
    }
}

/// Whether a body could not be read to its end because the connection ended.
pub(super) fn is_lost(failure: &Failure<HttpFault>) -> bool {
    matches!(failure, Failure::Fault(HttpFault { failure: HttpFailure::Lost(_), .. }))
}

impl From<Fault> for Stopped {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<Unanswered> for Stopped {
    fn from(unanswered: Unanswered) -> Self {
        match unanswered {
            Unanswered { failure: Failure::Fault(fault), worth_http1: true } => Self::WorthHttp1(fault),
            Unanswered { failure, .. } => Self::Fault(failure.into()),
        }
    }
}

impl From<Stopped> for Fault {
    fn from(stopped: Stopped) -> Self {
        match stopped {
            Stopped::Fault(fault) => fault,
            Stopped::WorthHttp1(fault) => Self::Http(fault),
        }
    }
}

impl<F: Into<Fault>> From<Failure<F>> for Fault {
    fn from(failure: Failure<F>) -> Self {
        match failure {
            Failure::Fault(fault) => fault.into(),
            Failure::Monitor(fault) => Self::Monitor(fault),
        }
    }
}

impl From<ResolveFault> for Fault {
    fn from(fault: ResolveFault) -> Self {
        Self::Resolve(fault)
    }
}

impl From<ConnectFault> for Fault {
    fn from(fault: ConnectFault) -> Self {
        Self::Connect(fault)
    }
}

impl From<TlsFault> for Fault {
    fn from(fault: TlsFault) -> Self {
        Self::Tls(fault)
    }
}

impl From<HttpFault> for Fault {
    fn from(fault: HttpFault) -> Self {
        Self::Http(fault)
    }
}

/// The fault of a phase that the outermost deadline cut off. Each phase ends by an earlier instant of its own, so this
/// tells of a phase that did not yield in time.
pub(super) fn cut_off(stage: Stage, seen: &Observation, endpoint: &Endpoint) -> Fault {
    let host = endpoint.url.host_str().unwrap_or_default().to_owned();
    let port = endpoint.url.port_or_known_default().unwrap_or_default();
    let through_proxy = |failure, direct: Fault| match &seen.route {
        RouteFacts::Proxy(proxy) => Fault::Proxy(ProxyFault { proxy: proxy.address.clone(), failure }),
        RouteFacts::Direct => direct,
    };
    match stage {
        Stage::Resolve => {
            let fault = ResolveFault { name: host, failure: ResolveFailure::Timeout, lookups: Vec::new() };
            through_proxy(ProxyFailure::Resolve(fault.clone()), Fault::Resolve(fault))
        }
        Stage::Connect => {
            let fault = ConnectFault { host, port, failure: ConnectFailure::TimedOut, attempts: Vec::new() };
            through_proxy(ProxyFailure::Connect(fault.clone()), Fault::Connect(fault))
        }
        Stage::Proxy => through_proxy(ProxyFailure::ReplyTimeout { received: 0 }, monitor(stage)),
        Stage::Tls => Fault::Tls(TlsFault { host, failure: TlsFailure::TimedOut, answered: false, first_bytes: None }),
        Stage::Http => http(host, Moment::Head),
        Stage::Content => http(host, Moment::Body),
        Stage::Route => monitor(stage),
    }
}

fn http(host: String, during: Moment) -> Fault {
    Fault::Http(HttpFault { host, during, failure: HttpFailure::TimedOut, received: 0 })
}

fn monitor(stage: Stage) -> Fault {
    let reason = Clean::new("not complete by the deadline");
    Fault::Monitor(MonitorFault { operation: format!("phase {stage}"), reason })
}
