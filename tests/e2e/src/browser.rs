//! Debian's chromium, which sees a page as people do.

use std::net::SocketAddr;

use tokio::process::Command;

use crate::folder::Folder;
use crate::program::Finished;

/// A page in a browser.
#[derive(Debug)]
pub struct Page {
    /// The document once it has loaded.
    pub dom: String,
    /// What the console says: of scripts, of missing files, of what the page's policy forbids.
    pub console: Vec<String>,
}

/// Opens a page in a browser of its own, which asks nobody but that address.
pub async fn browse(address: SocketAddr, path: &str) -> Page {
    let profile = Folder::new();
    let mut command = Command::new("chromium");
    // The sandbox refuses to run as root, as containers do.
    command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]);
    command.args(["--disable-quic", "--disable-background-networking", "--disable-component-update"]);
    command.arg(format!("--user-data-dir={}", profile.path().display()));
    command.args(["--enable-logging=stderr", "--dump-dom"]).arg(format!("http://{address}{path}"));
    command.kill_on_drop(true);
    let Finished { code, stdout, stderr } = Finished::after(command).await;
    assert_eq!(code, Some(0), "chromium: {stderr}");
    let console = stderr.lines().filter(|line| line.contains("CONSOLE")).map(str::to_owned);
    Page { dom: stdout, console: console.collect() }
}
