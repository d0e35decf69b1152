//! What a scalar is, by the YAML 1.2 core schema (section 10.3.2).

use std::sync::Arc;

/// A scalar: plain ones have a type of their own, quoted ones are text.
#[derive(Debug, Clone)]
pub(super) struct Scalar {
    /// The text with everything from the environment in place.
    pub(super) text: Arc<str>,
    /// The text as the file has it: the only form that messages show.
    pub(super) written: Arc<str>,
    /// Whether it stands without quotes.
    pub(super) plain: bool,
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Integer(i64),
    Float(f64),
    Text,
}

impl Scalar {
    pub(super) fn kind(&self) -> Kind {
        if self.plain { plain_kind(&self.text) } else { Kind::Text }
    }
}

fn plain_kind(text: &str) -> Kind {
    match text {
        "" | "~" | "null" | "Null" | "NULL" => Kind::Null,
        "true" | "True" | "TRUE" => Kind::Bool(true),
        "false" | "False" | "FALSE" => Kind::Bool(false),
        _ => integer(text).map(Kind::Integer).or_else(|| float(text).map(Kind::Float)).unwrap_or(Kind::Text),
    }
}

fn integer(text: &str) -> Option<i64> {
    let digits = |digits: &str, radix| {
        let all = !digits.is_empty() && digits.chars().all(|c| c.is_digit(radix));
        if all { i64::from_str_radix(digits, radix).ok() } else { None }
    };
    if let Some(octal) = text.strip_prefix("0o") {
        return digits(octal, 8);
    }
    if let Some(hexadecimal) = text.strip_prefix("0x") {
        return digits(hexadecimal, 16);
    }
    match text.strip_prefix('-') {
        Some(negative) => digits(negative, 10).map(|number| -number),
        None => digits(text.strip_prefix('+').unwrap_or(text), 10),
    }
}

fn float(text: &str) -> Option<f64> {
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    match unsigned {
        ".inf" | ".Inf" | ".INF" => {
            return Some(if text.starts_with('-') { f64::NEG_INFINITY } else { f64::INFINITY });
        }
        _ if matches!(text, ".nan" | ".NaN" | ".NAN") => return Some(f64::NAN),
        _ => {}
    }
    // Rust reads more than YAML does: "inf" and "nan" are text here.
    let digits_only = unsigned.chars().all(|c| c.is_ascii_digit() || matches!(c, '.' | 'e' | 'E' | '-' | '+'));
    if digits_only && unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.') { text.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn plain_scalars_are_typed_by_the_core_schema() {
        for (text, kind) in [
            ("", Kind::Null),
            ("~", Kind::Null),
            ("True", Kind::Bool(true)),
            ("yes", Kind::Text),
            ("12", Kind::Integer(12)),
            ("+012", Kind::Integer(12)),
            ("-7", Kind::Integer(-7)),
            ("0o17", Kind::Integer(15)),
            ("0xfF", Kind::Integer(255)),
            ("0x", Kind::Text),
            ("1_000", Kind::Text),
            ("-", Kind::Text),
            ("1.5e3", Kind::Float(1500.0)),
            (".5", Kind::Float(0.5)),
            ("-.inf", Kind::Float(f64::NEG_INFINITY)),
            ("inf", Kind::Text),
            ("10.0.0.1", Kind::Text),
            ("200-399", Kind::Text),
            ("99999999999999999999", Kind::Float(1e20)),
        ] {
            assert_eq!(plain_kind(text), kind, "{text:?}");
        }
        assert!(matches!(plain_kind(".nan"), Kind::Float(number) if number.is_nan()));
    }

    #[test]
    fn quotes_make_text() {
        let quoted = Scalar { text: "12".into(), written: "12".into(), plain: false };
        assert_eq!(quoted.kind(), Kind::Text);
    }
}
