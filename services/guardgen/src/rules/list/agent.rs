//! What the description of an agent declares: attributes and roles of its users, its tools, and the parts of its events.

use super::sentences::sentences;
use super::words::{Kind, Token, tokens};

/// The declarations.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Agent {
    /// Attributes of the user.
    pub attributes: Vec<Declared>,
    /// Roles of the user.
    pub roles: Vec<String>,
    /// Tools.
    pub tools: Vec<Tool>,
    /// Part of an input event that says what the user wants.
    pub task_part: Option<String>,
    /// Part with the actions so far, as lines with an arrow.
    pub history_part: Option<String>,
}

/// A declared name and the kind of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Declared {
    /// The name.
    pub(crate) name: String,
    /// What its values are.
    pub(crate) kind: ValueKind,
}

/// A tool with its arguments.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Tool {
    /// The name.
    pub name: String,
    /// Its arguments; empty when the description does not list them.
    pub arguments: Vec<Declared>,
}

/// What values are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum ValueKind {
    /// Not said.
    #[default]
    Any,
    /// True or false.
    Boolean,
    /// A number.
    Number,
    /// A text.
    Text,
    /// A list.
    List,
}

#[derive(Clone, Copy, PartialEq)]
enum What {
    Attributes,
    Roles,
    Tools,
}

impl Agent {
    /// Reads a description. What declares nothing is left alone: it is prose.
    pub(super) fn read(text: &str) -> Self {
        let mut this = Self::default();
        let mut pending = None;
        for paragraph in paragraphs(text) {
            let item = paragraph.strip_prefix(['-', '*', '\u{2022}']).filter(|rest| rest.starts_with(' '));
            if let (Some(item), Some(what)) = (item, pending) {
                this.add_item(what, item);
                continue;
            }
            for sentence in sentences(&paragraph) {
                pending = this.sentence(sentence).filter(|_| sentence.ends_with(':'));
            }
        }
        this
    }

    /// Whether `sentence` of a request is a declaration, which is then added.
    pub(super) fn declare(&mut self, sentence: &str) -> bool {
        let words = tokens(sentence);
        let start = words.iter().position(|token| what(token).is_some());
        let only_frame = |before: &[Token]| before.iter().all(|token| FRAME.contains(&token.word()));
        let follows = |at: usize| {
            words.get(at + 1).is_some_and(|t| t.is_mark(':') || matches!(t.word(), "are" | "is" | "include" | "of"))
        };
        match start.and_then(|at| Some((at, words.get(..at)?))) {
            Some((at, before)) if only_frame(before) && follows(at) => self.sentence(sentence).is_some(),
            _ => false,
        }
    }

    /// The tool called `name`.
    pub(super) fn tool(&self, name: &str) -> Option<&Tool> {
        self.tools.iter().find(|tool| tool.name == name)
    }

    fn sentence(&mut self, sentence: &str) -> Option<What> {
        let words = tokens(sentence);
        self.parts(&words);
        self.called_tools(&words);
        let starts: Vec<(usize, What)> = words.iter().enumerate().filter_map(|(at, t)| Some((at, what(t)?))).collect();
        for (n, (at, what)) in starts.iter().enumerate() {
            let end = starts.get(n + 1).map_or(words.len(), |(next, _)| *next);
            self.add(*what, words.get(at + 1..end).unwrap_or_default());
        }
        starts.last().map(|(_, what)| *what)
    }

    fn add_item(&mut self, what: What, item: &str) {
        let words = tokens(item);
        if what == What::Tools {
            self.called_tools(&words);
        }
        let end = words.iter().position(|t| t.is_mark(':') || t.is_mark(',')).unwrap_or(words.len());
        let mut words = words.get(..end).unwrap_or_default().to_vec();
        // An item that starts with a plain word names it, as a list after a colon does.
        words.insert(0, Token { kind: Kind::Mark(':'), start: 0, end: 0 });
        self.add(what, &words);
    }

