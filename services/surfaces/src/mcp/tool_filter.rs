//! Which tools of a server a route offers at all, whatever the guards say.

/// Names and prefixes. A tool passes when it is on the list of allowed ones, or there is none, and it is not denied.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ToolFilter {
    allowed: Option<Vec<String>>,
    denied: Vec<String>,
}

/// What is wrong with the lists.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", .0.join("; "))]
pub struct ToolFilterErrors(pub Vec<String>);

impl ToolFilter {
    /// A filter from two lists of names; `*` at the end of a name stands for any rest.
    ///
    /// # Errors
    /// A name is empty, or has a `*` elsewhere.
    pub fn new(allowed: Option<Vec<String>>, denied: Vec<String>) -> Result<Self, ToolFilterErrors> {
        let unfit = allowed.iter().flatten().chain(&denied).filter(|name| {
            let stem = name.strip_suffix('*').unwrap_or(name);
            name.is_empty() || stem.contains('*')
        });
        let errors: Vec<String> = unfit
            .map(|name| {
                format!(
                    "`{name}` is no name of tools; write one such as `read_file`, or `read_*` for all that begin so"
                )
            })
            .collect();
        if errors.is_empty() { Ok(Self { allowed, denied }) } else { Err(ToolFilterErrors(errors)) }
    }

    /// Whether the tool is offered. One without a name is only where nothing is said about tools.
    #[must_use]
    pub fn permits(&self, tool: Option<&str>) -> bool {
        let Some(tool) = tool else { return self.allowed.is_none() && self.denied.is_empty() };
        let listed = |list: &[String]| list.iter().any(|name| matches(name, tool));
        self.allowed.as_deref().is_none_or(listed) && !listed(&self.denied)
    }
}

fn matches(pattern: &str, tool: &str) -> bool {
    match pattern.strip_suffix('*') {
        Some(prefix) => tool.starts_with(prefix),
        None => pattern == tool,
    }
}
