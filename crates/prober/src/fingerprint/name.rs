//! Distinguished names as they are observed: `C=US, O=Zscaler Inc., CN=Zscaler Root CA`.

/// An attribute of a distinguished name: `("CN", "Zscaler Root CA")`.
pub(super) type Attribute<'a> = (&'a str, &'a str);

/// The attributes of a name in order. A comma inside a value does not end it, unless what follows looks like another
/// attribute: the text does not tell the two apart.
pub(super) fn attributes(name: &str) -> Vec<Attribute<'_>> {
    let mut starts: Vec<usize> = vec![0];
    for separator in [", ", " + "] {
        let parts = name.match_indices(separator).map(|(at, _)| at + separator.len());
        starts.extend(parts.filter(|start| name.get(*start..).is_some_and(begins_attribute)));
    }
    starts.sort_unstable();
    let ends = starts.iter().skip(1).copied().chain([name.len()]);
    let parts = starts.iter().zip(ends).filter_map(|(start, end)| name.get(*start..end));
    parts.filter_map(|part| part.trim_end_matches(", ").trim_end_matches(" + ").trim().split_once('=')).collect()
}

/// Whether a text begins with the type of an attribute: letters, or an object identifier.
fn begins_attribute(text: &str) -> bool {
    let kind = text.split('=').next().unwrap_or_default();
    let is_kind = |character: char| character.is_ascii_alphanumeric() || character == '.';
    kind.len() < text.len() && !kind.is_empty() && kind.chars().all(is_kind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_falls_into_its_attributes() {
        let name = "C=SK, O=ESET, spol. s r. o., CN=ESET SSL Filter CA";
        assert_eq!(attributes(name), [("C", "SK"), ("O", "ESET, spol. s r. o."), ("CN", "ESET SSL Filter CA")]);
        assert_eq!(attributes("CN=a + Email=b@c"), [("CN", "a"), ("Email", "b@c")]);
        assert_eq!(attributes("CN=a=b"), [("CN", "a=b")]);
        assert_eq!(attributes(""), []);
        assert_eq!(attributes("unparsable"), []);
    }
}
