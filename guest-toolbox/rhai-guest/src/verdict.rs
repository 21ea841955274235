//! The verdict constructors of scripts: `allow`, `deny`, `redact`, `ask` and `edit`.

use rhai::{Array, Dynamic, Engine, ImmutableString, Map};

/// Names that scripts may call, besides the standard functions and the tools.
pub const NAMES: &[&str] = &["allow", "deny", "redact", "ask", "edit"];

/// Adds the constructors to `engine`.
pub fn register(engine: &mut Engine) {
    engine.register_fn("allow", || verdict("allow", None, None));
    engine.register_fn("deny", |code: ImmutableString, message: ImmutableString| {
        verdict("deny", Some((code, message)), None)
    });
    engine.register_fn("deny", |code: ImmutableString, message: ImmutableString, details: Map| {
        verdict("deny", Some((code, message)), Some(("details", details.into())))
    });
    engine.register_fn("ask", |code: ImmutableString, message: ImmutableString| {
        verdict("ask", Some((code, message)), None)
    });
    engine.register_fn("ask", |code: ImmutableString, message: ImmutableString, details: Map| {
        verdict("ask", Some((code, message)), Some(("details", details.into())))
    });
    engine.register_fn("redact", |code: ImmutableString, message: ImmutableString, edits: Array| {
        verdict("redact", Some((code, message)), Some(("edits", edits.into())))
    });
    engine.register_fn("redact", |code: ImmutableString, message: ImmutableString, edits: Array, details: Map| {
        let mut map = verdict("redact", Some((code, message)), Some(("edits", edits.into())));
        map.insert("details".into(), details.into());
        map
    });
    engine.register_fn("edit", |part: i64, start: i64, end: i64, replacement: ImmutableString| {
        let mut map = Map::new();
        map.insert("part".into(), part.into());
        map.insert("start".into(), start.into());
        map.insert("end".into(), end.into());
        map.insert("replacement".into(), replacement.into());
        map
    });
}

fn verdict(
    word: &'static str,
    reason: Option<(ImmutableString, ImmutableString)>,
    extra: Option<(&'static str, Dynamic)>,
) -> Map {
    let mut map = Map::new();
    map.insert("verdict".into(), word.into());
    if let Some((code, message)) = reason {
        map.insert("reason_code".into(), code.into());
        map.insert("message".into(), message.into());
    }
    if let Some((key, value)) = extra {
        map.insert(key.into(), value);
    }
    map
}
