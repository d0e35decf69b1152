//! The section `discovery`: what is probed besides the endpoints because of what they serve.

use super::cursor::Cursor;
use super::duration;
use super::endpoint::{Defaults, INTERVALS};
use crate::plan::{Discovery, Endpoint};

const KEYS: &[&str] = &["revocation", "interval"];

/// Reads the section; `None` where discovery is switched off.
pub(super) fn read(cursor: Option<&Cursor<'_>>, defaults: &Defaults) -> Option<Discovery> {
    let section = cursor.and_then(|cursor| cursor.section(KEYS));
    let own = |key| section.as_ref().and_then(|section| section.get(key));
    let interval = own("interval").and_then(|cursor| duration::read(&cursor, INTERVALS));
    let revocation = own("revocation").and_then(|cursor| cursor.boolean()).unwrap_or(true);
    revocation.then(|| Discovery {
        interval: interval.unwrap_or(defaults.interval),
        timeout: defaults.timeout,
        crl_timeout: defaults.timeout.max(Endpoint::DEFAULT_CRL_TIMEOUT),
        private_answers: defaults.private_answers,
    })
}
