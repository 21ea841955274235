//! Finds calls in code that does not parse: every `name(` that the parser's own recovery did not turn into a call.

use std::collections::BTreeSet;

use ruff_python_ast::{
    Expr, Mod,
    token::{Token, TokenKind, Tokens},
};
use ruff_python_parser::{Mode, ParseOptions, parse_unchecked};
use ruff_text_size::{Ranged as _, TextSize};

use crate::{
    analysis::Analysis,
    record::{Argument, Call},
};

/// Calls that are not in `known`, with what their own text tells. Variables are not followed.
pub(crate) fn lost_calls(source: &str, tokens: &Tokens, known: &[Call]) -> Vec<Call> {
    let known: BTreeSet<TextSize> = known.iter().map(|call| call.callee_end).collect();
    let mut found = Vec::new();
    let mut done = TextSize::new(0);
    for (position, token) in tokens.iter().enumerate() {
        let Some(name) = callee_before(tokens, position) else { continue };
        if token.start() < done || known.contains(&name.end()) {
            continue;
        }
        let start = chain_start(tokens, position);
        let end = closing(tokens, position).unwrap_or_else(|| TextSize::of(source));
        let text = source.get(start.to_usize()..end.to_usize()).unwrap_or_default();
        let before = found.len();
        found.extend(calls_in(text, start));
        if found.len() == before {
            found.push(bare(
                source.get(start.to_usize()..name.end().to_usize()).unwrap_or_default(),
                start,
                name.end(),
            ));
        }
        done = end;
    }
    found
}

/// The name before the opening parenthesis at `position`, unless it is being defined.
fn callee_before(tokens: &Tokens, position: usize) -> Option<&Token> {
    let token = tokens.get(position).filter(|token| token.kind() == TokenKind::Lpar)?;
    let name = tokens.get(position.checked_sub(1)?).filter(|name| is_name(name) && name.end() <= token.start())?;
    let before = position.checked_sub(2).and_then(|index| tokens.get(index)).map(Token::kind);
    (!matches!(before, Some(TokenKind::Def | TokenKind::Class))).then_some(name)
}

fn is_name(token: &Token) -> bool {
    matches!(token.kind(), TokenKind::Name | TokenKind::Match | TokenKind::Case | TokenKind::Type)
}

/// Start of the dotted name that ends before `position`.
fn chain_start(tokens: &Tokens, position: usize) -> TextSize {
    let mut index = position.saturating_sub(1);
    while let (Some(dot), Some(name)) = (index.checked_sub(1), index.checked_sub(2)) {
        let chained = tokens.get(dot).is_some_and(|token| token.kind() == TokenKind::Dot)
            && tokens.get(name).is_some_and(is_name);
        if !chained {
            break;
        }
        index = name;
    }
    tokens.get(index).map_or_else(TextSize::default, |token| token.start())
}

/// End of the parenthesis that closes the one at `position`, or of its line.
fn closing(tokens: &Tokens, position: usize) -> Option<TextSize> {
    let mut depth = 0usize;
    for token in tokens.get(position..)? {
        match token.kind() {
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth += 1,
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return Some(token.end());
                }
            }
            TokenKind::Newline => return Some(token.start()),
            _ => {}
        }
    }
    None
}

/// The calls in one expression, read by itself.
fn calls_in(text: &str, offset: TextSize) -> Vec<Call> {
    let parsed = parse_unchecked(text, ParseOptions::from(Mode::Expression));
    let Mod::Expression(module) = parsed.syntax() else { return Vec::new() };
    let expression: &Expr = &module.body;
    let mut analysis = Analysis::default();
    analysis.expression(expression);
    let mut calls = std::mem::take(&mut analysis.calls);
    for call in &mut calls {
        call.start += offset;
        call.callee_end += offset;
        call.recovered = true;
        call.target_known = false;
        let keywords = call.kwargs.iter_mut().map(|(_, argument)| argument);
        call.args.iter_mut().chain(keywords).chain(call.receiver.as_mut()).for_each(forget_calls);
    }
    calls
}

/// The numbers of calls in a piece of code mean nothing in the whole.
fn forget_calls(argument: &mut Argument) {
    let value = &mut argument.value;
    value.unknown |= !value.from.is_empty() || !value.derived.is_empty();
    value.from.clear();
    value.derived.clear();
}

fn bare(name: &str, start: TextSize, callee_end: TextSize) -> Call {
    let written: String = name.chars().filter(|c| !c.is_whitespace()).collect();
    Call { targets: vec![written.clone()], written, start, callee_end, recovered: true, ..Call::default() }
}
