//! A budget that several questions share. What a question may cost is reserved before it is sent, and settled when its
//! answer is there, so that questions at the same time cannot pass a limit together.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{ModelError, Usage};

/// Limits; `None` is no limit.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Budget {
    /// Most answers, those counted in that got lost on the way. A request that the server refused is none.
    pub calls: Option<u64>,
    /// Most tokens, read and written together.
    pub tokens: Option<u64>,
    /// Highest cost, in the currency of the prices.
    pub cost: Option<f64>,
    /// Longest time from the making of the meter. Seconds.
    pub seconds: Option<u64>,
}

/// The limit that is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Limit {
    /// [`Budget::calls`].
    Calls,
    /// [`Budget::tokens`].
    Tokens,
    /// [`Budget::cost`].
    Cost,
    /// [`Budget::seconds`].
    Time,
}

/// What has been used.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Spent {
    /// Answers.
    pub calls: u64,
    /// Tokens; marked as estimated when any part of them is.
    pub usage: Usage,
    /// Cost, in the currency of the prices; 0 without prices.
    pub cost: f64,
}

impl Spent {
    fn add(&mut self, calls: u64, usage: Usage, cost: f64) {
        self.calls = self.calls.saturating_add(calls);
        self.usage.input_tokens = self.usage.input_tokens.saturating_add(usage.input_tokens);
        self.usage.output_tokens = self.usage.output_tokens.saturating_add(usage.output_tokens);
        self.usage.estimated |= usage.estimated;
        self.cost += cost;
    }
}

/// Keeps a [`Budget`]. Clones share it.
#[derive(Debug, Clone)]
pub struct Meter(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    budget: Budget,
    started: Instant,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    spent: Spent,
    calls_under_way: u64,
    tokens_under_way: u64,
    cost_under_way: f64,
}

impl Meter {
    /// A meter whose time begins now.
    #[must_use]
    pub fn new(budget: Budget) -> Self {
        Self(Arc::new(Shared { budget, started: Instant::now(), state: Mutex::default() }))
    }

    /// A meter that only counts.
    #[must_use]
    pub fn unlimited() -> Self {
        Self::new(Budget::default())
    }

    /// What has been used so far, without what is under way.
    #[must_use]
    pub fn spent(&self) -> Spent {
        self.state().spent
    }

    /// Counts what was used before this meter was made, as by an earlier run of the same work.
    pub fn add(&self, used: Spent) {
        self.state().spent.add(used.calls, used.usage, used.cost);
    }

    /// The limits.
    #[must_use]
    pub fn budget(&self) -> Budget {
        self.0.budget
    }

    /// Time since the meter was made.
    #[must_use]
    pub fn elapsed(&self) -> Duration {
        self.0.started.elapsed()
    }

    /// When the time is over.
    #[must_use]
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.0.started.checked_add(Duration::from_secs(self.0.budget.seconds?))
    }

    /// The error for a passed deadline.
    pub(crate) fn out_of_time(&self) -> ModelError {
        let seconds = self.0.budget.seconds.unwrap_or_default();
        ModelError::BudgetSpent {
            which: Limit::Time,
            detail: format!("the time budget of {seconds} s is spent; raise it, or ask for less"),
        }
    }

    /// Sets aside what one request may use, or says which limit forbids it.
    pub(crate) fn reserve(&self, guess: Usage, cost: Option<f64>) -> Result<Reservation, ModelError> {
        if self.deadline().is_some_and(|deadline| Instant::now() >= deadline) {
            return Err(self.out_of_time());
        }
        let cost = cost.unwrap_or_default();
        let mut state = self.state();
        state.check(&self.0.budget, guess.total(), cost)?;
        state.calls_under_way += 1;
        state.tokens_under_way += guess.total();
        state.cost_under_way += cost;
        drop(state);
        Ok(Reservation { meter: self.clone(), guess, cost, open: true })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // The numbers are right after each statement, so a panic elsewhere does not spoil them.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self, budget: &Budget, tokens: u64, cost: f64) -> Result<(), ModelError> {
        let spent = |which, detail| Err(ModelError::BudgetSpent { which, detail });
        let calls = self.spent.calls + self.calls_under_way;
        if let Some(limit) = budget.calls.filter(|limit| calls >= *limit) {
            return spent(Limit::Calls, format!("the budget of {limit} calls is spent; raise it, or ask for less"));
        }
        let used = self.spent.usage.total().saturating_add(self.tokens_under_way);
        if let Some(limit) = budget.tokens.filter(|limit| used.saturating_add(tokens) > *limit) {
            let detail = format!(
                "the budget of {limit} tokens is spent: {used} are used or under way, and the next call may take \
                 {tokens}; raise it, or lower `max_tokens`"
            );
            return spent(Limit::Tokens, detail);
        }
        let used = self.spent.cost + self.cost_under_way;
        if let Some(limit) = budget.cost.filter(|limit| used + cost > *limit) {
            let detail = format!(
                "the budget of {limit} is spent: {used:.4} is used or under way, and the next call may cost \
                 {cost:.4}; raise it, or lower `max_tokens`"
            );
            return spent(Limit::Cost, detail);
        }
        Ok(())
    }
}

/// What one request may use. Dropped unsettled, as when the caller goes away or the answer gets lost, it counts as used:
/// the server may have worked on it.
pub(crate) struct Reservation {
    meter: Meter,
    guess: Usage,
    cost: f64,
    open: bool,
}

impl Reservation {
    /// The answer is there.
    pub(crate) fn settle(mut self, usage: Usage, cost: Option<f64>) {
        self.close(Some((usage, cost.unwrap_or_default())));
    }

    /// The request used nothing.
    pub(crate) fn release(mut self) {
        self.close(None);
    }

    fn close(&mut self, used: Option<(Usage, f64)>) {
        self.open = false;
        let mut state = self.meter.state();
        state.calls_under_way = state.calls_under_way.saturating_sub(1);
        state.tokens_under_way = state.tokens_under_way.saturating_sub(self.guess.total());
        state.cost_under_way = (state.cost_under_way - self.cost).max(0.0);
        if let Some((usage, cost)) = used {
            state.spent.add(1, usage, cost);
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        if self.open {
            self.close(Some((self.guess, self.cost)));
        }
    }
}

#[cfg(test)]
mod tests;