    fn add(&mut self, what: What, words: &[Token]) {
        for declared in listed(words) {
            match what {
                What::Attributes if !self.attributes.iter().any(|known| known.name == declared.name) => {
                    self.attributes.push(declared);
                }
                What::Roles if !self.roles.contains(&declared.name) => self.roles.push(declared.name),
                What::Tools => self.add_tool(Tool { name: declared.name, arguments: Vec::new() }),
                _ => {}
            }
        }
    }

    fn add_tool(&mut self, tool: Tool) {
        match self.tools.iter_mut().find(|known| known.name == tool.name) {
            Some(known) if known.arguments.is_empty() => known.arguments = tool.arguments,
            Some(_) => {}
            None => self.tools.push(tool),
        }
    }

    /// `issue_refund(order_id, amount: number)`.
    fn called_tools(&mut self, words: &[Token]) {
        for code in words.iter().filter_map(code) {
            let Some((name, rest)) = code.split_once('(') else { continue };
            let Some(arguments) = rest.strip_suffix(')').filter(|_| is_name(name)) else { continue };
            let arguments = arguments.split(',').map(str::trim).filter(|argument| !argument.is_empty());
            let arguments = arguments.map(|argument| {
                let (name, kind) = argument.split_once(':').unwrap_or((argument, ""));
                let name = name.trim().trim_end_matches('?').to_owned();
                Declared { name, kind: kind_of(&kind.trim().to_lowercase()).unwrap_or_default() }
            });
            self.add_tool(Tool { name: name.to_owned(), arguments: arguments.collect() });
        }
    }

    /// "`task` is what its user asked for", "`prompt` is what the agent sends, with lines such as `a -> b`".
    fn parts(&mut self, words: &[Token]) {
        let is_part = |at: usize| {
            let follows = words.get(at + 1).is_some_and(|t| matches!(t.word(), "is" | "has" | "holds" | "contains"));
            words.get(at).and_then(code).filter(|name| follows && is_name(name))
        };
        let starts: Vec<usize> = (0..words.len()).filter(|at| is_part(*at).is_some()).collect();
        for (n, at) in starts.iter().enumerate() {
            let clause = words.get(at + 1..starts.get(n + 1).copied().unwrap_or(words.len())).unwrap_or_default();
            let name = is_part(*at).map(str::to_owned);
            let says = |wanted: &[&str]| clause.iter().any(|token| wanted.contains(&token.word()));
            if clause.iter().any(|t| t.kind == Kind::Arrow || code(t).is_some_and(|code| code.contains("->"))) {
                self.history_part = name;
            } else if says(&["user", "customer", "patient", "person", "caller"]) && says(ASKING) {
                self.task_part = name;
            }
        }
    }
}

/// Words that may stand before "attributes", "roles" and "tools" in a declaration of a request.
const FRAME: [&str; 16] = [
    "the",
    "a",
    "our",
    "its",
    "known",
    "user's",
    "users'",
    "user",
    "possible",
    "there",
    "are",
    "principal's",
    "customer's",
    "following",
    "declared",
    "these",
];
const ASKING: &[&str] =
    &["asked", "asks", "wants", "wanted", "typed", "types", "says", "said", "wrote", "writes", "request", "question"];

fn what(token: &Token) -> Option<What> {
    match token.word() {
        "attribute" | "attributes" => Some(What::Attributes),
        "role" | "roles" => Some(What::Roles),
        "tool" | "tools" => Some(What::Tools),
        _ => None,
    }
}

fn code(token: &Token) -> Option<&str> {
    if let Kind::Code(code) = &token.kind { Some(code) } else { None }
}

