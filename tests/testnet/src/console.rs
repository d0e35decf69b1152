//! The commands of the running world.

use std::fmt::Write;

use testnet::{BadFault, Fault, HostFaults, ProxyFault, SetFaultError, SocksFault, Subject, UnknownHost, WORDS, World};

/// What a command led to.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// This is to be printed.
    Say(String),
    /// The world is to end.
    Quit,
}

/// A command that cannot be obeyed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CommandError {
    #[error("there is no command `{0}`; `help` lists them")]
    Unknown(String),
    #[error("use it as `{0}`")]
    Usage(&'static str),
    #[error("{error}{}; `list` shows the hosts", hint(near.as_deref()))]
    Host { error: UnknownHost, near: Option<String> },
    #[error("{error}{}; `kinds` lists them", hint(near.as_deref()))]
    Kind { error: BadFault, near: Option<String> },
    #[error("switching the proxy")]
    Proxy(#[source] std::io::Error),
    #[error(transparent)]
    Fault(SetFaultError),
}

fn hint(near: Option<&str>) -> String {
    near.map(|near| format!(", did you mean `{near}`?")).unwrap_or_default()
}

const HELP: &str = "\
fault HOST KIND        something goes wrong with the host from now on, on the layer of that kind
fault proxy KIND       the same with the proxy, for all targets
fault proxy/HOST KIND  the same with the proxy, for one target
fault socks[/HOST] KIND  the same with the SOCKS server
auth USER PASSWORD     proxy and SOCKS server ask for these
clear HOST|proxy|socks|all  everything is right again
list                   hosts, what they served, and what is wrong with them
kinds                  what can go wrong
quit                   the world ends";

/// Obeys one line.
pub(crate) fn execute(world: &World, line: &str) -> Result<Outcome, CommandError> {
    let words: Vec<&str> = line.split_whitespace().collect();
    match words.as_slice() {
        [] => Ok(Outcome::Say(String::new())),
        ["help" | "?"] => Ok(Outcome::Say(HELP.to_owned())),
        ["kinds"] => Ok(Outcome::Say(kinds())),
        ["list"] => Ok(Outcome::Say(list(world))),
        ["quit" | "exit"] => Ok(Outcome::Quit),
        ["fault", host, kind] => {
            set(world, host, kind)?;
            Ok(Outcome::Say(format!("{host}: {kind}")))
        }
        ["clear", host] => {
            clear(world, host)?;
            Ok(Outcome::Say(format!("{host}: right again")))
        }
        ["auth", user, password] => {
            world.proxy().require_credentials(user, password);
            world.socks().require_credentials(user, password);
            Ok(Outcome::Say(format!("proxy, socks: ask for the credentials of {user}")))
        }
        ["fault", ..] => Err(CommandError::Usage("fault HOST KIND")),
        ["clear", ..] => Err(CommandError::Usage("clear HOST|proxy|socks|all")),
        ["auth", ..] => Err(CommandError::Usage("auth USER PASSWORD")),
        [other, ..] => Err(CommandError::Unknown((*other).to_owned())),
    }
}

/// Sets a fault by its words.
pub(crate) fn set(world: &World, target: &str, kind: &str) -> Result<(), CommandError> {
    let proxy = world.proxy();
    match (target, kind) {
        ("proxy", "refuse") => proxy.refuse_connections().map_err(CommandError::Proxy),
        ("proxy", "drop") => proxy.drop_connections().map_err(CommandError::Proxy),
        ("proxy", kind) => {
            proxy.set_fault(kind.parse::<ProxyFault>().map_err(bad_kind)?);
            Ok(())
        }
        ("socks", "refuse") => world.socks().refuse_connections().map_err(CommandError::Proxy),
        ("socks", "drop") => world.socks().drop_connections().map_err(CommandError::Proxy),
        ("socks", kind) => {
            world.socks().set_fault(kind.parse::<SocksFault>().map_err(bad_kind)?);
            Ok(())
        }
        (target, kind) => {
            if let Some(host) = target.strip_prefix("socks/") {
                known(world, host)?;
                world.socks().set_fault_for(host, kind.parse::<SocksFault>().map_err(bad_kind)?);
                return Ok(());
            }
            if let Some(host) = target.strip_prefix("proxy/") {
                known(world, host)?;
                proxy.set_fault_for(host, kind.parse::<ProxyFault>().map_err(bad_kind)?);
                return Ok(());
            }
            let fault = kind.parse::<Fault>().map_err(bad_kind)?;
            world.faults().set(target, fault).map_err(|error| bad_host(world, error))
        }
    }
}

fn clear(world: &World, target: &str) -> Result<(), CommandError> {
    match target {
        "proxy" => world.proxy().clear().map_err(CommandError::Proxy),
        "socks" => world.socks().clear().map_err(CommandError::Proxy),
        "all" => {
            world.proxy().clear().map_err(CommandError::Proxy)?;
            world.socks().clear().map_err(CommandError::Proxy)?;
            world.faults().clear_all().map_err(|error| bad_host(world, error))
        }
        host => world.faults().clear(host).map_err(|error| bad_host(world, error)),
    }
}

fn known(world: &World, host: &str) -> Result<(), CommandError> {
    world.faults().get(host).map(drop).map_err(|error| bad_host(world, error.into()))
}

fn bad_host(world: &World, error: SetFaultError) -> CommandError {
    match error {
        SetFaultError::UnknownHost(error) => {
            let near = nearest(&error.0, world.faults().hosts());
            CommandError::Host { error, near }
        }
        other @ SetFaultError::Switch { .. } => CommandError::Fault(other),
    }
}

fn bad_kind(error: BadFault) -> CommandError {
    let near = match &error {
        BadFault::Unknown { word, of } => {
            let of_kind = WORDS.iter().filter(|known| known.subject() == *of);
            nearest(word, of_kind.map(|known| known.word))
        }
        _ => None,
    };
    CommandError::Kind { error, near }
}

fn nearest<'a>(word: &str, known: impl Iterator<Item = &'a str>) -> Option<String> {
    const SIMILAR: f64 = 0.8;
    known
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(similarity, _)| *similarity > SIMILAR)
        .max_by(|(one, _), (other, _)| one.total_cmp(other))
        .map(|(_, candidate)| candidate.to_owned())
}

