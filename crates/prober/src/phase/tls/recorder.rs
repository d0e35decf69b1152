//! The certificate verifier of a handshake that must not fail: it always asserts, and records what it should have said.

use std::sync::OnceLock;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use crate::observation::HandshakeSignature;

/// Records whether the peer holds the key of its certificate. What the certificate itself is worth is found out after
/// the handshake.
#[derive(Debug)]
pub(super) struct Recorder {
    algorithms: WebPkiSupportedAlgorithms,
    signature: OnceLock<HandshakeSignature>,
}

impl Recorder {
    /// A recorder for one handshake, which accepts the signatures that the provider can check.
    pub(super) fn new(provider: &CryptoProvider) -> Self {
        Self { algorithms: provider.signature_verification_algorithms, signature: OnceLock::new() }
    }

    /// What was found of the handshake's signature.
    pub(super) fn signature(&self) -> HandshakeSignature {
        self.signature.get().copied().unwrap_or(HandshakeSignature::Unchecked)
    }

    fn record(&self, certificate: &CertificateDer<'_>, checked: &Result<HandshakeSignatureValid, Error>) {
        let found = match checked {
            Ok(_) => HandshakeSignature::Valid,
            Err(_) if webpki::EndEntityCert::try_from(certificate).is_err() => HandshakeSignature::Unchecked,
            Err(_) => HandshakeSignature::Invalid,
        };
        // There is one such signature in a handshake; were there more, a bad one could not be made good.
        let _ = self.signature.set(found);
    }
}

impl ServerCertVerifier for Recorder {
    fn verify_server_cert(
        &self,
        _end_entity: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _server_name: &ServerName<'_>,
        _ocsp_response: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.record(certificate, &verify_tls12_signature(message, certificate, signed, &self.algorithms));
        Ok(HandshakeSignatureValid::assertion())
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.record(certificate, &verify_tls13_signature(message, certificate, signed, &self.algorithms));
        Ok(HandshakeSignatureValid::assertion())
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}
