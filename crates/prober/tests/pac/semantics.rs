//! What a file means, as Chrome has it: each case restates one of its own.

use prober::observation::{NotScript, PacFlaw};

use super::world::{Book, Machine, answer, ask, engine, engine_of, fixture};

const URL: &str = "http://www.example.com/";

#[tokio::test]
async fn answers_are_handed_on_as_they_are() {
    for (script, expected) in [
        ("function FindProxyForURL(url, host) { return 'DIRECT'; }", "DIRECT"),
        ("function FindProxyForURL(url, host) { return ''; }", ""),
        ("var FindProxyForURL = function () { return 'PROXY a:80; DIRECT' }", "PROXY a:80; DIRECT"),
        ("FindProxyForURL = (url, host) => `PROXY ${host}:80`", "PROXY www.example.com:80"),
        ("function FindProxyForURL() { return 'PROXY b:3' } // no line follows this comment", "PROXY b:3"),
        ("function FindProxyForURL() { return 'PROXY b:3' }\nvar x = 1", "PROXY b:3"),
        ("<!-- a comment\nfunction FindProxyForURL() { return 'DIRECT' }", "DIRECT"),
        ("function FindProxyForURL() { return 'old' } function FindProxyForURLEx() { return 'new' }", "new"),
        ("var FindProxyForURLEx = 5; function FindProxyForURL() { return 'old' }", "old"),
        (
            "var kept = Promise.resolve(1).then(() => kept = 'DIRECT'); function FindProxyForURL() { return kept }",
            "DIRECT",
        ),
    ] {
        assert_eq!(answer(script, URL).await.as_deref(), Ok(expected), "{script}");
    }
}

#[tokio::test]
async fn the_script_sees_scheme_host_and_port_of_https_and_the_whole_of_http() {
    let script = "function FindProxyForURL(url, host) { return url + ' ' + host }";
    for (url, expected) in [
        ("http://query.example/path", "http://query.example/path query.example"),
        ("http://query.example:90/path?q", "http://query.example:90/path?q query.example"),
        ("https://www.example.com/Foo", "https://www.example.com/ www.example.com"),
        ("https://[2001:db8::beef]/foo?bar", "https://[2001:db8::beef]/ 2001:db8::beef"),
        ("http://[2001:db8::efff]:99/x", "http://[2001:db8::efff]:99/x 2001:db8::efff"),
        ("https://www.example.com:8080#search", "https://www.example.com:8080/ www.example.com"),
        ("https://username:password@www.example.com", "https://www.example.com/ www.example.com"),
    ] {
        assert_eq!(answer(script, url).await.as_deref(), Ok(expected), "{url}");
    }
}

#[tokio::test]
async fn what_is_no_string_is_a_fault_that_names_it() {
    for (value, expected) in [
        ("undefined", "undefined"),
        ("null", "null"),
        ("17", "a number"),
        ("1.5", "a number"),
        ("true", "a boolean"),
        ("function () {}", "a function"),
        ("({toString: function () { return 'DIRECT' }})", "an object"),
        ("['DIRECT']", "an object"),
        ("new String('DIRECT')", "an object"),
        ("Symbol()", "a symbol"),
    ] {
        let came = answer(&format!("function FindProxyForURL() {{ return {value}; }}"), URL).await;
        assert_eq!(came, Err(PacFlaw::WrongReturn { returned: expected.into() }), "{value}");
    }
    let came = answer("function FindProxyForURL() { return 'PROXY \u{440}:80'; }", URL).await;
    assert_eq!(came, Err(PacFlaw::NotAscii { answer: "PROXY \u{440}:80".into() }));
    let half = answer(r"function FindProxyForURL() { return 'PROXY \ud800:80'; }", URL).await;
    assert!(matches!(half, Err(PacFlaw::NotAscii { .. })), "{half:?}");
}

#[tokio::test]
async fn a_file_without_entry_point_decides_nothing() {
    let scripts = [
        "var x = 1;",
        "var FindProxyForURL = 'DIRECT';",
        "let FindProxyForURL = function () {};",
        "function findproxyforurl() {}",
    ];
    for script in scripts {
        assert_eq!(answer(script, URL).await, Err(PacFlaw::NoEntryPoint), "{script}");
    }
}

#[tokio::test]
async fn faults_name_line_and_message() {
    let syntax = answer("function FindProxyForURL(url, host) {\n  if (true {\n    return 'DIRECT';\n", URL).await;
    let Err(PacFlaw::Syntax { line: Some(2), message }) = syntax else { panic!("{syntax:?}") };
    assert!(message.as_str().starts_with("SyntaxError: "), "{message}");

    let unclosed = answer("function FindProxyForURL(url, host) {\n  return 'DIRECT';\n", URL).await;
    assert!(matches!(unclosed, Err(PacFlaw::Syntax { line: Some(_), .. })), "{unclosed:?}");

    let throw = |line, message: &str| Err(PacFlaw::Throw { line, message: message.into() });
    for (script, expected) in [
        (
            "function FindProxyForURL(url, host) {\n  // nothing here\n  return undefined_variable;\n}",
            throw(Some(3), "ReferenceError: undefined_variable is not defined"),
        ),
        (
            "\n\nundefined_variable++; function FindProxyForURL() {}",
            throw(Some(3), "ReferenceError: undefined_variable is not defined"),
        ),
        ("function FindProxyForURL() { throw 'not today' }", throw(None, "not today")),
        ("function FindProxyForURL() {\n throw new Error('not\\ntoday') }", throw(Some(2), "Error: not today")),
        (
            "function FindProxyForURL() { throw {toString: function () { throw 1 }} }",
            throw(None, "a value that cannot be turned into text"),
        ),
        ("function FindProxyForURL() { throw undefined }", throw(None, "undefined")),
    ] {
        assert_eq!(answer(script, URL).await, expected, "{script}");
    }
}

