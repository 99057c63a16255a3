//! The image that a server runs, against what its name means now and against the source it should hold.

mod ancestry;
mod lineage;
mod live;
mod program;
mod read;
mod rebuilt;

pub(super) use rebuilt::rebuilt;

use super::engine::{Connection, Seen};
use super::source::{self, Configured, ImageFiles, Plan, Settings};
use checks::model::{Content, Difference, Edited, EngineKind, Fact, Freshness, MountKind, Tag};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// Where the source of a server's image is, and who said so.
#[derive(Clone, Debug)]
pub(crate) struct Origin {
    /// The build context.
    pub(crate) context: PathBuf,
    /// How it is built.
    pub(crate) settings: Settings,
    /// `--source`, or the Compose file.
    pub(crate) named_by: String,
    /// The context that the Compose file names, where the user named this one.
    pub(crate) other: Option<PathBuf>,
}

/// Everything on the freshness of one server.
pub(crate) async fn freshness(
    engine: &Connection,
    seen: &Seen,
    origin: Result<Option<Origin>, String>,
    passive: bool,
) -> Freshness {
    let tag = tag(engine, seen).await;
    let unseen = |content| Freshness {
        tag: tag.clone(),
        content,
        claim: None,
        base: None,
        rebuilt: None,
        published: None,
        unanswered: Vec::new(),
    };
    let origin = match origin {
        Err(why) => return unseen(Fact::Unknown(why)),
        Ok(None) => {
            return unseen(Fact::Skipped(format!(
                "no source of {} is known on this machine; name its build context with --source {}=DIR",
                seen.facts.image, seen.facts.name
            )));
        }
        Ok(Some(_)) if passive => return unseen(Fact::Skipped("--passive".into())),
        Ok(Some(origin)) => origin,
    };
    let plan = match plan(engine, seen, &origin).await {
        Ok(plan) => plan,
        Err(why) => return unseen(Fact::Unknown(why)),
    };
    let mut unanswered = Vec::new();
    let mut content = Box::pin(running(engine, seen, &plan, &origin, &mut unanswered)).await;
    let is_open = content.as_ref().is_ok_and(|content| content.compared == 0);
    let claim = if is_open { ancestry::claim(engine, seen, &plan).await } else { Ok(None) };
    let base = ancestry::base(engine, seen, &plan).await;
    let claim = claim.unwrap_or_else(|why| {
        unanswered.push(format!("the labels of the image: {why}"));
        None
    });
    let base = base.unwrap_or_else(|why| {
        unanswered.push(format!("the image that the Dockerfile begins with: {why}"));
        None
    });
    if let (Some((base, true)), Ok(content)) = (&base, &mut content) {
        content.doubts.push(format!(
            "the image was built on another one than {}, which {} begins with and which is older",
            base.name, plan.dockerfile
        ));
    }
    Freshness {
        tag,
        content: content.into(),
        claim,
        base: base.map(|(base, _)| base),
        rebuilt: None,
        published: None,
        unanswered,
    }
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
    let plan = plan(engine, seen, origin).await.ok()?;
    let files = image_files(engine, &tag.now, &plan).await.ok()?;
    let content = compared(plan, files, origin).await.ok()?;
    Some(content.compared > 0 && content.differing.is_empty())
}

/// The name of a container's image, unless it was started from an image by its id.
pub(super) fn named_image(seen: &Seen) -> Option<&str> {
    let reference = seen.facts.image.as_str();
    let is_id = reference.len() >= 12
        && super::engine::bare(reference).chars().all(|c| c.is_ascii_hexdigit());
    (!reference.is_empty() && !is_id && !reference.contains('@')).then_some(reference)
}

async fn tag(engine: &Connection, seen: &Seen) -> Fact<Tag> {
    let Some(reference) = named_image(seen) else {
        let image = &seen.facts.image;
        return Fact::Skipped(format!("{image} is an image by its id, which no build moves"));
    };
    let now = match engine.image(reference).await {
        Ok(Some(found)) => found,
        Ok(None) => return Fact::Unknown(format!("no image is named {reference} now")),
        Err(why) => return Fact::Unknown(why),
    };
    let running = seen.raw.image_id.clone();
    let same_layers = if now.id == running {
        true
    } else {
        match engine.image(&running).await {
            Ok(Some(ours)) => ours.layers == now.layers,
            Ok(None) => return Fact::Unknown("the image that the container runs is gone".into()),
            Err(why) => return Fact::Unknown(why),
        }
    };
    Fact::Known(Tag {
        reference: reference.to_owned(),
        running,
        now: now.id,
        same_layers,
        now_is_newest: None,
    })
}

