//! Functions of the engine that it cannot be interrupted in: what could take too long is not begun, the rest is counted.

use std::time::Duration;

use prober::observation::PacFlaw;

use super::bombs::{URL, explode, explode_within};
use super::world::answer;

#[tokio::test]
async fn work_within_the_engine_is_stopped_too() {
    for bomb in [
        "return /^(a+)+$/.test('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab') ? 'yes' : 'no'",
        "Array.prototype.indexOf.call({length: 9007199254740991}, 1)",
        "Array.prototype.lastIndexOf.call({length: 9007199254740991}, 1)",
        "Array.prototype.includes.call({length: 9007199254740991}, 1)",
        "Array.prototype.forEach.call({length: 9007199254740991}, function () {})",
        "Array.prototype.flat.call({length: 9007199254740991})",
        "var sparse = []; sparse.length = 4294967295; [sparse].flat()",
        "var sparse = []; sparse.length = 4294967295; [1].flatMap(function () { return sparse })",
    ] {
        assert_eq!(explode(bomb).await, Err(PacFlaw::CpuLimit), "{bomb}");
    }
}

#[tokio::test]
async fn what_could_not_be_stopped_is_not_begun() {
    let long = [
        "{length: 9007199254740991}",
        "Object.assign([], {length: 4294967295})",
        "Object.create({length: 1e15})",
        "{get length() { return 1e15 }}",
        "{length: {valueOf: function () { return 1e15 }}}",
        "{length: '1e15'}",
        "(Object.prototype.value = 0, {get length() { return 1e15 }})",
        "(Number.prototype.length = 1e15, 5)",
        "'x'.repeat(200000)",
    ];
    let functions = [
        "copyWithin",
        "fill",
        "join",
        "reverse",
        "shift",
        "slice",
        "sort",
        "splice",
        "toLocaleString",
        "toReversed",
        "toSorted",
        "toSpliced",
        "unshift",
        "with",
    ];
    for list in long {
        for function in functions {
            let came = explode(&format!("Array.prototype.{function}.call({list}, 0, 0)")).await;
            let Err(PacFlaw::Throw { message, .. }) = &came else { panic!("{function} of {list}: {came:?}") };
            assert_eq!(message.as_str(), "RangeError: list too long for a PAC file");
        }
    }
    for bomb in [
        "var sparse = []; sparse.length = 4294967295; [].concat(1, sparse)",
        "[].concat({length: 1e15, [Symbol.isConcatSpreadable]: true})",
        // An argument that lengthens a later one when it is looked at.
        "var later = []; [].concat({get [Symbol.isConcatSpreadable]() { later.length = 4294967295 }}, later)",
        "var sparse = []; sparse.length = 4294967295; return '' + sparse",
        "var sparse = []; sparse.length = 4294967295; return JSON.stringify({}, sparse)",
        "return JSON.stringify({}, new Array(20000).fill('x'))",
        "Array.from({length: 1e15})",
        "'a'.repeat(1e7).indexOf('a'.repeat(5e6) + 'b')",
        "'a'.repeat(1e7).lastIndexOf('b' + 'a'.repeat(5e6))",
        "'a'.repeat(1e7).includes('a'.repeat(5e6) + 'b')",
        "'a'.repeat(1e7).split('a'.repeat(5e6) + 'b')",
        "'a'.repeat(1e7).replace('a'.repeat(5e6) + 'b', '')",
        "'a'.repeat(1e7).replaceAll({toString: function () { return 'a'.repeat(5e6) + 'b' }}, '')",
        "var text = 'a'.repeat(5e6); new Array(50000).fill(text + 'b').includes(text + 'c')",
        "shExpMatch('a'.repeat(60000), '*' + 'a'.repeat(30000) + 'b')",
        "String.prototype.concat = function () { return '' }; 'a'.repeat(1e7).indexOf(new String('a'.repeat(5e6) + 'b'))",
        "'a'.repeat(2e6).match('a'.repeat(1e6) + 'b')",
        "new RegExp('a'.repeat(1e6) + 'b').test('a'.repeat(2e6))",
    ] {
        let came = explode(bomb).await;
        let Err(PacFlaw::Throw { message, .. }) = &came else { panic!("{bomb}: {came:?}") };
        assert!(message.as_str().ends_with("too long for a PAC file"), "{bomb}: {message}");
    }
}

