//! Name servers that answer late, only when asked again, or not at all because nobody listens.

use hickory_proto::rr::rdata::SRV;

use super::*;
use crate::observation::AliasOutcome;

/// A question as the server sees it: which packet of its type, and how long after the first.
#[derive(Debug, Clone, Copy)]
struct Packet {
    nth: u32,
    since: Duration,
}

impl Packet {
    /// Whether it is of the first question, which is sent up to three times.
    fn is_of_first_question(self) -> bool {
        self.since < Duration::from_secs(2)
    }
}

/// A name server that says to each packet what it is told to, after some time. It knows of no AAAA, and says so at once.
async fn play(act: impl Fn(Packet) -> (Duration, Script) + Send + 'static) -> FakeServer {
    let socket = Arc::new(UdpSocket::bind(("127.0.0.1", 0)).await.unwrap());
    let address = socket.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let mut buffer = [0; 1500];
        let mut asked = BTreeMap::new();
        loop {
            let (length, client) = socket.recv_from(&mut buffer).await.unwrap();
            let question = Message::from_vec(&buffer[..length]).unwrap();
            let asked_for = question.queries[0].query_type();
            let (nth, first) = asked.entry(asked_for).or_insert((0, Instant::now()));
            *nth += 1;
            let (delay, script) = match asked_for {
                RecordType::AAAA => (AT_ONCE, Answer(vec![])),
                _ => act(Packet { nth: *nth, since: first.elapsed() }),
            };
            if let Some(reply) = reply(&question, &script, *nth, first.elapsed()) {
                let socket = Arc::clone(&socket);
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    // Nobody may be waiting for it any more.
                    let _ = socket.send_to(&reply, client).await;
                });
            }
        }
    });
    FakeServer { address, task }
}

/// A server that lost the first question, and says this when asked again.
async fn once_asked_again(script: Script) -> FakeServer {
    let after_the_first = move |packet: Packet| if packet.is_of_first_question() { Silent } else { script.clone() };
    play(move |packet| (AT_ONCE, after_the_first(packet))).await
}

const AT_ONCE: Duration = Duration::ZERO;

fn seconds(count: f64) -> Duration {
    Duration::from_secs_f64(count)
}

/// Waits for one address, and says how long it took.
async fn resolved(servers: &[&FakeServer], millis: u64) -> Duration {
    let start = Instant::now();
    let facts = resolver(servers).resolve("name.example", within(millis)).await.unwrap();
    assert_eq!(facts.addresses, ["127.0.0.1".parse::<IpAddr>().unwrap()]);
    start.elapsed()
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_the_first_question_is_heard_after_it_was_asked_again() {
    for late in [2.5, 4.5, 6.5] {
        let server = play(move |packet| match packet.nth {
            1 => (seconds(late), Answer(vec![v4(1)])),
            _ => (AT_ONCE, Silent),
        })
        .await;
        let took = resolved(&[&server], 8000).await;
        assert!((seconds(late)..seconds(late + 0.5)).contains(&took), "{took:?} for {late} s");
    }
}

#[tokio::test(start_paused = true)]
async fn only_the_second_question_may_be_answered() {
    let server = play(|packet| match packet.nth {
        4 if !packet.is_of_first_question() => (seconds(0.5), Answer(vec![v4(1)])),
        _ => (AT_ONCE, Silent),
    })
    .await;
    let took = resolved(&[&server], 4000).await;
    assert!((seconds(2.5)..seconds(3.0)).contains(&took), "{took:?}");
}

#[tokio::test(start_paused = true)]
async fn who_asks_later_does_not_wait_for_an_answer_that_got_lost() {
    let server =
        play(
            |packet| {
                if packet.is_of_first_question() { (AT_ONCE, Silent) } else { (seconds(0.5), Answer(vec![v4(1)])) }
            },
        )
        .await;
    let resolver = resolver(&[&server]);
    let early = resolver.resolve("name.example", within(4000));
    let late = async {
        tokio::time::sleep(seconds(2.2)).await;
        resolver.resolve("name.example", within(1500)).await
    };
    let (early, late) = tokio::join!(early, late);
    assert_eq!((early.unwrap().addresses.len(), late.unwrap().addresses.len()), (1, 1));
}

#[tokio::test(start_paused = true)]
async fn a_failure_does_not_beat_an_answer_in_time() {
    let server = play(|packet| match packet.nth {
        1 => (seconds(3.0), Answer(vec![v4(1)])),
        _ if packet.is_of_first_question() => (AT_ONCE, Silent),
        _ => (AT_ONCE, Code(ResponseCode::ServFail)),
    })
    .await;
    assert_eq!(resolved(&[&server], 4000).await.as_secs(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_no_answer_follows_is_what_the_server_said() {
    let failing = once_asked_again(Code(ResponseCode::ServFail)).await;
    let knowing = serve(Answer(vec![v4(1)]), Answer(vec![])).await;
    let facts = resolver(&[&failing, &knowing]).resolve("name.example", within(8000)).await.unwrap();
    let outcomes: Vec<_> = facts.lookups.into_iter().map(|lookup| lookup.outcome).collect();
    let failed = LookupOutcome::ServerFailure { rcode: "SERVFAIL".to_owned() };
    let known = LookupOutcome::Addresses { addresses: facts.addresses, cnames: vec![] };
    assert_eq!(outcomes, [failed, known, LookupOutcome::NoData]);
}

#[tokio::test(start_paused = true)]
async fn aliases_are_asked_for_again() {
    let server = once_asked_again(Answer(vec![cname("b.")])).await;
    let lookups = resolver(&[&server]).aliases("a", within(4000)).await.unwrap();
    let outcomes: Vec<_> = lookups.into_iter().map(|lookup| lookup.outcome).collect();
    let aliases = AliasOutcome::Aliases(vec!["b".into()]);
    assert_eq!(outcomes[..1], [aliases]);
}

#[tokio::test(start_paused = true)]
async fn services_are_asked_for_again() {
    let kdc = RData::SRV(SRV::new(0, 0, 88, Name::from_ascii("kdc.x.").unwrap()));
    let server = once_asked_again(Answer(vec![kdc])).await;
    let services = resolver(&[&server]).services("_kerberos._tcp.x", within(4000)).await;
    assert_eq!(services, [("kdc.x".to_owned(), 88)]);
}

/// A port where nobody listens, held for as long as the server is: a socket that only hears someone else.
async fn refusing() -> FakeServer {
    let someone_else = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    let socket = UdpSocket::bind(("127.0.0.1", 0)).await.unwrap();
    socket.connect(someone_else.local_addr().unwrap()).await.unwrap();
    let address = socket.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let _held = (socket, someone_else);
        std::future::pending::<()>().await;
    });
    FakeServer { address, task }
}

#[tokio::test(start_paused = true)]
async fn a_server_that_is_not_running_takes_no_time() {
    let (refusing, knowing) = (refusing().await, serve(Answer(vec![v4(1)]), Answer(vec![])).await);
    let took = resolved(&[&refusing, &knowing], 8000).await;
    assert!(took < seconds(0.3), "{took:?}");

    let start = Instant::now();
    let result = resolver(&[&refusing]).resolve("name.example", within(8000)).await;
    assert_eq!(failure(result), (ResolveFailure::Timeout, vec![LookupOutcome::Timeout; 2]));
    assert!(start.elapsed() < seconds(0.3), "{:?}", start.elapsed());
}
