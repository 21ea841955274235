//! Tables belong into `[facts]` of guard.toml, where people read and change them; code that holds them is complained of.

use std::collections::BTreeSet;

use parapet_sandbox::{ScriptToken, TokenKind};

use super::options::CheckOptions;
use super::report::{Check, CheckComplaint};
use super::script::Script;

/// Calls whose arguments are texts for people and for programs, not facts.
const VERDICTS: [&str; 4] = ["deny", "ask", "redact", "edit"];

/// Complaints about long constant arrays and maps, and about many string constants.
pub(super) fn buried(script: &Script<'_>, options: &CheckOptions) -> Vec<CheckComplaint> {
    let mut found = Scan::of(script);
    found.tables.sort_by_key(|table| (table.line, table.column));
    let long = found.tables.iter().filter(|table| table.entries > options.max_literal_entries);
    let mut complaints: Vec<CheckComplaint> = long.map(complaint).collect();
    let strings = found.strings.len();
    if strings > options.max_string_literals {
        complaints.push(CheckComplaint::warning(
            Check::Facts,
            format!("the code has {strings} different string constants, more than {}", options.max_string_literals),
            "move words and names that the rule is about into `[facts]` of guard.toml, and read them as `facts.…`",
        ));
    }
    complaints
}

fn complaint(table: &Table) -> CheckComplaint {
    let Table { what, entries, line, column, .. } = *table;
    let message = format!("this {what} has {entries} constant entries");
    let help = "move it into `[facts]` of guard.toml, and read it as `facts.…`";
    CheckComplaint::warning(Check::Facts, message, help).at(line, column)
}

struct Table {
    what: &'static str,
    line: u32,
    column: u32,
    entries: usize,
    /// Whether everything in it is constant so far.
    constant: bool,
    /// Whether something stands after the last comma.
    open: bool,
}

/// A bracket that is open.
enum Frame {
    Table(Table),
    /// Arguments of a call of a verdict.
    Verdict,
    Other,
}

#[derive(Default)]
struct Scan<'a> {
    tables: Vec<Table>,
    strings: BTreeSet<&'a str>,
    frames: Vec<Frame>,
}

impl<'a> Scan<'a> {
    fn of(script: &Script<'a>) -> Self {
        let mut scan = Self::default();
        for (index, token) in script.tokens().iter().enumerate() {
            scan.take(script, index, token);
        }
        scan
    }

    fn take(&mut self, script: &Script<'a>, index: usize, token: &ScriptToken) {
        let word = script.word(token);
        match word {
            "[" if !script.follows_operand(index) => self.open(Frame::Table(table("array", token))),
            "#{" => self.open(Frame::Table(table("map", token))),
            "(" if script.before(index).is_some_and(|(_, name)| VERDICTS.contains(&name)) => self.open(Frame::Verdict),
            "(" | "[" | "{" | "?[" => self.open(Frame::Other),
            ")" | "]" | "}" => self.close(),
            "," => {
                if let Some(Frame::Table(table)) = self.frames.last_mut() {
                    table.open = false;
                }
            }
            _ => self.take_word(script, index, token, word),
        }
    }

    fn take_word(&mut self, script: &Script<'a>, index: usize, token: &ScriptToken, word: &'a str) {
        let is_key = script.tokens().get(index + 1).is_some_and(|next| script.word(next) == ":");
        if token.kind == TokenKind::String && !self.in_verdict() && word.len() > 2 && !is_key {
            self.strings.insert(word);
        }
        let constant = match token.kind {
            TokenKind::Integer | TokenKind::Float | TokenKind::String | TokenKind::Character => true,
            TokenKind::Keyword => matches!(word, "true" | "false"),
            TokenKind::Name => is_key,
            TokenKind::Symbol => matches!(word, ":" | "-" | "()"),
            TokenKind::StringPiece => false,
        };
        self.entry(constant);
    }

    fn in_verdict(&self) -> bool {
        self.frames.iter().any(|frame| matches!(frame, Frame::Verdict))
    }

    /// Something stands in the innermost table.
    fn entry(&mut self, constant: bool) {
        if let Some(Frame::Table(table)) = self.frames.last_mut() {
            table.entries += usize::from(!table.open);
            table.open = true;
            table.constant &= constant;
        }
    }

    fn open(&mut self, frame: Frame) {
        self.entry(matches!(frame, Frame::Table(_)));
        self.frames.push(frame);
    }

    fn close(&mut self) {
        if let Some(Frame::Table(table)) = self.frames.pop() {
            if table.constant {
                self.tables.push(table);
            } else {
                self.entry(false);
            }
        }
    }
}

fn table(what: &'static str, token: &ScriptToken) -> Table {
    Table { what, line: token.line, column: token.column, entries: 0, constant: true, open: false }
}
