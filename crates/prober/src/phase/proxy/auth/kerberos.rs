//! A Kerberos ticket for a proxy (RFC 4120): the exchanges are sspi's, the connections to the key distribution centre
//! (KDC) ours, with our resolver and within the probe's time.

use sspi::generator::GeneratorState;
use sspi::{
    AuthIdentity, AuthIdentityBuffers, BufferType, ClientRequestFlags, CredentialsBuffers, DataRepresentation,
    ErrorKind, Kerberos, KerberosConfig, SecurityBuffer, Sspi, SspiImpl, Username,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::time::{Instant, timeout_at};

use super::KdcNetwork;
use crate::phase::tcp;
use crate::plan::{Credentials, Kdc, Secret};
use crate::text::Clean;

/// The most exchanges for one ticket: two for ourselves (three where the clocks differ), and one for the proxy; more
/// come only from referrals to other realms.
const MAX_EXCHANGES: usize = 6;

/// The longest message of a KDC, in bytes: tickets of people in many groups have some 64 KiB.
const MAX_MESSAGE: usize = 256 * 1024;

/// The most KDCs of one realm that are tried.
const MAX_KDCS: usize = 4;

/// What stands for the realm's own KDCs where sspi wants a URL; ours is the choice among them.
const HOME: &str = "kdc.invalid";

/// Who asks for a ticket.
#[derive(Debug)]
pub(super) struct Principal<'a> {
    account: &'a str,
    realm: String,
    kdc: Option<&'a Kdc>,
}

impl<'a> Principal<'a> {
    /// The principal that a user is: `user@realm`, and `DOMAIN\user` where a KDC is named that may know the domain.
    /// Others have no realm, and so no ticket.
    pub(super) fn of(credentials: &'a Credentials) -> Option<Self> {
        let kdc = credentials.kdc.as_ref();
        let (account, realm) = match (credentials.username.rsplit_once('@'), credentials.username.split_once('\\')) {
            (Some((account, realm)), None) => (account, realm),
            (None, Some((domain, account))) if kdc.is_some() => (account, domain),
            _ => return None,
        };
        // Realms are upper case by convention (RFC 4120, section 6.1), and Active Directory's always are.
        let parts = !account.is_empty() && !realm.is_empty();
        parts.then(|| Self { account, realm: realm.to_ascii_uppercase(), kdc })
    }
}

/// Why there is no ticket.
#[derive(Debug)]
pub(super) struct NoTicket {
    /// In words.
    pub(super) reason: Clean,
    /// What that means for what is done instead.
    pub(super) why: Lack,
}

/// What a missing ticket means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lack {
    /// Nobody could be asked, or nobody knows such a service: clients would go on without.
    Unasked,
    /// The KDC took the question and refused the user.
    Refused,
    /// The exchange made no sense.
    Broken,
}

impl NoTicket {
    fn unasked(reason: &str) -> Self {
        Self { reason: Clean::new(reason), why: Lack::Unasked }
    }

    fn broken(reason: &str) -> Self {
        Self { reason: Clean::new(reason), why: Lack::Broken }
    }

    /// What sspi makes of a KDC's last answer.
    fn of(error: &sspi::Error, last_answer: Answer) -> Self {
        let why = match error.error_type {
            // As Windows falls back: no KDC, no such service, clocks too far apart.
            ErrorKind::NoAuthenticatingAuthority | ErrorKind::UnknownCredentials | ErrorKind::TimeSkew => Lack::Unasked,
            // What sspi could not even read.
            ErrorKind::InvalidToken => Lack::Broken,
            _ if last_answer == Answer::Error => Lack::Refused,
            _ => Lack::Broken,
        };
        // The KDC's own words, without what it adds in ASN.1.
        let words = error.description.split(". Additional error").next().unwrap_or_default();
        Self { reason: Clean::new(words), why }
    }
}

/// What kind of message a KDC sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Answer {
    Error,
    Other,
}

impl Answer {
    /// The tag behind the length says it: `KRB-ERROR ::= [APPLICATION 30]` (RFC 4120, section 5.9.1).
    fn of(message: &[u8]) -> Self {
        if message.get(4) == Some(&0x7e) { Self::Error } else { Self::Other }
    }
}

/// Gets a ticket for `HTTP/proxy` and makes the token of it that shows it (RFC 4121, section 4.1). Takes at most half
/// of the time that is left, so that there is another half without a ticket.
pub(super) async fn ticket(
    principal: &Principal<'_>,
    password: &Secret,
    proxy: &str,
    network: KdcNetwork<'_>,
    by: Instant,
) -> Result<Vec<u8>, NoTicket> {
    let now = Instant::now();
    let by = now + by.saturating_duration_since(now) / 2;
    let home = kdcs(principal, network, by).await?;
    let kdcs = Kdcs { home, network, by };
    match timeout_at(by, exchange(principal, password, proxy, &kdcs)).await {
        Ok(outcome) => outcome,
        Err(_) => Err(NoTicket::unasked("no KDC answered in time")),
    }
}

