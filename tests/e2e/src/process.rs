//! What Linux tells of processes by their ids.

use std::fs;
use std::net::{IpAddr, SocketAddr};
use std::path::Path;
use std::process::Command;

/// A process and all that it started, and those started, as far as they still run.
pub(crate) fn family(id: u32) -> Vec<u32> {
    let mut family = vec![id];
    let mut looked = 0;
    while let Some(member) = family.get(looked) {
        let children = children(*member);
        family.extend(children);
        looked += 1;
    }
    family
}

fn children(id: u32) -> Vec<u32> {
    let threads = fs::read_dir(format!("/proc/{id}/task")).into_iter().flatten().flatten();
    let lists = threads.filter_map(|thread| fs::read_to_string(thread.path().join("children")).ok());
    lists.flat_map(|list| list.split_whitespace().filter_map(|id| id.parse().ok()).collect::<Vec<_>>()).collect()
}

/// Processes whose command line has a path in it.
pub(crate) fn named_with(path: &Path) -> Vec<u32> {
    let path = path.as_os_str().as_encoded_bytes();
    let has_it = |id: &u32| {
        let line = fs::read(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.windows(path.len()).any(|part| part == path)
    };
    let all = fs::read_dir("/proc").into_iter().flatten().flatten();
    all.filter_map(|entry| entry.file_name().to_str()?.parse().ok()).filter(has_it).collect()
}

/// Sends a signal, as `kill` names it. A process that is gone needs none.
pub(crate) fn signal(signal: &str, ids: &[u32]) {
    let ids = ids.iter().map(u32::to_string);
    // The shell's own kill needs no further package.
    let mut kill = Command::new("sh");
    kill.args(["-c", "kill \"$@\" 2>/dev/null", "kill", signal]).args(ids);
    let _gone = kill.status().expect("a shell");
}

/// Whether a process has a socket of its own that listens at the address (proc_pid_net(5)). A connection would not
/// tell whose it is.
pub(crate) fn listens(id: u32, address: SocketAddr) -> bool {
    const LISTEN: &str = "0A";
    let IpAddr::V4(ip) = address.ip() else { return false };
    let local = format!("{:08X}:{:04X}", u32::from_ne_bytes(ip.octets()), address.port());
    let table = fs::read_to_string(format!("/proc/{id}/net/tcp")).unwrap_or_default();
    // "sl local_address rem_address st tx_queue:rx_queue tr:tm->when retrnsmt uid timeout inode …"
    let inode = table.lines().find_map(|line| {
        let mut fields = line.split_whitespace().skip(1);
        let is_local = fields.next()? == local;
        let is_listening = fields.nth(1)? == LISTEN;
        fields.nth(5).filter(|_| is_local && is_listening)
    });
    let Some(socket) = inode.map(|inode| format!("socket:[{inode}]")) else { return false };
    let files = fs::read_dir(format!("/proc/{id}/fd")).into_iter().flatten().flatten();
    files.filter_map(|file| fs::read_link(file.path()).ok()).any(|file| file.as_os_str() == socket.as_str())
}
