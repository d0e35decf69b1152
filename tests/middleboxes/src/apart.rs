//! Namespaces of our own: a user, network, mount and process namespace around the whole suite.

use std::process::{Command, Stdio};

use e2e::path_with_sbin;

use crate::internet::NAME_SERVER;

/// Set within.
const WITHIN: &str = "REACHWATCH_MIDDLEBOXES";

/// `ip netns` wants /run/netns, squid /dev/shm, and daemons that ask libc's resolver /etc/resolv.conf. Each gets one of
/// our own; the machine's stay as they are beneath. `/run/world` is for files, so that they go with the rest.
const PRELUDE: &str = r#"
    set -eu
    resolv=$(readlink -m /etc/resolv.conf)
    mount -t tmpfs tmpfs /run
    mount -t tmpfs tmpfs /dev/shm
    mkdir -p /run/netns /run/world "$(dirname "$resolv")"
    [ -e "$resolv" ] || : > "$resolv"
    echo "nameserver $1" > /run/world/resolv.conf
    mount --bind /run/world/resolv.conf "$resolv"
    ip link set lo up
    shift
    exec "$@"
"#;

/// Runs a test in namespaces of its own, by starting this very program again for that one test.
///
/// One way for everybody: root and ordinary users alike get a user namespace in which they may make further networks and
/// mounts. So root changes nothing of the machine either, and what passes for one passes for the other. All processes are
/// in a process namespace: the kernel ends every one of them with the first, however that ends.
pub fn apart(test: &str, world: impl FnOnce()) {
    if std::env::var_os(WITHIN).is_some() {
        world();
        return;
    }
    // Built now, where there is a way to do that.
    let binary = e2e::binary().canonicalize().expect("the program is there");
    let this = std::env::current_exe().expect("this test has a path");
    let status = Command::new("setpriv")
        .args(["--pdeathsig", "KILL", "--"])
        .args(["unshare", "--user", "--map-root-user", "--net", "--mount"])
        .args(["--pid", "--fork", "--kill-child", "--mount-proc", "--"])
        .args(["sh", "-c", PRELUDE, "sh", &NAME_SERVER.to_string()])
        .arg(this)
        .args(["--exact", test, "--nocapture"])
        .env(WITHIN, "1")
        .env("REACHWATCH_BIN", binary)
        .env("TMPDIR", "/run/world")
        .env("PATH", path_with_sbin())
        .stdin(Stdio::null())
        .status()
        .expect("util-linux' setpriv and unshare");
    assert!(status.success(), "the world of middleboxes, in namespaces of its own: {status}");
}
