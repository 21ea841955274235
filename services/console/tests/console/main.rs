//! The console from outside: the whole router over a real SQLite file.

mod api;
#[cfg(test)]
mod approvals;
mod auth;
#[cfg(test)]
mod browser;
mod decisions;
#[cfg(test)]
mod fixture;
#[cfg(test)]
mod generate;
mod health;
mod pages;
#[cfg(test)]
mod records;
