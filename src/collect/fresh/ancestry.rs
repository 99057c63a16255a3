//! What an image tells of its making: the commit in its labels, and the base image below it.

use super::blocking;
use crate::collect::engine::{Connection, Seen};
use crate::collect::source::{self, Plan};
use checks::model::{Base, Claim};

/// Labels that name the commit of the source, the most usual first.
const REVISION: [&str; 6] = [
    "org.opencontainers.image.revision",
    "org.label-schema.vcs-ref",
    "vcs-ref",
    "git-commit",
    "git.commit",
    "revision",
];

/// What the image's labels say of the commit that it was built from.
///
/// # Errors
///
/// Says what the engine did not answer.
pub(super) async fn claim(
    engine: &Connection,
    seen: &Seen,
    plan: &Plan,
) -> Result<Option<Claim>, String> {
    let Some(image) = engine.image(&seen.raw.image_id).await? else { return Ok(None) };
    let found = REVISION
        .iter()
        .find_map(|key| Some((*key, image.labels.get(*key).filter(|text| !text.is_empty())?)));
    let Some((label, revision)) = found else { return Ok(None) };
    let base = match &plan.final_stage_base {
        Some(name) => engine.image(name).await?.map(|base| (name, base)),
        None => None,
    };
    let inherited_from = base
        .filter(|(_, base)| base.labels.get(label) == Some(revision))
        .map(|(name, _)| name.clone());
    // A label may hold anything: only what can be a commit goes on.
    let is_commit = revision.chars().all(|c| c.is_ascii_hexdigit());
    let revision: String =
        if is_commit { revision.chars().take(64).collect() } else { "no commit".into() };
    let (plan, asked) = (plan.clone(), revision.clone());
    let since = blocking(move || source::since(&plan, &asked)).await.into();
    Ok(Some(Claim { label: label.to_owned(), revision, inherited_from, since }))
}

/// The base image of the Dockerfile, as it is now, beside the running image, and whether the one was there when the other was
/// made on something else. A squashed image tells nothing.
///
/// # Errors
///
/// Says what the engine did not answer.
pub(super) async fn base(
    engine: &Connection,
    seen: &Seen,
    plan: &Plan,
) -> Result<Option<(Base, bool)>, String> {
    let named = plan.final_stage_base.as_ref();
    let Some(name) = named.filter(|name| !name.contains('@') && *name != "scratch") else {
        return Ok(None);
    };
    let Some(base) = engine.image(name).await? else { return Ok(None) };
    let Some(image) = engine.image(&seen.raw.image_id).await? else { return Ok(None) };
    let tells = image.layers.len() > 1 && !base.layers.is_empty();
    let is_apart = tells && !image.layers.starts_with(&base.layers);
    let is_younger = image.created.zip(base.created).map(|(ours, its)| its > ours);
    let is_newer = is_apart && is_younger == Some(true);
    let was_there = is_apart && is_younger == Some(false);
    Ok(Some((Base { name: name.clone(), now: base.id, is_newer }, was_there)))
}
