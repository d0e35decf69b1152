//! A path by a PAC file: `{pac: URL or file, url: stripped or full}`.

use std::path::Path;

use url::Url;

use super::cursor::{Cursor, Map};
use crate::plan::{PacFile, PacLocation, UrlView};

const VIEWS: [(&str, UrlView); 2] = [("stripped", UrlView::Stripped), ("full", UrlView::Full)];

/// Reads where the file is and what it is shown.
pub(super) fn read(map: &Map<'_>, file: &Cursor<'_>) -> Option<PacFile> {
    let view = map.get("url").map_or(Some(UrlView::default()), |cursor| cursor.choice(&VIEWS));
    let location = location(file)?;
    Some(PacFile { location, view: view? })
}

/// What has a scheme is a URL, anything else a file. Whether either is there shows when it is first asked.
fn location(cursor: &Cursor<'_>) -> Option<PacLocation> {
    let text = cursor.text()?;
    if text.trim().is_empty() {
        return cursor.fault_with_help("no PAC file is named", EXAMPLE);
    }
    if !text.contains("://") {
        return Some(PacLocation::File(cursor.reading.sources.locate(Path::new(text))));
    }
    let Ok(url) = Url::parse(text) else {
        return cursor.fault_with_help(format!("{} is no URL", cursor.shown()), EXAMPLE);
    };
    if !url.username().is_empty() || url.password().is_some() {
        return cursor.fault("a PAC file is fetched without user and password, as browsers do");
    }
    match url.scheme() {
        "http" | "https" => Some(PacLocation::Url(url)),
        "file" => match url.to_file_path() {
            Ok(path) => Some(PacLocation::File(path)),
            Err(()) => cursor.fault("this is no file of this machine"),
        },
        _ => cursor.fault_with_help("a PAC file is fetched over http or https, or is a file", EXAMPLE),
    }
}

const EXAMPLE: &str = "write http://wpad.example/wpad.dat or the name of a file";
