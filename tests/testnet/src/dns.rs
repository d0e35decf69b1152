//! The authoritative name server: every host of the world, UDP and TCP on one port.

use std::collections::{BTreeMap, VecDeque};
use std::future::Future;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use hickory_proto::op::{Header, HeaderCounts, Metadata, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME, SOA};
use hickory_proto::rr::{Name, RData, Record, RecordType};
use hickory_server::Server;
use hickory_server::net::runtime::Time;
use hickory_server::net::xfer::Protocol;
use hickory_server::server::{Request, RequestHandler, ResponseHandler, ResponseInfo};
use hickory_server::zone_handler::MessageResponseBuilder;
use tokio::net::{TcpListener, UdpSocket};

use crate::fault::DnsFault;
use crate::host::{Host, Hosts};
use crate::locked;
use crate::proxy::PROXY_HOST;

/// So many queries are kept.
const KEPT_QUERIES: usize = 4096;
const TTL_SECONDS: u32 = 5;
const TCP_IDLE: Duration = Duration::from_secs(30);
const TCP_QUEUED_RESPONSES: usize = 16;
/// How often a port that is free for UDP may turn out to be taken for TCP.
const BIND_ATTEMPTS: usize = 16;

/// A question that the name server was asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Query {
    /// The name, in lower case and without the last dot.
    pub name: String,
    /// `A`, `AAAA`, …
    pub record_type: String,
}

/// What it was asked.
#[derive(Debug, Default)]
struct Queries {
    /// The newest, oldest first.
    newest: VecDeque<Query>,
    /// How often each.
    counts: BTreeMap<Query, u64>,
    /// How often each was not answered.
    unanswered: BTreeMap<Query, u64>,
}

/// The running server; it stops when dropped.
pub(crate) struct Dns {
    address: SocketAddr,
    queries: Arc<Mutex<Queries>>,
    _server: Server<Zone>,
}

impl std::fmt::Debug for Dns {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Dns").field("address", &self.address).finish_non_exhaustive()
    }
}

impl Dns {
    /// At that address, where port 0 stands for a free one.
    pub(crate) async fn start(hosts: Hosts, address: SocketAddr) -> io::Result<Self> {
        let (udp, tcp) = bind_both(address).await?;
        let address = udp.local_addr()?;
        let queries = Arc::default();
        let mut server = Server::new(Zone { hosts, queries: Arc::clone(&queries) });
        server.register_socket(udp);
        server.register_listener(tcp, TCP_IDLE, TCP_QUEUED_RESPONSES);
        Ok(Self { address, queries, _server: server })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    pub(crate) fn queries(&self) -> Vec<Query> {
        locked(&self.queries).newest.iter().cloned().collect()
    }

    pub(crate) fn asked(&self, query: &Query) -> u64 {
        locked(&self.queries).counts.get(query).copied().unwrap_or_default()
    }

    pub(crate) fn unanswered(&self, query: &Query) -> u64 {
        locked(&self.queries).unanswered.get(query).copied().unwrap_or_default()
    }
}

/// One port for both protocols.
async fn bind_both(address: SocketAddr) -> io::Result<(UdpSocket, TcpListener)> {
    let mut last = io::Error::from(io::ErrorKind::AddrInUse);
    for _ in 0..BIND_ATTEMPTS {
        let udp = UdpSocket::bind(address).await?;
        match TcpListener::bind(udp.local_addr()?).await {
            Ok(tcp) => return Ok((udp, tcp)),
            Err(error) => last = error,
        }
    }
    Err(last)
}

struct Zone {
    hosts: Hosts,
    queries: Arc<Mutex<Queries>>,
}

/// What goes back; `None` in place of it means silence.
struct Answer {
    code: ResponseCode,
    truncated: bool,
    records: Vec<Record>,
}

impl Answer {
    fn code(code: ResponseCode) -> Self {
        Self { code, truncated: false, records: Vec::new() }
    }

    fn records(records: Vec<Record>) -> Self {
        Self { code: ResponseCode::NoError, truncated: false, records }
    }
}

impl Zone {
    fn record(&self, name: &str, record_type: RecordType) {
        let query = Query { name: name.to_owned(), record_type: record_type.to_string() };
        let mut queries = locked(&self.queries);
        *queries.counts.entry(query.clone()).or_default() += 1;
        if queries.newest.len() == KEPT_QUERIES {
            queries.newest.pop_front();
        }
        queries.newest.push_back(query);
    }

    fn answer(&self, name: &Name, record_type: RecordType, over: Protocol) -> Option<Answer> {
        let key = name.to_lowercase().to_ascii();
        let key = key.trim_end_matches('.');
        self.record(key, record_type);
        let answer = self.find(key, name, record_type, over);
        if answer.is_none() {
            let query = Query { name: key.to_owned(), record_type: record_type.to_string() };
            *locked(&self.queries).unanswered.entry(query).or_default() += 1;
        }
        answer
    }

