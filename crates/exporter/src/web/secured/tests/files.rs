//! What the format takes and refuses, in exact words.

use super::*;
use crate::web::secured::{LoadError, Secured};

const TLS: &str = "tls_server_config: {cert_file: server.pem, key_file: server.key";
const HASH: &str = "$2y$04$6g9fycldS5KXHWuhu2CrK.ecIRYZe2mIxfYSkgQ5Q2Gk1sg9WsKee";

/// Reads a web configuration from a folder with certificates.
fn load(text: &str) -> Result<Secured, LoadError> {
    let folder = Folder::with_certificates(&Authority::new("ca"));
    folder.write("empty.pem", "");
    let (_, other) = Authority::new("other").server("localhost");
    folder.write("other.key", &other);
    let file = folder.write("web.yml", text);
    Secured::load(file)
}

/// What is said of a bad one, without the name of the folder.
fn complaint(text: &str) -> String {
    let error = load(text).expect_err(text);
    let message = error.to_string();
    let faults = message.strip_prefix("the web configuration cannot be used:\n").expect("faults").lines();
    let line = |line: &str| line.rsplit_once("/web.yml:").expect("a file").1.to_owned();
    faults.map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn what_the_toolkit_takes() {
    let in_full = format!(
        "{TLS}, client_auth_type: RequireAndVerifyClientCert, client_ca_file: ca.pem, min_version: TLS12,\n\
         \x20 max_version: TLS13, client_allowed_sans: [a.example, 192.0.2.1, 'spiffe://a/b', 'mail@a.example'],\n\
         \x20 cipher_suites: [TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, TLS_AES_128_GCM_SHA256],\n\
         \x20 prefer_server_cipher_suites: false, curve_preferences: [CurveP384, X25519]}}\n\
         http_server_config:\n  http2: false\n  headers:\n    Strict-Transport-Security: max-age=300\n\
         \x20   X-Frame-Options: sameorigin\n    X-Content-Type-Options: nosniff\n    X-XSS-Protection: '1'\n\
         \x20   Content-Security-Policy: \"default-src ${{x}}\"\n\
         basic_auth_users:\n  alice: {HASH}\n  bob: '{HASH}'\nrate_limit: {{interval: 1m30s, burst: 20}}\n"
    );
    for (good, described) in [
        ("{}", (false, false)),
        ("tls_server_config:\nhttp_server_config:\nbasic_auth_users:\nrate_limit:\n", (false, false)),
        ("tls_server_config: {}\nbasic_auth_users: {}\nrate_limit: {}\n", (false, false)),
        ("rate_limit: {interval: 0, burst: 0}\n", (false, false)),
        (&format!("{TLS}}}"), (true, false)),
        (&format!("{TLS}, cert: '', client_auth_type: '', min_version: ''}}"), (true, false)),
        (&format!("{TLS}, client_auth_type: NoClientCert}}"), (true, false)),
        (&format!("{TLS}, client_auth_type: RequestClientCert}}"), (true, false)),
        (&format!("{TLS}, client_auth_type: RequireAnyClientCert}}"), (true, false)),
        (&format!("{TLS}, client_auth_type: RequireClientCert}}"), (true, false)),
        (&format!("{TLS}, client_auth_type: VerifyClientCertIfGiven, client_ca_file: ca.pem}}"), (true, false)),
        (&format!("{TLS}, min_version: TLS13, max_version: TLS13}}"), (true, false)),
        (&format!("basic_auth_users: {{alice: {HASH}}}"), (false, true)),
        (&in_full, (true, true)),
    ] {
        let secured = load(good).unwrap_or_else(|error| panic!("{good}\n{error}"));
        assert_eq!(secured.describe(), described, "{good}");
    }
}

#[test]
fn certificates_and_keys_may_stand_in_the_file_itself() {
    let authority = Authority::new("ca");
    let (chain, key) = authority.server("localhost");
    let block = |pem: &str| format!("    {}\n", pem.trim_end().replace('\n', "\n    "));
    let text = format!(
        "tls_server_config:\n  client_auth_type: RequireAndVerifyClientCert\n  cert: |\n{}  key: |\n{}  client_ca: |\n{}",
        block(&chain),
        block(&key),
        block(&authority.pem())
    );
    assert_eq!(load(&text).unwrap().describe(), (true, false));
}

#[test]
#[expect(clippy::too_many_lines, reason = "a table")]
fn what_is_wrong_is_said_in_full_and_with_its_place() {
    let suites = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256, TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384, \
                  TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256, TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256, \
                  TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384, TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256, \
                  TLS_AES_128_GCM_SHA256, TLS_AES_256_GCM_SHA384, TLS_CHACHA20_POLY1305_SHA256";
    let htpasswd = "make one with: htpasswd -nBC 10 '' | tr -d ':\\n'";
    for (bad, said) in [
        ("", "1:1: the file is empty".to_owned()),
        ("- a", "1:1: expected a map, found a list".to_owned()),
        ("tls_server_conf: {}", r#"1:1: tls_server_conf: unknown key; did you mean "tls_server_config"?"#.to_owned()),
        (
            "tls_server_config: {cert_fiel: a}",
            "1:1: tls_server_config.cert_fiel: unknown key; did you mean \"cert_file\"?".replace("1:1:", "1:21:"),
        ),
        (
            "tls_server_config: {min_version: TLS12}",
            "1:20: tls_server_config: the key \"cert_file\" is missing\n1:20: tls_server_config: the key \"key_file\" is missing"
                .to_owned(),
        ),
        (
            "tls_server_config:\n  cert_file: nowhere.pem\n  key_file: server.key",
            "2:14: tls_server_config.cert_file: cannot read \"nowhere.pem\": No such file or directory (os error 2)".to_owned(),
        ),
        (
            "tls_server_config:\n  cert_file: empty.pem\n  key_file: empty.pem",
            "2:14: tls_server_config.cert_file: there is no certificate in PEM form\n\
             3:13: tls_server_config.key_file: there is no private key in PEM form (one with a passphrase cannot be read)"
                .to_owned(),
        ),
        (
            "tls_server_config:\n  cert_file: server.pem\n  key_file: other.key",
            "2:3: tls_server_config: the certificate and the key cannot be used: keys may not be consistent: KeyMismatch"
                .to_owned(),
        ),
        (
            "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n  cert: x",
            "2:14: tls_server_config.cert_file: cert is there too; one of the two is needed".to_owned(),
        ),
        (
            &format!("{TLS},\n  client_auth_type: Always}}"),
            "2:21: tls_server_config.client_auth_type: \"Always\" is not one of NoClientCert, RequestClientCert, \
             RequireAnyClientCert, RequireClientCert, VerifyClientCertIfGiven, RequireAndVerifyClientCert"
                .to_owned(),
        ),
        (
            &format!("{TLS},\n  client_ca_file: ca.pem}}"),
            "1:20: tls_server_config: client_ca and client_ca_file mean nothing without a client_auth_type; \
             add client_auth_type: RequireAndVerifyClientCert"
                .to_owned(),
        ),
        (
            &format!("{TLS},\n  client_auth_type: RequireAndVerifyClientCert}}"),
            "2:21: tls_server_config.client_auth_type: nobody is named who vouches for clients; add client_ca_file".to_owned(),
        ),
        (
            &format!("{TLS},\n  client_allowed_sans: [a.example]}}"),
            "2:24: tls_server_config.client_allowed_sans: clients are not asked for certificates; \
             add client_auth_type: RequireAndVerifyClientCert"
                .to_owned(),
        ),
        (
            &format!("{TLS},\n  min_version: TLS10,\n  max_version: TLS14}}"),
            "2:16: tls_server_config.min_version: \"TLS10\" is not supported: it is not secure (RFC 8996); \
             TLS12 is the oldest version\n\
             3:16: tls_server_config.max_version: \"TLS14\" is not one of TLS12, TLS13"
                .to_owned(),
        ),
        (
            &format!("{TLS},\n  min_version: TLS13,\n  max_version: TLS12}}"),
            "3:16: tls_server_config.max_version: this is older than min_version".to_owned(),
        ),
        (
            &format!("{TLS},\n  cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA]}}"),
            format!(
                "2:19: tls_server_config.cipher_suites[0]: \"TLS_RSA_WITH_AES_128_CBC_SHA\" is a cipher suite that is not \
                 supported, or none; known here: {suites}"
            ),
        ),
        (
            &format!("{TLS},\n  curve_preferences: [X25519, CurveP521]}}"),
            "2:31: tls_server_config.curve_preferences[1]: \"CurveP521\" is a curve that is not supported, or none; known \
             here: X25519, CurveP256, CurveP384"
                .to_owned(),
        ),
        (
            "http_server_config: {http2: maybe}",
            "1:29: http_server_config.http2: expected true or false, found text".to_owned(),
        ),
        (
            "http_server_config: {headers: {Server: x}}",
            "1:32: http_server_config.headers.Server: unknown key; known here: Strict-Transport-Security, \
             X-Content-Type-Options, X-Frame-Options, X-XSS-Protection, Content-Security-Policy"
                .to_owned(),
        ),
        (
            "http_server_config: {headers: {X-Frame-Options: never}}",
            "1:49: http_server_config.headers.X-Frame-Options: \"never\" is not one of deny, sameorigin".to_owned(),
        ),
        (
            "http_server_config: {headers: {Content-Security-Policy: \"a\\nb\"}}",
            "1:57: http_server_config.headers.Content-Security-Policy: the value of a header has printable characters only"
                .to_owned(),
        ),
        ("basic_auth_users: [alice]", "1:19: basic_auth_users: expected a map, found a list".to_owned()),
        (
            "basic_auth_users:\n  alice: secret123\n  bob: $2y$15$AyiB3FmJ3chLAP58068pZe0SoxcbIqpuCI8zVoP5bmR0O3kUOXFBm\n  c: ~",
            format!(
                "2:10: basic_auth_users.alice: this is no bcrypt hash; {htpasswd}\n\
                 3:8: basic_auth_users.bob: the cost 15 of this hash is not between 4 and 14; {htpasswd}\n\
                 4:6: basic_auth_users.c: expected a bcrypt hash, found nothing"
            ),
        ),
        (
            &format!("basic_auth_users: {{'a:b': {HASH}}}"),
            "1:27: basic_auth_users[\"a:b\"]: a user is not empty and has neither control characters nor \":\" \
             (RFC 7617, section 2)"
                .to_owned(),
        ),
        (
            "rate_limit: {interval: 1s}",
            "1:13: rate_limit: no request at all would be within this limit; add burst: 20".to_owned(),
        ),
        (
            "rate_limit: {interval: soon, burst: 1}",
            "1:24: rate_limit.interval: \"soon\" is no duration; write numbers with units, such as 1s, 250ms or 1m30s".to_owned(),
        ),
        (
            "rate_limit: {interval: 2h, burst: -1}",
            "1:24: rate_limit.interval: \"2h\" is too long; at most 1h is possible\n\
             1:35: rate_limit.burst: \"-1\" is not between 0 and 1000000"
                .to_owned(),
        ),
    ] {
        assert_eq!(complaint(bad), said, "{bad}");
    }
}

#[test]
fn a_password_that_nobody_hashed_is_in_no_message() {
    let error = load("basic_auth_users:\n  alice: secret123\n").unwrap_err();
    assert!(!format!("{error} {error:?}").contains("secret123"), "{error:?}");
    let good = load(&format!("basic_auth_users: {{alice: {HASH}}}")).unwrap();
    assert!(!format!("{good:?}").contains(HASH) && format!("{good:?}").contains("alice"), "{good:?}");
}

#[test]
fn a_file_that_is_not_there_or_no_text() {
    let missing = Secured::load("/nonexistent/web.yml").unwrap_err();
    assert_eq!(missing.to_string(), "cannot read the web configuration /nonexistent/web.yml");
    let folder = Folder::new();
    std::fs::write(folder.path().join("web.yml"), b"ab\xff").unwrap();
    let binary = Secured::load(folder.path().join("web.yml")).unwrap_err().to_string();
    assert!(binary.ends_with("web.yml is not UTF-8 text: byte 2 begins no character"), "{binary}");
}
