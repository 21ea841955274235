//! Rewrites a script so that it notes every statement, function, arm and outcome of a condition that it comes through.
//! It walks the tokens by the interpreter's grammar. Only scripts that parse get here, so it need not be strict, only
//! never wrong about where something begins and ends. Lines stay what they are: nothing is inserted with a line end.

mod expressions;
mod statements;

use parapet_abi::{Probe, ProbeKind, ScriptToken};
use rhai::Token;

use crate::lexer::Lexeme;
use crate::trace::Names;

/// The script with calls of the two functions, and what each number stands for.
pub struct Instrumented {
    /// The new text.
    pub script: String,
    /// By number.
    pub probes: Vec<Probe>,
}

/// A token that the grammar here does not have at this place.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stuck {
    /// 1-based line, 0 at the end of the script.
    pub line: u32,
    /// 1-based column in characters.
    pub column: u32,
}

/// Rewrites `script`, whose tokens are `lexemes`.
///
/// # Errors
/// Where the walk got stuck.
pub fn instrument(script: &str, lexemes: &[Lexeme], names: &Names) -> Result<Instrumented, Stuck> {
    let mut walk = Walk { lexemes, at: 0, names, probes: Vec::new(), insertions: Vec::new() };
    walk.script()?;
    let Walk { probes, insertions, .. } = walk;
    let mut text = String::with_capacity(script.len() + insertions.iter().map(|(_, new)| new.len()).sum::<usize>());
    let mut from = 0;
    for (at, new) in insertions {
        text.push_str(script.get(from..at).unwrap_or_default());
        text.push_str(&new);
        from = at;
    }
    text.push_str(script.get(from..).unwrap_or_default());
    Ok(Instrumented { script: text, probes })
}

type Step = Result<(), Stuck>;

struct Walk<'a> {
    lexemes: &'a [Lexeme],
    at: usize,
    names: &'a Names,
    probes: Vec<Probe>,
    /// Offsets and texts, in the order of the source.
    insertions: Vec<(usize, String)>,
}

impl<'a> Walk<'a> {
    fn peek(&self) -> &'a Token {
        self.lexemes.get(self.at).map_or(&Token::EOF, |lexeme| &lexeme.token)
    }

    fn peek_second(&self) -> &'a Token {
        self.lexemes.get(self.at + 1).map_or(&Token::EOF, |lexeme| &lexeme.token)
    }

    fn is(&self, token: &Token) -> bool {
        self.peek() == token
    }

    fn skip(&mut self) {
        self.at += 1;
    }

    /// Goes on when the next token is `token`.
    fn accept(&mut self, token: &Token) -> bool {
        let found = self.is(token);
        self.at += usize::from(found);
        found
    }

    fn expect(&mut self, token: &Token) -> Step {
        if self.accept(token) { Ok(()) } else { Err(self.stuck()) }
    }

    fn skip_past(&mut self, token: &Token) -> Step {
        while !self.is(token) {
            if self.is(&Token::EOF) {
                return Err(self.stuck());
            }
            self.skip();
        }
        self.skip();
        Ok(())
    }

    fn stuck(&self) -> Stuck {
        self.place(self.at)
            .map_or(Stuck { line: 0, column: 0 }, |place| Stuck { line: place.line, column: place.column })
    }

    fn place(&self, at: usize) -> Option<ScriptToken> {
        self.lexemes.get(at).map(|lexeme| lexeme.place)
    }

    /// The byte where the next token begins.
    fn start(&self) -> usize {
        self.place(self.at).map_or(0, |place| place.start as usize)
    }

    /// The byte after the last token.
    fn end(&self) -> usize {
        self.at.checked_sub(1).and_then(|at| self.place(at)).map_or(0, |place| place.end as usize)
    }

    fn insert(&mut self, at: usize, text: String) {
        self.insertions.push((at, text));
    }

    /// A new probe for what begins with token number `token`; [`Walk::close`] says where that ends.
    fn open(&mut self, kind: ProbeKind, token: usize) -> usize {
        let place = self.place(token).map_or((0, 0, 0), |place| (place.line, place.column, place.start));
        self.probes.push(Probe { kind, line: place.0, column: place.1, start: place.2, end: place.2 });
        self.probes.len() - 1
    }

    /// Ends a probe's range at the last token.
    fn close(&mut self, probe: usize) {
        let end = self.end() as u32;
        if let Some(probe) = self.probes.get_mut(probe) {
            probe.end = end;
        }
    }

    /// The call that notes `probe`.
    fn call(&self, probe: usize) -> String {
        format!("{}({probe}); ", self.names.reached)
    }
}
