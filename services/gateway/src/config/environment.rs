//! `${NAME}` and `${NAME:-default}` in string values. `$${` stands for a plain `${`.

/// Where variables are looked up: the process environment, or a table in tests.
pub type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// `text` with its variables filled in, or what is wrong with it.
pub(super) fn fill_in(text: &str, environment: Environment<'_>) -> Result<String, String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, from) = rest.split_at(at);
        if let Some(before) = before.strip_suffix('$') {
            out.push_str(before);
            out.push_str("${");
            rest = from.get(2..).unwrap_or_default();
            continue;
        }
        out.push_str(before);
        let Some((reference, after)) = from.get(2..).and_then(|inside| inside.split_once('}')) else {
            return Err("`${` is not closed; write `${NAME}`, or `$${` for a plain `${`".to_owned());
        };
        out.push_str(&look_up(reference, environment)?);
        rest = after;
    }
    out.push_str(rest);
    Ok(out)
}

fn look_up(reference: &str, environment: Environment<'_>) -> Result<String, String> {
    let (name, default) = match reference.split_once(":-") {
        Some((name, default)) => (name, Some(default)),
        None => (reference, None),
    };
    let well_formed = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
    if !well_formed {
        return Err(format!("`${{{reference}}}` is not a variable; write `${{NAME}}` or `${{NAME:-default}}`"));
    }
    // As in a shell, `:-` also stands in for a variable that is set but empty.
    match (environment(name).filter(|value| default.is_none() || !value.is_empty()), default) {
        (Some(value), _) => Ok(value),
        (None, Some(default)) => Ok(default.to_owned()),
        (None, None) => Err(format!("variable `{name}` is not set; set it, or write `${{{name}:-default}}`")),
    }
}

#[cfg(test)]
mod tests {
    use super::fill_in;

    fn fill(text: &str) -> Result<String, String> {
        fill_in(text, &|name| match name {
            "HOST" => Some("db".to_owned()),
            "EMPTY" => Some(String::new()),
            _ => None,
        })
    }

    #[test]
    fn variables_defaults_and_escapes() {
        for (text, expected) in [
            ("plain $ text", "plain $ text"),
            ("postgres://${HOST}/x", "postgres://db/x"),
            ("${NONE:-a}${EMPTY:-b}${EMPTY}", "ab"),
            ("$${HOST}", "${HOST}"),
            ("${HOST}${HOST}", "dbdb"),
            ("${NONE:-}", ""),
        ] {
            assert_eq!(fill(text).as_deref(), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_missing_or_malformed_is_said() {
        for (text, expected) in [
            ("${NONE}", "variable `NONE` is not set; set it, or write `${NONE:-default}`"),
            ("a ${HOST", "`${` is not closed; write `${NAME}`, or `$${` for a plain `${`"),
            ("${A-B}", "`${A-B}` is not a variable; write `${NAME}` or `${NAME:-default}`"),
        ] {
            assert_eq!(fill(text), Err(expected.to_owned()));
        }
    }
}
