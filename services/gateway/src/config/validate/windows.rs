//! How the streamed answers of a route are cut into windows.

use parapet_surfaces::{ModelApi, WindowLimits};

use super::{Unfit, complain, size};
use crate::config::Count;
use crate::config::file::{Hold, OnOverflow, RouteFile};

const WINDOW_CHARS: Count = Count(2_000);
const OVERLAP_CHARS: Count = Count(200);
const BUFFER_BYTES: Count = Count(1 << 20);
/// Room in the buffer for each character: its bytes, and as much again for the chunk that ends a window.
const BYTES_A_CHAR: usize = 8;

/// The windows of a route, or `None` when its streamed answers are held whole. `api`: the protocol of its streams, if it has any.
pub(super) fn windows(file: &RouteFile, api: Option<ModelApi>, key: &str, unfit: &mut Unfit) -> Option<WindowLimits> {
    let can_stream = api.is_some();
    let can_overflow = api.is_some_and(ModelApi::can_overflow);
    let hold = file.hold.unwrap_or_default();
    let overflows = can_overflow && file.on_overflow == Some(OnOverflow::Window);
    let windowed = can_stream && (hold == Hold::Window || overflows);
    let unused = [
        ("hold", file.hold.is_some() && !can_stream),
        ("on_overflow", file.on_overflow.is_some() && !(can_overflow && hold == Hold::Full)),
        ("window_chars", file.window_chars.is_some() && !(windowed && hold == Hold::Window)),
        ("overlap_chars", file.overlap_chars.is_some() && !windowed),
        ("max_buffer_bytes", file.max_buffer_bytes.is_some() && !windowed),
    ];
    for (name, _) in unused.iter().filter(|(_, unused)| *unused) {
        complain(
            unfit,
            &format!("{key}.{name}"),
            "has no effect here; remove it, or have the answers cut into windows",
        );
    }
    windowed.then(|| limits(file, hold, key, unfit))
}

fn limits(file: &RouteFile, hold: Hold, key: &str, unfit: &mut Unfit) -> WindowLimits {
    let mut read = |count: Option<Count>, default, name: &str, range| {
        size(count.unwrap_or(default), &format!("{key}.{name}"), range, unfit)
    };
    let max_buffer_bytes = read(file.max_buffer_bytes, BUFFER_BYTES, "max_buffer_bytes", 4_096..=1 << 30);
    let overlap_chars = read(file.overlap_chars, OVERLAP_CHARS, "overlap_chars", 0..=1_000_000);
    let fitting = (max_buffer_bytes / BYTES_A_CHAR).saturating_sub(overlap_chars);
    let window_chars = match hold {
        Hold::Window => read(file.window_chars, WINDOW_CHARS, "window_chars", 1..=10_000_000),
        // Held whole for as long as the buffer has room: the first window is all of it.
        Hold::Full => fitting,
    };
    if overlap_chars > window_chars {
        let message = format!("is longer than the windows, which have {window_chars} characters; make it shorter");
        complain(unfit, &format!("{key}.overlap_chars"), message);
    }
    if window_chars > fitting {
        let needed = window_chars.saturating_add(overlap_chars).saturating_mul(BYTES_A_CHAR);
        let message = format!("is too little for a window and its overlap; give at least {needed}");
        complain(unfit, &format!("{key}.max_buffer_bytes"), message);
    }
    WindowLimits { window_chars, overlap_chars, max_buffer_bytes, whole_first: hold == Hold::Full }
}
