//! Conversations with proxies that ask, by script.

use std::collections::BTreeMap;
use std::net::IpAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};

use super::*;
use crate::phase::proxy::{Connect, Reply, open};
use crate::plan::{DnsPlan, Kdc, NameServer, Password, Resolvers, TlsPlan};

const OPEN: &str = "HTTP/1.1 200 OK\r\n\r\n";

/// A challenge as Windows sends it (MS-NLMP, section 4.2.4.3).
const NTLM_CHALLENGE: &str = "TlRMTVNTUAACAAAADAAMADgAAAAzgoriASNFZ4mrze8AAAAAAAAAACQAJABEAAAABgBwFwAAAA9TAGUAcgB2AGUAcgACAAwARABvAG0AYQBpAG4AAQAMAFMAZQByAHYAZQByAAAAAAA=";

fn asks(challenges: &[&str]) -> String {
    let headers: Vec<String> = challenges.iter().map(|one| format!("Proxy-Authenticate: {one}\r\n")).collect();
    format!("HTTP/1.1 407 Who\r\nContent-Length: 4\r\n{}\r\nwho?", headers.concat())
}

/// A resolver that knows no name server, and one name.
fn resolver() -> Resolver {
    let hosts = BTreeMap::from([("dc.example".to_owned(), vec![IpAddr::from([127, 0, 0, 1])])]);
    let dns = DnsPlan { resolvers: Resolvers::Listed(Vec::<NameServer>::new()), hosts, ..DnsPlan::default() };
    Resolver::new(&dns, &TlsPlan::default()).unwrap()
}

fn credentials(username: &str) -> Credentials {
    let password = Password::fixed(Secret::new("p:w".to_owned()));
    Credentials { username: username.to_owned(), password, scheme: None, kdc: None }
}

/// What the requests of a conversation showed, and what it came to.
struct Conversation {
    shown: Vec<Option<String>>,
    reply: Reply<DuplexStream>,
    facts: Option<AuthFacts>,
}

impl Conversation {
    fn status(&self) -> u16 {
        self.reply.facts.as_ref().map_or(0, |facts| facts.status)
    }

    /// The first words of what was shown: schemes.
    fn schemes(&self) -> Vec<&str> {
        self.shown.iter().map(|shown| shown.as_deref().map_or("-", |shown| shown.split(' ').next().unwrap())).collect()
    }

    fn failure(&self) -> Option<&AuthFailure> {
        self.facts.as_ref()?.failure.as_ref()
    }
}

/// Talks to a proxy that gives these answers over one connection and then closes it.
async fn talk(credentials: &Credentials, remembered: Option<AuthScheme>, answers: &[String]) -> Conversation {
    let (proxy, resolver) = (Host::parse("proxy.example").unwrap(), resolver());
    let mut who = Authentication::new(credentials, &proxy, KdcNetwork { resolver: &resolver, source: None });
    let by = Instant::now() + Duration::from_secs(5);
    who.begin_unasked(remembered, by).await;
    let (near, far) = duplex(256 * 1024);
    let connect = Connect::to("host.example:443");
    let (reply, shown) = tokio::join!(open(near, &connect, &mut who, by), answer(far, answers));
    Conversation { shown, reply, facts: who.facts() }
}

async fn answer(mut stream: DuplexStream, answers: &[String]) -> Vec<Option<String>> {
    let mut shown = Vec::new();
    for answer in answers {
        let mut request = Vec::new();
        while !request.ends_with(b"\r\n\r\n") {
            match stream.read_u8().await {
                Ok(octet) => request.push(octet),
                Err(_) => return shown,
            }
        }
        let request = String::from_utf8(request).unwrap();
        let line = request.lines().find_map(|line| line.strip_prefix("Proxy-Authorization: "));
        shown.push(line.map(str::to_owned));
        stream.write_all(answer.as_bytes()).await.unwrap();
    }
    shown
}

#[tokio::test]
async fn a_password_is_told_only_who_asks_for_it() {
    let svc = credentials("svc");
    let told = talk(&svc, None, &[OPEN.to_owned()]).await;
    assert_eq!((told.status(), told.schemes(), &told.facts), (200, vec!["-"], &None));

    let told = talk(&svc, None, &[asks(&["Basic realm=\"x\""]), OPEN.to_owned()]).await;
    assert_eq!((told.status(), told.schemes()), (200, vec!["-", "Basic"]));
    assert_eq!(told.shown[1].as_deref(), Some("Basic c3ZjOnA6dw=="));
    assert_eq!(told.facts, Some(AuthFacts { tried: Some(AuthScheme::Basic), ..AuthFacts::default() }));

    let told = talk(&svc, Some(AuthScheme::Basic), &[OPEN.to_owned()]).await;
    assert_eq!((told.status(), told.schemes()), (200, vec!["Basic"]));
}

