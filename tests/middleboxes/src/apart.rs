//! Namespaces of our own: a user, network, mount and process namespace around the whole suite.

use crate::internet::NAME_SERVER;

/// `ip netns` wants /run/netns, squid /dev/shm, and daemons that ask libc's resolver /etc/resolv.conf. Each gets one of
/// our own; the machine's stay as they are beneath. `/run/world` is for files, so that they go with the rest.
const PRELUDE: &str = r#"
    resolv=$(readlink -m /etc/resolv.conf)
    mount -t tmpfs tmpfs /run
    mount -t tmpfs tmpfs /dev/shm
    mkdir -p /run/netns /run/world "$(dirname "$resolv")"
    [ -e "$resolv" ] || : > "$resolv"
    echo "nameserver $1" > /run/world/resolv.conf
    mount --bind /run/world/resolv.conf "$resolv"
    ip link set lo up
"#;

/// Runs a test in a world of its own, as [`e2e::apart`] does.
pub fn apart(test: &str, world: impl FnOnce()) {
    let name_server = NAME_SERVER.to_string();
    e2e::apart(test, (PRELUDE, &[&name_server]), &[("TMPDIR", "/run/world")], world);
}
