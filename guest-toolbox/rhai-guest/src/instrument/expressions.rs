//! Expressions: where an operand ends, and what in it has statements of its own.

use parapet_abi::ProbeKind;
use rhai::Token;

use super::{Step, Walk};

impl Walk<'_> {
    pub(super) fn expression(&mut self) -> Step {
        loop {
            while matches!(self.peek(), Token::Bang | Token::Plus | Token::UnaryPlus | Token::Minus | Token::UnaryMinus)
            {
                self.skip();
            }
            self.operand()?;
            self.postfixes()?;
            let operator = self.peek();
            if operator.precedence().is_none() {
                return Ok(());
            }
            self.skip();
            match operator {
                // `value ?? return …`
                Token::DoubleQuestion
                    if matches!(self.peek(), Token::Return | Token::Throw | Token::Break | Token::Continue) =>
                {
                    return self.statement();
                }
                // `1..` without an end.
                Token::ExclusiveRange | Token::InclusiveRange if self.ends_expression() => return Ok(()),
                _ => {}
            }
        }
    }

    fn operand(&mut self) -> Step {
        match self.peek() {
            // `..5` without a beginning.
            Token::ExclusiveRange | Token::InclusiveRange => Ok(()),
            Token::LeftParen => {
                self.skip();
                self.expression()?;
                self.expect(&Token::RightParen)
            }
            Token::LeftBracket => {
                self.skip();
                self.list(&Token::RightBracket)
            }
            Token::MapStart => self.map(),
            Token::LeftBrace => self.block(None),
            Token::If | Token::Switch | Token::While | Token::Loop | Token::Do | Token::For => self.structure(),
            Token::Pipe | Token::Or => self.closure(),
            Token::InterpolatedString(_) => self.interpolated(),
            Token::Unit
            | Token::IntegerConstant(_)
            | Token::FloatConstant(_)
            | Token::StringConstant(_)
            | Token::CharConstant(_)
            | Token::True
            | Token::False
            | Token::Identifier(_)
            | Token::Reserved(_) => {
                self.skip();
                Ok(())
            }
            _ => Err(self.stuck()),
        }
    }

    fn postfixes(&mut self) -> Step {
        loop {
            match self.peek() {
                Token::LeftParen => {
                    self.skip();
                    self.list(&Token::RightParen)?;
                }
                Token::Unit => self.skip(),
                Token::LeftBracket | Token::QuestionBracket => {
                    self.skip();
                    self.expression()?;
                    self.expect(&Token::RightBracket)?;
                }
                Token::Period | Token::Elvis => {
                    self.skip();
                    self.skip();
                }
                // `f!(…)`
                Token::Bang if matches!(self.peek_second(), Token::LeftParen | Token::Unit) => self.skip(),
                _ => return Ok(()),
            }
        }
    }

    fn list(&mut self, end: &Token) -> Step {
        while !self.accept(end) {
            self.expression()?;
            if !self.accept(&Token::Comma) {
                return self.expect(end);
            }
        }
        Ok(())
    }

    fn map(&mut self) -> Step {
        self.skip();
        while !self.accept(&Token::RightBrace) {
            // The key.
            self.skip();
            self.expect(&Token::Colon)?;
            self.expression()?;
            if !self.accept(&Token::Comma) {
                return self.expect(&Token::RightBrace);
            }
        }
        Ok(())
    }

    fn closure(&mut self) -> Step {
        if !self.accept(&Token::Or) {
            self.skip();
            self.skip_past(&Token::Pipe)?;
        }
        let probe = self.open(ProbeKind::Closure, self.at);
        self.wrapped_statement(probe)?;
        self.close(probe);
        Ok(())
    }

    fn interpolated(&mut self) -> Step {
        while matches!(self.peek(), Token::InterpolatedString(_)) {
            self.skip();
            self.quiet_block()?;
        }
        match self.peek() {
            Token::StringConstant(_) => {
                self.skip();
                Ok(())
            }
            _ => Err(self.stuck()),
        }
    }
}
