//! Who is known, what was served and what time it is behind every door. `fuzz/make-seeds` makes the certificates, and the
//! seeds that their keys signed.

use std::fmt::Debug;
use std::sync::LazyLock;
use std::time::Duration;

use rustls::pki_types::{CertificateDer, ServerName};
use serde::Serialize;
use serde::de::DeserializeOwned;
use time::OffsetDateTime;
use time::macros::datetime;

use crate::config::{SystemSources, parse};
use crate::observation::{BodyFacts, Headers, HttpFacts, Observation, Published};
use crate::phase::crl::Signers;
use crate::phase::dns::Resolver;
use crate::plan::{DnsPlan, Endpoint, Pair, Plan, Resolvers, RootsChoice, TlsPlan};
use crate::text::Clean;
use crate::trust::TrustStore;
use crate::trust::served::{Link, ServedChains};
use crate::trust::signer::{KnownSigners, Signer};
use crate::verdict::{Question, Verdict, judge};

/// The time behind the doors: what the authorities made is valid.
pub(super) const NOW: OffsetDateTime = datetime!(2027-01-01 00:00 UTC);

/// The authority that issued the leaf; the others bear its name and have other keys.
pub(super) const AUTHORITY: &[u8] = include_bytes!("world/ec.der");
const NAMESAKES: [&[u8]; 2] = [include_bytes!("world/rsa.der"), include_bytes!("world/ed25519.der")];
/// What `good.example` serves.
pub(super) const LEAF: &[u8] = include_bytes!("world/leaf.der");

/// The most that may be kept of anything that was read, as JSON, in bytes.
const MAX_KEPT: usize = 64 * 1024;
/// The longest detail of a verdict, in characters; the ellipsis of a cut one included.
const MAX_DETAIL: usize = 600;

/// Everything that reading depends on besides the octets.
#[derive(Debug)]
pub(super) struct World {
    /// The authorities, as met in chains.
    pub(super) known: KnownSigners,
    /// The same, as configured.
    pub(super) configured: Vec<Signer>,
    /// The leaf was served.
    pub(super) served: ServedChains,
    /// The leaf and who issued it.
    pub(super) link: Link,
    /// It trusts the authority.
    pub(super) trust: TrustStore,
    /// It knows no name and asks nobody.
    pub(super) resolver: Resolver,
    plan: Plan,
}

