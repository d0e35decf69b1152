//! Names what came in place of a CRL.

/// What a body that is neither DER nor PEM looks like, in words that follow "no CRL:".
pub(in crate::phase) fn words(body: &[u8]) -> &'static str {
    let start = body.get(..1024).unwrap_or(body);
    let text = String::from_utf8_lossy(start).trim_start_matches('\u{feff}').trim_start().to_ascii_lowercase();
    if body.is_empty() {
        "the body is empty"
    } else if body.starts_with(&[0x1f, 0x8b]) {
        "it is compressed with gzip, which was not asked for"
    } else if ["<!doctype html", "<html", "<head", "<body", "<script"].iter().any(|tag| text.contains(tag)) {
        "it is an HTML page"
    } else if text.starts_with("<?xml") {
        "it is an XML document"
    } else if text.starts_with('{') || text.starts_with('[') {
        "it is JSON"
    } else if start.iter().all(|byte| byte.is_ascii_alphanumeric() || b"+/=\r\n".contains(byte)) {
        "it is Base64 without the lines that make it PEM"
    } else if start.iter().all(|byte| byte.is_ascii_graphic() || byte.is_ascii_whitespace()) {
        "it is plain text"
    } else {
        "it is neither DER nor PEM"
    }
}
