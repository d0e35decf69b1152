//! Files that pages load: compiled in, and named after their content so that browsers may keep them for ever.

use axum::extract::Path;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// A compiled-in file.
struct Asset {
    name: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const STYLE: Asset = Asset {
    name: "style.css",
    content_type: "text/css; charset=utf-8",
    content: include_str!("../../assets/style.css"),
};
const ICON: Asset =
    Asset { name: "icon.svg", content_type: "image/svg+xml", content: include_str!("../../assets/icon.svg") };
const ALL: [Asset; 2] = [STYLE, ICON];

/// Where the style sheet is.
pub(super) fn style() -> String {
    STYLE.address()
}

/// Where the icon is.
pub(super) fn icon() -> String {
    ICON.address()
}

/// Serves a file by its name with hash, `1f…-style.css`.
pub(super) async fn serve(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ALL.iter().find(|asset| asset.file_name() == name) else {
        return super::plain(StatusCode::NOT_FOUND, "There is no such file; its name changes with its content.");
    };
    let tag = format!("\"{:016x}\"", asset.hash());
    let caching =
        [(header::CACHE_CONTROL, "public, max-age=31536000, immutable".to_owned()), (header::ETAG, tag.clone())];
    let held = headers.get(header::IF_NONE_MATCH).and_then(|held| held.to_str().ok());
    if held.is_some_and(|held| held.split(',').any(|one| matches!(one.trim(), one if one == tag || one == "*"))) {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(header::CONTENT_TYPE, asset.content_type)], asset.content).into_response()
}

impl Asset {
    fn address(&self) -> String {
        format!("/assets/{}", self.file_name())
    }

    fn file_name(&self) -> String {
        format!("{:016x}-{}", self.hash(), self.name)
    }

    /// FNV-1a: tells versions of a file apart, nothing more.
    fn hash(&self) -> u64 {
        self.content
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3))
    }
}
