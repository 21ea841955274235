//! `check_access`: which of the needed columns a role may not read.

use std::collections::HashSet;

use serde_json::{Map, Value, json};

use crate::args::Args;
use crate::{Prepared, ToolError, ToolRun, ToolSpec};

const NAME: &str = "check_access";
const EVERYTHING: &str = "*";
/// Up to this many names a scan is faster than a hash set, and still linear.
const SCAN: usize = 16;

pub(crate) const SPEC: ToolSpec = ToolSpec {
    name: NAME,
    signature: "check_access(allowed: map, needed: map) -> {\"allowed\": bool, \"missing\": {table: [columns]}}",
    doc: "Compares what is needed with what is allowed. Both arguments map a table to a list of its columns. \
          `missing` has every needed table and column that is not allowed, in the order needed, and `allowed` is true \
          when there is none. \"*\" in an allowed list allows all columns of that table; \"*\" in a needed list needs all \
          of them, so only \"*\" allows it. Names are compared exactly: bring them to one case first.",
    example: "check_access(#{\"lab\": [\"labname\", \"labresult\"]}, #{\"lab\": [\"labname\"], \"cost\": [\"cost\"]}) \
              == #{\"allowed\": false, \"missing\": #{\"cost\": [\"cost\"]}}",
    min_args: 2,
    max_args: 2,
    pure: true,
    base_fuel: 500,
    fuel_per_byte: 4,
    max_input_bytes: 1 << 20,
    run: ToolRun::Native(run),
};

fn run(_: &Prepared, args: &[Value]) -> Result<Value, ToolError> {
    let args = Args::new(NAME, args);
    let (allowed, needed) = (args.object(0, "allowed")?, args.object(1, "needed")?);
    let mut missing = Map::new();
    for (table, columns) in needed {
        let needed = names(&args, "needed", table, columns)?;
        let allowed = allowed.get(table).map_or(Ok(&[][..]), |columns| names(&args, "allowed", table, columns))?;
        let lacking = lacking(allowed, needed);
        if !lacking.is_empty() {
            missing.insert(table.clone(), Value::Array(lacking));
        }
    }
    Ok(json!({ "allowed": missing.is_empty(), "missing": missing }))
}

/// The list, all of it strings.
fn names<'a>(args: &Args<'_>, argument: &str, table: &str, columns: &'a Value) -> Result<&'a [Value], ToolError> {
    match columns.as_array() {
        Some(list) if list.iter().all(Value::is_string) => Ok(list),
        _ => Err(args.wrong(&format!("{argument}.{table}"), "an array of column names", columns)),
    }
}

/// What of `needed` is not in `allowed`, each once.
fn lacking(allowed: &[Value], needed: &[Value]) -> Vec<Value> {
    if allowed.iter().any(|name| name == EVERYTHING) {
        return Vec::new();
    }
    if allowed.len() <= SCAN && needed.len() <= SCAN {
        let once =
            |(at, name): &(usize, &Value)| !allowed.contains(name) && !needed.iter().take(*at).any(|n| n == *name);
        return needed.iter().enumerate().filter(once).map(|(_, name)| name.clone()).collect();
    }
    let allowed: HashSet<&str> = allowed.iter().filter_map(Value::as_str).collect();
    let mut seen = HashSet::with_capacity(needed.len());
    let names = needed.iter().filter_map(Value::as_str);
    names.filter(|name| !allowed.contains(name) && seen.insert(*name)).map(Value::from).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(allowed: &Value, needed: &Value) -> Value {
        run(&Prepared::default(), &[allowed.clone(), needed.clone()]).unwrap()
    }

    #[test]
    fn everything_allowed_leaves_nothing_missing() {
        let table = json!({"lab": ["a", "b"]});
        assert_eq!(check(&table, &table), json!({"allowed": true, "missing": {}}));
        assert_eq!(check(&table, &json!({})), json!({"allowed": true, "missing": {}}));
    }

    #[test]
    fn all_missing_tables_and_columns_are_listed_in_the_order_needed() {
        let got = check(&json!({"lab": ["a"]}), &json!({"lab": ["z", "a", "b", "z"], "cost": ["y", "x"], "empty": []}));
        assert_eq!(got, json!({"allowed": false, "missing": {"lab": ["z", "b"], "cost": ["y", "x"]}}));
    }

    #[test]
    fn a_star_allows_all_columns_and_only_a_star_allows_a_needed_star() {
        assert_eq!(check(&json!({"t": ["*"]}), &json!({"t": ["a", "*"]}))["allowed"], json!(true));
        assert_eq!(check(&json!({"t": ["a"]}), &json!({"t": ["*"]}))["missing"], json!({"t": ["*"]}));
        assert_eq!(check(&json!({"*": ["*"]}), &json!({"t": ["a"]}))["allowed"], json!(false));
    }

    #[test]
    fn long_lists_give_the_same_as_short_ones() {
        let names: Vec<String> = (0..200).map(|n| format!("c{n}")).collect();
        let twice = [&names[..], &names[..]].concat();
        let got = check(&json!({"t": names[..100]}), &json!({"t": twice}));
        assert_eq!(got["missing"]["t"], json!(names[100..]));
    }

    #[test]
    fn a_wrong_type_names_the_argument_and_the_table() {
        let error = |allowed: Value, needed: Value| run(&Prepared::default(), &[allowed, needed]).unwrap_err().message;
        assert_eq!(error(json!([]), json!({})), "argument `allowed` of `check_access` must be a map, not an array");
        assert_eq!(
            error(json!({"t": "a"}), json!({"t": ["a"]})),
            "argument `allowed.t` of `check_access` must be an array of column names, not a string"
        );
        assert!(error(json!({}), json!({"t": ["a", 1]})).contains("`needed.t`"));
    }
}
