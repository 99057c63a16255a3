//! Files of a context that have the bytes of a file of the image, whatever their name: there a recipe may have taken them.

use super::blob::BlobId;
use super::context::Context;
use super::local::{Budget, Local};
use super::on_disk::Kind;
use super::plan::{Guess, Plan};
use std::collections::{BTreeMap, BTreeSet};
use std::fs;

/// The first file of the context that has these bytes, by the bytes; each is wanted with its length.
pub(super) fn twins(
    plan: &Plan,
    guess: &Guess,
    wanted: &BTreeMap<BlobId, u64>,
) -> BTreeMap<BlobId, String> {
    let mut twins = BTreeMap::new();
    let opened = Context::open(&plan.context, guess.dockerfile.as_deref(), guess.podman);
    let Ok(mut context) = opened else { return twins };
    let lengths: BTreeSet<u64> = wanted.values().copied().collect();
    let budget = Budget::default();
    for found in context.below("").into_iter().filter(|found| found.kind == Kind::File) {
        let path = context.on_disk(&found.real);
        if fs::metadata(&path).is_ok_and(|file| lengths.contains(&file.len()))
            && let Ok(version) = Local::File(path).version(&budget)
            && wanted.contains_key(&version.blob)
        {
            twins.entry(version.blob).or_insert(found.path);
        }
    }
    twins
}
