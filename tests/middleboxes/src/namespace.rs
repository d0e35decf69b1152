//! Network namespaces.

use std::fs::File;
use std::os::fd::AsFd;

use rustix::thread::{LinkNameSpaceType, move_into_link_name_space};
use tokio::process::Command;

use crate::shell::sh;

/// A network namespace with a name. It goes away with the namespaces around it.
#[derive(Debug, Clone)]
pub(crate) struct Namespace {
    pub(crate) name: String,
}

impl Namespace {
    /// Makes one that has nothing but loopback.
    pub(crate) async fn new(name: &str) -> Self {
        sh(&format!("ip netns add {name}; ip -n {name} link set lo up")).await;
        Self { name: name.to_owned() }
    }

    fn path(&self) -> String {
        format!("/run/netns/{}", self.name)
    }

    /// A command inside, with the right to set things up.
    pub(crate) fn command(&self, program: &str) -> Command {
        let mut command = Command::new("nsenter");
        command.arg(format!("--net={}", self.path())).args(["--", program]);
        command
    }

    /// A program inside that has no rights at all: daemons see an ordinary user and do not try to become another one,
    /// which there is none of here.
    pub(crate) fn unprivileged(&self, program: &str) -> Command {
        let mut command = self.command("unshare");
        command.args(["--user", "--map-user=1000", "--map-group=1000", "--", program]);
        command
    }

    /// Moves the calling thread inside: the sockets that it makes from now on are there, wherever they are used.
    pub(crate) fn enter(&self) {
        let file = File::open(self.path()).expect("a namespace that was made");
        move_into_link_name_space(file.as_fd(), Some(LinkNameSpaceType::Network)).expect("a namespace of ours");
    }
}
