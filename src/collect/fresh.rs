//! The image that a server runs, against what its name means now and against the source it should hold.

use super::engine::{Connection, Mount, Seen};
use super::source::{self, ImageFiles, Plan, Settings};
use checks::model::{Content, EngineKind, Fact, Freshness, Tag};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

/// Where the source of a server's image is, and who said so.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The build context.
    pub(crate) context: PathBuf,
    /// How it is built.
    pub(crate) settings: Settings,
    /// `--source`, or the Compose file.
    pub(crate) named_by: String,
}

/// Everything on the freshness of one server.
pub(crate) async fn freshness(
    engine: &Connection,
    seen: &Seen,
    origin: Result<Option<Origin>, String>,
    passive: bool,
) -> Freshness {
    let tag = tag(engine, seen).await;
    let content = match origin {
        Err(why) => Fact::Unknown(why),
        Ok(None) => Fact::Skipped(format!(
            "no source of {} is known on this machine; name its build context with --source {}=DIR",
            seen.facts.image, seen.facts.name
        )),
        Ok(Some(_)) if passive => Fact::Skipped("--passive".into()),
        Ok(Some(origin)) => content(engine, seen, &seen.raw.image_id, &origin).await.into(),
    };
    Freshness { tag, content }
}

/// Whether the image that the container's image name means now equals the source; asked only where it matters.
pub(crate) async fn now_is_newest(
    engine: &Connection,
    seen: &Seen,
    freshness: &Freshness,
    origin: &Origin,
) -> Option<bool> {
    let tag = freshness.tag.value().filter(|tag| tag.running != tag.now)?;
    freshness.content.value().filter(|content| !content.differing.is_empty())?;
    let content = content(engine, seen, &tag.now, origin).await.ok()?;
    Some(content.compared > 0 && content.differing.is_empty())
}

async fn tag(engine: &Connection, seen: &Seen) -> Fact<Tag> {
    let reference = &seen.facts.image;
    let is_id = reference.len() >= 12
        && super::engine::bare(reference).chars().all(|c| c.is_ascii_hexdigit());
    if reference.is_empty() || is_id || reference.contains('@') {
        return Fact::Skipped(format!("{reference} is an image by its id, which no build moves"));
    }
    let (now, layers) = match engine.image(reference).await {
        Ok(Some(found)) => found,
        Ok(None) => return Fact::Unknown(format!("no image is named {reference} now")),
        Err(why) => return Fact::Unknown(why),
    };
    let running = seen.raw.image_id.clone();
    let same_layers = if now == running {
        true
    } else {
        match engine.image(&running).await {
            Ok(Some((_, ours))) => ours == layers,
            Ok(None) => return Fact::Unknown("the image that the container runs is gone".into()),
            Err(why) => return Fact::Unknown(why),
        }
    };
    Fact::Known(Tag {
        reference: reference.clone(),
        running,
        now,
        same_layers,
        now_is_newest: None,
    })
}

async fn content(
    engine: &Connection,
    seen: &Seen,
    image_id: &str,
    origin: &Origin,
) -> Result<Content, String> {
    let (folder, mut settings) = (origin.context.clone(), origin.settings.clone());
    settings.base_workdir = Some(seen.raw.workdir.clone()).filter(|dir| !dir.is_empty());
    settings.image_env = Some(seen.raw.env.iter().cloned().collect());
    settings.containerignore_first = engine.facts.kind == EngineKind::Podman;
    let mut image = blocking(move || source::plan(&folder, &settings)).await?;
    // Under a mount the image does not decide: what the container sees there counts.
    let mut live = image.clone();
    let is_mounted = |path: &str| seen.raw.mounts.iter().any(|m| covers(m, path));
    image.files.retain(|f| !is_mounted(&f.image));
    live.files.retain(|f| is_mounted(&f.image));
    let container = engine.image_container(image_id, &super::owner::me()).await?;
    let files = read(engine, container.id(), &image).await;
    container.close().await;
    let files = files?;
    let mounted = if live.files.is_empty() {
        ImageFiles::default()
    } else {
        read(engine, &seen.facts.id, &live).await?
    };
    let named_by = origin.named_by.clone();
    blocking(move || {
        let mut content = source::compare(&image, &files, &named_by);
        if !live.files.is_empty() {
            add(&mut content, source::compare(&live, &mounted, &named_by));
        }
        Ok(content)
    })
    .await
}

fn covers(mount: &Mount, path: &str) -> bool {
    Path::new(path).starts_with(&mount.destination)
}

/// Everything of an image or a container that the plan needs.
async fn read(engine: &Connection, container: &str, plan: &Plan) -> Result<ImageFiles, String> {
    let mut files = ImageFiles::default();
    loop {
        let roots = source::roots(plan, &files);
        if roots.is_empty() {
            return Ok(files);
        }
        for root in roots {
            let path = root.clone();
            let taken = std::mem::take(&mut files);
            let shared = Arc::new(Mutex::new(taken));
            let into = Arc::clone(&shared);
            let read = move |tar: &mut dyn std::io::Read| {
                into.lock().unwrap_or_else(PoisonError::into_inner).read_tar(&path, tar);
                Ok(())
            };
            let answer = engine.stream(container, &root, read).await;
            files = std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner));
            match answer {
                Ok(Some(())) => {}
                Ok(None) => files.absent(&root),
                Err(why) => files.fail(&root, &why),
            }
        }
    }
}

/// Adds what was compared elsewhere.
fn add(content: &mut Content, other: Content) {
    content.compared += other.compared;
    content.equal += other.equal;
    content.differing.extend(other.differing);
    content.undecided.extend(other.undecided);
    content.undecided.sort();
    content.undecided.dedup();
}

async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    tokio::task::spawn_blocking(work)
        .await
        .map_err(|_| "comparing the source broke off".to_owned())?
}
