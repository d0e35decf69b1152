//! Asking an instance that has a web configuration: over TLS, and as a user.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use http::HeaderValue;
use prober::config::{Sources, SystemSources};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::crypto::{WebPkiSupportedAlgorithms, aws_lc_rs, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, InvalidDnsNameError, PrivateKeyDer, ServerName, UnixTime};
use rustls::{ClientConfig, DigitallySignedStruct, RootCertStore, SignatureScheme};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use url::{Host, Url};
use zeroize::Zeroizing;

use super::super::args::HealthArgs;

/// Why the question cannot be asked.
#[derive(Debug, thiserror::Error)]
pub(super) enum Unprepared {
    #[error("cannot read {}", .0.display())]
    Read(PathBuf, #[source] io::Error),
    #[error("{} is no PEM file of what is wanted", .0.display())]
    Pem(PathBuf),
    #[error("the password in {} cannot be sent: it is not one line of text", .0.display())]
    Password(PathBuf),
    #[error("{0} is not this machine: name who vouches for its certificate (--ca-file), or --insecure")]
    Unvouched(Url),
    #[error("{0} is no name that a certificate could be for")]
    Name(Url, #[source] InvalidDnsNameError),
    #[error("these certificates cannot be used")]
    Tls(#[source] rustls::Error),
}

/// The value of `Authorization`, where the arguments name a user.
pub(super) fn credentials(args: &HealthArgs) -> Result<Option<HeaderValue>, Unprepared> {
    let (Some(user), Some(file)) = (&args.username, &args.password_file) else { return Ok(None) };
    let content = read(file)?;
    let unusable = || Unprepared::Password(file.clone());
    let password = std::str::from_utf8(&content).map_err(|_| unusable())?;
    // Editors end files with a line break.
    let password = password.strip_suffix('\n').map_or(password, |line| line.strip_suffix('\r').unwrap_or(line));
    if password.chars().any(char::is_control) {
        return Err(unusable());
    }
    let encoded = Zeroizing::new(BASE64_STANDARD.encode(Zeroizing::new(format!("{user}:{password}")).as_bytes()));
    let mut value = HeaderValue::from_str(&Zeroizing::new(format!("Basic {}", *encoded))).map_err(|_| unusable())?;
    value.set_sensitive(true);
    Ok(Some(value))
}

/// How TLS is spoken with the instance.
pub(super) struct Tls {
    config: Arc<ClientConfig>,
    name: ServerName<'static>,
}

impl Tls {
    /// Checks the instance's certificate against `--ca-file`. Without one, that of this machine is not checked: who could
    /// take its place here could do anything else as well, and certificates are seldom for `127.0.0.1`.
    pub(super) fn new(url: &Url, args: &HealthArgs) -> Result<Self, Unprepared> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let algorithms = provider.signature_verification_algorithms;
        let builder = ClientConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let builder = builder.map_err(Unprepared::Tls)?;
        let builder = match &args.ca_file {
            Some(file) => builder.with_root_certificates(roots(file)?),
            None if args.insecure || is_this_machine(url) => {
                builder.dangerous().with_custom_certificate_verifier(Arc::new(Whoever(algorithms)))
            }
            None => return Err(Unprepared::Unvouched(url.clone())),
        };
        let config = match (&args.cert_file, &args.key_file) {
            (Some(chain), Some(key)) => {
                builder.with_client_auth_cert(certificates(chain)?, private_key(key)?).map_err(Unprepared::Tls)?
            }
            _ => builder.with_no_client_auth(),
        };
        let host = url.host_str().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let name = ServerName::try_from(host).map_err(|error| Unprepared::Name(url.clone(), error))?;
        Ok(Self { config: Arc::new(config), name })
    }

    /// The handshake.
    pub(super) async fn connect(self, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
        TlsConnector::from(self.config).connect(self.name, stream).await
    }
}

fn is_this_machine(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}

fn roots(file: &Path) -> Result<RootCertStore, Unprepared> {
    let mut store = RootCertStore::empty();
    for certificate in certificates(file)? {
        store.add(certificate).map_err(Unprepared::Tls)?;
    }
    Ok(store)
}

fn certificates(file: &Path) -> Result<Vec<CertificateDer<'static>>, Unprepared> {
    let certificates = CertificateDer::pem_slice_iter(&read(file)?).collect::<Result<Vec<_>, _>>();
    certificates.ok().filter(|found| !found.is_empty()).ok_or_else(|| Unprepared::Pem(file.to_owned()))
}

fn private_key(file: &Path) -> Result<PrivateKeyDer<'static>, Unprepared> {
    PrivateKeyDer::from_pem_slice(&read(file)?).map_err(|_| Unprepared::Pem(file.to_owned()))
}

/// A file of a sensible size.
fn read(file: &Path) -> Result<Zeroizing<Vec<u8>>, Unprepared> {
    let read = SystemSources::in_folder("").read(file);
    read.map(Zeroizing::new).map_err(|error| Unprepared::Read(file.to_owned(), error))
}

/// Takes any certificate whose key the peer holds.
#[derive(Debug)]
struct Whoever(WebPkiSupportedAlgorithms);

impl ServerCertVerifier for Whoever {
    fn verify_server_cert(
        &self,
        _leaf: &CertificateDer<'_>,
        _intermediates: &[CertificateDer<'_>],
        _name: &ServerName<'_>,
        _ocsp: &[u8],
        _now: UnixTime,
    ) -> Result<ServerCertVerified, rustls::Error> {
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls12_signature(message, leaf, signed, &self.0)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        leaf: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, rustls::Error> {
        verify_tls13_signature(message, leaf, signed, &self.0)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.0.supported_schemes()
    }
}