#[tokio::test]
async fn a_password_is_not_told_where_a_proof_of_it_would_do() {
    let svc = credentials("svc");
    for offer in [&["Negotiate", "NTLM", "Basic realm=x"][..], &["Basic realm=x, NTLM"]] {
        let told = talk(&svc, None, &[asks(offer), asks(&["NTLM", "Basic realm=x"])]).await;
        assert!(!told.schemes().contains(&"Basic"), "{:?}", told.shown);
        assert_eq!(told.failure(), Some(&AuthFailure::Refused));
    }
    // It was asked for once, and now something better is.
    let ntlm = [asks(&["NTLM", "Basic realm=x"]), asks(&[&format!("NTLM {NTLM_CHALLENGE}")]), OPEN.to_owned()];
    let told = talk(&svc, Some(AuthScheme::Basic), &ntlm).await;
    assert_eq!((told.status(), told.schemes()), (200, vec!["Basic", "NTLM", "NTLM"]));
}

#[tokio::test]
async fn ntlm_goes_two_rounds_over_one_connection() {
    let challenge = asks(&[&format!("NTLM {NTLM_CHALLENGE}")]);
    let told = talk(&credentials("CORP\\svc"), None, &[asks(&["NTLM"]), challenge.clone(), OPEN.to_owned()]).await;
    assert_eq!((told.status(), told.schemes()), (200, vec!["-", "NTLM", "NTLM"]));
    assert!(told.shown[1].as_ref().unwrap().starts_with("NTLM TlRMTVNTUAABAAAA"));
    assert!(told.shown[2].as_ref().unwrap().starts_with("NTLM TlRMTVNTUAADAAAA"));

    let told = talk(&credentials("svc"), Some(AuthScheme::Ntlm), &[challenge.clone(), OPEN.to_owned()]).await;
    assert_eq!((told.status(), told.schemes()), (200, vec!["NTLM", "NTLM"]));

    // A greeting that the proxy did not wait for may be overheard.
    let told = talk(&credentials("svc"), Some(AuthScheme::Ntlm), &[asks(&["NTLM"]), challenge, OPEN.to_owned()]).await;
    assert_eq!((told.status(), told.schemes()), (200, vec!["NTLM", "NTLM", "NTLM"]));
}

#[tokio::test]
async fn negotiate_without_a_realm_carries_ntlm() {
    let answers = [asks(&["Negotiate"]), asks(&[&format!("Negotiate {NTLM_CHALLENGE}")]), OPEN.to_owned()];
    let told = talk(&credentials("CORP\\svc"), None, &answers).await;
    assert_eq!((told.status(), told.schemes()), (200, vec!["-", "Negotiate", "Negotiate"]));
    assert!(told.shown[2].as_ref().unwrap().starts_with("Negotiate TlRMTVNTUAADAAAA"));
}

#[tokio::test]
async fn without_a_kdc_there_is_ntlm_unless_the_configuration_forbids_it() {
    let mut svc = credentials("svc@corp.example");
    let told = talk(&svc, None, &[asks(&["Negotiate", "NTLM"]), asks(&["NTLM"])]).await;
    assert_eq!(told.schemes(), ["-", "NTLM"]);
    let reason = told.facts.unwrap().no_ticket.unwrap();
    assert!(reason.as_str().contains("_kerberos._tcp.corp.example"), "{reason}");

    svc.scheme = Some(AuthScheme::Negotiate);
    let told = talk(&svc, None, &[asks(&["Negotiate", "NTLM"])]).await;
    assert_eq!(told.schemes(), ["-"]);
    assert!(matches!(told.failure(), Some(AuthFailure::Ticket(_))), "{:?}", told.facts);
}

#[tokio::test]
async fn the_configuration_restricts_the_schemes() {
    let mut svc = credentials("svc");
    svc.scheme = Some(AuthScheme::Basic);
    let told = talk(&svc, None, &[asks(&["Negotiate", "Basic realm=x"]), OPEN.to_owned()]).await;
    assert_eq!((told.status(), told.schemes()), (200, vec!["-", "Basic"]));
    let told = talk(&svc, None, &[asks(&["Negotiate"])]).await;
    assert_eq!(told.failure(), Some(&AuthFailure::NoScheme));
    assert!(!told.reply.ask_again);
}

#[tokio::test]
async fn credentials_that_are_refused_are_not_sent_again() {
    let refused = asks(&["Basic realm=x"]);
    let told = talk(&credentials("svc"), None, &vec![refused.clone(); 5]).await;
    assert_eq!((told.status(), told.schemes()), (407, vec!["-", "Basic"]));
    assert_eq!(told.failure(), Some(&AuthFailure::Refused));
    let told = talk(&credentials("svc"), Some(AuthScheme::Basic), &vec![refused; 5]).await;
    assert_eq!(told.schemes(), ["Basic"]);
    assert_eq!(told.failure(), Some(&AuthFailure::Refused));
}