/// What a build from the source would put into the image now.
async fn plan(engine: &Connection, seen: &Seen, origin: &Origin) -> Result<Plan, String> {
    let (folder, mut settings) = (origin.context.clone(), origin.settings.clone());
    settings.base_workdir = Some(seen.raw.workdir.clone()).filter(|dir| !dir.is_empty());
    settings.image_env = Some(seen.raw.env.iter().cloned().collect());
    settings.containerignore_first = engine.facts.kind == EngineKind::Podman;
    let (there, told) = (folder.clone(), settings.clone());
    let recipes = blocking(move || Ok(source::recipes(&there, &told))).await?;
    let history = past(engine, &seen.raw.image_id).await;
    let all = history.clone();
    let mut plan = blocking(move || {
        let plan_of = |recipe: &source::Recipe| {
            let (dockerfile, target) = (recipe.dockerfile.clone(), recipe.target.clone());
            let settings = Settings { dockerfile, target, ..settings.clone() };
            Ok(source::plan(&folder, &settings)?.remembered(&history, &[]))
        };
        // An image that none fits is from before a change of its Dockerfile: the usual one, then.
        let fitting = recipes.iter().filter(|recipe| recipe.fits(&history));
        let plans: Vec<Result<Plan, String>> = fitting.map(plan_of).collect();
        let is_like = |plan: &Result<Plan, String>| plan.as_ref().is_ok_and(Plan::is_remembered);
        let any = plans.iter().any(is_like);
        let mut plans = plans.into_iter().filter(|plan| !any || is_like(plan));
        let Some(first) = plans.next() else {
            return Ok(source::plan(&folder, &settings)?.remembered(&history, &[]));
        };
        let mut plan = first?;
        for other in plans.flatten() {
            plan.doubt(&other, &other.dockerfile);
        }
        Ok(plan)
    })
    .await?;
    if let Some(base) = plan.final_stage_base.clone().filter(|base| base != "scratch") {
        plan = plan.remembered(&all, &past(engine, &base).await);
    }
    if let Some(base) = &plan.final_stage_base
        && let Ok(Some(image)) = engine.image(base).await
        && image.on_build.iter().any(|step| step.starts_with("COPY") || step.starts_with("ADD"))
    {
        let why = format!("{base} copies of the context by ONBUILD, which was not compared");
        plan.unseen_inputs.insert(0, why);
    }
    Ok(plan)
}

/// What made an image, oldest first; nothing where the engine does not tell.
async fn past(engine: &Connection, image: &str) -> Vec<String> {
    let history = engine.history(image).await.unwrap_or_default();
    history.into_iter().rev().map(|past| past.created_by).collect()
}

