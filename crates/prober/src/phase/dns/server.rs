//! One name server, asked through hickory.

use std::cmp::Reverse;
use std::net::{IpAddr, SocketAddr};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use hickory_proto::op::ResponseCode;
use hickory_proto::rr::rdata::SRV;
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_resolver::Resolver;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig, ResolverOpts};
use hickory_resolver::lookup::Lookup;
use hickory_resolver::net::{DnsError, NetError};
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, RootCertStore};
use tokio::time::Instant;

use super::asking::Answer;
use super::sockets::Sockets;
use crate::observation::{Family, LookupOutcome, MonitorFault};
use crate::phase::{SetupFault, exhausted};
use crate::plan::{DnsTransport, NameServer, TlsPlan};
use crate::text::Clean;

/// The most addresses kept of one answer.
const MAX_ADDRESSES: usize = 32;
/// The most CNAMEs kept of one answer.
pub(super) const MAX_CNAMES: usize = 16;
/// Longer than any share of a probe's time, which is what really ends a question; it only bounds what is left behind.
const LIFETIME: Duration = Duration::from_secs(60);

/// One name server. Each has a hickory resolver of its own: a pool would ask several at once and take the first
/// SERVFAIL for the answer.
#[derive(Debug)]
pub(super) struct Server {
    label: String,
    config: NameServerConfig,
    is_plain: bool,
    tls: ClientConfig,
    sockets: Sockets,
    /// What questions go through, and since when.
    resolver: Mutex<(Instant, Arc<Resolver<Sockets>>)>,
}

impl Server {
    pub(super) fn new(server: &NameServer, tls: &ClientConfig) -> Result<Self, SetupFault> {
        let label = server.address.to_string();
        let (config, sockets) = (name_server_config(server), Sockets::default());
        let resolver =
            resolver(&config, &sockets, tls).map_err(|error| SetupFault::new(format!("resolver {label}"), &error))?;
        let is_plain = matches!(server.transport, DnsTransport::Plain);
        let resolver = Mutex::new((Instant::now(), Arc::new(resolver)));
        Ok(Self { label, config, is_plain, tls: tls.clone(), sockets, resolver })
    }

    /// A plain name server.
    pub(super) fn plain(address: SocketAddr, tls: &ClientConfig) -> Result<Self, SetupFault> {
        Self::new(&NameServer { address, transport: DnsTransport::Plain }, tls)
    }

    /// Its address, for evidence.
    pub(super) fn label(&self) -> &str {
        &self.label
    }

    /// Whether questions go in single packets, which get lost.
    pub(super) fn is_plain(&self) -> bool {
        self.is_plain
    }

    /// Has questions from now on go out in packets of their own, though equal ones of then are still open.
    ///
    /// hickory lets equal questions that are under way share one answer, so that to ask again would only be to wait on;
    /// that is between the questions of one resolver. Those that are open keep theirs, and with it their sockets.
    pub(super) fn part_from_questions_of(&self, then: Instant) {
        let mut current = self.current();
        // Else another question has done so since.
        if current.0 <= then
            && let Ok(another) = resolver(&self.config, &self.sockets, &self.tls)
        {
            *current = (Instant::now(), Arc::new(another));
        }
    }

    fn current(&self) -> MutexGuard<'_, (Instant, Arc<Resolver<Sockets>>)> {
        self.resolver.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for the addresses of one family. It is up to the caller to end a question that takes too long.
    pub(super) async fn ask(&self, name: &Name, family: Family) -> Result<LookupOutcome, MonitorFault> {
        let record_type = match family {
            Family::Ipv4 => RecordType::A,
            Family::Ipv6 => RecordType::AAAA,
        };
        Ok(match self.look_up(name, record_type).await? {
            Ok(lookup) => positive(lookup.answers()),
            Err(error) => negative(&error),
        })
    }

    /// Asks for records of one type; the outer error is the monitor's own.
    pub(super) async fn look_up(
        &self,
        name: &Name,
        record_type: RecordType,
    ) -> Result<Result<Lookup, NetError>, MonitorFault> {
        let resolver = Arc::clone(&self.current().1);
        let outcome = resolver.lookup(name.clone(), record_type).await;
        let lacking = match &outcome {
            Err(NetError::Io(error)) => exhausted("ask a name server", error),
            Err(NetError::NoConnections) => self.sockets.recent_refusal(),
            _ => None,
        };
        lacking.map_or(Ok(outcome), Err)
    }

