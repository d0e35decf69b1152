//! A verifier's findings in words.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

use crate::text::Clean;

/// Why a chain does not hold.
pub(super) fn because(error: &webpki::Error) -> Clean {
    use webpki::Error;
    let words = match error {
        Error::UnknownIssuer => "it ends at an issuer that is not trusted here".to_owned(),
        Error::CertExpired { not_after, .. } => format!("a certificate expired on {}", date(not_after.as_secs())),
        Error::CertNotValidYet { not_before, .. } => {
            format!("a certificate is not valid before {}", date(not_before.as_secs()))
        }
        Error::CertNotValidForName(names) => {
            format!("the certificate is not for {} but for {}", names.expected.to_str(), presented(&names.presented))
        }
        Error::CaUsedAsEndEntity => "the server presents a CA certificate as its own".to_owned(),
        Error::InvalidSignatureForPublicKey => "a certificate is not signed by the issuer it names".to_owned(),
        // The rest names itself well enough: UnsupportedCertVersion, NameConstraintViolation, …
        other => other.to_string(),
    };
    Clean::new(&words)
}

/// The names of a certificate, the first few of what can be hundreds; webpki writes them as `DnsName("…")`.
fn presented(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let bare = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
    let shown: Vec<String> = names.iter().take(SHOWN).map(bare).collect();
    match names.len() {
        0 => "nobody".to_owned(),
        count if count > SHOWN => format!("{} and {} more", shown.join(", "), count - SHOWN),
        _ => shown.join(", "),
    }
}

fn date(unix_seconds: u64) -> String {
    let seconds = i64::try_from(unix_seconds).unwrap_or(i64::MAX);
    let time = OffsetDateTime::from_unix_timestamp(seconds).ok().and_then(|time| time.format(&Rfc3339).ok());
    time.unwrap_or_else(|| format!("@{unix_seconds}"))
}