async fn exchange(
    principal: &Principal<'_>,
    password: &Secret,
    proxy: &str,
    kdcs: &Kdcs<'_>,
) -> Result<Vec<u8>, NoTicket> {
    let username = Username::new(principal.account, Some(&principal.realm))
        .map_err(|error| NoTicket::broken(&error.to_string()))?;
    let identity = AuthIdentity { username, password: password.expose().to_owned().into() };
    let mut credentials = Some(CredentialsBuffers::AuthIdentity(AuthIdentityBuffers::from(identity)));
    // Nobody needs our host's name.
    let config = KerberosConfig::new_with_kdc_url(&format!("tcp://{HOME}:88"), String::new());
    let mut last_answer = Answer::Other;
    let mut context = Kerberos::new_client_from_config(config).map_err(|error| NoTicket::of(&error, last_answer))?;
    let service = format!("HTTP/{}", proxy.trim_end_matches('.').to_ascii_lowercase());
    let mut input = [SecurityBuffer::new(Vec::new(), BufferType::Token)];
    let mut output = [SecurityBuffer::new(Vec::new(), BufferType::Token)];
    {
        let mut call = context
            .initialize_security_context()
            .with_credentials_handle(&mut credentials)
            .with_context_requirements(ClientRequestFlags::empty())
            .with_target_data_representation(DataRepresentation::Network)
            .with_target_name(&service)
            .with_input(&mut input)
            .with_output(&mut output);
        let begun = context.initialize_security_context_impl(&mut call);
        let mut steps = begun.map_err(|error| NoTicket::of(&error, last_answer))?;
        let mut state = steps.start();
        let mut exchanges = 0;
        loop {
            match state {
                GeneratorState::Completed(outcome) => {
                    outcome.map_err(|error| NoTicket::of(&error, last_answer))?;
                    break;
                }
                GeneratorState::Suspended(_) if exchanges == MAX_EXCHANGES => {
                    return Err(NoTicket::broken("the KDCs keep asking"));
                }
                GeneratorState::Suspended(request) => {
                    exchanges += 1;
                    let host = request.url.host_str().unwrap_or_default();
                    let answer = kdcs.ask(host, request.url.port().unwrap_or(Kdc::PORT), &request.data).await?;
                    last_answer = Answer::of(&answer);
                    state = steps.resume(Ok(answer));
                }
            }
        }
    }
    let [token] = output;
    Ok(token.buffer)
}

/// The KDCs of a realm: the configured one, else those that DNS names (RFC 4120, section 7.2.3.2).
async fn kdcs(principal: &Principal<'_>, network: KdcNetwork<'_>, by: Instant) -> Result<Vec<Kdc>, NoTicket> {
    if let Some(kdc) = principal.kdc {
        return Ok(vec![kdc.clone()]);
    }
    let name = format!("_kerberos._tcp.{}", principal.realm.to_ascii_lowercase());
    let found = network.resolver.services(&name, by).await;
    if found.is_empty() {
        return Err(NoTicket::unasked(&format!("no KDC of the realm {} is in the DNS ({name})", principal.realm)));
    }
    Ok(found.into_iter().take(MAX_KDCS).map(|(host, port)| Kdc { host, port }).collect())
}

/// The KDCs of the user's realm, in the order in which they are asked.
struct Kdcs<'a> {
    home: Vec<Kdc>,
    network: KdcNetwork<'a>,
    by: Instant,
}

impl Kdcs<'_> {
    /// Asks the first KDC that answers; `HOME` is the user's own realm, another host that of a referral.
    async fn ask(&self, host: &str, port: u16, request: &[u8]) -> Result<Vec<u8>, NoTicket> {
        let elsewhere = [Kdc { host: host.to_owned(), port }];
        let kdcs = if host == HOME { self.home.as_slice() } else { elsewhere.as_slice() };
        let mut reasons = Vec::new();
        for (kdc, left) in kdcs.iter().zip((1..=u32::try_from(kdcs.len()).unwrap_or(u32::MAX)).rev()) {
            let now = Instant::now();
            let by = now + self.by.saturating_duration_since(now) / left;
            match timeout_at(by, self.ask_one(kdc, request, by)).await {
                Ok(Ok(answer)) => return Ok(answer),
                Ok(Err(reason)) => reasons.push(format!("KDC {kdc}: {reason}")),
                Err(_) => reasons.push(format!("KDC {kdc}: no answer in time")),
            }
        }
        Err(NoTicket::unasked(&reasons.join("; ")))
    }

    /// One exchange over TCP: messages go with their length before them (RFC 4120, section 7.2.2).
    async fn ask_one(&self, kdc: &Kdc, request: &[u8], by: Instant) -> Result<Vec<u8>, String> {
        let found =
            self.network.resolver.resolve_proxy(&kdc.host, by).await.map_err(|_| "its name does not resolve")?;
        let connected = tcp::connect(&kdc.host, kdc.port, &found.addresses, self.network.source, by).await;
        let mut stream = connected.map_err(|_| "no connection")?.stream;
        stream.write_all(request).await.map_err(|error| error.to_string())?;
        let length = stream.read_u32().await.map_err(|error| error.to_string())?;
        let length = usize::try_from(length).ok().filter(|length| *length <= MAX_MESSAGE);
        let length = length.ok_or("its answer is longer than 256 KiB")?;
        let mut answer = Vec::new();
        let prefix = u32::try_from(length).unwrap_or_default().to_be_bytes();
        answer.extend_from_slice(&prefix);
        (&mut stream).take(length as u64).read_to_end(&mut answer).await.map_err(|error| error.to_string())?;
        if answer.len() != prefix.len() + length {
            return Err("it closed the connection within its answer".to_owned());
        }
        Ok(answer)
    }
}