#[tokio::test]
async fn a_proxy_that_keeps_asking_is_left() {
    let ntlm = || asks(&[&format!("NTLM {NTLM_CHALLENGE}")]);
    let negotiate = || asks(&[&format!("Negotiate {NTLM_CHALLENGE}")]);
    let moods = [ntlm(), asks(&["Negotiate"]), negotiate(), asks(&["Negotiate"]), negotiate()];
    let told = talk(&credentials("svc"), Some(AuthScheme::Ntlm), &moods).await;
    assert_eq!(told.schemes(), ["NTLM", "NTLM", "Negotiate", "Negotiate"]);
    assert_eq!(told.failure(), Some(&AuthFailure::TooManyRounds));

    let told = talk(&credentials("svc"), None, &vec![ntlm(); 9]).await;
    assert_eq!(told.schemes(), ["-", "NTLM", "NTLM"]);
    assert_eq!(told.failure(), Some(&AuthFailure::Refused));
}

#[tokio::test]
async fn a_connection_that_ends_is_replaced_only_where_nothing_is_bound_to_it() {
    let closing = |challenge: &str| asks(&[challenge]).replace("Content-Length", "Connection: close\r\nContent-Length");
    let told = talk(&credentials("svc"), None, &[closing("Basic realm=x")]).await;
    assert!(told.reply.ask_again);
    let told = talk(&credentials("svc"), None, &[closing("Basic realm=x").replace("HTTP/1.1", "HTTP/1.0")]).await;
    assert!(told.reply.ask_again);
    // It closes without having said so.
    let told = talk(&credentials("svc"), None, &[asks(&["Basic realm=x"])]).await;
    assert!(told.reply.ask_again);

    let answers = [asks(&["NTLM"]), closing(&format!("NTLM {NTLM_CHALLENGE}"))];
    let told = talk(&credentials("svc"), None, &answers).await;
    assert_eq!(told.failure(), Some(&AuthFailure::Closed));
    assert!(!told.reply.ask_again);
}

#[tokio::test]
async fn hostile_tokens_are_failures() {
    let huge = format!("NTLM {}", "A".repeat(60 * 1024));
    let wrong_kind = format!("NTLM {}", BASE64_STANDARD.encode(b"NTLMSSP\0\x09\0\0\0"));
    let cut = format!("NTLM {}", &NTLM_CHALLENGE[..40]);
    for token in [huge.as_str(), "NTLM ====", "NTLM AAA", "NTLM TlRM", &wrong_kind, &cut] {
        let told = talk(&credentials("svc"), None, &[asks(&["NTLM"]), asks(&[token])]).await;
        let shown = token.get(..20).unwrap_or(token);
        assert!(
            matches!(told.failure(), Some(AuthFailure::Challenge(_) | AuthFailure::Refused)),
            "{shown}: {:?}",
            told.facts
        );
        assert!(!told.reply.ask_again, "{shown}");
    }
}

/// A KDC that takes a request, gives this answer, and closes.
async fn kdc(answer: Vec<u8>) -> (Kdc, tokio::task::JoinHandle<()>) {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let serving = tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let length = stream.read_u32().await.unwrap();
            let mut request = vec![0; usize::try_from(length).unwrap()];
            stream.read_exact(&mut request).await.unwrap();
            let _closed = stream.write_all(&answer).await;
        }
    });
    (Kdc { host: "dc.example".to_owned(), port }, serving)
}

#[tokio::test]
async fn a_kdc_that_makes_no_sense_gives_no_ticket() {
    let message = |content: &[u8]| [&u32::try_from(content.len()).unwrap().to_be_bytes()[..], content].concat();
    for answer in [
        Vec::new(),
        vec![0, 0],
        vec![0, 0, 1, 0, 0x30],
        vec![0xff; 64],
        message(&[]),
        message(b"HTTP/1.1 400 Bad Request"),
        message(&[0x7e, 0x82, 0xff, 0xff]),
        message(&[0x6b; 300]),
    ] {
        let (kdc, serving) = kdc(answer.clone()).await;
        let mut svc = credentials("svc@corp.example");
        svc.kdc = Some(kdc);
        svc.scheme = Some(AuthScheme::Negotiate);
        let told = talk(&svc, None, &[asks(&["Negotiate"])]).await;
        assert!(matches!(told.failure(), Some(AuthFailure::Ticket(_))), "{answer:?}: {:?}", told.facts);
        assert_eq!(told.schemes(), ["-"]);
        serving.abort();
    }
}

#[test]
fn nothing_shows_the_password() {
    let (svc, proxy, resolver) = (credentials("svc"), Host::parse("proxy").unwrap(), resolver());
    let who = Authentication::new(&svc, &proxy, KdcNetwork { resolver: &resolver, source: None });
    for shown in [format!("{who:?}"), format!("{svc:?}")] {
        assert!(!shown.contains("p:w"), "{shown}");
    }
}
