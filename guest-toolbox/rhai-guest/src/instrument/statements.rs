//! Functions, blocks and statements.

use parapet_abi::ProbeKind;
use rhai::Token;

use super::{Step, Walk};

impl Walk<'_> {
    /// The whole script: functions. Nothing else of it ever runs.
    pub(super) fn script(&mut self) -> Step {
        loop {
            match self.peek() {
                Token::EOF => return Ok(()),
                Token::SemiColon => self.skip(),
                _ => self.function()?,
            }
        }
    }

    fn function(&mut self) -> Step {
        self.accept(&Token::Private);
        self.expect(&Token::Fn)?;
        let name = self.at;
        while !matches!(self.peek(), Token::LeftParen | Token::Unit | Token::EOF) {
            self.skip();
        }
        let probe = self.open(ProbeKind::Function, name);
        self.close(probe);
        if !self.accept(&Token::Unit) {
            self.skip_past(&Token::RightParen)?;
        }
        self.block(Some(probe))
    }

    /// A block; entering it notes `probe`.
    pub(super) fn block(&mut self, probe: Option<usize>) -> Step {
        self.expect(&Token::LeftBrace)?;
        if let Some(probe) = probe {
            let call = format!(" {}", self.call(probe));
            self.insert(self.end(), call);
        }
        loop {
            match self.peek() {
                Token::RightBrace => {
                    self.skip();
                    return Ok(());
                }
                Token::SemiColon => self.skip(),
                _ => self.noted_statement()?,
            }
        }
    }

    /// A block in a string: what is filled in is no statement of its own to a reader.
    pub(super) fn quiet_block(&mut self) -> Step {
        self.expect(&Token::LeftBrace)?;
        while !self.accept(&Token::RightBrace) {
            if !self.accept(&Token::SemiColon) {
                self.statement()?;
            }
        }
        Ok(())
    }

    fn noted_statement(&mut self) -> Step {
        if self.is(&Token::LeftBrace) {
            return self.block(None);
        }
        let probe = self.open(ProbeKind::Statement, self.at);
        self.insert(self.start(), self.call(probe));
        self.statement()?;
        self.accept(&Token::SemiColon);
        self.close(probe);
        Ok(())
    }

    /// The single statement of a closure or of an arm; entering it notes `probe`.
    pub(super) fn wrapped_statement(&mut self, probe: usize) -> Step {
        if self.is(&Token::LeftBrace) {
            return self.block(Some(probe));
        }
        self.insert(self.start(), format!("{{ {}", self.call(probe)));
        self.statement()?;
        self.insert(self.end(), " }".to_owned());
        Ok(())
    }

    pub(super) fn statement(&mut self) -> Step {
        match self.peek() {
            Token::LeftBrace => self.block(None),
            Token::If | Token::Switch | Token::While | Token::Loop | Token::Do | Token::For => self.structure(),
            Token::Try => self.try_catch(),
            Token::Let | Token::Const => self.declaration(),
            Token::Continue => {
                self.skip();
                Ok(())
            }
            Token::Break | Token::Return | Token::Throw => {
                self.skip();
                if self.ends_expression() { Ok(()) } else { self.expression() }
            }
            _ => self.assignment(),
        }
    }

    /// Whether no expression can begin here.
    pub(super) fn ends_expression(&self) -> bool {
        matches!(
            self.peek(),
            Token::SemiColon
                | Token::RightBrace
                | Token::RightParen
                | Token::RightBracket
                | Token::Comma
                | Token::DoubleArrow
                | Token::EOF
        )
    }

    fn declaration(&mut self) -> Step {
        self.skip();
        self.skip();
        if self.accept(&Token::Equals) { self.expression() } else { Ok(()) }
    }

    fn assignment(&mut self) -> Step {
        self.expression()?;
        if self.is(&Token::Equals) || self.peek().is_op_assignment() {
            self.skip();
            return self.expression();
        }
        Ok(())
    }

    /// What can stand as a statement and as an expression.
    pub(super) fn structure(&mut self) -> Step {
        match self.peek() {
            Token::If => self.branches(),
            Token::Switch => self.switch(),
            Token::While => {
                self.skip();
                self.condition()?;
                self.block(None)
            }
            Token::Do => {
                self.skip();
                self.block(None)?;
                // `while` or `until`.
                self.skip();
                self.condition()
            }
            Token::For => self.for_loop(),
            _ => {
                self.skip();
                self.block(None)
            }
        }
    }

    fn branches(&mut self) -> Step {
        self.expect(&Token::If)?;
        self.condition()?;
        self.block(None)?;
        match (self.accept(&Token::Else), self.peek()) {
            (false, _) => Ok(()),
            (true, Token::If) => self.branches(),
            (true, _) => self.block(None),
        }
    }

    /// A condition, with a probe for each of its outcomes.
    fn condition(&mut self) -> Step {
        let when_true = self.open(ProbeKind::WhenTrue, self.at);
        let when_false = self.open(ProbeKind::WhenFalse, self.at);
        self.insert(self.start(), format!("{}({when_true}, ", self.names.branch));
        self.expression()?;
        self.insert(self.end(), ")".to_owned());
        self.close(when_true);
        self.close(when_false);
        Ok(())
    }

    fn for_loop(&mut self) -> Step {
        self.skip_past(&Token::In)?;
        self.expression()?;
        self.block(None)
    }

    fn try_catch(&mut self) -> Step {
        self.skip();
        self.block(None)?;
        self.expect(&Token::Catch)?;
        if self.accept(&Token::LeftParen) {
            self.skip_past(&Token::RightParen)?;
        }
        self.block(None)
    }

    fn switch(&mut self) -> Step {
        self.skip();
        self.expression()?;
        self.expect(&Token::LeftBrace)?;
        while !self.accept(&Token::RightBrace) {
            let probe = self.open(ProbeKind::Arm, self.at);
            if !self.accept(&Token::Underscore) {
                self.expression()?;
            }
            self.close(probe);
            if self.accept(&Token::If) {
                self.condition()?;
            }
            self.expect(&Token::DoubleArrow)?;
            self.wrapped_statement(probe)?;
            self.accept(&Token::Comma);
        }
        Ok(())
    }
}
