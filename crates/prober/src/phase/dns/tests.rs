//! Resolving against scripted name servers on the loopback.

mod aliases;
mod silence;
mod streams;

use std::net::SocketAddr;

use hickory_proto::op::{Message, MessageType, ResponseCode};
use hickory_proto::rr::rdata::{A, AAAA, CNAME};
use hickory_proto::rr::{RData, Record, RecordType};
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use super::*;
use crate::plan::{DnsTransport, NameServer};

/// What a scripted name server does with a question.
#[derive(Debug, Clone)]
enum Script {
    Answer(Vec<RData>),
    Code(ResponseCode),
    Silent,
    /// The first question is lost on the way; the second is answered.
    AnswerSecond(Vec<RData>),
    /// Its own question for the first got lost; what comes within two seconds counts as the same, as with dnsmasq.
    AnswerAfterTwoSeconds(Vec<RData>),
    /// Only this name exists.
    AnswerFor(&'static str, Vec<RData>),
}
use Script::{Answer, AnswerAfterTwoSeconds, AnswerFor, AnswerSecond, Code, Silent};

/// A name server that answers A and AAAA as told, until it is dropped.
struct FakeServer {
    address: SocketAddr,
    task: JoinHandle<()>,
}

impl Drop for FakeServer {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve(a: Script, aaaa: Script) -> FakeServer {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut buffer = [0; 1500];
        let mut asked = BTreeMap::new();
        loop {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_vec(&buffer[..length]).unwrap();
            assert!(question.edns.is_none(), "clients send none: {question}");
            let (count, first) = asked.entry(question.queries[0].query_type()).or_insert((0, Instant::now()));
            *count += 1;
            let script = match question.queries[0].query_type() {
                RecordType::A => &a,
                RecordType::AAAA => &aaaa,
                other => panic!("nobody asks for {other}"),
            };
            if let Some(reply) = reply(&question, script, *count, first.elapsed()) {
                socket.send_to(&reply, client).await.unwrap();
            }
        }
    });
    FakeServer { address, task }
}

fn reply(question: &Message, script: &Script, count: u32, since: Duration) -> Option<Vec<u8>> {
    let query = question.queries[0].clone();
    let mut reply = Message::response(question.id, question.op_code);
    assert_eq!(reply.message_type, MessageType::Response);
    match script {
        Silent => return None,
        AnswerSecond(_) if count < 2 => return None,
        AnswerAfterTwoSeconds(_) if since < Duration::from_secs(2) => return None,
        Code(code) => reply.metadata.response_code = *code,
        AnswerFor(name, _) if query.name().to_ascii() != *name => reply.metadata.response_code = ResponseCode::NXDomain,
        Answer(records) | AnswerSecond(records) | AnswerAfterTwoSeconds(records) | AnswerFor(_, records) => {
            let mut owner = query.name().clone();
            for data in records {
                reply.add_answer(Record::from_rdata(owner.clone(), 60, data.clone()));
                if let RData::CNAME(target) = data {
                    owner = target.0.clone();
                }
            }
        }
    }
    reply.add_query(query);
    Some(reply.to_vec().unwrap())
}

fn v4(last: u8) -> RData {
    RData::A(A::new(127, 0, 0, last))
}

fn v6() -> RData {
    RData::AAAA(AAAA::new(0, 0, 0, 0, 0, 0, 0, 1))
}

fn cname(target: &str) -> RData {
    RData::CNAME(CNAME(Name::from_ascii(target).unwrap()))
}

fn resolver(servers: &[&FakeServer]) -> Resolver {
    let listed =
        servers.iter().map(|server| NameServer { address: server.address, transport: DnsTransport::Plain }).collect();
    let plan = DnsPlan { resolvers: Resolvers::Listed(listed), ..DnsPlan::default() };
    Resolver::new(&plan, &TlsPlan::default()).unwrap()
}

fn within(millis: u64) -> Instant {
    Instant::now() + Duration::from_millis(millis)
}

fn failure(result: Result<ResolveFacts, Failure<ResolveFault>>) -> (ResolveFailure, Vec<LookupOutcome>) {
    let Err(Failure::Fault(fault)) = result else { panic!("{result:?} is no fault") };
    (fault.failure, fault.lookups.into_iter().map(|lookup| lookup.outcome).collect())
}

#[tokio::test]
async fn both_families_with_their_cnames() {
    let server = serve(Answer(vec![cname("cdn.example."), v4(1), v4(2)]), Answer(vec![v6()])).await;
    let facts = resolver(&[&server]).resolve("name.example", within(5000)).await.unwrap();

    let expected: Vec<IpAddr> = ["::1", "127.0.0.1", "127.0.0.2"].map(|text| text.parse().unwrap()).to_vec();
    assert_eq!((facts.addresses, facts.fixed), (expected, false));
    assert_eq!(facts.lookups.len(), 2);
    assert_eq!(
        (facts.lookups[0].resolver.as_str(), facts.lookups[0].family),
        (&*server.address.to_string(), Family::Ipv4)
    );
    let LookupOutcome::Addresses { cnames, .. } = &facts.lookups[0].outcome else {
        panic!("{facts:?}", facts = facts.lookups)
    };
    assert_eq!(cnames[..], ["cdn.example".into()]);
}

