//! What a registry holds under the name of an image that runs (`--registry`): whether another one was pushed there and not
//! pulled here. Nobody is asked of an image that never was in a registry, as far as its engine knows: its name would mean a
//! stranger's there.

mod document;
mod door;
mod login;
mod name;
mod pass;
#[cfg(test)]
mod tests;
mod web;

use super::engine::{Connection, Image, Seen};
use super::fresh::named_image;
use checks::model::{Fact, Published};
use document::Platform;
use door::Door;
use login::Login;
use name::Name;

/// No image was made before engines were, in seconds since 1970: an earlier time is a builder's placeholder. 2013.
const FIRST: i64 = 1_356_998_400;

/// What the registry holds under the name of a container's image, beside the image that runs.
pub(super) async fn published(engine: &Connection, seen: &Seen) -> Fact<Published> {
    let reference = &seen.facts.image;
    let Some(name) = named_image(seen) else {
        return Fact::Skipped(format!("{reference} is named by its content, which never moves"));
    };
    let Some(name) = Name::parse(name) else {
        return Fact::Unknown(format!("{reference} is no name that a registry could have"));
    };
    let image = match engine.image(&seen.raw.image_id).await {
        Ok(Some(image)) => image,
        Ok(None) => return Fact::Unknown("the image that the container runs is gone".into()),
        Err(why) => return Fact::Unknown(why),
    };
    let digests = name.digests(&image.digests);
    if name.is_of_the_engine() || digests.is_empty() {
        return Fact::Skipped(format!(
            "the engine has neither pulled {reference} from {} nor pushed it there",
            name.registry
        ));
    }
    if name.is_loopback() && !engine.by_socket {
        return Fact::Unknown(format!(
            "{} is on the engine's own machine, which is another",
            name.registry
        ));
    }
    let login = Login::of(&name.registry, &|name| std::env::var(name).ok());
    beside(&Door::new(name, login), &image, &digests).await.into()
}

/// Sets what the registry holds beside the running image; `digests` are those that its engine knows in this repository.
async fn beside(door: &Door, image: &Image, digests: &[String]) -> Result<Published, String> {
    let digest = door.digest().await?;
    let id = format!("sha256:{}", image.id);
    let is_ours = |digest: &String| *digest == id || digests.contains(digest);
    let found = Published {
        reference: door.name.to_string(),
        digest: digest.clone(),
        same_content: true,
        holds_running: true,
        is_newer: None,
        is_plain: door.is_plain(),
    };
    if is_ours(&digest) {
        return Ok(found);
    }
    // Podman compresses anew what it pushes: another digest is no other image yet.
    let platform = Platform {
        os: image.os.clone(),
        architecture: image.architecture.clone(),
        variant: image.variant.clone(),
    };
    let manifest = door.manifest(&digest, &platform).await?;
    if is_ours(&manifest.digest) || manifest.config == id {
        return Ok(found);
    }
    let theirs = door.configuration(&manifest.config).await?;
    let same_content = !theirs.layers().is_empty() && theirs.layers() == image.layers;
    if same_content {
        return Ok(found);
    }
    let time = |at: Option<jiff::Timestamp>| at.filter(|at| at.as_second() >= FIRST);
    let times = time(theirs.created()).zip(time(image.created)).filter(|(its, ours)| its != ours);
    let holds_running = door.holds(&id, digests).await?;
    let is_newer = times.map(|(its, ours)| its > ours);
    Ok(Published { same_content, holds_running, is_newer, ..found })
}