    /// Asks where a service is; `None` where this server does not know, an empty list where there is none. The error is
    /// the monitor's own.
    pub(super) async fn ask_for_services(&self, name: &Name) -> Result<Option<Services>, MonitorFault> {
        Ok(match self.look_up(name, RecordType::SRV).await? {
            Ok(lookup) => Some(services(lookup.answers())),
            Err(error) if error.is_no_records_found() => Some(Services::new()),
            Err(_) => None,
        })
    }
}

/// Hosts and ports of a service, the preferred ones first.
pub(super) type Services = Vec<(String, u16)>;

impl Answer for Option<Services> {
    fn silence() -> Self {
        None
    }

    fn is_known(&self) -> bool {
        self.is_some()
    }
}

/// A resolver that asks one name server alone.
fn resolver(config: &NameServerConfig, sockets: &Sockets, tls: &ClientConfig) -> Result<Resolver<Sockets>, NetError> {
    let config = ResolverConfig::from_parts(None, Vec::new(), vec![config.clone()]);
    let builder = Resolver::builder_with_config(config, sockets.clone());
    builder.with_options(options()).with_tls_config(tls.clone()).build()
}

/// Hosts and ports, the preferred ones first (RFC 2782). A target of `.` says that the service is not available.
fn services(answers: &[Record]) -> Services {
    let mut found: Vec<&SRV> = answers
        .iter()
        .filter_map(|record| match &record.data {
            RData::SRV(service) if !service.target.is_root() && service.port != 0 => Some(service),
            _ => None,
        })
        .take(MAX_ADDRESSES)
        .collect();
    found.sort_by_key(|service| (service.priority, Reverse(service.weight)));
    let host = |service: &SRV| service.target.to_ascii().trim_end_matches('.').to_owned();
    found.into_iter().map(|service| (host(service), service.port)).collect()
}

/// One attempt, no cache, no hosts file, no search list: order, time and fixed answers are this crate's business. No
/// EDNS either: the stub resolvers of Windows and glibc send none, and a resolver that stumbles over it is no trouble
/// for clients.
fn options() -> ResolverOpts {
    let mut options = ResolverOpts::default();
    options.attempts = 0;
    options.cache_size = 0;
    options.edns0 = false;
    options.positive_max_ttl = Some(Duration::ZERO);
    options.negative_max_ttl = Some(Duration::ZERO);
    options.num_concurrent_reqs = 1;
    options.timeout = LIFETIME;
    options.use_hosts_file = ResolveHosts::Never;
    options
}

fn name_server_config(server: &NameServer) -> NameServerConfig {
    let mut connections = match &server.transport {
        DnsTransport::Plain => vec![ConnectionConfig::udp(), ConnectionConfig::tcp()],
        DnsTransport::Tls(name) => vec![ConnectionConfig::tls(Arc::from(tls_name(name)))],
    };
    for connection in &mut connections {
        connection.port = server.address.port();
    }
    NameServerConfig::new(server.address.ip(), true, connections)
}

fn tls_name(name: &ServerName<'_>) -> String {
    match name {
        ServerName::IpAddress(address) => IpAddr::from(*address).to_string(),
        other => other.to_str().into_owned(),
    }
}

/// How name servers over TLS are authenticated.
pub(super) fn tls_config(plan: &TlsPlan) -> Result<ClientConfig, SetupFault> {
    let fault = |error: &rustls::Error| SetupFault::new("TLS to name servers", error);
    let mut roots = RootCertStore { roots: webpki_roots::TLS_SERVER_ROOTS.to_vec() };
    for root in &plan.extra_roots {
        roots.add(root.clone()).map_err(|error| fault(&error))?;
    }
    Ok(ClientConfig::builder_with_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(|error| fault(&error))?
        .with_root_certificates(roots)
        .with_no_client_auth())
}

fn positive(answers: &[Record]) -> LookupOutcome {
    let addresses: Vec<IpAddr> =
        answers.iter().filter_map(|record| record.data.ip_addr()).take(MAX_ADDRESSES).collect();
    if addresses.is_empty() {
        return LookupOutcome::NoData;
    }
    let cname = |record: &Record| match &record.data {
        RData::CNAME(target) => Some(Clean::new(target.0.to_ascii().trim_end_matches('.'))),
        _ => None,
    };
    LookupOutcome::Addresses { addresses, cnames: answers.iter().filter_map(cname).take(MAX_CNAMES).collect() }
}