#[tokio::test]
async fn a_lost_aaaa_question_does_not_hold_up_the_a_answer() {
    let server = serve(Answer(vec![v4(1)]), Silent).await;
    let start = Instant::now();
    let facts = resolver(&[&server]).resolve("name.example", within(20_000)).await.unwrap();

    assert!(start.elapsed() < Duration::from_secs(5), "waited {:?} for AAAA", start.elapsed());
    assert_eq!(facts.addresses, ["127.0.0.1".parse::<IpAddr>().unwrap()]);
    assert_eq!(facts.lookups[1].outcome, LookupOutcome::Timeout);
}

#[tokio::test(start_paused = true)]
async fn a_question_that_the_server_lost_is_asked_again_when_it_listens() {
    let server = serve(AnswerAfterTwoSeconds(vec![v4(1)]), AnswerAfterTwoSeconds(vec![])).await;
    let facts = resolver(&[&server]).resolve("name.example", within(4000)).await.unwrap();
    assert_eq!(facts.addresses, ["127.0.0.1".parse::<IpAddr>().unwrap()]);
    assert_eq!(facts.lookups.len(), 2, "a server is heard once, however often it was asked");
}

#[tokio::test]
async fn both_rcodes_are_kept() {
    let server = serve(Code(ResponseCode::NXDomain), Code(ResponseCode::NXDomain)).await;
    let result = resolver(&[&server]).resolve("name.example", within(5000)).await;
    assert_eq!(failure(result), (ResolveFailure::NxDomain, vec![LookupOutcome::NxDomain, LookupOutcome::NxDomain]));

    let server = serve(Code(ResponseCode::NXDomain), Answer(vec![])).await;
    let result = resolver(&[&server]).resolve("name.example", within(5000)).await;
    assert_eq!(failure(result), (ResolveFailure::NoAddress, vec![LookupOutcome::NxDomain, LookupOutcome::NoData]));
}

#[tokio::test]
async fn the_next_server_is_asked_after_a_failure_and_after_silence() {
    for broken in [Code(ResponseCode::ServFail), Code(ResponseCode::Refused), Silent] {
        let first = serve(broken.clone(), broken.clone()).await;
        let second = serve(Answer(vec![v4(1)]), Answer(vec![])).await;
        let facts = resolver(&[&first, &second]).resolve("name.example", within(2000)).await.unwrap();
        assert_eq!(facts.addresses, ["127.0.0.1".parse::<IpAddr>().unwrap()], "{broken:?}");
        let asked: Vec<_> = facts.lookups.iter().map(|lookup| lookup.resolver.clone()).collect();
        let (one, two) = (first.address.to_string(), second.address.to_string());
        assert_eq!(asked, [one.clone(), two.clone(), one, two], "{broken:?}");
    }
}

#[tokio::test]
async fn a_server_that_knows_is_believed_and_the_next_not_asked() {
    let first = serve(Code(ResponseCode::NXDomain), Code(ResponseCode::NXDomain)).await;
    let second = serve(Answer(vec![v4(1)]), Answer(vec![v6()])).await;
    let result = resolver(&[&first, &second]).resolve("name.example", within(5000)).await;
    assert_eq!(failure(result).0, ResolveFailure::NxDomain);
}

#[tokio::test]
async fn silence_ends_in_time() {
    let (first, second) = (serve(Silent, Silent).await, serve(Silent, Silent).await);
    let start = Instant::now();
    let result = resolver(&[&first, &second]).resolve("name.example", within(300)).await;
    assert_eq!(failure(result), (ResolveFailure::Timeout, vec![LookupOutcome::Timeout; 4]));
    assert!(start.elapsed() < Duration::from_secs(2), "took {:?}", start.elapsed());
}

#[tokio::test]
async fn server_failures_everywhere_are_one() {
    let server = serve(Code(ResponseCode::ServFail), Code(ResponseCode::Refused)).await;
    let result = resolver(&[&server]).resolve("name.example", within(5000)).await;
    let code = |rcode: &str| LookupOutcome::ServerFailure { rcode: rcode.to_owned() };
    assert_eq!(failure(result), (ResolveFailure::ServerFailure, vec![code("SERVFAIL"), code("REFUSED")]));
}

#[tokio::test]
async fn nothing_is_remembered() {
    let server = serve(Answer(vec![v4(1)]), Answer(vec![])).await;
    let resolver = resolver(&[&server]);
    resolver.resolve("name.example", within(5000)).await.unwrap();
    server.task.abort();
    assert_eq!(failure(resolver.resolve("name.example", within(200)).await).0, ResolveFailure::Timeout);
}

