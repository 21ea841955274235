//! A schema of its own on the server of `PARAPET_TEST_POSTGRES_URL`, made and removed with `psql`.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};

const SCHEMA: &str = "parapet_gateway_bench";

/// The schema. Removed when it is dropped.
pub(crate) struct Schema {
    admin: String,
    /// Address for `store.url`.
    pub(crate) url: String,
}

impl Schema {
    /// Makes it, empty; absent when no server is named.
    pub(crate) fn make() -> Result<Option<Self>> {
        let Ok(admin) = std::env::var("PARAPET_TEST_POSTGRES_URL") else { return Ok(None) };
        let joint = if admin.contains('?') { '&' } else { '?' };
        let url = format!("{admin}{joint}options=-c%20search_path%3D{SCHEMA}");
        let schema = Self { admin, url };
        schema.run(&format!("drop schema if exists {SCHEMA} cascade; create schema {SCHEMA}"))?;
        Ok(Some(schema))
    }

    fn run(&self, sql: &str) -> Result<()> {
        let mut psql = Command::new("psql");
        psql.args(["--quiet", "--no-psqlrc", "--set=ON_ERROR_STOP=1", "--command", sql, &self.admin]);
        let output = psql.env("PGOPTIONS", "-c client_min_messages=warning").output();
        let output = output.context("psql does not run; it comes with the Postgres client")?;
        ensure!(output.status.success(), "psql: {}", String::from_utf8_lossy(&output.stderr));
        Ok(())
    }
}

impl Drop for Schema {
    fn drop(&mut self) {
        // What is left over is removed by the next run.
        let _ = self.run(&format!("drop schema if exists {SCHEMA} cascade"));
    }
}
