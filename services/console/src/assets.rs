//! The files of the pages, embedded in the binary. They hold nothing of the installation, so they need no token.

use axum::extract::Path;
use axum::response::{IntoResponse as _, Response};
use http::header::{CACHE_CONTROL, CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, StatusCode};
use parapet_domain::digest;

struct Asset {
    name: &'static str,
    media_type: &'static str,
    text: &'static str,
}

const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

const ASSETS: [Asset; 7] = [
    Asset { name: "theme.css", media_type: CSS, text: include_str!("../assets/theme.css") },
    Asset { name: "parts.css", media_type: CSS, text: include_str!("../assets/parts.css") },
    Asset { name: "pages.css", media_type: CSS, text: include_str!("../assets/pages.css") },
    Asset { name: "uplot.css", media_type: CSS, text: include_str!("../assets/uplot.css") },
    Asset { name: "uplot.js", media_type: SCRIPT, text: include_str!("../assets/uplot.js") },
    Asset { name: "console.js", media_type: SCRIPT, text: include_str!("../assets/console.js") },
    Asset { name: "icon.svg", media_type: "image/svg+xml", text: include_str!("../assets/icon.svg") },
];

/// Serves one file; a browser that has it asks whether it is still the same.
pub(crate) async fn show_asset(Path(name): Path<String>, headers: HeaderMap) -> Response {
    let Some(asset) = ASSETS.iter().find(|asset| asset.name == name) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let tag = format!("\"{}\"", digest::of_bytes("asset", asset.text.as_bytes()));
    let known = headers.get(IF_NONE_MATCH).is_some_and(|value| value.as_bytes() == tag.as_bytes());
    let caching = [(CACHE_CONTROL, "no-cache".to_owned()), (ETAG, tag)];
    if known {
        return (StatusCode::NOT_MODIFIED, caching).into_response();
    }
    (caching, [(CONTENT_TYPE, asset.media_type)], asset.text).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_vendored_files_are_the_ones_written_down() {
        let table = include_str!("../assets/THIRD-PARTY.md");
        for asset in ASSETS.iter().filter(|asset| asset.name.starts_with("uplot")) {
            let sum = digest::of_bytes("sha256", asset.text.as_bytes()).replace("sha256:", "");
            let line = table.lines().find(|line| line.starts_with(&format!("| `{}`", asset.name))).unwrap();
            assert!(line.contains(&sum), "{} has the checksum {sum}", asset.name);
        }
    }
}
