//! The controls where the file says nothing of them.

use url::Url;

use super::endpoint::Defaults;
use crate::plan::{BodyExpectation, CONTROL_GROUP, Endpoint, Severity};

/// What the control that is there by default is called.
pub(super) const NAME: &str = "ncsi";
/// What Windows asks to find out whether it is online (Network Connectivity Status Indicator).
const NCSI: &str = "http://www.msftconnecttest.com/connecttest.txt";
const NCSI_BODY: &str = "Microsoft Connect Test";

/// The control that is there unless `controls` says otherwise.
pub(super) fn by_default(defaults: &Defaults) -> Option<Endpoint> {
    let mut control = Endpoint::new(NAME, Url::parse(NCSI).ok()?);
    CONTROL_GROUP.clone_into(&mut control.group);
    control.severity = Severity::Info;
    control.control = true;
    control.interval = defaults.interval;
    control.timeout = defaults.timeout.min(defaults.interval);
    control.private_answers = defaults.private_answers;
    control.roots = defaults.roots;
    control.expect.body = Some(BodyExpectation { contains: NCSI_BODY.to_owned() });
    Some(control)
}
