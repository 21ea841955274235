//! A rule list as data: what it says, apart from how it was worded and from how the guard checks it.

use serde_json::Value;

/// The whole list.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Policy {
    /// In the order of the request.
    pub rules: Vec<Rule>,
    /// What the request says of everything that no rule names.
    pub rest: Rest,
}

/// What becomes of actions that no rule names.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Rest {
    /// Nothing is said: they pass, and the plan says so.
    Unsaid,
    /// They are free.
    Free,
    /// They are forbidden, with this text.
    Forbidden(String),
}

/// One rule.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Rule {
    /// What it is about.
    pub action: Action,
    /// It applies unless all of these alternatives are certainly false. Empty: always.
    pub when: Alternatives,
    /// It is kept when all conditions of one alternative certainly hold. Empty: never.
    pub require: Alternatives,
    /// What happens when it is broken.
    pub effect: Effect,
    /// Text of the violation.
    pub text: String,
}

/// What a rule is about.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Action {
    /// Calls of one of these tools.
    Tools(Vec<String>),
    /// Tasks that are about this.
    Task(Task),
}

/// An action in free text.
#[derive(Debug, Clone, PartialEq, Default)]
pub(super) struct Task {
    /// Verbs in their base form.
    pub verbs: Vec<String>,
    /// Things, as they are written: "a car", "movies".
    pub things: Vec<String>,
    /// The place or the way, after a preposition of its own: "in an online store".
    pub places: Vec<String>,
}

/// What happens when a rule is broken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effect {
    /// Refused.
    Deny,
    /// A person has to approve.
    Ask,
}

/// Any of the alternatives is enough; in each, all conditions have to hold.
pub(super) type Alternatives = Vec<Vec<Condition>>;

/// A comparison.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Condition {
    /// What is compared.
    pub of: Source,
    /// How.
    pub op: Op,
    /// With what; null where the operator needs nothing.
    pub value: Operand,
    /// Whether the opposite has to hold.
    pub not: bool,
}

/// Where a value comes from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Source {
    /// An attribute of the user.
    Attribute(String),
    /// An argument of the tool call.
    Argument(String),
    /// The roles of the user.
    Roles,
    /// The user's id.
    Id,
}

/// What a value is compared with.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Operand {
    /// A constant.
    Literal(Value),
    /// Another value of the event.
    Of(Source),
}

/// How values are compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Op {
    /// The same.
    Equal,
    /// Smaller.
    Less,
    /// Not greater.
    AtMost,
    /// Greater.
    More,
    /// Not smaller.
    AtLeast,
    /// One of a list.
    In,
    /// A list with this item, or a text with this part.
    Contains,
    /// A text that starts so.
    StartsWith,
    /// A text that ends so.
    EndsWith,
    /// A mail address in one of these domains.
    InDomain,
    /// A list that has one of these.
    HasAny,
    /// Given, and no empty text.
    Exists,
}

impl Source {
    /// Its key in the facts and in the guard's code.
    pub(super) fn key(&self) -> String {
        match self {
            Self::Attribute(name) => format!("user.{name}"),
            Self::Argument(name) => format!("call.{name}"),
            Self::Roles => "roles".to_owned(),
            Self::Id => "id".to_owned(),
        }
    }

    /// The field of the event.
    pub(super) fn field(&self) -> String {
        match self {
            Self::Attribute(name) => format!("principal.attributes.{name}"),
            Self::Argument(name) => format!("parts[kind=tool_call].json.{name}"),
            Self::Roles => "principal.roles".to_owned(),
            Self::Id => "principal.id".to_owned(),
        }
    }
}

impl Op {
    /// Its word in the facts.
    pub(super) const fn as_str(self) -> &'static str {
        match self {
            Self::Equal => "==",
            Self::Less => "<",
            Self::AtMost => "<=",
            Self::More => ">",
            Self::AtLeast => ">=",
            Self::In => "in",
            Self::Contains => "contains",
            Self::StartsWith => "starts_with",
            Self::EndsWith => "ends_with",
            Self::InDomain => "in_domain",
            Self::HasAny => "has_any",
            Self::Exists => "exists",
        }
    }

    /// The operator for a sign.
    pub(super) fn of_sign(sign: &str) -> Option<(Self, bool)> {
        Some(match sign {
            "==" => (Self::Equal, false),
            "!=" => (Self::Equal, true),
            "<" => (Self::Less, false),
            "<=" => (Self::AtMost, false),
            ">" => (Self::More, false),
            ">=" => (Self::AtLeast, false),
            _ => return None,
        })
    }
}

impl Condition {
    /// A comparison with a constant.
    pub(super) fn new(of: Source, op: Op, value: impl Into<Value>) -> Self {
        Self { of, op, value: Operand::Literal(value.into()), not: false }
    }
}

impl Rule {
    /// All its conditions.
    pub(super) fn conditions(&self) -> impl Iterator<Item = &Condition> {
        self.when.iter().chain(&self.require).flatten()
    }
}
