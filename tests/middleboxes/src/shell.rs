//! Commands that set things up.

use std::process::{Output, Stdio};

use tokio::io::AsyncWriteExt;
use tokio::process::Command;

/// Runs a script of the shell; one that fails fails the test with what it said.
pub(crate) async fn sh(script: &str) {
    let mut command = Command::new("sh");
    command.args(["-euc", script]);
    run(command, "").await;
}

/// Runs a command to its end, telling it `input`; one that fails fails the test with what it said.
pub(crate) async fn run(mut command: Command, input: &str) {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .kill_on_drop(true)
        .spawn()
        .unwrap_or_else(|error| panic!("{command:?}: {error}; tests/run installs what the tests need"));
    let mut stdin = child.stdin.take().expect("its input is piped");
    // One that ends without reading says why itself.
    let _told = stdin.write_all(input.as_bytes()).await;
    drop(stdin);
    let Output { status, stdout, stderr } = child.wait_with_output().await.expect("a child of ours");
    let said = String::from_utf8_lossy(&stdout) + String::from_utf8_lossy(&stderr);
    assert!(status.success(), "{command:?}: {status}: {said}\n{input}");
}