    fn find(&self, key: &str, name: &Name, record_type: RecordType, over: Protocol) -> Option<Answer> {
        if key == PROXY_HOST {
            return Some(Answer::records(addresses(name, record_type, &[IpAddr::V4(Ipv4Addr::LOCALHOST)])));
        }
        let Some(host) = self.hosts.get(key) else {
            return Some(Answer::code(ResponseCode::NXDomain));
        };
        let own = addresses(name, record_type, &[IpAddr::V4(host.ip)]);
        match host.faults().dns {
            Some(DnsFault::NxDomain) => Some(Answer::code(ResponseCode::NXDomain)),
            Some(DnsFault::NoData) => Some(Answer::records(Vec::new())),
            Some(DnsFault::ServFail) => Some(Answer::code(ResponseCode::ServFail)),
            Some(DnsFault::Refused) => Some(Answer::code(ResponseCode::Refused)),
            Some(DnsFault::Silent) => None,
            Some(DnsFault::AaaaSilent) => (record_type != RecordType::AAAA).then(|| Answer::records(own)),
            Some(DnsFault::Addresses(others)) => Some(Answer::records(addresses(name, record_type, &others))),
            Some(DnsFault::Cname(names)) => Some(chain(name, record_type, &names, host)),
            Some(DnsFault::Truncated) if over == Protocol::Udp => {
                Some(Answer { truncated: true, ..Answer::records(Vec::new()) })
            }
            None | Some(DnsFault::Truncated) => Some(Answer::records(own)),
        }
    }
}

fn addresses(name: &Name, record_type: RecordType, addresses: &[IpAddr]) -> Vec<Record> {
    let of_type = addresses.iter().filter_map(|address| match (address, record_type) {
        (IpAddr::V4(ip), RecordType::A) => Some(RData::A(A(*ip))),
        (IpAddr::V6(ip), RecordType::AAAA) => Some(RData::AAAA(AAAA(*ip))),
        _ => None,
    });
    of_type.map(|data| Record::from_rdata(name.clone(), TTL_SECONDS, data)).collect()
}

/// The aliases one after the other, and the host's own address behind the last.
fn chain(name: &Name, record_type: RecordType, aliases: &[String], host: &Host) -> Answer {
    let mut owner = name.clone();
    let mut records = Vec::new();
    for alias in aliases {
        let Ok(alias) = Name::from_ascii(alias).map(|mut alias| {
            alias.set_fqdn(true);
            alias
        }) else {
            return Answer::code(ResponseCode::ServFail);
        };
        let data = RData::CNAME(CNAME(alias.clone()));
        records.push(Record::from_rdata(owner, TTL_SECONDS, data));
        owner = alias;
    }
    records.extend(addresses(&owner, record_type, &[IpAddr::V4(host.ip)]));
    Answer::records(records)
}

/// What a negative answer carries ([RFC 2308](https://www.rfc-editor.org/rfc/rfc2308#section-3)).
fn start_of_authority() -> Record {
    let name = |label: &str| Name::from_ascii(label).unwrap_or_default();
    let seconds = TTL_SECONDS.cast_signed();
    let soa = SOA::new(
        name("ns.testnet.example."),
        name("hostmaster.testnet.example."),
        1,
        seconds,
        seconds,
        seconds,
        TTL_SECONDS,
    );
    Record::from_rdata(Name::root(), TTL_SECONDS, RData::SOA(soa))
}

impl RequestHandler for Zone {
    // Written out because the trait is made with `async_trait`.
    fn handle_request<'this, 'request, 'future, R, T>(
        &'this self,
        request: &'request Request,
        mut responder: R,
    ) -> Pin<Box<dyn Future<Output = ResponseInfo> + Send + 'future>>
    where
        'this: 'future,
        'request: 'future,
        Self: 'future,
        R: ResponseHandler + 'future,
        T: Time + 'future,
    {
        Box::pin(async move {
            let mut metadata = Metadata::response_from_request(&request.metadata);
            let answer = match request.request_info() {
                Ok(info) => self.answer(info.query.original().name(), info.query.query_type(), request.protocol()),
                Err(_) => Some(Answer::code(ResponseCode::FormErr)),
            };
            let unsent = |metadata| Header { metadata, counts: HeaderCounts::default() }.into();
            let Some(answer) = answer else {
                return unsent(metadata);
            };
            metadata.response_code = answer.code;
            metadata.truncation = answer.truncated;
            metadata.authoritative = true;
            metadata.recursion_available = true;
            let negative = answer.records.is_empty()
                && !answer.truncated
                && matches!(answer.code, ResponseCode::NoError | ResponseCode::NXDomain);
            let authority = negative.then(start_of_authority);
            let response = MessageResponseBuilder::from_message_request(request).build(
                metadata,
                &answer.records,
                [],
                authority.as_ref(),
                [],
            );
            responder.send_response(response).await.unwrap_or_else(|_| unsent(metadata))
        })
    }
}
