//! Sentences around the table: which roles and resources there are, that the rest is refused, where the table stands.
//! Each is recognised as a whole; a word that does not fit leaves the sentence not understood.

use std::sync::LazyLock;

use regex::Regex;

use super::cell;
use super::name::{self, Parsed, plain, split_list};
use super::statement::Statement;
use crate::NotUnderstood;

const DET: &str = "(?:(?:a|an|the|any|each|every|all|this|that|its|their|such) )?";
const THING: &str = "(?:questions?|answers?|requests?|calls?|tool calls?|queries|query|programs?|code|statements?|events?|reply|replies|\
                     outputs?|access|reading|it|everything|anything)";
const ACTOR: &str = "(?:(?:agent|agent's|assistant|assistant's|model|model's|bot|bot's|user|user's) )?";
const NOUN: &str = "(?:tables?|columns?|fields?|resources?|collections?|records?|documents?|attributes?|rows?|data|anything|something)";
const REFUSED: &str = "(?:refused|denied|rejected|blocked|stopped|forbidden|closed)";
const NUMBER: &str = "one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|[0-9]+";

/// "the agent's code needs a table or column that the user's role may not read".
fn condition() -> String {
    format!(
        "{DET}{ACTOR}{THING} (?:needs?|reads?|uses?|touch|touches|access|accesses|asks? for|asks? of|requires?|goes to|names?|wants?) \
         {DET}{NOUN}(?:,? or {DET}{NOUN})*(?: of (?:one|it|them))? (?:that|which) {DET}(?:user|user's|principal's|caller's|asking)? ?roles? \
         (?:may|can|must|is|are|does|do)(?: ?not|not)(?: allowed to)? \
         (?:read|see|view|access|open|reach|write|change|delete|use|have)(?:,? or (?:read|write|change|delete))*"
    )
}

/// "; the explanation lists exactly those".
const TAIL: &str = "(?:[;,]? ?(?:and )?(?:(?:the|its) )?(?:explanation|reason|message|details|answer|refusal)? ?\
                    (?:lists?|names?|gives?|says?|shows?) (?:exactly |only |just )?(?:those|these|them|which|what is missing))?";

macro_rules! pattern {
    ($name:ident, $text:expr) => {
        static $name: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(&format!("^(?:{})$", $text)).ok());
    };
}