/// Each is short, and ten thousand of them are not.
#[tokio::test]
async fn what_cannot_be_interrupted_is_counted() {
    for bomb in [
        "var list = new Array(99999).fill(1); for (;;) list.slice().reverse()",
        "var list = new Array(99999).fill(1); for (;;) list.sort()",
        "var list = ['a'.repeat(5e6) + 'b', 'a'.repeat(5e6) + 'c']; for (;;) list.sort()",
        "var list = new Array(99999).fill(1); for (;;) list.indexOf(2)",
        "var text = 'a'.repeat(60000); for (;;) text.indexOf('a'.repeat(1000) + 'b')",
        "var text = 'a'.repeat(5e6); for (;;) try { text.toUpperCase() } catch (stopped) {}",
        "for (;;) try { shExpMatch('a'.repeat(16000), '*' + 'a'.repeat(1000) + 'b') } catch (stopped) {}",
        "var list = '1.1.1.1;'.repeat(8000); for (;;) sortIpAddressList(list)",
        "var text = '%41'.repeat(100000); for (;;) decodeURIComponent(text)",
        "var endless = [], values = endless.values(); endless.length = 4294967295; new Set(values)",
        "new Set(Array.prototype.values.call({length: 9007199254740991}))",
        "for (;;) 'a'.repeat(5000).replace(/x*/g, '')",
        "var text = 'a'.repeat(5e6); new Set(new Array(99999).fill(text))",
        "for (;;) 'a'.repeat(1e5).replaceAll('', 'b')",
        "/a*b/.test('a'.repeat(1e5))",
    ] {
        assert_eq!(explode(bomb).await, Err(PacFlaw::CpuLimit), "{bomb}");
    }
}

/// The engine's own `find` frees an element twice where it is interrupted between two, and the process dies of it sooner
/// or later; so these are not the engine's own.
#[tokio::test]
async fn searching_can_be_interrupted_anywhere() {
    for function in ["find", "findIndex", "findLast", "findLastIndex"] {
        for _ in 0..20 {
            let bomb = format!(
                "var list = []; for (var i = 0; i < 100; i++) list.push({{text: 'x' + i}});
                 for (;;) list.{function}(function () {{ return false }})"
            );
            assert_eq!(explode_within(&bomb, Duration::from_millis(20)).await, Err(PacFlaw::CpuLimit), "{function}");
        }
    }
}

/// What the functions that are given to a script make of texts is not counted as its memory.
#[tokio::test]
async fn long_arguments_are_refused() {
    for call in [
        "sortIpAddressList('::;'.repeat(1e6))",
        "dnsResolve('a'.repeat(1e6))",
        "isPlainHostName('a'.repeat(1e6))",
        "isInNet('10.0.0.1', '1'.repeat(1e6), '')",
        "isInNetEx('10.0.0.1', '1'.repeat(1e6))",
        "alert({toString: function () { return 'a'.repeat(1e6) }})",
        "timeRange('1'.repeat(1e6))",
    ] {
        let came = explode(call).await;
        let Err(PacFlaw::Throw { message, .. }) = &came else { panic!("{call}: {came:?}") };
        assert_eq!(message.as_str(), "RangeError: text too long for a PAC file", "{call}");
    }
    let many = explode("weekdayRange.apply(null, new Array(60000).fill('x'.repeat(60000)))").await;
    assert!(
        matches!(&many, Err(PacFlaw::Throw { message, .. }) if message.as_str() == "RangeError: too many arguments")
    );
    assert_eq!(explode("return '' + dnsResolve('a'.repeat(60000))").await.as_deref(), Ok("null"));
}

#[tokio::test]
async fn what_no_file_needs_is_missing() {
    let script = "function FindProxyForURL() {
        var needless = ['ArrayBuffer', 'Atomics', 'BigInt', 'DataView', 'FinalizationRegistry', 'Iterator', 'Proxy',
            'SharedArrayBuffer', 'Uint8Array', 'WeakMap', 'WeakRef', 'WeakSet', 'performance'];
        return needless.filter(function (name) { return name in globalThis }).join() + typeof [].values().drop }";
    assert_eq!(answer(script, URL).await.as_deref(), Ok("undefined"));
}