impl World {
    /// It does not change, so there is one.
    pub(super) fn get() -> &'static Self {
        static WORLD: LazyLock<World> = LazyLock::new(World::new);
        &WORLD
    }

    fn new() -> Self {
        let all: Vec<_> = [AUTHORITY].into_iter().chain(NAMESAKES).map(CertificateDer::from).collect();
        let configured: Vec<_> =
            all.iter().map(|one| Signer::of_certificate(one).expect("authorities sign lists")).collect();
        let known = KnownSigners::new(Vec::new());
        known.meet(&all);

        let authority = CertificateDer::from(AUTHORITY);
        let anchor = webpki::anchor_from_trusted_cert(&authority).expect("the authority is a root");
        let leaf = CertificateDer::from(LEAF);
        let served = ServedChains::default();
        served.note(std::slice::from_ref(&leaf), std::slice::from_ref(&leaf), &anchor);
        let issuer = configured.first().cloned().expect("there are authorities");
        let link = Link::new(&leaf, issuer).expect("the leaf is readable");

        let tls = TlsPlan { extra_roots: vec![authority.clone()], inspection_roots: Vec::new() };
        let trust = TrustStore::new(&tls, RootsChoice::Bundled).expect("the roots are readable");
        let yaml = "{site: fuzzing, default_paths: [direct], controls: [], \
                    endpoints: ['https://good.example/', 'http://pki.example/it']}";
        let plan = parse(yaml, "fuzzing", &SystemSources::in_folder(".")).expect("the configuration is valid");
        let nobody = DnsPlan { resolvers: Resolvers::Listed(Vec::new()), ..DnsPlan::default() };
        let resolver = Resolver::new(&nobody, &TlsPlan::default()).expect("there is nobody to reach");
        Self { known, configured, served, link, trust, resolver, plan }
    }

    /// Whose lists are expected where nobody is configured.
    pub(super) fn known(&self) -> Signers<'_> {
        Signers::Known(&self.known)
    }

    /// Judges what came of something that was published, unless it is `None` of that over https.
    pub(super) fn judged(&self, published: Option<Published>, observation: &Observation) -> Verdict {
        let scheme = if published.is_some() { "http" } else { "https" };
        let mut pairs = self.plan.pairs.iter();
        let pair = pairs.find(|pair| pair.endpoint.url.scheme() == scheme).expect("there are both schemes");
        let mut endpoint = Endpoint::clone(&pair.endpoint);
        endpoint.discovered = published;
        endpoint.expect.crl = (published == Some(Published::Crl)).then(Default::default);
        if let Some(expected) = &mut endpoint.expect.crl {
            expected.max_age = Some(Duration::from_secs(24 * 60 * 60));
        }
        let pair = Pair { endpoint: endpoint.into(), path: pair.path.clone() };

        let verdict = judge(&Question::alone(&pair, &self.plan.fingerprints), observation);
        let json = serde_json::to_string(&verdict).expect("a verdict is JSON");
        assert!(json.len() <= MAX_KEPT, "a verdict of {} bytes", json.len());
        if let Some(reason) = &verdict.reason {
            assert!(reason.detail.chars().count() <= MAX_DETAIL, "a detail of {} characters", reason.detail.len());
        }
        verdict
    }
}

/// The host whose leaf it is.
pub(super) fn host() -> ServerName<'static> {
    ServerName::try_from("good.example").expect("it is a name")
}

/// A body that came whole.
pub(super) fn whole(body: &[u8]) -> BodyFacts {
    let bytes = body.len() as u64;
    BodyFacts { bytes, announced: Some(bytes), complete: true, ..BodyFacts::default() }
}

/// A 200 with a body. Of its text nothing is kept: what fingerprints make of that has nothing to do with how it is read, and
/// takes ten times as long.
pub(super) fn answered(body: &[u8]) -> Observation {
    let mut observation = Observation::empty(NOW);
    let date = ("date".to_owned(), "Fri, 01 Jan 2027 00:00:00 GMT".into());
    observation.http = Some(HttpFacts {
        version: "HTTP/1.1".to_owned(),
        status: 200,
        reason: Some("OK".into()),
        headers: Headers(vec![date]),
        body: whole(body),
    });
    observation
}

/// Whatever was read is bounded, and means the same when it was written to a file and read back.
pub(super) fn is_kept<T: Serialize + DeserializeOwned + PartialEq + Debug>(value: &T) {
    let json = serde_json::to_string(value).expect("facts are JSON");
    assert!(json.len() <= MAX_KEPT, "{} bytes of facts: {value:?}", json.len());
    let again: T = serde_json::from_str(&json).expect("JSON is facts");
    assert_eq!(again, *value);
}

/// Headers are few, and each is small.
pub(super) fn headers_are_clean(headers: &Headers) {
    assert!(headers.0.len() <= Headers::MAX, "{} headers", headers.0.len());
    for (name, value) in &headers.0 {
        let is_good = |letter: char| letter.is_ascii_graphic() && !letter.is_ascii_uppercase();
        assert!((1..=Clean::MAX_CHARS).contains(&name.len()) && name.chars().all(is_good), "{name:?}");
        assert_eq!(Clean::new(value.as_str()), *value, "of {name}");
    }
}

/// Whatever is shown, it is not this.
pub(super) fn never_shows(text: &str, secret: &str) {
    assert!(!text.contains(secret), "{text}");
}
