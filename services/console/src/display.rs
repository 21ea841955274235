//! Numbers, times and hostile text as people read them.

use jiff::tz::TimeZone;
use parapet_domain::Timestamp;

/// `1234567` as `1,234,567`.
pub(crate) fn count(n: u64) -> String {
    let digits = n.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A part of a whole, such as `3.1 %`; empty when there is no whole.
pub(crate) fn share(part: u64, whole: u64) -> String {
    if whole == 0 {
        return String::new();
    }
    let percent = ratio(part, whole) * 100.0;
    match percent {
        p if part == 0 || part == whole || (1.0..99.0).contains(&p) && whole < 20 => format!("{p:.0} %"),
        p if p < 0.1 => "< 0.1 %".to_owned(),
        p if p > 99.9 => "> 99.9 %".to_owned(),
        p => format!("{p:.1} %"),
    }
}

/// `part / whole` for drawing.
#[expect(clippy::cast_precision_loss, reason = "drawn a few hundred pixels wide")]
pub(crate) fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// Microseconds, such as `812 µs`, `3.4 ms`, `1.25 s`.
pub(crate) fn micros(us: u64) -> String {
    let thousandths = ratio(us, 1_000);
    match us {
        0..1_000 => format!("{us} µs"),
        1_000..10_000 => format!("{thousandths:.2} ms"),
        10_000..100_000 => format!("{thousandths:.1} ms"),
        100_000..1_000_000 => format!("{thousandths:.0} ms"),
        _ => format!("{:.2} s", thousandths / 1_000.0),
    }
}

/// Bytes, such as `900 B`, `8 KiB`, `2.2 MiB`.
pub(crate) fn bytes(n: u64) -> String {
    match n {
        0..1_024 => format!("{n} B"),
        1_024..1_048_576 => trim(ratio(n, 1_024), "KiB"),
        _ => trim(ratio(n, 1_048_576), "MiB"),
    }
}

fn trim(n: f64, unit: &str) -> String {
    let text = format!("{n:.1}");
    format!("{} {unit}", text.trim_end_matches(".0"))
}

/// A point in time, in each form that a page needs.
#[derive(Debug, Clone)]
pub(crate) struct When {
    /// RFC 3339, for the `datetime` attribute.
    pub(crate) machine: String,
    /// `24 Nov 2026`.
    pub(crate) day: String,
    /// `07:49:24`.
    pub(crate) clock: String,
    /// `.123456`.
    pub(crate) fraction: String,
    /// `3 min ago`.
    pub(crate) ago: String,
}

impl When {
    pub(crate) fn new(at: Timestamp, now: Timestamp) -> Self {
        let utc =
            jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or_default().to_zoned_datetime(TimeZone::UTC);
        Self {
            machine: at.to_string(),
            day: utc.strftime("%-d %b %Y").to_string(),
            clock: utc.strftime("%H:%M:%S").to_string(),
            fraction: utc.strftime(".%6f").to_string(),
            ago: ago(now.as_micros().saturating_sub(at.as_micros())),
        }
    }
}

/// A span of time up to the present, in microseconds.
fn ago(us: i64) -> String {
    let s = us / 1_000_000;
    match s {
        ..-5 => "in the future".to_owned(),
        -5..5 => "just now".to_owned(),
        5..60 => format!("{s} s ago"),
        60..3_600 => format!("{} min ago", s / 60),
        3_600..172_800 => format!("{} h ago", s / 3_600),
        _ => format!("{} days ago", s / 86_400),
    }
}

/// The first twelve hex digits of a digest such as `guard:9f86…`; other text whole.
pub(crate) fn short_hash(hash: &str) -> String {
    hash.rsplit_once(':').map_or(hash, |(_, hex)| hex).chars().take(12).collect()
}

/// Foreign text with its invisible and reordering characters made visible, so that what an auditor reads is what
/// stands there. Joiners stay: emoji and several scripts need them.
pub(crate) fn visible(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.replace("\r\n", "\n").chars() {
        match c {
            '\n' | '\t' => out.push(c),
            c if hides(c) => out.push_str(&format!("⟨U+{:04X}⟩", u32::from(c))),
            c => out.push(c),
        }
    }
    out
}

fn hides(c: char) -> bool {
    c.is_control()
        || matches!(c,
            '\u{061c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{feff}' | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
}

/// A message cut at its backticks: whether a piece is code, and the piece, made [`visible`].
pub(crate) fn said(text: &str) -> Vec<(bool, String)> {
    let pieces: Vec<&str> = text.split('`').collect();
    if pieces.len().is_multiple_of(2) {
        // A backtick without its partner is only a character.
        return vec![(false, visible(text))];
    }
    let kinds = [false, true].into_iter().cycle();
    kinds.zip(pieces).filter(|(_, piece)| !piece.is_empty()).map(|(code, piece)| (code, visible(piece))).collect()
}

/// The first `max` characters on one line, for tables.
pub(crate) fn clip(text: &str, max: usize) -> String {
    let mut out: String = text.chars().take(max).map(|c| if c == '\n' || c == '\t' { ' ' } else { c }).collect();
    if text.chars().nth(max).is_some() {
        out.push('…');
    }
    visible(&out)
}

#[cfg(test)]
mod tests;
