//! Captive portals: nginx in place of the internet until somebody signs in.

use crate::boxes::nginx;
use crate::scenario::Scenario;

const TLS: &str = "licensing cdn activation login register";
const CLEAR: &str = "crl plain crl-www ncsi";
const PORTAL: &str = "blocked captive_portal interceptor";

const REDIRECTING: &str = "return 302 http://portal.contoso.com/sign-in;";
const SIGN_IN: &str = "default_type text/html; return 200 '<html><head><title>Welcome</title></head><body>
    <form><input name=\"user\"><input type=\"password\" name=\"password\"></form></body></html>';";

pub(super) fn scenarios() -> Vec<Scenario> {
    vec![
        portal("portal redirects, TLS is dropped", REDIRECTING)
            .forward("tcp dport 443 drop")
            .truth(TLS, "blocked tcp_timeout network"),
        portal("portal redirects, TLS too", REDIRECTING)
            .redirect("tcp dport 443 redirect to :8443")
            .truth(TLS, "blocked tls_intercepted interceptor"),
        portal("portal shows its page, also in place of TLS", SIGN_IN)
            .redirect("tcp dport 443 redirect to :8080")
            .truth(TLS, "blocked tls_not_tls interceptor"),
        portal("portal says 511, TLS is reset", "return 511;")
            .forward("tcp dport 443 reject with tcp reset")
            .truth(TLS, "blocked tcp_refused network"),
        by_dns("portal by DNS, at a public address", "server=198.51.100.2\naddress=/#/203.0.113.80")
            .truth(TLS, "blocked tls_intercepted interceptor")
            .truth(CLEAR, PORTAL),
        by_dns("portal by DNS, at a private address", "server=198.51.100.2\naddress=/#/10.88.0.1")
            .truth("*", "blocked dns_sinkholed resolver"),
    ]
}

/// Every name leads to the portal.
fn by_dns(name: &'static str, lines: &'static str) -> Scenario {
    let servers = format!("server {{ listen 80; listen 443 ssl http2; {REDIRECTING} }}");
    Scenario { site: None, ..Scenario::new(name) }
        .with_dns(lines)
        .redirect("ip daddr { 203.0.113.80, 10.88.0.1 } redirect")
        .daemon(nginx(80, &servers))
}

fn portal(name: &'static str, answer: &str) -> Scenario {
    let servers = format!("server {{ listen 8080; {answer} }}\nserver {{ listen 8443 ssl http2; {answer} }}");
    // No path is down by the rules: what fails does so for different reasons, and none of them is a hop of the path.
    Scenario { site: None, ..Scenario::new(name) }
        .redirect("tcp dport 80 redirect to :8080")
        .daemon(nginx(8080, &servers))
        .truth(CLEAR, PORTAL)
}
