//! The name server, asked by hand.
#![expect(clippy::unwrap_used, reason = "helpers of tests may panic as tests do")]

mod common;

use std::net::Ipv4Addr;
use std::time::Duration;

use common::HOST;
use hickory_proto::op::{Message, Query, ResponseCode};
use hickory_proto::rr::{Name, RData, RecordType};
use testnet::{DnsFault, World};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpStream, UdpSocket};

fn question(name: &str, record_type: RecordType) -> Vec<u8> {
    let mut message = Message::query();
    message.add_query(Query::query(Name::from_ascii(format!("{name}.")).unwrap(), record_type));
    message.to_vec().unwrap()
}

async fn ask(world: &World, name: &str, record_type: RecordType) -> Message {
    let socket = UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    socket.send_to(&question(name, record_type), world.dns_address()).await.unwrap();
    let mut buffer = Vec::with_capacity(4096);
    socket.recv_buf_from(&mut buffer).await.unwrap();
    Message::from_vec(&buffer).unwrap()
}

async fn ask_tcp(world: &World, name: &str, record_type: RecordType) -> Message {
    let mut stream = TcpStream::connect(world.dns_address()).await.unwrap();
    let question = question(name, record_type);
    stream.write_u16(question.len().try_into().unwrap()).await.unwrap();
    stream.write_all(&question).await.unwrap();
    let mut answer = vec![0; stream.read_u16().await.unwrap().into()];
    stream.read_exact(&mut answer).await.unwrap();
    Message::from_vec(&answer).unwrap()
}

fn addresses(message: &Message) -> Vec<String> {
    let data = message.answers.iter().filter_map(|record| record.data.ip_addr());
    data.map(|address| address.to_string()).collect()
}

#[tokio::test]
async fn every_entry_has_an_address_of_its_own() {
    let world = World::start().await.unwrap();
    for entry in testnet::ENTRIES {
        let answer = ask(&world, entry.host, RecordType::A).await;
        let expected = world.address(entry.host, entry.scheme).unwrap().ip().to_string();
        assert_eq!(addresses(&answer), [expected], "{}", entry.host);
        assert_eq!(addresses(&ask_tcp(&world, entry.host, RecordType::A).await).len(), 1);
    }
    let answer = ask(&world, HOST, RecordType::AAAA).await;
    assert_eq!((answer.response_code, answer.answers.len()), (ResponseCode::NoError, 0));
    assert_eq!(answer.authorities.len(), 1);
    let asked = |record_type: &str| {
        world.dns_asked(&testnet::Query { name: HOST.to_owned(), record_type: record_type.to_owned() })
    };
    assert_eq!((asked("A"), asked("AAAA"), asked("TXT")), (2, 1, 0));
}

#[tokio::test]
async fn the_codes_are_those_that_were_set() {
    let world = World::start().await.unwrap();
    assert_eq!(ask(&world, "nowhere.example", RecordType::A).await.response_code, ResponseCode::NXDomain);
    for (fault, code) in [
        (DnsFault::NxDomain, ResponseCode::NXDomain),
        (DnsFault::NoData, ResponseCode::NoError),
        (DnsFault::ServFail, ResponseCode::ServFail),
        (DnsFault::Refused, ResponseCode::Refused),
    ] {
        world.faults().set(HOST, fault).unwrap();
        let answer = ask(&world, HOST, RecordType::A).await;
        assert_eq!((answer.response_code, answer.answers.len()), (code, 0));
    }
}

#[tokio::test]
async fn silence_is_no_answer_and_leaves_others_alone() {
    let world = World::start().await.unwrap();
    world.faults().set(HOST, DnsFault::AaaaSilent).unwrap();
    assert_eq!(ask(&world, HOST, RecordType::A).await.answers.len(), 1);
    let wait = Duration::from_millis(100);
    assert!(tokio::time::timeout(wait, ask(&world, HOST, RecordType::AAAA)).await.is_err());
    let aaaa = testnet::Query { name: HOST.to_owned(), record_type: "AAAA".to_owned() };
    assert_eq!((world.dns_asked(&aaaa), world.dns_unanswered(&aaaa)), (1, 1));
    world.faults().set(HOST, DnsFault::Silent).unwrap();
    assert!(tokio::time::timeout(wait, ask(&world, HOST, RecordType::A)).await.is_err());
    assert_eq!(ask(&world, "go.microsoft.com", RecordType::A).await.answers.len(), 1);
    let asked = world.dns_queries();
    assert_eq!(asked.len(), 4);
    assert_eq!((asked[1].name.as_str(), asked[1].record_type.as_str()), (HOST, "AAAA"));
}

#[tokio::test]
async fn other_addresses_aliases_and_truncation() {
    let world = World::start().await.unwrap();
    world.faults().set(HOST, DnsFault::unspecified()).unwrap();
    assert_eq!(addresses(&ask(&world, HOST, RecordType::A).await), ["0.0.0.0"]);
    assert_eq!(addresses(&ask(&world, HOST, RecordType::AAAA).await), ["::"]);

    let aliases = vec!["one.example".to_owned(), "two.example".to_owned()];
    world.faults().set(HOST, DnsFault::Cname(aliases)).unwrap();
    let answer = ask(&world, HOST, RecordType::A).await;
    let RData::CNAME(first) = &answer.answers[0].data else { panic!("{answer:?}") };
    assert_eq!(first.to_string(), "one.example.");
    assert_eq!(answer.answers[2].name.to_string(), "two.example.");
    assert_eq!(addresses(&answer).len(), 1);

    world.faults().set(HOST, DnsFault::Truncated).unwrap();
    let answer = ask(&world, HOST, RecordType::A).await;
    assert!(answer.truncation && answer.answers.is_empty());
    assert_eq!(ask_tcp(&world, HOST, RecordType::A).await.answers.len(), 1);
}