#[tokio::test]
async fn an_unspecified_answer_is_a_failure_of_its_own() {
    let zero = RData::A(A::new(0, 0, 0, 0));
    let server = serve(Answer(vec![zero]), Answer(vec![])).await;
    let result = resolver(&[&server]).resolve("name.example", within(5000)).await;
    assert_eq!(failure(result).0, ResolveFailure::Unspecified);
}

#[tokio::test]
async fn fixed_answers_and_addresses_ask_nobody() {
    let hosts = [("fixed.example".to_owned(), vec!["192.0.2.1".parse().unwrap()])].into();
    let plan = DnsPlan { resolvers: Resolvers::Listed(Vec::new()), hosts, ..DnsPlan::default() };
    let resolver = Resolver::new(&plan, &TlsPlan::default()).unwrap();
    let cases = [
        ("fixed.example", "192.0.2.1"),
        ("Fixed.Example.", "192.0.2.1"),
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8::7", "2001:db8::7"),
        ("[2001:db8::7]", "2001:db8::7"),
    ];
    for (host, address) in cases {
        let facts = resolver.resolve(host, within(100)).await.unwrap();
        let expected = ResolveFacts { addresses: vec![address.parse().unwrap()], fixed: true, lookups: vec![] };
        assert_eq!(facts, expected, "{host}");
    }
    assert_eq!(failure(resolver.resolve("other.example", within(100)).await), (ResolveFailure::Timeout, vec![]));
    assert_eq!(failure(resolver.resolve("0.0.0.0", within(100)).await), (ResolveFailure::Unspecified, vec![]));
}

#[tokio::test]
async fn a_name_that_dns_cannot_carry_does_not_exist() {
    let server = serve(Silent, Silent).await;
    let result = resolver(&[&server]).resolve(&"a".repeat(64), within(100)).await;
    assert_eq!(failure(result), (ResolveFailure::NxDomain, vec![]));
}

/// How long `finish` waits for a second family that answers after so many milliseconds.
async fn waited(first: bool, second_after: u64, routed: bool) -> u128 {
    let first = first.then(|| "192.0.2.1".parse().unwrap());
    let second = pin!(async {
        tokio::time::sleep(Duration::from_millis(second_after)).await;
        None
    });
    let start = Instant::now();
    finish(first, second, |_| routed).await;
    start.elapsed().as_millis()
}

#[tokio::test(start_paused = true)]
async fn the_second_family_gets_a_moment_unless_it_is_all_there_is() {
    assert_eq!(waited(true, 20, true).await, 20);
    assert_eq!(waited(true, 3000, true).await, 50);
    assert_eq!(waited(true, 3000, false).await, 3000, "addresses without a route are of no use");
    assert_eq!(waited(false, 3000, true).await, 3000);
}

#[tokio::test]
async fn a_circle_of_cnames_ends() {
    let circle = || Answer(vec![cname("name.example.")]);
    let server = serve(circle(), circle()).await;
    let (failed, lookups) = failure(resolver(&[&server]).resolve("name.example", within(5000)).await);
    assert_ne!(failed, ResolveFailure::Timeout, "{lookups:?}");
}

#[tokio::test]
async fn a_lost_packet_is_no_silent_name_server() {
    let server = serve(AnswerSecond(vec![v4(7)]), AnswerSecond(vec![v6()])).await;
    let facts = resolver(&[&server]).resolve("lossy.example", within(4000)).await.unwrap();
    assert_eq!(facts.addresses.len(), 2, "{facts:?}");
}

/// A resolver that searches a domain, as one of the system's may.
fn searching(server: &FakeServer, domain: &str) -> Resolver {
    let mut resolver = resolver(&[server]);
    if let Servers::Listed(servers) = &mut resolver.servers {
        Arc::get_mut(servers).unwrap().search = search::of_domains(&[domain]);
    }
    resolver
}

#[tokio::test]
async fn only_the_names_of_proxies_are_searched_for() {
    let there = |name| AnswerFor(name, vec![v4(1)]);
    for (exists, host) in
        [("proxy.corp.example.", "proxy"), ("proxy.dc.corp.example.", "proxy.dc"), ("proxy.", "proxy")]
    {
        let server = serve(there(exists), there(exists)).await;
        let facts = searching(&server, "corp.example").resolve_proxy(host, within(5000)).await.unwrap();
        assert_eq!(facts.addresses, ["127.0.0.1".parse::<IpAddr>().unwrap()], "{exists}");
    }
    let server = serve(there("proxy.corp.example."), there("proxy.corp.example.")).await;
    let resolver = searching(&server, "corp.example");
    assert_eq!(failure(resolver.resolve("proxy", within(5000)).await).0, ResolveFailure::NxDomain);
    assert_eq!(failure(resolver.resolve_proxy("other", within(5000)).await).0, ResolveFailure::NxDomain);
}