pub(super) fn negative(error: &NetError) -> LookupOutcome {
    match error {
        NetError::Dns(DnsError::NoRecordsFound(none)) => match none.response_code {
            ResponseCode::NoError => LookupOutcome::NoData,
            ResponseCode::NXDomain => LookupOutcome::NxDomain,
            code => LookupOutcome::ServerFailure { rcode: mnemonic(code) },
        },
        NetError::Dns(DnsError::ResponseCode(code)) => LookupOutcome::ServerFailure { rcode: mnemonic(*code) },
        // An I/O error is a closed port or an unreachable server: there was no way to ask.
        NetError::Timeout | NetError::NoConnections | NetError::Busy | NetError::Io(_) => LookupOutcome::Timeout,
        // It answered, but nothing that could be read: to a client the same as an error of the server.
        _ => LookupOutcome::ServerFailure { rcode: "unreadable".to_owned() },
    }
}

/// The name of an rcode as IANA's registry and `dig` write it.
fn mnemonic(code: ResponseCode) -> String {
    match code {
        ResponseCode::FormErr => "FORMERR".to_owned(),
        ResponseCode::ServFail => "SERVFAIL".to_owned(),
        ResponseCode::NotImp => "NOTIMP".to_owned(),
        ResponseCode::Refused => "REFUSED".to_owned(),
        ResponseCode::NotAuth => "NOTAUTH".to_owned(),
        ResponseCode::NotZone => "NOTZONE".to_owned(),
        other => format!("RCODE{}", u16::from(other)),
    }
}

#[cfg(test)]
mod tests {
    use std::io;

    use hickory_proto::op::Query;
    use hickory_resolver::net::NoRecords;

    use super::*;

    #[test]
    fn services_come_in_the_order_of_preference() {
        let name = |text| Name::from_ascii(text).unwrap();
        let record = |priority, weight, port, target| {
            Record::from_rdata(
                name("_kerberos._tcp.x."),
                60,
                RData::SRV(SRV::new(priority, weight, port, name(target))),
            )
        };
        let answers = [
            record(10, 0, 88, "far.x."),
            record(0, 10, 88, "light.x."),
            record(0, 100, 8888, "heavy.x."),
            record(0, 0, 88, "."),
            record(0, 0, 0, "nowhere.x."),
        ];
        let found = services(&answers);
        let shown: Vec<String> = found.iter().map(|(host, port)| format!("{host}:{port}")).collect();
        assert_eq!(shown, ["heavy.x:8888", "light.x:88", "far.x:88"]);
    }

    #[test]
    fn errors_keep_their_rcode() {
        let none = |code| NetError::from(NoRecords::new(Query::new(), code));
        let code = |code| NetError::Dns(DnsError::ResponseCode(code));
        let failure = |rcode: &str| LookupOutcome::ServerFailure { rcode: rcode.to_owned() };
        let cases = [
            (none(ResponseCode::NoError), LookupOutcome::NoData),
            (none(ResponseCode::NXDomain), LookupOutcome::NxDomain),
            (none(ResponseCode::ServFail), failure("SERVFAIL")),
            (code(ResponseCode::Refused), failure("REFUSED")),
            (code(ResponseCode::NotImp), failure("NOTIMP")),
            (code(ResponseCode::FormErr), failure("FORMERR")),
            (code(ResponseCode::BADCOOKIE), failure("RCODE23")),
            (NetError::Timeout, LookupOutcome::Timeout),
            (NetError::Truncated, failure("unreadable")),
        ];
        for (error, expected) in cases {
            assert_eq!(negative(&error), expected, "{error}");
        }
    }

    #[tokio::test]
    async fn descriptors_that_ran_out_are_the_monitors_own_fault() {
        const EMFILE: i32 = 24;
        assert!(exhausted("ask a name server", &io::Error::from_raw_os_error(EMFILE)).is_some());
        assert!(exhausted("ask a name server", &io::ErrorKind::ConnectionRefused.into()).is_none());
    }
}
