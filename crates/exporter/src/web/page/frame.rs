//! What every page has around it.

use crate::web::assets;

/// What `base.html` needs.
#[derive(Debug)]
pub(super) struct Frame {
    /// Where the style sheet is.
    pub(super) style: String,
    /// Where the script is that keeps pages current.
    pub(super) live: String,
    /// Where the icon is.
    pub(super) icon: String,
    /// What is running.
    pub(super) version: &'static str,
}

impl Frame {
    pub(super) fn new() -> Self {
        Self { style: assets::style(), live: assets::live(), icon: assets::icon(), version: env!("CARGO_PKG_VERSION") }
    }
}
