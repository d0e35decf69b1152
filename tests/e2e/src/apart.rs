//! Tests in namespaces of their own.

use std::process::{Command, Stdio};

use crate::squid::path_with_sbin;

/// Set within.
const WITHIN: &str = "REACHWATCH_APART";

/// Runs a test in a user, network, mount and process namespace of its own, by starting this very program again for that one
/// test, after a script of the shell that sets things up; `$1` and so on are its arguments.
///
/// One way for everybody: root and ordinary users alike get a user namespace in which they may make further networks and
/// mounts. So root changes nothing of the machine either, and what passes for one passes for the other. All processes are
/// in a process namespace: the kernel ends every one of them with the first, however that ends.
pub fn apart(test: &str, (prelude, arguments): (&str, &[&str]), environment: &[(&str, &str)], world: impl FnOnce()) {
    if std::env::var_os(WITHIN).is_some() {
        world();
        return;
    }
    // Built now, where there is a way to do that.
    let binary = crate::binary().canonicalize().expect("the program is there");
    let this = std::env::current_exe().expect("this test has a path");
    let script = format!("set -eu\n{prelude}\nshift {}\nexec \"$@\"", arguments.len());
    let status = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .args(["unshare", "--user", "--map-root-user", "--net", "--mount"])
        .args(["--pid", "--fork", "--kill-child", "--mount-proc", "--"])
        .args(["sh", "-c", &script, "sh"])
        .args(arguments)
        .arg(this)
        .args(["--exact", test, "--nocapture"])
        .env(WITHIN, "1")
        .env("REACHWATCH_BIN", binary)
        .env("PATH", path_with_sbin())
        .envs(environment.iter().copied())
        .stdin(Stdio::null())
        .status()
        .expect("util-linux' setpriv and unshare");
    assert!(status.success(), "{test}, in namespaces of its own: {status}");
}
