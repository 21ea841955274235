//! Many versions of one guard, built in few child processes and never kept: what a mutation check needs.

use std::sync::Arc;

use serde_json::Value;

use crate::build::order::Order;
use crate::build::{self, parent};
use crate::error::BuildError;
use crate::guard::{GuardCode, LoadedGuard, Powers};
use crate::sandbox::Sandbox;

/// Most guards that one child builds: its limits are for all of them together.
const PER_CHILD: usize = 32;
/// Most facts that one child is sent, in bytes of JSON.
const FACTS_PER_CHILD: usize = 3 << 20;

/// What differs from the guard that it is a variant of.
#[derive(Debug, Clone, PartialEq)]
pub struct Variant {
    /// Rhai text or a WASM module.
    pub code: Vec<u8>,
    /// The facts.
    pub facts: Value,
}

impl Sandbox {
    /// Builds every variant of `guard`, with its tools, in the order given. One that is refused leaves the others alone.
    ///
    /// # Errors
    /// The guard's tools or patterns cannot be used, so that no variant can be built.
    pub fn build_variants(
        &self,
        guard: &GuardCode,
        variants: &[Variant],
    ) -> Result<Vec<Result<LoadedGuard, BuildError>>, BuildError> {
        let powers = self.powers(guard)?;
        Ok(batches(variants).into_iter().flat_map(|batch| self.build_batch(guard, batch, &powers)).collect())
    }

    fn build_batch(
        &self,
        guard: &GuardCode,
        batch: &[Variant],
        powers: &Arc<Powers>,
    ) -> Vec<Result<LoadedGuard, BuildError>> {
        let sizes: Vec<_> = batch.iter().map(|variant| build::check_size(&variant.code, &variant.facts)).collect();
        let sources: Vec<_> = batch
            .iter()
            .zip(&sizes)
            .filter(|(_, size)| size.is_ok())
            .map(|(variant, _)| parent::Source { code: &variant.code, facts: &variant.facts, trace: false })
            .collect();
        let mut done =
            parent::build(&self.config.builder, self.cache.dir(), &Order::of(guard), &sources).map(Vec::into_iter);
        let mut next = || match &mut done {
            Ok(done) => build::only(done.next().into_iter().collect()),
            // The child broke on one of them; it is not known on which.
            Err(error) => Err(BuildError::Builder(error.to_string())),
        };
        let built = sizes.into_iter().map(|size| size.and_then(|()| next()));
        built.map(|built| self.load(guard.language, &built?.0, Arc::clone(powers))).collect()
    }
}

/// Cuts `variants` so that no child gets more than it can take.
fn batches(variants: &[Variant]) -> Vec<&[Variant]> {
    let mut batches = Vec::new();
    let mut rest = variants;
    while !rest.is_empty() {
        let mut bytes = 0;
        let fit = rest.iter().take(PER_CHILD).take_while(|variant| {
            bytes += variant.facts.to_string().len();
            bytes <= FACTS_PER_CHILD
        });
        let (batch, after) = rest.split_at(fit.count().max(1));
        batches.push(batch);
        rest = after;
    }
    batches
}