#[tokio::test]
async fn state_is_kept_between_questions_and_gone_with_the_engine() {
    let script = "var count = 0; function FindProxyForURL() { return 'PROXY effect_' + count++ + ':80' }";
    let book = Book::default();
    for _ in 0..2 {
        let engine = engine(script);
        for expected in ["PROXY effect_0:80", "PROXY effect_1:80", "PROXY effect_2:80"] {
            assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok(expected));
        }
    }
}

#[tokio::test]
async fn a_throw_leaves_the_engine_as_it_was() {
    let engine =
        engine("var count = 0; function FindProxyForURL() { if (count++ == 1) throw 'once'; return '' + count }");
    let book = Book::default();
    assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("1"));
    assert!(ask(&engine, URL, &book).await.answer.is_err());
    assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("3"));
}

/// `functions.pac` checks every function by itself and says which of its checks failed.
#[tokio::test]
async fn every_function_answers_as_the_fixture_expects() {
    let machine = Machine { own_addresses: vec!["172.16.3.4".parse().unwrap(), "2001:db8::7".parse().unwrap()] };
    let engine = engine_of(&fixture("functions.pac"), machine).unwrap();
    let book = Book::new(&[("host.example", &["192.0.2.1", "2001:db8::1"]), ("v6.example", &["2001:db8::2"])]);
    let said = ask(&engine, URL, &book).await;
    assert_eq!((said.answer.as_deref(), said.alerts), (Ok("PROXY success:80"), vec![]));
}

#[tokio::test]
async fn every_lookup_may_fail() {
    let script = "function FindProxyForURL() {
        var failed = [myIpAddress() === '127.0.0.1', myIpAddressEx() === '', dnsResolve('x.example') === null,
            dnsResolveEx('x.example') === '', isResolvable('x.example') === false, isResolvableEx('x.example') === false,
            isInNet('x.example', '0.0.0.0', '0.0.0.0') === false];
        return 'PROXY ' + failed.join('') + ':80' }";
    let expected = format!("PROXY {}:80", "true".repeat(7));
    assert_eq!(answer(script, URL).await, Ok(expected));
}

#[tokio::test]
async fn odd_arguments_are_no_names_and_alerts_turn_anything_into_text() {
    let script = "function FindProxyForURL() {
        var none = [dnsResolve(), dnsResolve(null), dnsResolve(undefined), dnsResolve({}), dnsResolve(alert),
            dnsResolve(['3']), dnsResolve(''), dnsResolve('a b')];
        for (var i = 0; i < none.length; i++) if (none[i] !== null) return 'PROXY wrong' + i + ':80';
        if (dnsResolve('host.example', 'more', 'of', 'them') !== '127.0.0.1') return 'PROXY wrong:80';
        alert(); alert(null); alert(undefined); alert({foo: 'bar'});
        try { alert({toString: function () { throw 'thrown by toString()' }}) } catch (thrown) { alert(thrown) }
        return 'DIRECT' }";
    let said = ask(&engine(script), URL, &Book::new(&[("host.example", &["127.0.0.1"])])).await;
    assert_eq!(said.answer.as_deref(), Ok("DIRECT"));
    let alerts: Vec<_> = said.alerts.iter().map(AsRef::as_ref).collect::<Vec<&str>>();
    assert_eq!(alerts, ["undefined", "null", "undefined", "[object Object]", "thrown by toString()"]);
}

#[tokio::test]
async fn functions_can_be_called_while_the_file_is_loaded() {
    let script = "var own = myIpAddress(); var far = dnsResolve('host.example');
        function FindProxyForURL() { return 'PROXY ' + own + ':80; PROXY ' + far + ':80' }";
    let machine = Machine { own_addresses: vec!["10.0.0.7".parse().unwrap()] };
    let engine = engine_of(script.as_bytes(), machine).unwrap();
    let book = Book::new(&[("host.example", &["192.0.2.1"])]);
    for _ in 0..2 {
        assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("PROXY 10.0.0.7:80; PROXY 192.0.2.1:80"));
    }
    assert_eq!(book.asked(), ["host.example"]);
}

#[tokio::test]
async fn what_is_no_script() {
    let page = "<!-- block page -->\n<html><body>Access denied</body></html>";
    assert_eq!(answer(page, URL).await, Err(PacFlaw::NotScript(NotScript::Html)));
    for (bytes, expected) in [
        (&b""[..], NotScript::Empty),
        (b"<html>", NotScript::Html),
        (b"f\0u\0n\0c\0t\0i\0o\0n\0 \0F\0", NotScript::Utf16),
    ] {
        assert_eq!(engine_of(bytes, Machine::default()).err(), Some(PacFlaw::NotScript(expected)));
    }
}

#[tokio::test]
async fn utf16_with_a_mark_is_a_script_like_any_other() {
    let script = "function FindProxyForURL() { return 'DIRECT' } // ü";
    let marked = "\u{feff}".encode_utf16().chain(script.encode_utf16());
    let bytes: Vec<u8> = marked.flat_map(u16::to_le_bytes).collect();
    let engine = engine_of(&bytes, Machine::default()).unwrap();
    assert_eq!(ask(&engine, URL, &Book::default()).await.answer.as_deref(), Ok("DIRECT"));
}