fn kinds() -> String {
    let mut out = String::from("of a host\n");
    let mut of_proxy = String::from("of the proxy\n");
    let mut of_socks = String::from("of the SOCKS server\n");
    for word in WORDS {
        let example = word.argument.map(|argument| format!(":{argument}")).unwrap_or_default();
        let written = format!("{}{example}", word.word);
        let to = match word.subject() {
            Subject::Host => &mut out,
            Subject::Proxy => &mut of_proxy,
            Subject::Socks => &mut of_socks,
        };
        let _infallible = writeln!(to, "  {written:<36} {}", word.about);
    }
    let both = "  refuse                               connections are refused (all targets only)\n  \
                drop                                 connections are not answered (all targets only)\n";
    out + &of_proxy + both + &of_socks + both
}

fn list(world: &World) -> String {
    let faults = world.faults();
    let mut out = String::new();
    for host in faults.hosts() {
        let served = faults.served(host).unwrap_or_default();
        let wrong = faults.get(host).map(|faults| describe(&faults)).unwrap_or_default();
        let _infallible = writeln!(out, "{host:<36} {served:>7} served  {wrong}");
    }
    let _infallible = writeln!(out, "{:<36} {:>7} asked", "proxy", world.proxy().requests().len());
    let _infallible = writeln!(out, "{:<36} {:>7} asked", "socks", world.socks().requests().len());
    out
}

fn describe(faults: &HostFaults) -> String {
    let HostFaults { dns, tcp, tls, http, crl, ocsp } = faults;
    [
        dns.as_ref().map(|fault| format!("dns {fault:?}")),
        tcp.as_ref().map(|fault| format!("tcp {fault:?}")),
        tls.as_ref().map(|fault| format!("tls {fault:?}")),
        http.as_ref().map(|fault| format!("http {fault:?}")),
        crl.as_ref().map(|fault| format!("crl {fault:?}")),
        ocsp.as_ref().map(|fault| format!("ocsp {fault:?}")),
    ]
    .into_iter()
    .flatten()
    .collect::<Vec<_>>()
    .join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;
    use testnet::{TcpFault, TlsFault};

    const HOST: &str = "officecdn.microsoft.com";

    #[tokio::test]
    async fn faults_come_and_go_by_their_words() {
        let world = World::start().await.unwrap();
        execute(&world, &format!("fault {HOST} refuse")).unwrap();
        execute(&world, &format!("fault {HOST} reset-after-hello")).unwrap();
        let faults = world.faults().get(HOST).unwrap();
        assert_eq!(faults.tcp, Some(TcpFault::Refuse));
        assert_eq!(faults.tls, Some(TlsFault::ResetAfterHello));
        execute(&world, &format!("clear {HOST}")).unwrap();
        assert_eq!(world.faults().get(HOST).unwrap(), HostFaults::default());
        assert_eq!(execute(&world, "quit").unwrap(), Outcome::Quit);
    }

    #[tokio::test]
    async fn errors_help() {
        let world = World::start().await.unwrap();
        let error = |line: &str| execute(&world, line).unwrap_err().to_string();
        assert_eq!(
            error("fault officecdn.microsft.com refuse"),
            "the world has no host `officecdn.microsft.com`, did you mean `officecdn.microsoft.com`?; \
             `list` shows the hosts"
        );
        assert_eq!(
            error("fault officecdn.microsoft.com refused"),
            "there is no host fault `refused`, did you mean `refuse`?; `kinds` lists them"
        );
        assert_eq!(error("fault proxy"), "use it as `fault HOST KIND`");
        assert_eq!(error("break it"), "there is no command `break`; `help` lists them");
        assert_eq!(
            error("fault socks denied"),
            "there is no socks fault `denied`, did you mean `deny`?; `kinds` lists them"
        );
        assert!(error("fault proxy/nowhere.example hang").starts_with("the world has no host"));
    }
}
