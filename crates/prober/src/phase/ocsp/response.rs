//! The structure of an answer (RFC 6960, section 4.2.1).

use rustls::pki_types::CertificateDer;
use time::OffsetDateTime;
use x509_parser::asn1_rs::{Any, Class, FromDer, Oid, Tag, oid};

use super::request;
use crate::observation::{CertificateStatus, OcspRefusal};
use crate::phase::crl::der::{Malformed, SignedParts, any, element, next_tag, sequence, signed_parts, time};
use crate::trust::served::Link;

/// `id-pkix-ocsp-basic` (section 4.2.1).
const BASIC: Oid<'static> = oid!(1.3.6.1.5.5.7.48.1.1);

/// The most states of one answer that are looked at; responders give one.
const MAX_STATES: usize = 64;

/// What a responder sends.
pub(super) enum Response<'a> {
    Refused(OcspRefusal),
    Basic(Basic<'a>),
}

/// `BasicOCSPResponse`, as far as it is of use.
pub(super) struct Basic<'a> {
    /// The signed part, with its header.
    pub(super) message: &'a [u8],
    pub(super) algorithm: &'a [u8],
    pub(super) algorithm_id: Oid<'a>,
    pub(super) signature: &'a [u8],
    pub(super) certificates: Vec<CertificateDer<'a>>,
    /// When it was signed.
    pub(super) produced_at: OffsetDateTime,
    /// The content of `responses`.
    states: &'a [u8],
}

/// `SingleResponse`.
pub(super) struct State {
    pub(super) status: CertificateStatus,
    pub(super) this_update: OffsetDateTime,
    pub(super) next_update: Option<OffsetDateTime>,
}

/// Reads `OCSPResponse`; bytes after it are not looked at.
pub(super) fn read(body: &[u8]) -> Result<Response<'_>, Malformed> {
    let mut input = body;
    let mut response = sequence(&mut input, "outer structure")?;
    let status = element(&mut response, Tag::Enumerated, "status")?;
    let refusal = match status {
        [0] => None,
        [1] => Some(OcspRefusal::MalformedRequest),
        [2] => Some(OcspRefusal::InternalError),
        [3] => Some(OcspRefusal::TryLater),
        [5] => Some(OcspRefusal::SigRequired),
        [6] => Some(OcspRefusal::Unauthorized),
        _ => return Err(Malformed::Field("status")),
    };
    if let Some(refusal) = refusal {
        return Ok(Response::Refused(refusal));
    }
    let mut bytes = tagged(&mut response, 0, "answer")?;
    let mut bytes = sequence(&mut bytes, "answer")?;
    if element(&mut bytes, Tag::Oid, "kind of answer")? != BASIC.as_bytes() {
        return Err(Malformed::Field("kind of answer"));
    }
    basic(element(&mut bytes, Tag::OctetString, "answer")?).map(Response::Basic)
}

fn basic(input: &[u8]) -> Result<Basic<'_>, Malformed> {
    const FIELD: &str = "certificates";
    let SignedParts { message, content: mut data, algorithm, algorithm_id, signature } = signed_parts(input)?;
    let mut whole = input;
    let mut rest = sequence(&mut whole, "answer")?;
    for _ in 0..3 {
        any(&mut rest, "answer")?;
    }
    let mut certificates = Vec::new();
    if !rest.is_empty() {
        let mut explicit = tagged(&mut rest, 0, FIELD)?;
        let mut list = sequence(&mut explicit, FIELD)?;
        while next_tag(list) == Some(Tag::Sequence) && certificates.len() < super::MAX_CERTIFICATES {
            let start = list;
            any(&mut list, FIELD)?;
            certificates.push(CertificateDer::from(start.get(..start.len() - list.len()).unwrap_or_default()));
        }
    }
    // Version 1 is the default, and the only one.
    if is_tagged(data, 0) {
        any(&mut data, "version")?;
    }
    // Whoever says it is; what counts is who signed.
    any(&mut data, "responder")?;
    let produced_at = time(&mut data, "producedAt")?;
    let states = sequence(&mut data, "states")?;
    Ok(Basic { message, algorithm, algorithm_id, signature, certificates, produced_at, states })
}

impl Basic<'_> {
    /// The state of the certificate that was asked for, where it is among those told.
    pub(super) fn state_of(&self, link: &Link) -> Result<Option<State>, Malformed> {
        const FIELD: &str = "states";
        let wanted = request::id(link);
        let (mut wanted, mut states) = (wanted.as_slice(), self.states);
        let wanted = sequence(&mut wanted, FIELD)?;
        for _ in 0..MAX_STATES {
            if states.is_empty() {
                break;
            }
            let mut one = sequence(&mut states, FIELD)?;
            let id = sequence(&mut one, FIELD)?;
            if is_same(id, wanted)? {
                return state(one).map(Some);
            }
        }
        Ok(None)
    }
}

/// Whether two `CertID`s name one certificate. Some responders leave the NULL of the algorithm out.
fn is_same(mut id: &[u8], mut wanted: &[u8]) -> Result<bool, Malformed> {
    const FIELD: &str = "identifier of a certificate";
    let (mut algorithm, mut wanted_algorithm) = (sequence(&mut id, FIELD)?, sequence(&mut wanted, FIELD)?);
    let same_algorithm = element(&mut algorithm, Tag::Oid, FIELD)? == element(&mut wanted_algorithm, Tag::Oid, FIELD)?;
    Ok(same_algorithm && id == wanted)
}

fn state(mut input: &[u8]) -> Result<State, Malformed> {
    const FIELD: &str = "state of the certificate";
    let status = any(&mut input, FIELD)?;
    if status.class() != Class::ContextSpecific {
        return Err(Malformed::Field(FIELD));
    }
    let status = match status.tag().0 {
        0 => CertificateStatus::Good,
        1 => CertificateStatus::Revoked { at: time(&mut &*status.data, "time of revocation")? },
        2 => CertificateStatus::Unknown,
        _ => return Err(Malformed::Field(FIELD)),
    };
    let this_update = time(&mut input, "thisUpdate")?;
    let next_update =
        if is_tagged(input, 0) { Some(time(&mut tagged(&mut input, 0, "nextUpdate")?, "nextUpdate")?) } else { None };
    Ok(State { status, this_update, next_update })
}

fn is_tagged(input: &[u8], tag: u32) -> bool {
    Any::from_der(input).is_ok_and(|(_, any)| any.class() == Class::ContextSpecific && any.tag() == Tag(tag))
}

/// Takes what stands under a context-specific tag.
fn tagged<'a>(input: &mut &'a [u8], tag: u32, field: &'static str) -> Result<&'a [u8], Malformed> {
    let any = any(input, field)?;
    let is_it = any.class() == Class::ContextSpecific && any.tag() == Tag(tag);
    if is_it { Ok(any.data) } else { Err(Malformed::Field(field)) }
}