pattern!(REFUSE, {
    let condition = condition();
    format!(
        "{DET}{ACTOR}{THING} (?:is|are|must be|has to be|have to be) {REFUSED} (?:when|if|where|that|which) {condition}{TAIL}\
         |(?:refuse|deny|reject|block|stop) {DET}{ACTOR}{THING} (?:when|if|where) {condition}{TAIL}\
         |(?:everything|anything|all) else (?:is|must be) (?:{REFUSED}|not allowed)\
         |(?:refuse|deny|reject|block) (?:everything|anything|all) else\
         |nothing else (?:is allowed|may be (?:read|reached|accessed))"
    )
});
pattern!(ASK, {
    let condition = condition();
    format!(
        "(?:everything|anything|all) else (?:needs|requires) (?:an )?approval\
         |{DET}{ACTOR}{THING} (?:needs|need|requires) (?:an )?approval (?:when|if|where) {condition}{TAIL}\
         |ask for (?:an )?approval (?:when|if|where) {condition}{TAIL}"
    )
});
pattern!(
    ROLES,
    format!(
        "(?:(?:there are )?(?P<count>{NUMBER}) roles?(?: use (?:the|this) (?:agent|assistant|bot|system))?|roles?|the roles(?: of \
         (?:its|the) users)? are|roles? (?:that|which) use (?:the|this) (?:agent|assistant|bot|system)) ?:? (?P<names>.+)"
    )
);
pattern!(ROLES_COUNTED, format!("(?P<count>{NUMBER}) roles?(?: use (?:the|this) (?:agent|assistant|bot|system))?"));
pattern!(
    RESOURCES,
    format!(
        "(?:(?:there are )?(?P<count>{NUMBER}) (?:tables|resources|collections)|(?:the )?(?:tables|resources|collections)(?: are)?) ?:? \
         (?P<names>.+)"
    )
);
pattern!(
    COLUMNS,
    "(?P<resource>[a-z0-9_ ]+?) (?:has|have) (?:the |these )?(?:columns?|fields?|attributes?):? (?P<names>[a-z0-9_, ]+)\
     |(?:the )?(?:columns|fields|attributes) of (?P<resource2>[a-z0-9_ ]+?)(?: are)?:? (?P<names2>[a-z0-9_, ]+)"
);
pattern!(
    COLUMN_LIST,
    "(?:the )?(?:tables|resources|collections|documents)(?: (?:and|with) their (?:columns|fields|attributes))?(?: are)?\
     |(?:the )?(?:columns|fields|attributes)(?: of (?:the|each|every) (?:tables?|resources?|collections?|documents?))?(?: are)?"
);
pattern!(
    UNLISTED,
    format!(
        "(?:columns|fields|attributes|tables|resources) (?:that|which) are in no (?:role's )?list(?: ?\\((?P<in>[^()]+)\\)|, such \
         as (?P<names>[^()]+?),)? (?:are|is) {REFUSED}(?: to (?:all|everyone|everybody|all roles|every role))?"
    )
);
pattern!(
    LISTED,
    format!(
        "(?:each|each role|each of them|they|every role|roles|what each role may read) (?:may|can|is) ?(?:read )?(?:certain )?{NOUN}?(?: of (?:the|a|its) \
         [a-z']+(?: [a-z']+)?)?(?:,? and (?:certain )?{NOUN}(?: of (?:them|these))?)?,? ?(?:as )?(?:listed|given|stated|written|shown) (?:below )?(?:under|in|as) \
         (?P<key>[a-z0-9_-]+)"
    )
);
pattern!(
    LEAD,
    format!(
        "(?:each|each role|they|every role|roles?) (?:may|can) (?:read|access|reach) (?:certain )?{NOUN}(?: of (?:the|a|its) [a-z']+(?: [a-z']+)?)?\
         (?:,? and (?:certain )?{NOUN}(?: of (?:them|these))?)?,? as (?:listed|given|shown|stated) (?:below|here|in (?:the|this) (?:table|list)(?: below)?)\
         |(?:the|this) (?:table|list|following table|following list)(?: below)? (?:says|lists|shows|tells) (?:who|what each role|which role) may (?:read|access|reach) \
         (?:what|which {NOUN}|it)\
         |what (?:is (?:allowed|open)|(?:each role|they|the roles) may (?:do|read|reach|access))"
    )
);

/// Longest sentence that is looked at, in bytes.
pub(super) const MAX_SENTENCE: usize = 4_096;

/// What a sentence of this kind states; `None` when it is of none.
pub(super) fn read(text: &str, sentence: &str) -> Option<Parsed<Vec<Statement>>> {
    let lower = plain(text.trim_end_matches(':'));
    let owned = sentence.to_owned();
    if lower.len() > MAX_SENTENCE {
        return None;
    }
    if matches(&REFUSE, &lower) {
        return Some(Ok(vec![Statement::Refuse(owned)]));
    }
    if matches(&ASK, &lower) {
        return Some(Ok(vec![Statement::Ask(owned)]));
    }
    if matches(&LEAD, &lower) {
        return Some(Ok(Vec::new()));
    }
    if let Some(key) =
        LISTED.as_ref().and_then(|regex| regex.captures(&lower)?.name("key").map(|m| m.as_str().to_owned()))
    {
        return Some(Ok(vec![Statement::Listed { sentence: owned, key }]));
    }
    if super::sentence::has_modal(&lower) {
        return None;
    }
    if let Some(count) =
        ROLES_COUNTED.as_ref().and_then(|regex| number(regex.captures(&lower)?.name("count")?.as_str()))
    {
        return Some(Ok(vec![Statement::RoleCount { sentence: owned, count }]));
    }
    unlisted(&lower, sentence).or_else(|| columns(&lower, sentence)).or_else(|| declared(&lower, sentence))
}

/// What the list below a heading or a sentence with a colon holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lead {
    /// Names of roles.
    Roles,
    /// Resources with their fields.
    Columns,
}

