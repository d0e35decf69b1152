//! The frame around a Kerberos token in Negotiate: `NegTokenInit` (RFC 4178, section 4.2.1), in DER.

/// SPNEGO's object identifier, 1.3.6.1.5.5.2, as DER.
const SPNEGO: &[u8] = &[0x06, 0x06, 0x2b, 0x06, 0x01, 0x05, 0x05, 0x02];
/// Kerberos 5's, 1.2.840.113554.1.2.2. Offered alone, so that there is nothing to negotiate and no round for it.
const KERBEROS: &[u8] = &[0x06, 0x09, 0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02];

const SEQUENCE: u8 = 0x30;
const OCTET_STRING: u8 = 0x04;
const APPLICATION_0: u8 = 0x60;
const CONTEXT_0: u8 = 0xa0;
const CONTEXT_2: u8 = 0xa2;

/// Wraps the first token of Kerberos, framed for GSS-API itself (RFC 4121, section 4.1).
pub(super) fn init(token: &[u8]) -> Vec<u8> {
    let mechanisms = element(CONTEXT_0, &element(SEQUENCE, KERBEROS));
    let token = element(CONTEXT_2, &element(OCTET_STRING, token));
    let init = element(CONTEXT_0, &element(SEQUENCE, &[mechanisms, token].concat()));
    element(APPLICATION_0, &[SPNEGO, &init].concat())
}

/// One element of DER: tag, definite length in as few octets as it takes (X.690, section 10.1), content.
fn element(tag: u8, content: &[u8]) -> Vec<u8> {
    let length = content.len().to_be_bytes();
    let significant: Vec<u8> = length.into_iter().skip_while(|octet| *octet == 0).collect();
    let mut bytes = vec![tag];
    match significant.as_slice() {
        [] => bytes.push(0),
        [short] if *short < 0x80 => bytes.push(*short),
        long => {
            // A length has at most eight octets.
            bytes.push(0x80 | u8::try_from(long.len()).unwrap_or(0x7f));
            bytes.extend_from_slice(long);
        }
    }
    bytes.extend_from_slice(content);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_as_short_as_they_can_be() {
        assert_eq!(element(4, &[]), [4, 0]);
        assert_eq!(element(4, &[7]), [4, 1, 7]);
        assert_eq!(element(4, &[0; 127])[..2], [4, 127]);
        assert_eq!(element(4, &[0; 128])[..3], [4, 0x81, 128]);
        assert_eq!(element(4, &[0; 256])[..4], [4, 0x82, 1, 0]);
    }

    #[test]
    fn a_token_is_framed() {
        let framed = init(b"token");
        assert_eq!(framed[..2], [0x60, 36]);
        assert_eq!(framed.len(), 38);
        assert!(framed.ends_with(&[0xa2, 7, 4, 5, b't', b'o', b'k', b'e', b'n']));
    }
}
