//! Web configurations.

use axum::http::{Request, StatusCode, header};

use super::web_request::{Answer, answer, router};
use super::world::{Beside, is_readable};
use crate::web::Secured;

/// The longest line about one fault, in characters.
const MAX_FAULT: usize = 2000;
/// The most faults that are listed, and the line that counts the others.
const MAX_LINES: usize = 101;
/// A hash that no seed has.
const HASH: &str = "$2y$04$uO5YqO1Imu7gOWm7cx248ugkfEj0lVjz9.VfyBoHraubddEeoUJwy";
/// A password that somebody forgot to hash.
const PASSWORD: &str = "canary-that-nobody-hashed";

/// Reads a web configuration, and asks a server that it is in force on; then the same with a user more.
pub fn web_config(octets: &[u8]) {
    let Ok(text) = std::str::from_utf8(octets) else { return };
    read(text);
    for secret in [HASH, PASSWORD] {
        let shown = read(&format!("{text}\nbasic_auth_users: {{canary: {secret}}}\n"));
        assert!(!shown.contains(secret), "{shown}");
    }
}

/// Reads one, and gives all that is ever shown of it.
fn read(text: &str) -> String {
    match Secured::parse(text, "web.yml", &Beside) {
        Ok(secured) => {
            let shown = format!("{secured:?}");
            in_force(secured);
            shown
        }
        Err(faults) => {
            let said = faults.to_string();
            assert!(faults.count() > 0 && said.lines().count() <= MAX_LINES, "{said}");
            for line in said.lines() {
                is_readable(line);
                assert!(line.chars().count() <= MAX_FAULT, "{line}");
            }
            // As YAML counts them: a carriage return alone ends one.
            let lines = text.replace("\r\n", "\n").split(['\r', '\n']).count();
            // What has no end is missed on the line after the last.
            let is_there = |line: usize, column: usize| (1..=lines + 1).contains(&line) && column > 0;
            assert!(faults.iter().all(|fault| is_there(fault.line, fault.column)), "{lines} lines: {said}");
            said
        }
    }
}

/// The first request is within any limit, and gets in where there are no users; every answer keeps its headers.
fn in_force(secured: Secured) {
    let (_, has_users) = secured.describe();
    let request = Request::get("/-/ready").body(axum::body::Body::empty()).expect("it is a request");
    let Answer { head, .. } = answer(crate::web::behind(router(), secured), request);
    let expected = if has_users { StatusCode::UNAUTHORIZED } else { StatusCode::OK };
    assert_eq!(head.status, expected);
    for name in [header::CONTENT_SECURITY_POLICY, header::X_CONTENT_TYPE_OPTIONS] {
        assert_eq!(head.headers.get_all(&name).iter().count(), 1, "{name}: {:?}", head.headers);
    }
}