/// Names in backticks; where there are none, the words of the list. A kind may follow in brackets.
fn listed(words: &[Token]) -> Vec<Declared> {
    let in_code = words.iter().any(|token| code(token).is_some());
    let end = words.iter().position(|t| t.is_mark(';') || t.is_mark('.')).unwrap_or(words.len());
    let words = words.get(..end).unwrap_or_default();
    let starts_list = words.first().is_some_and(|t| t.is_mark(':') || matches!(t.word(), "are" | "is" | "include"));
    let mut out: Vec<Declared> = Vec::new();
    let mut depth = 0_usize;
    for token in words {
        let name = match &token.kind {
            Kind::Mark('(') => {
                depth += 1;
                None
            }
            Kind::Mark(')') => {
                depth = depth.saturating_sub(1);
                None
            }
            Kind::Code(name) if depth == 0 && is_name(name) => Some(name),
            Kind::Word(word) if depth == 0 && !in_code && starts_list && !LISTING.contains(&word.as_str()) => {
                Some(word)
            }
            Kind::Word(word) if depth > 0 => {
                if let (Some(kind), Some(last)) = (kind_of(word), out.last_mut()) {
                    last.kind = kind;
                }
                None
            }
            _ => None,
        };
        out.extend(name.map(|name| Declared { name: name.clone(), kind: ValueKind::Any }));
    }
    out
}

const LISTING: [&str; 9] = ["and", "or", "are", "is", "include", "the", "a", "an", "following"];

fn kind_of(word: &str) -> Option<ValueKind> {
    Some(match word {
        "boolean" | "bool" | "true" | "false" | "flag" | "yes" | "no" => ValueKind::Boolean,
        "number" | "integer" | "int" | "float" | "numeric" | "years" | "dollars" | "euros" => ValueKind::Number,
        "string" | "text" | "str" => ValueKind::Text,
        "list" | "array" | "strings" => ValueKind::List,
        _ => return None,
    })
}

fn is_name(text: &str) -> bool {
    !text.is_empty() && text.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | '.'))
}

/// Lines joined to paragraphs; list items and lines that end with a colon stand alone.
fn paragraphs(text: &str) -> Vec<String> {
    let mut out: Vec<String> = Vec::new();
    let mut open = false;
    for line in text.lines().map(str::trim) {
        let item = line.starts_with(['-', '*', '\u{2022}', '#']);
        match out.last_mut().filter(|_| open && !item && !line.is_empty()) {
            Some(last) => {
                last.push(' ');
                last.push_str(line);
            }
            None if line.is_empty() => {}
            None => out.push(line.to_owned()),
        }
        open = !line.is_empty() && !line.ends_with(':');
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(list: &[Declared]) -> Vec<&str> {
        list.iter().map(|declared| declared.name.as_str()).collect()
    }

    #[test]
    fn a_description_in_prose_declares_attributes_roles_tools_and_parts() {
        let agent = Agent::read(
            "A bank agent. It has the tools `transfer_money(to, amount: number)` and\n`show_balance()`. The user's attributes are \
             `verified` (boolean) and `age`; roles are `teller` and `manager`.\n`task` is what its user asked for; `prompt` is what \
             the agent sends, with lines of the form `[element] label -> ACTION`.",
        );
        assert_eq!(names(&agent.attributes), ["verified", "age"]);
        assert_eq!(agent.attributes[0].kind, ValueKind::Boolean);
        assert_eq!(agent.roles, ["teller", "manager"]);
        assert_eq!(agent.tools.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["transfer_money", "show_balance"]);
        assert_eq!(names(&agent.tools[0].arguments), ["to", "amount"]);
        assert_eq!((agent.task_part.as_deref(), agent.history_part.as_deref()), (Some("task"), Some("prompt")));
    }

    #[test]
    fn lists_declare_too() {
        let agent = Agent::read(
            "Tools:\n- `push(branch, force)`: pushes\n- `status`\n\nRoles: admin, developer\n\nAttributes of the user:\n- team (text)\n- `level`",
        );
        assert_eq!(agent.tools.iter().map(|t| t.name.as_str()).collect::<Vec<_>>(), ["push", "status"]);
        assert_eq!(agent.roles, ["admin", "developer"]);
        assert_eq!(names(&agent.attributes), ["team", "level"]);
    }

    #[test]
    fn a_request_declares_only_in_plain_declarations() {
        let mut agent = Agent::default();
        assert!(agent.declare("The user's attributes are `age` and `vip`."));
        assert!(agent.declare("Roles: teller, manager."));
        assert!(!agent.declare("Deleting a repository requires role admin."));
        assert!(!agent.declare("The tool `x` may not be called."));
        assert_eq!((names(&agent.attributes), agent.roles.len()), (vec!["age", "vip"], 2));
    }
}
