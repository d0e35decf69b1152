//! Names for daemons that ask libc's resolver, without touching the machine's own.

use std::fmt::Write;
use std::net::IpAddr;
use std::process::Command as Blocking;
use std::sync::OnceLock;

use tokio::process::Command;

use crate::folder::Folder;

/// Answers for libc what a hosts file says. Other names go on to the machine's resolver: ask for none.
const WRAPPER: &str = "libnss_wrapper.so";

/// Writes names as a hosts file.
pub(crate) fn write(folder: &Folder, names: &[(&str, IpAddr)]) {
    let mut hosts = String::new();
    for (name, address) in names {
        let _infallible = writeln!(hosts, "{address} {name}");
    }
    folder.write("hosts", &hosts);
}

/// Has a daemon's libc know the names that were written.
pub(crate) fn teach(command: &mut Command, folder: &Folder) {
    assert!(wrapper_loads(), "{WRAPPER} is missing; tests/run installs what the tests need");
    command.env("LD_PRELOAD", WRAPPER).env("NSS_WRAPPER_HOSTS", folder.path().join("hosts"));
}

/// The loader goes on without a library that it does not find, and says so.
fn wrapper_loads() -> bool {
    static LOADS: OnceLock<bool> = OnceLock::new();
    *LOADS.get_or_init(|| {
        let said = Blocking::new("true").env("LD_PRELOAD", WRAPPER).output().expect("the program `true`");
        said.stderr.is_empty()
    })
}
