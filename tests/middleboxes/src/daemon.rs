//! Daemons of a gateway: started in the foreground, waited for, and ended with their owner.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Stdio;

use e2e::eventually;
use tokio::process::Child;

use crate::internet::Facts;
use crate::namespace::Namespace;
use crate::shell::run;

/// How a daemon is started. Arguments and files may speak of `{dir}`, its folder; `{root}`, the origins' root;
/// `{inspection}` with its key, the company's inspection CA; and `{name}`, which no other daemon has.
#[derive(Debug, Clone)]
pub(crate) struct Daemon {
    pub(crate) program: &'static str,
    pub(crate) arguments: Vec<&'static str>,
    pub(crate) files: Vec<(&'static str, String)>,
    /// What has to run before, if anything.
    pub(crate) first: Option<Vec<&'static str>>,
    /// Where it listens once it is up.
    pub(crate) port: u16,
}

/// A running daemon, ended by its id when dropped.
#[derive(Debug)]
pub(crate) struct Running {
    _child: Child,
}

impl Daemon {
    pub(crate) async fn start(&self, folder: PathBuf, inside: &Namespace, internet: &Facts) -> Running {
        fs::create_dir(&folder).expect("a folder for a daemon");
        let name = folder.file_name().and_then(|name| name.to_str()).expect("a name that we gave").to_owned();
        let inspection = fs::read_to_string(&internet.inspection).expect("the inspection CA");
        write(&folder, "inspection.pem", &format!("{inspection}{}", internet.inspection_key));
        write(&folder, "portal.pem", &format!("{}{}", internet.portal.0, internet.portal.1));
        let fill = |text: &str| {
            text.replace("{dir}", &folder.to_string_lossy())
                .replace("{root}", &internet.root.to_string_lossy())
                .replace("{inspection}", &folder.join("inspection.pem").to_string_lossy())
                .replace("{name}", &name)
        };
        for (file, content) in &self.files {
            write(&folder, file, &fill(content));
        }
        if let Some([program, arguments @ ..]) = self.first.as_deref() {
            let mut command = inside.unprivileged(program);
            command.args(arguments.iter().map(|argument| fill(argument)));
            run(command, "").await;
        }
        let mut command = inside.unprivileged(self.program);
        command.args(self.arguments.iter().map(|argument| fill(argument)));
        let log = File::create(folder.join("log")).expect("a file for a daemon");
        let errors = log.try_clone().expect("a file for a daemon");
        let child = command
            .current_dir(&folder)
            .env("HOME", &folder)
            .stdin(Stdio::null())
            .stdout(log)
            .stderr(errors)
            .kill_on_drop(true)
            .spawn()
            .unwrap_or_else(|error| panic!("{command:?}: {error}; tests/run installs what the tests need"));
        listening(child, self, &folder).await
    }
}

async fn listening(mut child: Child, daemon: &Daemon, folder: &Path) -> Running {
    let program = daemon.program;
    eventually(&format!("{program} in {}", folder.display()), async || {
        if let Some(status) = child.try_wait().expect("a child of ours") {
            let log = fs::read_to_string(folder.join("log")).unwrap_or_default();
            panic!("{program}: {status}; tests/run installs what the tests need; it said: {log}");
        }
        child.id().is_some_and(|id| listens(id, daemon.port)).then_some(())
    })
    .await;
    Running { _child: child }
}

fn write(folder: &Path, file: &str, content: &str) {
    fs::write(folder.join(file), content).expect("a file for a daemon");
}

/// Whether somebody listens at the port in the network of that process (proc_pid_net(5)): a gateway's daemons have a
/// network to themselves, and each a port of its own.
fn listens(id: u32, port: u16) -> bool {
    const LISTEN: &str = "0A";
    let port = format!(":{port:04X}");
    ["tcp", "tcp6"].iter().any(|table| {
        let table = fs::read_to_string(format!("/proc/{id}/net/{table}")).unwrap_or_default();
        // "sl local_address rem_address st …"
        table.lines().any(|line| {
            let fields: Vec<_> = line.split_whitespace().collect();
            fields.get(1).is_some_and(|local| local.ends_with(&port)) && fields.get(3) == Some(&LISTEN)
        })
    })
}
