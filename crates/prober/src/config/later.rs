//! What the file format promises and this version does not do yet: the one list.
//!
//! Such a key is refused only where its value asks for the missing behaviour; an empty list or map, nothing at all,
//! and the neutral value named here ask for none.

use super::scalar::{Kind, Scalar};
use super::tree::{Node, Value};

/// Section, key, and the values that ask for nothing.
const KEYS: &[(&str, &str, &[&str])] = &[("", "microsoft365", &[])];

/// Whether a key of a section asks for something that is still to come.
pub(super) fn asks(section: &str, key: &str, value: &Node) -> bool {
    KEYS.iter().any(|(of, name, neutral)| *of == section && *name == key && !is_neutral(value, neutral))
}

fn is_neutral(value: &Node, neutral: &[&str]) -> bool {
    match &value.value {
        Value::Faulty => true,
        Value::List(items) => items.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        Value::Scalar(scalar) => scalar_is_neutral(scalar, neutral),
    }
}

fn scalar_is_neutral(scalar: &Scalar, neutral: &[&str]) -> bool {
    scalar.kind() == Kind::Null || neutral.contains(&&*scalar.text)
}