#[tokio::test]
async fn guarded_functions_do_what_they_are_for() {
    let script = "function FindProxyForURL() {
        function all() { return Array.prototype.slice.call(arguments, 1) }
        return [[3, 1, 2].sort().join(''), [1, [2, [3]]].flat().length, [1, 2].flatMap(function (n) { return [n, [n]] }).length,
            all(0, 'b', 'c').reverse().concat(['d'], 'e').join('-'), Array.prototype.join.call('xyz', '.'),
            JSON.stringify({a: 1, b: 2}, ['b']), [1, 2, 3, 4].splice(1, 2), String([1, [2, 3]])].join(' ') }";
    let expected = "123 3 4 c-b-d-e x.y.z {\"b\":2} 2,3 1,2,3";
    assert_eq!(answer(script, URL).await.as_deref(), Ok(expected));
    for (expression, expected) in [
        ("[10, 9, 1, undefined, 'b', 'a'].sort()", "1,10,9,a,b,"),
        ("[3, 1, 2].sort(function (a, b) { return b - a })", "3,2,1"),
        ("(function () { return [].shift.call(arguments) + arguments.length })('a', 'b')", "a1"),
        ("[1].concat([2, [3]], 4, 'five').length", "5"),
        ("[1, , 3].concat([,]).length", "4"),
        ("Array.prototype.concat.call('ab', 'c').join()", "ab,c"),
        ("['a', 'b'].indexOf('b') + [1, NaN].includes(NaN) + ['a', 'b', 'a'].lastIndexOf('a')", "4"),
        ("decodeURIComponent('%41') + encodeURIComponent('/') + escape(' ') + unescape('%42')", "A%2F%20B"),
        ("[5, 6, 7].find(function (n) { return n > 5 }) + [5, 6].findIndex(function (n) { return n > 6 })", "5"),
        (
            "[5, 6, 7].findLast(function (n) { return n < 7 }) * [5, 6].findLastIndex(function (n) { return n < 7 })",
            "6",
        ),
        ("Array.from({length: 2}, function (_, i) { return i })", "0,1"),
        ("Array.from(new Set('aabc')).join('')", "abc"),
        ("new Map([['a', 1], ['b', 2]]).get('b') + new Set([1, 1, 2]).size", "4"),
        ("[new Map() instanceof Map, new Set().constructor === Set, Set.name]", "true,true,Set"),
        (
            "'www.example.com'.indexOf('.') + 'a.b.a'.lastIndexOf('a') + 'abcabc'.indexOf('c', 3) + 'aba'.lastIndexOf('a', 1)",
            "12",
        ),
        ("'abc'.includes('b') + ' ' + 'abc'.includes('a', 1) + ' ' + 'undefined'.indexOf()", "true false 0"),
        (
            "'a.b.c'.split('.', 2) + ' ' + 'abc'.split('') + ' ' + 'a1b2'.split(/\\d/) + ' ' + 'a'.split()",
            "a,b a,b,c a,b, a",
        ),
        (
            "'a.b.b'.replace('b', '[$&]') + 'xx'.replace(/x/g, function (x, at) { return at }) + 'a.a'.replaceAll('a', 'b')",
            "a.[b].b01b.b",
        ),
        ("'aXb'.toLowerCase() + 'b'.localeCompare('a') + 'x'.toUpperCase()", "axb1X"),
        (
            "/^(\\d+)\\.(\\d+)/.exec('10.20.30').slice(1) + 'a-b'.match(/-(.)/)[1] + /a/.test('b') + 'abc'.search('c')",
            "10,20bfalse2",
        ),
    ] {
        let script = format!("function FindProxyForURL() {{ return '' + ({expression}) }}");
        let came = answer(&script, URL).await;
        assert_eq!(came.as_deref(), Ok(expected), "{expression}");
    }
    // They do not stand on what a script may replace.
    let script = "Array.prototype[Symbol.iterator] = String.prototype.concat = function () { throw 'replaced' };
        function FindProxyForURL(url, host) {
            return [host.indexOf('.'), host.split('.').length, [2, 1].sort()[0], dnsDomainIs(host, '.com')].join(' ') }";
    assert_eq!(answer(script, URL).await.as_deref(), Ok("3 3 1 true"));
    for (expression, expected) in [
        ("'a'.replaceAll(/a/, '')", "TypeError: not global"),
        ("String.prototype.indexOf.call(null, 'a')", "TypeError: null or undefined are forbidden"),
        ("Set([1])", "TypeError: must be called with new"),
        ("[].concat.call(undefined)", "TypeError: cannot convert to object"),
    ] {
        let came = answer(&format!("function FindProxyForURL() {{ return '' + {expression} }}"), URL).await;
        assert!(matches!(&came, Err(PacFlaw::Throw { message, .. }) if message.as_str() == expected), "{came:?}");
    }
}
