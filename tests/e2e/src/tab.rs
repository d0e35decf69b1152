//! A page that stays open in Debian's chromium, driven over its DevTools protocol: what people do, and what they see then.

use std::net::SocketAddr;
use std::process::Stdio;

use serde_json::{Value, json};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};
use tokio::time::timeout;

use crate::folder::Folder;
use crate::wait::PATIENCE;

/// An open page. Its browser ends with it.
#[derive(Debug)]
pub struct Tab {
    _browser: Child,
    _profile: Folder,
    commands: ChildStdin,
    messages: BufReader<ChildStdout>,
    session: String,
    last: u64,
    console: Vec<String>,
    requests: Vec<String>,
}

impl Tab {
    /// Opens a page in a browser of its own.
    pub async fn open(address: SocketAddr, path: &str) -> Self {
        let mut tab = Self::start();
        let target = tab.call("Target.createTarget", json!({"url": "about:blank"})).await["targetId"].clone();
        let session = tab.call("Target.attachToTarget", json!({"targetId": target, "flatten": true})).await;
        session["sessionId"].as_str().expect("a session").clone_into(&mut tab.session);
        for domain in ["Page", "Runtime", "Log", "Network"] {
            tab.call(&format!("{domain}.enable"), json!({})).await;
        }
        tab.call("Page.navigate", json!({"url": format!("http://{address}{path}")})).await;
        tab.until("document.readyState === 'complete' && location.pathname !== 'blank'").await;
        tab
    }

    fn start() -> Self {
        let profile = Folder::new();
        // The protocol's pipes are descriptors 3 and 4 (chromium, remote_debugging_server).
        let mut command = Command::new("sh");
        command.args(["-c", "exec chromium \"$@\" 3<&0 4>&1 </dev/null >/dev/null", "sh"]);
        // The sandbox refuses to run as root, as containers do.
        command.args(["--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-sync"]);
        command.args(["--disable-quic", "--disable-background-networking", "--disable-component-update"]);
        command.arg(format!("--user-data-dir={}", profile.path().display())).arg("--remote-debugging-pipe");
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut browser = command.spawn().expect("chromium is installed");
        let commands = browser.stdin.take().expect("a pipe");
        let messages = BufReader::new(browser.stdout.take().expect("a pipe"));
        Self {
            _browser: browser,
            _profile: profile,
            commands,
            messages,
            session: String::new(),
            last: 0,
            console: Vec::new(),
            requests: Vec::new(),
        }
    }

    /// The value of an expression in the page.
    pub async fn eval(&mut self, expression: &str) -> Value {
        let answer = self.call("Runtime.evaluate", json!({"expression": expression, "returnByValue": true})).await;
        assert!(answer["exceptionDetails"].is_null(), "{expression}: {answer}");
        answer["result"]["value"].clone()
    }

    /// Looks until an expression is true in the page.
    pub async fn until(&mut self, expression: &str) {
        // The page looks for itself, and says so once.
        let wait = format!(
            "new Promise(done => {{ const look = () => ({expression}) ? done(true) : setTimeout(look, 20); look(); }})"
        );
        let parameters = json!({"expression": wait, "awaitPromise": true, "returnByValue": true});
        let answer = self.call("Runtime.evaluate", parameters).await;
        assert_eq!(answer["result"]["value"], true, "{expression}: {answer}");
    }

    /// Presses a key that has a name: `Tab`, `ArrowLeft`.
    pub async fn press(&mut self, key: &str) {
        let code = match key {
            "Tab" => 9,
            "ArrowLeft" => 37,
            "ArrowUp" => 38,
            "ArrowRight" => 39,
            "ArrowDown" => 40,
            _ => 0,
        };
        for kind in ["rawKeyDown", "keyUp"] {
            let parameters = json!({"type": kind, "key": key, "code": key, "windowsVirtualKeyCode": code});
            self.call("Input.dispatchKeyEvent", parameters).await;
        }
    }

    /// What the console has said so far: of scripts, of missing files, of what the page's policy forbids.
    pub fn console(&self) -> &[String] {
        &self.console
    }

    /// The addresses that the page has asked for so far.
    pub fn requests(&self) -> &[String] {
        &self.requests
    }

    async fn call(&mut self, method: &str, parameters: Value) -> Value {
        self.last += 1;
        let mut message = json!({"id": self.last, "method": method, "params": parameters});
        if !self.session.is_empty() {
            message["sessionId"] = self.session.clone().into();
        }
        let mut bytes = message.to_string().into_bytes();
        bytes.push(0);
        self.commands.write_all(&bytes).await.expect("chromium reads");
        timeout(PATIENCE, self.answer()).await.unwrap_or_else(|_| panic!("{method} takes too long: {parameters}"))
    }

    /// The answer to the last command; what happened in the meantime is kept.
    async fn answer(&mut self) -> Value {
        loop {
            let mut bytes = Vec::new();
            self.messages.read_until(0, &mut bytes).await.expect("chromium writes");
            bytes.pop();
            let message: Value = serde_json::from_slice(&bytes).expect("chromium writes JSON");
            if message["id"] == self.last {
                assert!(message["error"].is_null(), "{message}");
                return message["result"].clone();
            }
            let parameters = &message["params"];
            match message["method"].as_str() {
                Some("Log.entryAdded") => self.console.push(parameters["entry"].to_string()),
                Some("Runtime.consoleAPICalled" | "Runtime.exceptionThrown") => {
                    self.console.push(parameters.to_string());
                }
                Some("Network.requestWillBeSent") => {
                    let address = parameters["request"]["url"].as_str().unwrap_or_default();
                    self.requests.push(address.to_owned());
                }
                _ => {}
            }
        }
    }
}
