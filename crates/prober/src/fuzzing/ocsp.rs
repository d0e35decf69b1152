//! Answers of OCSP responders.

use super::world::{World, answered, is_kept, whole};
use crate::observation::{BodyFacts, CrlSignature, OcspFacts, OcspOutcome, Published};
use crate::phase::ocsp::read;

/// Reads a body as the answer for the certificate that was served.
pub fn ocsp(body: &[u8]) {
    let world = World::get();
    let outcome = read(body, &whole(body), &world.link);
    is_kept(&outcome);
    if let OcspOutcome::Answered(answer) = &outcome {
        assert_eq!(answer.signature == CrlSignature::Valid, answer.signature_reason.is_none(), "{answer:?}");
        cut(&outcome, body);
    }
    let endless = BodyFacts { limit_reached: true, ..whole(body) };
    assert!(matches!(read(body, &endless, &world.link), OcspOutcome::Invalid { .. }));

    let mut observation = answered(body);
    let (certificate, subject) = (world.link.certificate.clone(), world.link.subject.clone());
    observation.ocsp = Some(Box::new(OcspFacts { certificate, subject, outcome }));
    world.judged(Some(Published::Ocsp), &observation);
}

/// An answer that lacks its last octet is none, unless something followed it; and one that something follows is the same.
fn cut(outcome: &OcspOutcome, body: &[u8]) {
    let world = World::get();
    let longer = [body, b"\n"].concat();
    assert_eq!(read(&longer, &whole(&longer), &world.link), *outcome);
    let Some((_, shorter)) = body.split_last() else { return };
    let short = read(shorter, &whole(shorter), &world.link);
    assert!(short == *outcome || matches!(short, OcspOutcome::Invalid { .. }), "{short:?}");
}
