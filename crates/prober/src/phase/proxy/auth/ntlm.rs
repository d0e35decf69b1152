//! NTLM (MS-NLMP) as proxies use it: a greeting, their challenge, and our proof, without signing or sealing.

use sspi::{
    AuthIdentity, AuthIdentityBuffers, BufferType, ClientRequestFlags, DataRepresentation, SecurityBuffer, Sspi,
    SspiImpl, Username,
};

use crate::observation::AuthFailure;
use crate::plan::Secret;
use crate::text::Clean;

/// Our side of one handshake. It names no workstation: the proxy has no use for it.
pub(super) struct Ntlm {
    context: sspi::Ntlm,
    credentials: Option<AuthIdentityBuffers>,
}

impl Ntlm {
    /// For `user`, `DOMAIN\user` or `user@realm`.
    pub(super) fn new(user: &str, password: &Secret) -> Result<Self, AuthFailure> {
        let username = Username::parse(user).map_err(|error| local(&error.to_string()))?;
        let identity = AuthIdentity { username, password: password.expose().to_owned().into() };
        Ok(Self { context: sspi::Ntlm::new(), credentials: Some(identity.into()) })
    }

    /// The message that opens the handshake.
    pub(super) fn greeting(&mut self) -> Result<Vec<u8>, AuthFailure> {
        self.step(Vec::new()).map_err(|error| local(&error.to_string()))
    }

    /// The proof that answers a challenge.
    pub(super) fn answer(mut self, challenge: Vec<u8>) -> Result<Vec<u8>, AuthFailure> {
        self.step(with_target_info(challenge)).map_err(|error| AuthFailure::Challenge(Clean::new(&error.description)))
    }

    fn step(&mut self, token: Vec<u8>) -> sspi::Result<Vec<u8>> {
        let mut input = [SecurityBuffer::new(token, BufferType::Token)];
        let mut output = [SecurityBuffer::new(Vec::new(), BufferType::Token)];
        let mut call = self
            .context
            .initialize_security_context()
            .with_credentials_handle(&mut self.credentials)
            .with_context_requirements(ClientRequestFlags::empty())
            .with_target_data_representation(DataRepresentation::Network)
            .with_input(&mut input)
            .with_output(&mut output);
        self.context.initialize_security_context_impl(&mut call)?.resolve_to_result()?;
        let [token] = output;
        Ok(token.buffer)
    }
}

/// A challenge without target information in the form of one whose target information is empty.
///
/// Servers of old (and squid's own `ntlm_fake_auth`) end before these fields or have other things there; clients pass
/// over them where the flags say so (MS-NLMP, section 2.2.1.2), sspi does not. They do not know integrity codes over
/// the messages either, so nobody misses the original.
fn with_target_info(challenge: Vec<u8>) -> Vec<u8> {
    const TARGET_INFO: u32 = 0x0080_0000;
    const VERSION: u32 = 0x0200_0000;
    /// An empty field that points behind the head: length, space, offset.
    const NOTHING: [u8; 8] = [0, 0, 0, 0, 48, 0, 0, 0];
    let parts = || {
        let (kind, rest) = challenge.split_first_chunk::<12>()?;
        let (_target_name, rest) = rest.split_first_chunk::<8>()?;
        let (flags, rest) = rest.split_first_chunk::<4>()?;
        let (nonce, _) = rest.split_first_chunk::<8>()?;
        Some((kind, u32::from_le_bytes(*flags), nonce))
    };
    match parts() {
        Some((kind, flags, nonce)) if flags & TARGET_INFO == 0 => {
            let flags = (flags & !VERSION).to_le_bytes();
            [&kind[..], &NOTHING, &flags, nonce, &[0; 8], &NOTHING].concat()
        }
        _ => challenge,
    }
}

fn local(words: &str) -> AuthFailure {
    AuthFailure::Local(Clean::new(words))
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::prelude::BASE64_STANDARD;

    use super::*;

    /// A challenge as Windows sends it (MS-NLMP, section 4.2.4.3).
    const CHALLENGE: &str = "TlRMTVNTUAACAAAADAAMADgAAAAzgoriASNFZ4mrze8AAAAAAAAAACQAJABEAAAABgBwFwAAAA9TAGUAcgB2AGUAcgACAAwARABvAG0AYQBpAG4AAQAMAFMAZQByAHYAZQByAAAAAAA=";

    fn secret() -> Secret {
        Secret::new("Password".to_owned())
    }

    fn utf16(text: &str) -> Vec<u8> {
        text.encode_utf16().flat_map(u16::to_le_bytes).collect()
    }

    #[test]
    fn a_handshake_names_the_user_and_not_the_password() {
        for (user, domain, name) in
            [("svc", "", "svc"), ("CORP\\svc", "CORP", "svc"), ("svc@corp.example", "", "svc@corp.example")]
        {
            let mut handshake = Ntlm::new(user, &secret()).unwrap();
            let greeting = handshake.greeting().unwrap();
            assert!(greeting.starts_with(b"NTLMSSP\0\x01\0\0\0"));
            let proof = handshake.answer(BASE64_STANDARD.decode(CHALLENGE).unwrap()).unwrap();
            assert!(proof.starts_with(b"NTLMSSP\0\x03\0\0\0"));
            let named = [utf16(domain), utf16(name)].concat();
            assert!(proof.windows(named.len()).any(|window| window == named), "{user}");
            let password = utf16("Password");
            assert!(!proof.windows(password.len()).any(|window| window == password));
        }
    }

    /// From squid's `ntlm_fake_auth`: no target information, and a target name at no place of the message.
    const OLD_CHALLENGE: &str = "TlRMTVNTUAACAAAACQAJAK6qqqoGgggA8eZRYT5FL3EAAAAAAAA6AFdPUktHUk9VUA==";

    #[test]
    fn a_challenge_of_old_is_answered() {
        let mut handshake = Ntlm::new("svc", &secret()).unwrap();
        handshake.greeting().unwrap();
        let proof = handshake.answer(BASE64_STANDARD.decode(OLD_CHALLENGE).unwrap()).unwrap();
        assert!(proof.starts_with(b"NTLMSSP\0\x03\0\0\0"));
    }

    #[test]
    fn a_challenge_cut_anywhere_or_spoiled_is_a_failure() {
        let challenge = BASE64_STANDARD.decode(CHALLENGE).unwrap();
        let answered = |bytes: Vec<u8>| {
            let mut handshake = Ntlm::new("svc", &secret()).unwrap();
            handshake.greeting().unwrap();
            handshake.answer(bytes)
        };
        for length in 0..challenge.len() {
            let cut = answered(challenge[..length].to_vec());
            assert!(matches!(cut, Err(AuthFailure::Challenge(_))), "{length}: {cut:?}");
        }
        // Whatever a single octet says, there is an answer or a failure.
        for index in 0..challenge.len() {
            for octet in [0x00, 0x01, 0x7f, 0x80, 0xff] {
                let mut spoiled = challenge.clone();
                spoiled[index] = octet;
                drop(answered(spoiled));
            }
        }
        let greeting = Ntlm::new("svc", &secret()).unwrap().greeting().unwrap();
        assert!(matches!(answered(greeting), Err(AuthFailure::Challenge(_))), "their greeting is no challenge");
    }
}
