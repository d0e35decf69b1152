//! Following aliases over scripted name servers on the loopback.

use super::*;
use crate::observation::{AliasLookup, AliasOutcome};

/// A zone: what is said to a question for the CNAME of a name. Names without an entry do not exist.
type Zone = &'static [(&'static str, Script)];

/// A name server for such a zone.
async fn zone(zone: Zone) -> FakeServer {
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    let address = socket.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut buffer = [0; 1500];
        loop {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_vec(&buffer[..length]).unwrap();
            assert_eq!(question.queries[0].query_type(), RecordType::CNAME, "nobody asks for anything else");
            let name = question.queries[0].name().to_ascii();
            let script = zone.iter().find(|(known, _)| *known == name).map(|(_, script)| script.clone());
            if let Some(reply) = reply(&question, &script.unwrap_or(Code(ResponseCode::NXDomain)), 1, Duration::ZERO) {
                socket.send_to(&reply, client).await.unwrap();
            }
        }
    });
    FakeServer { address, task }
}

/// A zone with leave to leak: it lives as long as its test.
fn records(of: Vec<(&'static str, Script)>) -> Zone {
    Vec::leak(of)
}

async fn follow(servers: &[&FakeServer], name: &str) -> Vec<(String, AliasOutcome)> {
    let lookups = resolver(servers).aliases(name, within(2000)).await.unwrap();
    lookups.into_iter().map(|AliasLookup { name, outcome, .. }| (name.to_string(), outcome)).collect()
}

fn asked(name: &str, outcome: AliasOutcome) -> (String, AliasOutcome) {
    (name.to_owned(), outcome)
}

fn aliases(names: &[&str]) -> AliasOutcome {
    AliasOutcome::Aliases(names.iter().map(|name| (*name).into()).collect())
}

#[tokio::test]
async fn a_chain_is_followed_to_its_end() {
    let server = zone(records(vec![
        ("msoid.contoso.com.", Answer(vec![cname("Activation.Contoso.com.")])),
        ("Activation.Contoso.com.", Answer(vec![cname("host.cn.")])),
        ("host.cn.", Answer(vec![])),
    ]))
    .await;
    let expected = [
        asked("msoid.contoso.com", aliases(&["activation.contoso.com"])),
        asked("activation.contoso.com", aliases(&["host.cn"])),
        asked("host.cn", AliasOutcome::NoData),
    ];
    assert_eq!(follow(&[&server], "msoid.contoso.com").await, expected);
}

#[tokio::test]
async fn an_answer_may_tell_of_several_at_once() {
    let server = zone(records(vec![("a.", Answer(vec![cname("b."), cname("c."), v4(1)]))])).await;
    let expected = [asked("a", aliases(&["b", "c"])), asked("c", AliasOutcome::NxDomain)];
    assert_eq!(follow(&[&server], "a").await, expected);
}

#[tokio::test]
async fn no_record_is_an_answer() {
    let server = zone(records(vec![("there.", Answer(vec![]))])).await;
    assert_eq!(follow(&[&server], "there").await, [asked("there", AliasOutcome::NoData)]);
    assert_eq!(follow(&[&server], "missing").await, [asked("missing", AliasOutcome::NxDomain)]);
}

#[tokio::test]
async fn the_next_server_is_asked_where_one_does_not_know() {
    let (silent, failing) =
        (zone(records(vec![("a.", Silent)])).await, zone(records(vec![("a.", Code(ResponseCode::ServFail))])).await);
    let knowing = zone(records(vec![("a.", Answer(vec![cname("b.")]))])).await;
    let outcomes = follow(&[&silent, &failing, &knowing], "a").await;
    let failure = AliasOutcome::ServerFailure { rcode: "SERVFAIL".to_owned() };
    let expected = [AliasOutcome::Timeout, failure, aliases(&["b"])];
    assert_eq!(outcomes.iter().take(3).map(|(_, outcome)| outcome.clone()).collect::<Vec<_>>(), expected);
    assert_eq!(outcomes.last(), Some(&asked("b", AliasOutcome::NxDomain)));
    assert!(follow(&[], "a").await.is_empty(), "there is nobody to ask");
}

#[tokio::test]
async fn circles_and_endless_chains_end() {
    let circle = zone(records(vec![("a.", Answer(vec![cname("b.")])), ("b.", Answer(vec![cname("a.")]))])).await;
    assert_eq!(follow(&[&circle], "a").await, [asked("a", aliases(&["b"])), asked("b", aliases(&["a"]))]);

    let names: Vec<String> = (0..100).map(|index| format!("n{index}.")).collect();
    let names: &'static [String] = Vec::leak(names);
    let chain = names.windows(2).map(|pair| (pair[0].as_str(), Answer(vec![cname(&pair[1])]))).collect();
    let endless = zone(records(chain)).await;
    assert_eq!(follow(&[&endless], "n0").await.len(), 8);

    // More than are kept, all in one answer.
    let much = (1..20).map(|index| cname(&format!("n{index}."))).collect();
    let much = zone(records(vec![("n0.", Answer(much))])).await;
    let outcomes = follow(&[&much], "n0").await;
    let Some((_, AliasOutcome::Aliases(aliases))) = outcomes.first() else { panic!("{outcomes:?}") };
    assert_eq!(aliases.len(), 16);
}
