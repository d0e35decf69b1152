//! Files that pages load: compiled in, and named after their content so that browsers may keep them for ever.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use super::kept;

/// A compiled-in file.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const STYLE: Asset = Asset {
    name: "style.css",
    content_type: "text/css; charset=utf-8",
    content: concat!(
        include_str!("../../assets/style.css"),
        include_str!("../../assets/endpoint.css"),
        include_str!("../../assets/history.css"),
        include_str!("../../assets/microsoft365.css")
    ),
};
const ICON: Asset =
    Asset { name: "icon.svg", content_type: "image/svg+xml", content: include_str!("../../assets/icon.svg") };
const ENDPOINT_SCRIPT: Asset = Asset {
    name: "endpoint.js",
    content_type: "text/javascript; charset=utf-8",
    content: include_str!("../../assets/endpoint.js"),
};
const LIVE: Asset = Asset {
    name: "live.js",
    content_type: "text/javascript; charset=utf-8",
    content: include_str!("../../assets/live.js"),
};
const ALL: [Asset; 4] = [STYLE, ICON, ENDPOINT_SCRIPT, LIVE];

/// Where the style sheet is.
pub(super) fn style() -> String {
    STYLE.address()
}

/// Where the icon is.
pub(super) fn icon() -> String {
    ICON.address()
}

/// Where the script of the page of an endpoint is.
pub(super) fn endpoint_script() -> String {
    ENDPOINT_SCRIPT.address()
}

/// Where the script is that keeps pages current.
pub(super) fn live() -> String {
    LIVE.address()
}

/// Serves a file by its name with hash, `1f…-style.css`.
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ALL.iter().find(|asset| asset.file_name() == name) else {
        return super::plain(StatusCode::NOT_FOUND, "There is no such file; its name changes with its content.");
    };
    kept::answer(&headers, "public, max-age=31536000, immutable", asset.content_type, asset.content)
}

impl Asset {
    fn address(&self) -> String {
        format!("/assets/{}", self.file_name())
    }

    fn file_name(&self) -> String {
        format!("{:016x}-{}", kept::fingerprint(self.content), self.name)
    }
}
