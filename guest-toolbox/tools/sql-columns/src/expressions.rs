//! Finds columns, functions and subqueries in any piece of the syntax tree, through the parser's own visitor, so that no
//! kind of expression is forgotten. Subqueries are handed to the resolver and not entered.

use std::{collections::BTreeSet, convert::Infallible, ops::ControlFlow};

use sqlparser::ast::{
    AccessExpr, Expr, Function, FunctionArg, FunctionArgExpr, FunctionArguments, Ident, ObjectName, Query, Visit,
    Visitor,
};

use crate::{
    resolver::{Aliases, Resolver, address},
    scope::Scope,
};

/// Resolves every expression in `piece`.
pub(crate) fn resolve<T: Visit>(resolver: &mut Resolver<'_>, piece: &T, scope: &Scope<'_>, aliases: Aliases) {
    let mut walk = Walk { resolver, scope, aliases, depth: 0, skipped: BTreeSet::new() };
    // The walk never breaks off.
    let _: ControlFlow<Infallible> = piece.visit(&mut walk);
}

struct Walk<'w, 's, 'p> {
    resolver: &'w mut Resolver<'s>,
    scope: &'w Scope<'p>,
    aliases: Aliases,
    /// Number of subqueries around.
    depth: usize,
    /// Expressions that are no columns, by address.
    skipped: BTreeSet<usize>,
}

impl Visitor for Walk<'_, '_, '_> {
    type Break = Infallible;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<Infallible> {
        if self.depth == 0 && !self.resolver.resolved.contains(&address(query)) {
            self.resolver.query(query, self.scope);
        }
        self.depth += 1;
        ControlFlow::Continue(())
    }

    fn post_visit_query(&mut self, _: &Query) -> ControlFlow<Infallible> {
        self.depth -= 1;
        ControlFlow::Continue(())
    }

    fn pre_visit_expr(&mut self, expression: &Expr) -> ControlFlow<Infallible> {
        if self.depth == 0 && !self.skipped.contains(&std::ptr::from_ref(expression).addr()) {
            self.expression(expression);
        }
        ControlFlow::Continue(())
    }
}

impl Walk<'_, '_, '_> {
    fn expression(&mut self, expression: &Expr) {
        match expression {
            Expr::Identifier(ident) if !is_no_column(ident) => {
                let column = self.resolver.dialect.fold(ident);
                self.resolver.unqualified(&column, self.scope, self.aliases);
            }
            Expr::CompoundIdentifier(idents) => {
                let parts: Vec<String> = idents.iter().map(|ident| self.resolver.dialect.fold(ident)).collect();
                self.resolver.qualified(&parts, self.scope);
            }
            Expr::CompoundFieldAccess { root, access_chain } => self.field(root, access_chain),
            Expr::Function(function) => self.function(function),
            Expr::MatchAgainst { columns, .. } => columns.iter().for_each(|column| self.column(column)),
            Expr::QualifiedWildcard(name, _) => self.star(name),
            Expr::Wildcard(_) => self.resolver.wildcard(None, self.scope),
            _ => {}
        }
    }

    /// `t.c[1]` and `t.c.field[1]`: the leading names are one qualified column.
    fn field(&mut self, root: &Expr, chain: &[AccessExpr]) {
        for link in chain {
            if let AccessExpr::Dot(name) = link {
                self.skip(name);
            }
        }
        let Expr::Identifier(first) = root else { return };
        let names = chain.iter().map_while(|link| match link {
            AccessExpr::Dot(Expr::Identifier(ident)) => Some(ident),
            _ => None,
        });
        let parts: Vec<String> = [first].into_iter().chain(names).map(|i| self.resolver.dialect.fold(i)).collect();
        self.skip(root);
        if parts.len() > 1 {
            self.resolver.qualified(&parts, self.scope);
        } else if let Some(column) = parts.first() {
            self.resolver.unqualified(column, self.scope, self.aliases);
        }
    }

    fn column(&mut self, name: &ObjectName) {
        let parts = self.resolver.dialect.parts(name);
        match parts.as_slice() {
            [column] => self.resolver.unqualified(column, self.scope, self.aliases),
            parts => self.resolver.qualified(parts, self.scope),
        }
    }

    fn function(&mut self, function: &Function) {
        let name = self.resolver.dialect.parts(&function.name).join(".").to_lowercase();
        let takes_unit = takes_unit(&name);
        self.resolver.findings.functions.insert(name);
        let FunctionArguments::List(list) = &function.args else { return };
        for (position, argument) in list.args.iter().enumerate() {
            match argument {
                FunctionArg::Named { arg, .. } | FunctionArg::ExprNamed { arg, .. } | FunctionArg::Unnamed(arg) => {
                    self.argument(arg, takes_unit && position == 0);
                }
            }
        }
    }

    fn argument(&mut self, argument: &FunctionArgExpr, unit: bool) {
        match argument {
            FunctionArgExpr::QualifiedWildcard(name) => self.star(name),
            FunctionArgExpr::Expr(expression @ Expr::Identifier(_)) if unit => self.skip(expression),
            // `count(*)` reads no column.
            FunctionArgExpr::Expr(_) | FunctionArgExpr::Wildcard | FunctionArgExpr::WildcardWithOptions(_) => {}
        }
    }

    fn star(&mut self, name: &ObjectName) {
        let parts = self.resolver.dialect.parts(name);
        self.resolver.wildcard(Some(&parts), self.scope);
    }

    fn skip(&mut self, expression: &Expr) {
        self.skipped.insert(std::ptr::from_ref(expression).addr());
    }
}

/// Variables and the word `DEFAULT`, which the parser reads as identifiers.
fn is_no_column(ident: &Ident) -> bool {
    ident.quote_style.is_none() && (ident.value.starts_with('@') || ident.value.eq_ignore_ascii_case("default"))
}

/// Whether the first argument is a unit such as `day`.
fn takes_unit(function: &str) -> bool {
    matches!(
        function,
        "dateadd"
            | "datediff"
            | "date_part"
            | "datepart"
            | "datename"
            | "date_trunc"
            | "datetrunc"
            | "timestampadd"
            | "timestampdiff"
    )
}
