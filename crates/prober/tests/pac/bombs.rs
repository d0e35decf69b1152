//! Files that mean harm: each is stopped, says why, and leaves the next question and other files alone.

use std::time::Duration;

use prober::observation::PacFlaw;

use super::world::{Book, answer, ask, engine};

pub(crate) const URL: &str = "http://www.example.com/";
pub(crate) const BOMB: &str = "http://bomb.example/";

/// A file that is well but for one host.
pub(crate) fn with_bomb(bomb: &str) -> String {
    format!("function FindProxyForURL(url, host) {{ if (host == 'bomb.example') {{ {bomb} }} return 'DIRECT' }}")
}

/// What becomes of a bomb, within less time than usual; the file must serve as before afterwards.
pub(crate) async fn explode(bomb: &str) -> Result<String, PacFlaw> {
    explode_within(bomb, Duration::from_millis(100)).await
}

pub(crate) async fn explode_within(bomb: &str, cpu_limit: Duration) -> Result<String, PacFlaw> {
    let engine = engine(&with_bomb(bomb)).with_cpu_limit(cpu_limit);
    let book = Book::default();
    assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("DIRECT"), "before {bomb}");
    let came = ask(&engine, BOMB, &book).await.answer;
    assert_eq!(ask(&engine, URL, &book).await.answer.as_deref(), Ok("DIRECT"), "after {bomb}");
    came
}

#[tokio::test]
async fn endless_loops_are_stopped() {
    for bomb in [
        "for (;;);",
        "while (true) { try { for (;;); } catch (e) {} finally { continue } }",
        "var again = true; do { again = !again || again } while (again)",
        "(function () { for (;;) yield_() ; function yield_() { return 1 } })()",
        "var it = {[Symbol.iterator]: function () { return {next: function () { return {done: false} }} }}; for (var x of it);",
        "(function f() { Promise.resolve().then(f) })(); return 'DIRECT'",
        "throw {toString: function () { for (;;); }}",
        "return {get toString() { for (;;); }} + ''",
    ] {
        assert_eq!(explode(bomb).await, Err(PacFlaw::CpuLimit), "{bomb}");
    }
}

#[tokio::test]
async fn memory_is_bounded() {
    for bomb in [
        "var all = []; for (;;) all.push(new Array(1000).fill(host + all.length))",
        "return 'x'.repeat(1 << 29)",
        "var o = {}; for (var i = 0; ; i++) o['k' + i] = {}",
        "var text = 'x'; for (var i = 0; i < 20; i++) text += text; return text.split('').join('y')",
        "return /a*b/.test('a'.repeat(1e7))",
        "var kept = []; for (;;) { kept.push(/x/.exec('x')); kept.push(function () { return kept }) }",
    ] {
        let came = explode_within(bomb, Duration::from_secs(30)).await;
        assert!(matches!(came, Err(PacFlaw::MemoryLimit)), "{bomb}: {came:?}");
    }
}

#[tokio::test]
async fn recursion_is_bounded() {
    for bomb in [
        "(function f() { f() })()",
        "(function f(n) { return n + f(n + 1) + [1].map(f) })(1)",
        "var o = {get x() { return this.x }}; o.x",
        "var o = {toString: function () { return '' + this }}; '' + o",
        "return JSON.stringify((function nest(o, n) { for (; n; n--) o = [o]; return o })([], 200000))",
        "eval(new Array(100000).join('(') + '1' + new Array(100000).join(')'))",
    ] {
        // On a busy machine the way to the limit takes its time, and that is not what is asked here.
        let came = explode_within(bomb, Duration::from_secs(30)).await;
        assert_eq!(came, Err(PacFlaw::StackLimit), "{bomb}");
    }
    let nested = "return new RegExp(new Array(100000).join('(') + new Array(100000).join(')')).test('x')";
    let came = explode_within(nested, Duration::from_secs(30)).await;
    assert!(
        matches!(&came, Err(PacFlaw::Syntax { message, .. }) if message.as_str() == "SyntaxError: too many captures")
    );
}

#[tokio::test]
async fn a_bomb_outside_of_all_functions_is_stopped_as_well() {
    let engine = engine("for (;;); function FindProxyForURL() {}").with_cpu_limit(Duration::from_millis(100));
    for _ in 0..2 {
        assert_eq!(ask(&engine, URL, &Book::default()).await.answer, Err(PacFlaw::CpuLimit));
    }
    let long = Duration::from_secs(30);
    let hungry = "var all = []; for (;;) all.push(new Array(1000).fill(0)); function FindProxyForURL() {}";
    let hungry = super::world::engine(hungry).with_cpu_limit(long);
    assert_eq!(ask(&hungry, URL, &Book::default()).await.answer, Err(PacFlaw::MemoryLimit));
    assert_eq!(answer("(function f() { f() })()", URL).await, Err(PacFlaw::StackLimit));
}

#[tokio::test]
async fn a_file_may_replace_what_it_stands_on() {
    for script in [
        "String.prototype.toString = Object.prototype.toString = function () { throw 'no' };
         function FindProxyForURL() { return 'DIRECT' }",
        "isInNet = dnsResolve = alert = null; function FindProxyForURL() { return 'DIRECT' }",
        "function isPlainHostName() { return 'DIRECT' } function FindProxyForURL() { return isPlainHostName(5) }",
        "Object.defineProperty(this, 'FindProxyForURL', {get: function () { return function () { return 'DIRECT' } }})",
        "Array.prototype[Symbol.iterator] = function () { throw 'no' }; JSON = Math = Date = undefined;
         function FindProxyForURL() { return 'DIRECT' }",
        "globalThis.Error = function () { throw 'no' }; function FindProxyForURL() { try { isPlainHostName(1) } catch (e) {} return 'DIRECT' }",
        "Object.freeze(globalThis); var FindProxyForURLEx; function FindProxyForURL() { return 'DIRECT' }",
    ] {
        let came = answer(script, URL).await;
        assert_eq!(came.as_deref(), Ok("DIRECT"), "{script}");
    }
    let hidden = "Object.defineProperty(this, 'FindProxyForURL', {get: function () { throw 'hidden' }})";
    assert_eq!(answer(hidden, URL).await, Err(PacFlaw::NoEntryPoint));
}