/// "Three roles use the agent:" or "Tables and their columns:".
pub(super) fn lead(text: &str) -> Option<Lead> {
    let lower = plain(text.trim_end_matches(':'));
    if matches(&ROLES_COUNTED, &lower) || matches!(lower.as_str(), "roles" | "the roles" | "the roles are") {
        return Some(Lead::Roles);
    }
    matches(&COLUMN_LIST, &lower).then_some(Lead::Columns)
}

fn matches(pattern: &LazyLock<Option<Regex>>, text: &str) -> bool {
    pattern.as_ref().is_some_and(|regex| regex.is_match(text))
}

fn unlisted(text: &str, sentence: &str) -> Option<Parsed<Vec<Statement>>> {
    let found = UNLISTED.as_ref()?.captures(text)?;
    let names = found.name("in").or_else(|| found.name("names")).map(|names| names.as_str());
    let examples = names.map_or(Ok(Vec::new()), |names| examples_of(names, sentence));
    Some(examples.map(|examples| vec![Statement::Unlisted { sentence: sentence.to_owned(), examples }]))
}

/// "the keys labid or microlabid", "surrogate keys such as microlabid".
fn examples_of(text: &str, sentence: &str) -> Parsed<Vec<String>> {
    let words = ["such as ", "for example ", "the ", "surrogate ", "keys ", "key ", "columns ", "fields "];
    let mut text = text;
    while let Some(rest) = words.iter().find_map(|word| text.strip_prefix(word)) {
        text = rest;
    }
    cell::names_of(text, sentence)
}

fn columns(text: &str, sentence: &str) -> Option<Parsed<Vec<Statement>>> {
    let found = COLUMNS.as_ref()?.captures(text)?;
    let resource = found.name("resource").or_else(|| found.name("resource2"))?.as_str();
    let names = found.name("names").or_else(|| found.name("names2"))?.as_str();
    let read = || {
        let resource = name::resource(resource, sentence)?;
        let columns = cell::names_of(names, sentence)?;
        Ok(vec![Statement::Columns { sentence: sentence.to_owned(), resource, columns }])
    };
    Some(read())
}

fn declared(text: &str, sentence: &str) -> Option<Parsed<Vec<Statement>>> {
    if let Some(found) = ROLES.as_ref()?.captures(text) {
        return Some(
            names(&found, sentence, name::role)
                .map(|names| vec![Statement::Roles { sentence: sentence.to_owned(), names, complete: true }]),
        );
    }
    let found = RESOURCES.as_ref()?.captures(text)?;
    Some(
        names(&found, sentence, name::resource)
            .map(|names| vec![Statement::Resources { sentence: sentence.to_owned(), names, complete: true }]),
    )
}

type Naming = fn(&str, &str) -> Parsed<String>;

/// The names of a declaration, as many as it says.
fn names(found: &regex::Captures<'_>, sentence: &str, naming: Naming) -> Parsed<Vec<String>> {
    let names = found.name("names").map_or("", |names| names.as_str());
    let names: Vec<String> = split_list(names).iter().map(|item| naming(item, sentence)).collect::<Parsed<_>>()?;
    let count = found.name("count").and_then(|count| number(count.as_str()));
    if count.is_some_and(|count| count != names.len()) {
        let why = format!("it says {} and names {}", count.unwrap_or_default(), names.len());
        return Err(NotUnderstood::new(sentence, why, "name as many as the sentence says"));
    }
    Ok(names)
}

fn number(word: &str) -> Option<usize> {
    let words = NUMBER.split('|').position(|known| known == word).map(|at| at + 1);
    words.or_else(|| word.parse().ok())
}

/// Whether a heading is only a heading: words about access, and nothing that could be a rule.
pub(super) fn is_plain_heading(text: &str) -> bool {
    let rules = [
        "may", "not", "must", "never", "always", "allow", "allowed", "only", "except", "ignore", "deny", "can",
        "cannot", "no",
    ];
    let lower = plain(text);
    !lower.split(|c: char| !c.is_alphanumeric()).any(|word| rules.contains(&word))
}

#[cfg(test)]
pub(super) fn all_patterns_compile() -> bool {
    [&REFUSE, &ASK, &ROLES, &ROLES_COUNTED, &RESOURCES, &COLUMNS, &COLUMN_LIST, &UNLISTED, &LISTED, &LEAD]
        .iter()
        .all(|p| p.is_some())
}
