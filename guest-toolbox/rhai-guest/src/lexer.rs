//! The tokens of a script with their exact bytes, by the interpreter's own lexer: what parses is what is listed.

use parapet_abi::{ScriptToken, TokenKind};
use rhai::{InputStream, Position, Token, TokenizeState, get_next_token};

/// A token and where its text stands.
pub struct Lexeme {
    /// The token.
    pub token: Token,
    /// Its bytes and its position.
    pub place: ScriptToken,
}

/// The tokens of `script`, which must be one that parses; comments are left out.
#[must_use]
pub fn lex(script: &str) -> Vec<Lexeme> {
    let mut stream = Source { text: script, at: 0 };
    let mut state = TokenizeState::default();
    let mut position = Position::new(1, 0);
    let mut counter = Counter { text: script, at: 0, line: 1, column: 1 };
    let mut lexemes = Vec::new();
    // How many braces are open in each `${…}` that is open; the brace that closes one goes on with the text.
    let mut interpolations: Vec<usize> = Vec::new();
    let mut in_text = false;
    loop {
        let from = stream.at;
        let (token, _) = get_next_token(&mut stream, &mut state, &mut position);
        if matches!(token, Token::EOF | Token::LexError(_)) {
            return lexemes;
        }
        let start = if in_text { from } else { skip_blank(script, from) };
        in_text = false;
        match (&token, interpolations.last_mut()) {
            (Token::InterpolatedString(_), _) => interpolations.push(0),
            (Token::LeftBrace | Token::MapStart, Some(open)) => *open += 1,
            (Token::RightBrace, Some(open)) => {
                *open = open.saturating_sub(1);
                if *open == 0 {
                    interpolations.pop();
                    state.is_within_text_terminated_by = Some("`".into());
                    in_text = true;
                }
            }
            _ => {}
        }
        if !matches!(token, Token::Comment(_)) {
            let (line, column) = counter.position_of(start);
            let place = ScriptToken { kind: kind_of(&token), line, column, start: start as u32, end: stream.at as u32 };
            lexemes.push(Lexeme { token, place });
        }
    }
}

fn kind_of(token: &Token) -> TokenKind {
    match token {
        Token::IntegerConstant(_) => TokenKind::Integer,
        Token::FloatConstant(_) => TokenKind::Float,
        Token::StringConstant(_) => TokenKind::String,
        Token::InterpolatedString(_) => TokenKind::StringPiece,
        Token::CharConstant(_) => TokenKind::Character,
        Token::Identifier(_) | Token::Reserved(_) | Token::Underscore => TokenKind::Name,
        word if word.is_standard_keyword() => TokenKind::Keyword,
        _ => TokenKind::Symbol,
    }
}

/// The script as the lexer reads it. Unlike the interpreter's own stream, it knows at which byte it is.
struct Source<'a> {
    text: &'a str,
    at: usize,
}

impl InputStream for Source<'_> {
    fn unget(&mut self, ch: char) {
        self.at = self.at.saturating_sub(ch.len_utf8());
    }

    fn get_next(&mut self) -> Option<char> {
        let next = self.peek_next()?;
        self.at += next.len_utf8();
        Some(next)
    }

    fn peek_next(&mut self) -> Option<char> {
        self.text.get(self.at..)?.chars().next()
    }
}

/// Where the first byte at or after `at` is that is neither white space nor part of a comment.
fn skip_blank(text: &str, mut at: usize) -> usize {
    loop {
        let rest = text.get(at..).unwrap_or_default();
        let code = rest.trim_start();
        at += rest.len() - code.len();
        // A comment for the documentation is a token of its own, and what follows starts after it.
        if code.starts_with("//") {
            at += code.find('\n').map_or(code.len(), |end| end + 1);
        } else if code.starts_with("/*") {
            at += block_comment(code);
        } else {
            return at;
        }
    }
}

/// Length of the comment that `text` begins with. They nest.
fn block_comment(text: &str) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while let Some(rest) = text.get(at..).filter(|rest| !rest.is_empty()) {
        if rest.starts_with("/*") {
            depth += 1;
            at += 2;
        } else if rest.starts_with("*/") {
            depth -= 1;
            at += 2;
            if depth == 0 {
                return at;
            }
        } else {
            at += rest.chars().next().map_or(1, char::len_utf8);
        }
    }
    text.len()
}

/// Turns growing byte offsets into lines and columns, in one pass over the text.
struct Counter<'a> {
    text: &'a str,
    at: usize,
    line: u32,
    column: u32,
}

impl Counter<'_> {
    fn position_of(&mut self, offset: usize) -> (u32, u32) {
        for c in self.text.get(self.at..offset).unwrap_or_default().chars() {
            if c == '\n' {
                self.line += 1;
                self.column = 1;
            } else {
                self.column += 1;
            }
        }
        self.at = self.at.max(offset);
        (self.line, self.column)
    }
}
