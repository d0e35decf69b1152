//! Which roots are trusted, as whose, and what a chain is worth against them.

pub(crate) mod certificate;
pub(crate) mod fingerprint;
pub(crate) mod presented;
pub mod served;
pub mod signer;
mod words;

use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, ServerName, TrustAnchor, UnixTime};
use rustls_native_certs::CertificateResult;
use time::OffsetDateTime;
use webpki::{EndEntityCert, KeyUsage, VerifiedPath, anchor_from_trusted_cert};

use crate::observation::{CertificateFacts, ChainTrust, Period, Validity};
use crate::phase::SetupFault;
use crate::plan::{RootsChoice, TlsPlan};
use crate::text::Clean;

/// Microsoft's own roots, which every Windows trusts and Mozilla does not list. Public trust anchors.
const MICROSOFT_ROOTS: [&[u8]; 2] =
    [include_bytes!("trust/microsoft-root-2010.pem"), include_bytes!("trust/microsoft-root-2011.pem")];

/// Trust anchors, each known to belong to one set.
#[derive(Debug)]
pub struct TrustStore {
    /// Set after set: where a chain can end at several, the first wins.
    anchors: Vec<TrustAnchor<'static>>,
    /// The sets, each with the index in `anchors` at which it ends.
    sets: Vec<(ChainTrust, usize)>,
}

/// What a chain is worth. The parts are independent of each other.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ChainVerdict {
    /// Where the chain ends.
    pub trust: ChainTrust,
    /// Whether all of it is inside its validity.
    pub validity: Validity,
    /// Whether the leaf is for the name asked for.
    pub name_matches: bool,
    /// The verifier's words, where it was not content.
    pub reason: Option<Clean>,
    /// Whether all that was wrong with the chain was an issuer that nobody here knows: one more certificate might
    /// complete it.
    pub issuer_unknown: bool,
    /// When the certificates hold by which the chain reached its root; `None` where it reached none.
    pub period: Option<Period>,
}

/// Where a chain ends, and by which certificates it gets there.
#[derive(Debug)]
struct End {
    trust: ChainTrust,
    period: Option<Period>,
}

impl TrustStore {
    /// Gathers the roots that an endpoint chooses and those that the plan adds.
    ///
    /// The company's own inspection comes first: a CA that is configured as such, and stands in the system's store or
    /// among the extra roots too, as it must for clients to work, still is interception.
    pub fn new(plan: &TlsPlan, roots: RootsChoice) -> Result<Self, SetupFault> {
        let mut store = Self { anchors: Vec::new(), sets: Vec::new() };
        store.add("inspection root", &plan.inspection_roots)?;
        store.close(ChainTrust::Inspection);
        store.add("Microsoft root", &microsoft_roots()?)?;
        store.close(ChainTrust::Microsoft);
        match roots {
            RootsChoice::Bundled => store.anchors.extend_from_slice(webpki_roots::TLS_SERVER_ROOTS),
            RootsChoice::System => store.add_system(&rustls_native_certs::load_native_certs())?,
        }
        store.close(ChainTrust::Public);
        store.add("extra root", &plan.extra_roots)?;
        store.close(ChainTrust::Extra);
        Ok(store)
    }

    /// Ends a set: it has all anchors since the one before.
    fn close(&mut self, set: ChainTrust) {
        self.sets.push((set, self.anchors.len()));
    }

    fn add(&mut self, what: &str, certificates: &[CertificateDer<'static>]) -> Result<(), SetupFault> {
        for certificate in certificates {
            let anchor = anchor_from_trusted_cert(certificate).map_err(|error| SetupFault::new(what, &error))?;
            self.anchors.push(anchor.to_owned());
        }
        Ok(())
    }

    /// The system's store, as far as it can be read: real stores hold oddities that no client minds.
    fn add_system(&mut self, native: &CertificateResult) -> Result<(), SetupFault> {
        let before = self.anchors.len();
        let readable = native.certs.iter().filter_map(|certificate| anchor_from_trusted_cert(certificate).ok());
        self.anchors.extend(readable.map(|anchor| anchor.to_owned()));
        if self.anchors.len() > before {
            return Ok(());
        }
        let reason = native.errors.first().map_or_else(|| "it holds no certificates".to_owned(), ToString::to_string);
        Err(SetupFault::new("the system's root store", &reason))
    }

    /// The roots that origins are proven by: all but those of the company's own inspection.
    pub(crate) fn roots_of_origins(&self) -> impl Iterator<Item = &TrustAnchor<'static>> {
        self.anchors.iter().filter(|anchor| self.set_of(anchor) != ChainTrust::Inspection)
    }

    /// Which set an anchor of this store belongs to.
    fn set_of(&self, anchor: &TrustAnchor<'_>) -> ChainTrust {
        let index = self.anchors.iter().position(|own| std::ptr::eq(own, anchor));
        let set = index.and_then(|index| self.sets.iter().find(|(_, end)| index < *end));
        set.map_or(ChainTrust::Untrusted, |(set, _)| *set)
    }

