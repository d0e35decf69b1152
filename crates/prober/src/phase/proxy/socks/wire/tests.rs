use super::*;
use crate::plan::{Password, Secret};

fn account(user: &str, password: &str) -> Credentials {
    let password = Password::fixed(Secret::new(password.to_owned()));
    Credentials { username: user.to_owned(), password, scheme: None, kdc: None }
}

fn address(text: &str) -> Target<'static> {
    Target::Address(text.parse().unwrap())
}

#[test]
fn requests_of_version_5() {
    assert_eq!(greeting(&methods(false)), [5, 1, 0]);
    assert_eq!(greeting(&methods(true)), [5, 2, 0, 2]);
    assert_eq!(credentials(&account("svc", "pä")).unwrap().as_slice(), b"\x01\x03svc\x03p\xc3\xa4");
    assert_eq!(credentials(&account("svc", "")).unwrap().as_slice(), b"\x01\x03svc\x00");
    assert_eq!(request_5(Target::Name("a.example"), 443).unwrap(), b"\x05\x01\x00\x03\x09a.example\x01\xbb");
    assert_eq!(request_5(address("10.1.2.3"), 80).unwrap(), [5, 1, 0, 1, 10, 1, 2, 3, 0, 80]);
    let six = request_5(address("2001:db8::1"), 0x1234).unwrap();
    assert_eq!(six, [5, 1, 0, 4, 0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0x12, 0x34]);
}

#[test]
fn requests_of_version_4() {
    assert_eq!(request_4(address("10.1.2.3"), 443, "", false).unwrap(), [4, 1, 1, 0xbb, 10, 1, 2, 3, 0]);
    assert_eq!(request_4(address("10.1.2.3"), 443, "svc", true).unwrap(), b"\x04\x01\x01\xbb\x0a\x01\x02\x03svc\x00");
    let named = request_4(Target::Name("a.example"), 80, "svc", true).unwrap();
    assert_eq!(named, b"\x04\x01\x00\x50\x00\x00\x00\x01svc\x00a.example\x00");
    let six = request_4(address("2001:db8::1"), 80, "", true).unwrap();
    assert_eq!(six, b"\x04\x01\x00\x50\x00\x00\x00\x01\x002001:db8::1\x00");
}

#[test]
fn what_no_request_can_carry() {
    let long = "n".repeat(256);
    let fits = "n".repeat(255);
    assert!(request_5(Target::Name(&fits), 443).is_ok() && request_4(Target::Name(&fits), 443, "", true).is_ok());
    for refused in [
        request_5(Target::Name(&long), 443).err(),
        request_4(Target::Name(&long), 443, "", true).err(),
        request_4(address("10.1.2.3"), 443, &long, false).err(),
        request_4(address("10.1.2.3"), 443, "a\0b", false).err(),
        request_4(address("::1"), 443, "", false).err(),
        credentials(&account(&long, "")).err(),
        credentials(&account("", &long)).err(),
    ] {
        assert!(matches!(refused, Some(SocksFailure::CannotCarry { .. })), "{refused:?}");
    }
}

/// Every prefix of a message is no message yet, the whole is, and what follows is left alone.
fn whole<T: PartialEq + std::fmt::Debug>(message: &[u8], read: fn(&[u8]) -> Parsed<T>) -> T {
    for length in 0..message.len() {
        assert_eq!(read(&message[..length]), Parsed::Partial, "{length} of {message:02x?}");
    }
    let Parsed::Complete(value, length) = read(&[message, b"more"].concat()) else { panic!("{message:02x?}") };
    assert_eq!(length, message.len());
    value
}

#[test]
fn answers_octet_by_octet() {
    assert_eq!(whole(&[5, 2], read_method), 2);
    assert_eq!(whole(&[5, 0xff], read_method), 0xff);
    assert_eq!(whole(&[1, 0], read_status), 0);
    assert_eq!(whole(&[5, 0], read_status), 0);
    assert_eq!(whole(&[1, 2], read_status), 2);
    let bound = |message: &[u8]| whole(message, read_reply_5).bound.unwrap().to_string();
    assert_eq!(bound(&[5, 0, 0, 1, 10, 1, 2, 3, 1, 0xbb]), "10.1.2.3:443");
    let six = [&[5, 0, 0, 4][..], &[0; 15], &[1, 0, 80]].concat();
    assert_eq!(bound(&six), "[::1]:80");
    assert_eq!(bound(b"\x05\x00\x00\x03\x07a.b\x1b\x07cd\x00\x50"), "a.bcd:80");
    assert_eq!(bound(&[5, 0, 0, 3, 0, 0, 80]), ":80");
    assert_eq!(bound(&[&[5, 0, 0, 3, 255][..], &[b'n'; 255], &[0, 80]].concat()).chars().count(), Clean::MAX_CHARS);
    let four = whole(&[0, 0x5a, 1, 0xbb, 10, 1, 2, 3], read_reply_4);
    assert_eq!((four.granted, four.bound.unwrap().as_str()), (true, "10.1.2.3:443"));
}

#[test]
fn a_refusal_needs_no_more_than_its_code() {
    for code in 1..=255 {
        let refused = Parsed::Complete(Reply { code, granted: false, bound: None }, 2);
        assert_eq!(read_reply_5(&[5, code]), refused);
        assert_eq!(read_reply_5(&[5, code, 0, 3, 200]), refused);
        let of_version_4 = read_reply_4(&[0, code, 0]);
        match code {
            0x5a => assert_eq!(of_version_4, Parsed::Partial),
            0x5b..=0x5d => assert_eq!(of_version_4, refused),
            _ => assert_eq!(of_version_4, Parsed::Invalid, "{code}"),
        }
    }
}

#[test]
fn another_protocol_is_seen_at_once_and_told_in_words() {
    for (octets, words) in [
        (&b"HTTP/1.1 400 Bad Request\r\n\r\n"[..], "HTTP/1.1 400 Bad Request"),
        (b"SSH-2.0-OpenSSH_9.2\r\n", "SSH-2.0-OpenSSH_9.2"),
        (&[0, 0x5b, 0, 0], "SOCKS4: 00 5b 00 00"),
        (&[0x15, 3, 3, 0, 2, 2, 40], "TLS: 15 03 03 00 02 02 28"),
        (&[0xff; 17], "ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff …"),
    ] {
        assert_eq!(read_method(octets), Parsed::Invalid);
        assert_eq!(read_reply_5(octets), Parsed::Invalid);
        assert_eq!(in_words(octets).as_str(), words);
    }
    assert_eq!(read_reply_4(&[5, 0xff]), Parsed::Invalid);
    assert_eq!(in_words(&[5, 0xff]).as_str(), "SOCKS5: 05 ff");
    assert_eq!(read_reply_5(&[5, 0, 0, 2]), Parsed::Invalid);
    assert_eq!(read_status(b"H"), Parsed::Invalid);
}