/// The files of the running container against the source.
async fn running(
    engine: &Connection,
    seen: &Seen,
    plan: &Plan,
    origin: &Origin,
    unanswered: &mut Vec<String>,
) -> Result<Content, String> {
    let mounts = live::mounts(seen);
    if let Some(why) = program::mounted(&seen.raw.argv, &seen.raw.workdir, plan, &mounts) {
        return Err(why);
    }
    // Under a mount the image does not decide: what the container sees there counts.
    let (image, under) = live::parted(seen, plan);
    // Its image stays; the container may go at any moment, so what it alone can tell is asked first.
    let changed = live::changes(engine, seen, &image).await;
    let there = live::under_mounts(engine, seen, &under).await?;
    let mut files = image_files(engine, &seen.raw.image_id, &image).await?;
    let mut edited = match &changed {
        Ok(changed) => live::edits(engine, seen, &image, changed, &mut files).await,
        Err(why) => Err(why.clone()),
    };
    let mut content = compared(image.clone(), files.clone(), origin).await?;
    // To some engines an edit of the same size in the same second is none: of what differs the container itself is asked.
    let known = changed.unwrap_or_default();
    let differing = content.differing.iter().map(|d| d.image.clone());
    let open: BTreeSet<String> = differing.filter(|path| !known.contains(path)).collect();
    if let Ok(edited) = &mut edited
        && let Ok(more) = live::edits(engine, seen, &image, &open, &mut files).await
        && !more.is_empty()
    {
        edited.extend(more);
        content = compared(image, files, origin).await?;
    }
    match edited {
        Ok(edited) => {
            let times = live::edited_at(seen, &edited).await;
            content.written_since = live::edited_since(seen, &times);
            let is_lasting = |edit: &Edited| !live::is_of_the_start(edit, &times);
            content.edited = edited.into_iter().filter(is_lasting).collect();
        }
        Err(why) => unanswered.push(format!("what changed in the container: {why}")),
    }
    if !under.files.is_empty() {
        let (there, written) = there;
        let folder = under.context.clone();
        let mut other = compared(under.clone(), there, origin).await?;
        for difference in &mut other.differing {
            difference.mount = live::mount_of(&mounts, difference, &folder);
        }
        Box::pin(below_mounts(engine, seen, under, &mut other)).await;
        let is_older = |path: &str| other.differing.iter().any(|d| d.image == path);
        content.written_since.extend(written.into_iter().filter(|w| !is_older(&w.path)));
        add(&mut content, other);
    }
    match otherwise(engine, seen, plan).await {
        Ok(names) if !names.is_empty() && content.equal > 0 => content.doubts.push(format!(
            "the image was made with another {} than {} says",
            names.join(", "),
            plan.dockerfile
        )),
        Ok(_) => {}
        Err(why) => unanswered.push(format!("the configuration of the image: {why}")),
    }
    content.unseen_program = program::unseen(&seen.raw.argv, &seen.raw.workdir, plan);
    content.other_context = origin.other.as_ref().map(|folder| folder.display().to_string());
    Ok(content)
}

/// Notes what the image itself holds where a volume or a file system in memory shows older files: both may have been filled
/// from it.
async fn below_mounts(engine: &Connection, seen: &Seen, under: Plan, content: &mut Content) {
    let is_filled = |d: &Difference| d.mount.as_ref().is_some_and(|m| m.kind != MountKind::Bind);
    if !content.differing.iter().any(is_filled) {
        return;
    }
    let Ok(files) = image_files(engine, &seen.raw.image_id, &under).await else { return };
    let differing = content.differing.clone();
    let newest = blocking(move || {
        Ok(differing.iter().map(|d| source::is_newest(&under, d, &files)).collect::<Vec<_>>())
    });
    for (difference, is_newest) in
        content.differing.iter_mut().zip(newest.await.unwrap_or_default())
    {
        if let Some(mount) = difference.mount.as_mut().filter(|m| m.kind != MountKind::Bind) {
            mount.image_is_newest = is_newest;
        }
    }
}

/// The names of what the Dockerfile says of the image beside its files, and the image has otherwise.
async fn otherwise(engine: &Connection, seen: &Seen, plan: &Plan) -> Result<Vec<String>, String> {
    let Some(image) = engine.image(&seen.raw.image_id).await? else { return Ok(Vec::new()) };
    Ok(plan.configuration.otherwise(&Configured {
        env: &image.env,
        command: &image.command,
        entrypoint: &image.entrypoint,
        user: &image.user,
        workdir: &image.workdir,
        running_env: &seen.raw.env,
        running_argv: &seen.raw.argv,
        running_workdir: &seen.raw.workdir,
    }))
}

/// What the image holds of the plan.
async fn image_files(engine: &Connection, id: &str, plan: &Plan) -> Result<ImageFiles, String> {
    let container = engine.image_container(id, &super::owner::me()).await?;
    let files = read::read(engine, container.id(), plan).await;
    container.close().await;
    files
}

async fn compared(plan: Plan, files: ImageFiles, origin: &Origin) -> Result<Content, String> {
    let named_by = origin.named_by.clone();
    blocking(move || Ok(source::compare(&plan, &files, &named_by))).await
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
