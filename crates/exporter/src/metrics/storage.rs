//! The families about how the history is kept.

use super::exposition::{Exposition, Labels};
use super::family;
use crate::history::Storage;

pub(super) fn write(storage: Storage, exposition: &mut Exposition) {
    let Storage { is_writable, bytes, dropped, set_aside_files } = storage;
    let none = Labels::default();
    exposition.family(&family::HISTORY_WRITABLE).sample(&none, &[], u8::from(is_writable));
    exposition.family(&family::HISTORY_SIZE).sample(&none, &[], bytes);
    exposition.family(&family::HISTORY_DROPPED).sample(&none, &[], dropped);
    exposition.family(&family::HISTORY_SET_ASIDE).sample(&none, &[], set_aside_files);
}
