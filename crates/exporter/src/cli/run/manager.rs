//! What the service manager is told: sd_notify(3), one datagram a message.
//!
//! By hand, since it is little, the kept crate knows no abstract sockets, and it reads the environment at every call.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::linux::net::SocketAddrExt;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::net::{SocketAddr, UnixDatagram};
use std::path::PathBuf;
use std::time::Duration;

use prober::text::with_sources;

/// Why the service manager cannot be told anything.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotifyError {
    #[error("NOTIFY_SOCKET {0:?} is neither a path nor an abstract name")]
    Address(OsString, #[source] io::Error),
    #[error("the service manager's socket {0:?} cannot be used")]
    Connect(OsString, #[source] io::Error),
    #[error("the service manager cannot be told {0:?}")]
    Send(String, #[source] io::Error),
}

/// Whoever started this process and wants to hear of it, such as systemd; often nobody.
#[derive(Debug)]
pub(super) struct ServiceManager {
    socket: Option<UnixDatagram>,
    watchdog: Option<Duration>,
}

impl ServiceManager {
    /// The one that the environment names. Where it cannot be reached, a line of the log says so: probing matters more.
    pub(super) fn of_environment() -> Self {
        let get = |name| std::env::var_os(name);
        Self::of(get, std::process::id()).unwrap_or_else(|error| {
            tracing::warn!(error = %with_sources(&error), "nobody is told that this service is up");
            Self { socket: None, watchdog: None }
        })
    }

    /// The one that variables name, for a process.
    pub(super) fn of(get: impl Fn(&'static str) -> Option<OsString>, process: u32) -> Result<Self, NotifyError> {
        let Some(name) = get("NOTIFY_SOCKET").filter(|name| !name.is_empty()) else {
            return Ok(Self { socket: None, watchdog: None });
        };
        let address = address(&name).map_err(|error| NotifyError::Address(name.clone(), error))?;
        let connect = || {
            let socket = UnixDatagram::unbound()?;
            socket.connect_addr(&address)?;
            // A manager that hangs must not hang what it looks after.
            socket.set_nonblocking(true)?;
            Ok(socket)
        };
        let socket = connect().map_err(|error| NotifyError::Connect(name, error))?;

        // sd_watchdog_enabled(3): the watchdog may be another process's.
        let number = |name| get(name)?.to_str()?.parse::<u64>().ok();
        let is_ours = get("WATCHDOG_PID").is_none() || number("WATCHDOG_PID") == Some(process.into());
        let watchdog = number("WATCHDOG_USEC").filter(|limit| is_ours && *limit > 0).map(Duration::from_micros);
        Ok(Self { socket: Some(socket), watchdog })
    }

    /// How long this process may be silent before it is taken for dead; `None` where nobody watches.
    pub(super) fn watchdog(&self) -> Option<Duration> {
        self.watchdog
    }

    /// Connections are accepted from now on.
    pub(super) fn ready(&self) {
        self.tell("READY=1");
    }

    /// The process is about to end.
    pub(super) fn stopping(&self) {
        self.tell("STOPPING=1");
    }

    /// The process is well.
    pub(super) fn alive(&self) {
        self.tell("WATCHDOG=1");
    }

    fn tell(&self, state: &str) {
        let Some(socket) = &self.socket else { return };
        if let Err(error) = socket.send(state.as_bytes()) {
            let error = NotifyError::Send(state.to_owned(), error);
            tracing::warn!(error = %with_sources(&error), "the service manager does not listen");
        }
    }
}

/// A path, or an abstract name behind an `@` (sd_notify(3), `NOTIFY_SOCKET`).
fn address(name: &OsStr) -> io::Result<SocketAddr> {
    match name.as_bytes() {
        [b'@', name @ ..] => SocketAddr::from_abstract_name(name),
        [b'/', ..] => SocketAddr::from_pathname(PathBuf::from(name)),
        _ => Err(io::ErrorKind::Unsupported.into()),
    }
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// Both ends of a manager's socket: where it listens, and the service's side.
    pub(in crate::cli::run) fn connected(watchdog: Option<Duration>) -> (UnixDatagram, ServiceManager) {
        let (listener, socket) = UnixDatagram::pair().unwrap();
        listener.set_nonblocking(true).unwrap();
        socket.set_nonblocking(true).unwrap();
        (listener, ServiceManager { socket: Some(socket), watchdog })
    }

    /// All that has arrived, a message each.
    pub(in crate::cli::run) fn heard(listener: &UnixDatagram) -> Vec<String> {
        let mut messages = Vec::new();
        let mut buffer = [0; 256];
        while let Ok(length) = listener.recv(&mut buffer) {
            messages.push(String::from_utf8_lossy(&buffer[..length]).into_owned());
        }
        messages
    }

    fn manager(variables: &[(&str, &str)]) -> Result<ServiceManager, NotifyError> {
        let get = |name| variables.iter().find(|(known, _)| *known == name).map(|(_, value)| value.into());
        ServiceManager::of(get, 42)
    }

    #[test]
    fn a_path_and_an_abstract_name_are_told() {
        let path = std::env::temp_dir().join(format!("reachwatch-notify-{}", std::process::id()));
        let by_path = UnixDatagram::bind(&path).unwrap();
        let by_name = format!("reachwatch-notify-{}", std::process::id());
        let abstract_address = SocketAddr::from_abstract_name(&by_name).unwrap();
        let by_abstract_name = UnixDatagram::bind_addr(&abstract_address).unwrap();

        for (listener, name) in [(by_path, path.display().to_string()), (by_abstract_name, format!("@{by_name}"))] {
            listener.set_nonblocking(true).unwrap();
            let manager = manager(&[("NOTIFY_SOCKET", &name)]).unwrap();
            manager.ready();
            manager.alive();
            manager.stopping();
            assert_eq!(heard(&listener), ["READY=1", "WATCHDOG=1", "STOPPING=1"], "{name}");
        }
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn nobody_and_somebody_who_is_gone_are_no_trouble() {
        let nobody = manager(&[]).unwrap();
        assert!(nobody.socket.is_none());
        nobody.ready();
        let (listener, gone) = connected(None);
        drop(listener);
        gone.ready();
    }

    #[test]
    fn addresses_that_lead_nowhere_are_named() {
        let relative = manager(&[("NOTIFY_SOCKET", "notify")]).unwrap_err();
        assert_eq!(
            with_sources(&relative),
            r#"NOTIFY_SOCKET "notify" is neither a path nor an abstract name: unsupported"#
        );
        let missing = manager(&[("NOTIFY_SOCKET", "/nonexistent/notify")]).unwrap_err();
        assert!(
            with_sources(&missing)
                .starts_with(r#"the service manager's socket "/nonexistent/notify" cannot be used: No"#),
            "{missing}"
        );
    }

    #[test]
    fn the_watchdog_is_ours_unless_it_names_another() {
        let path = std::env::temp_dir().join(format!("reachwatch-watchdog-{}", std::process::id()));
        let _listener = UnixDatagram::bind(&path).unwrap();
        let socket = ("NOTIFY_SOCKET", path.to_str().unwrap());
        let watchdog = |more: &[(&str, &str)]| manager(&[&[socket], more].concat()).unwrap().watchdog();
        let usec = ("WATCHDOG_USEC", "30000000");
        assert_eq!(watchdog(&[usec]), Some(Duration::from_secs(30)));
        assert_eq!(watchdog(&[usec, ("WATCHDOG_PID", "42")]), Some(Duration::from_secs(30)));
        assert_eq!(watchdog(&[usec, ("WATCHDOG_PID", "43")]), None);
        assert_eq!(watchdog(&[usec, ("WATCHDOG_PID", "x")]), None);
        for wrong in ["0", "-1", "soon", ""] {
            assert_eq!(watchdog(&[("WATCHDOG_USEC", wrong)]), None, "{wrong}");
        }
        assert_eq!(watchdog(&[]), None);
        std::fs::remove_file(path).unwrap();
    }
}