    /// Verifies a chain, leaf first, for a name and at a time. `facts` are those of the same certificates.
    ///
    /// A chain outside its validity is verified again at a time inside it: that a certificate has expired must not hide
    /// that nobody trusts it (and the other way round).
    pub fn verify(
        &self,
        chain: &[CertificateDer<'_>],
        facts: &[CertificateFacts],
        host: &ServerName<'_>,
        now: OffsetDateTime,
    ) -> ChainVerdict {
        let mut verdict = ChainVerdict {
            trust: ChainTrust::Untrusted,
            validity: Validity::Valid,
            name_matches: false,
            reason: None,
            issuer_unknown: false,
            period: None,
        };
        let Some((leaf, intermediates)) = chain.split_first() else { return verdict };
        let leaf = match EndEntityCert::try_from(leaf) {
            Ok(leaf) => leaf,
            Err(error) => {
                verdict.reason = Some(words::because(&error));
                return verdict;
            }
        };
        let name = leaf.verify_is_valid_for_subject_name(host);
        verdict.name_matches = name.is_ok();

        let mut end = self.end_of_chain(&leaf, intermediates, facts, now);
        let mut error = end.as_ref().err().cloned();
        if let Some(validity) = error.as_ref().and_then(outside_validity) {
            verdict.validity = validity;
            let mut other_times = times_inside(facts, now).into_iter();
            while let (true, Some(time)) = (end.is_err(), other_times.next()) {
                end = self.end_of_chain(&leaf, intermediates, facts, time);
            }
            error = end.as_ref().err().cloned().filter(|error| outside_validity(error).is_none()).or(error);
        }
        verdict.issuer_unknown = matches!(end, Err(webpki::Error::UnknownIssuer));
        verdict.trust = end.as_ref().map_or(ChainTrust::Untrusted, |end| end.trust);
        verdict.period = end.ok().and_then(|end| end.period);
        verdict.reason = error.or(name.err()).map(|error| words::because(&error));
        verdict
    }

    /// The certificates of a chain, leaf first, by which it leads to a root of origins at a time, and that root; `None`
    /// where it does not. What a server sends along besides proves nothing, and nobody has signed it.
    pub(crate) fn proving(
        &self,
        chain: &[CertificateDer<'_>],
        now: OffsetDateTime,
    ) -> Option<(Vec<CertificateDer<'static>>, TrustAnchor<'static>)> {
        let (leaf, intermediates) = chain.split_first()?;
        let end = EndEntityCert::try_from(leaf).ok()?;
        let path = self.path(&end, intermediates, now).ok()?;
        if self.set_of(path.anchor()) == ChainTrust::Inspection {
            return None;
        }
        let above = path.intermediate_certificates().map(|certificate| certificate.der().into_owned());
        Some((std::iter::once(leaf.clone().into_owned()).chain(above).collect(), path.anchor().to_owned()))
    }

    /// To which set a chain leads at a time, and by what.
    fn end_of_chain(
        &self,
        leaf: &EndEntityCert<'_>,
        intermediates: &[CertificateDer<'_>],
        facts: &[CertificateFacts],
        time: OffsetDateTime,
    ) -> Result<End, webpki::Error> {
        let path = self.path(leaf, intermediates, time)?;
        let is_used = |sent: &CertificateDer<'_>| path.intermediate_certificates().any(|used| used.der() == *sent);
        let (leaf, above) = facts.split_first().map_or((None, facts), |(leaf, above)| (Some(leaf), above));
        let used = intermediates.iter().zip(above).filter(|(sent, _)| is_used(sent)).map(|(_, facts)| facts);
        Ok(End { trust: self.set_of(path.anchor()), period: Period::common(leaf.into_iter().chain(used)) })
    }

    fn path<'p>(
        &'p self,
        leaf: &'p EndEntityCert<'p>,
        intermediates: &'p [CertificateDer<'p>],
        time: OffsetDateTime,
    ) -> Result<VerifiedPath<'p>, webpki::Error> {
        let since_epoch = std::time::Duration::from_secs(u64::try_from(time.unix_timestamp()).unwrap_or(0));
        leaf.verify_for_usage(
            webpki::ALL_VERIFICATION_ALGS,
            &self.anchors,
            intermediates,
            UnixTime::since_unix_epoch(since_epoch),
            KeyUsage::server_auth(),
            None,
            None,
        )
    }
}

fn microsoft_roots() -> Result<Vec<CertificateDer<'static>>, SetupFault> {
    let parsed = MICROSOFT_ROOTS.into_iter().map(CertificateDer::from_pem_slice);
    parsed.collect::<Result<_, _>>().map_err(|error| SetupFault::new("Microsoft root", &error))
}

fn outside_validity(error: &webpki::Error) -> Option<Validity> {
    match error {
        webpki::Error::CertExpired { .. } => Some(Validity::Expired),
        webpki::Error::CertNotValidYet { .. } => Some(Validity::NotYetValid),
        _ => None,
    }
}

/// Times at which a chain may hold although it does not now, best first: when all of its certificates are valid,
/// closest to now, and when the leaf is, since servers send along certificates that nobody needs.
fn times_inside(facts: &[CertificateFacts], now: OffsetDateTime) -> Vec<OffsetDateTime> {
    let all = facts.iter().map(|one| (one.not_before, one.not_after));
    let common = all.reduce(|(from, to), (not_before, not_after)| (from.max(not_before), to.min(not_after)));
    let leaf = facts.first().map(|leaf| (leaf.not_before, leaf.not_after));
    [common, leaf].into_iter().flatten().filter(|(from, to)| from <= to).map(|(from, to)| now.clamp(from, to)).collect()
}

#[cfg(test)]
pub(crate) mod pki;
#[cfg(test)]
mod tests;
