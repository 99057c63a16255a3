//! The one check that builds: the source as it is now, with the engine's cache and without a name, beside the image that runs.
//! Nobody is asked for it but a user who wants it (`--verify-build`).

use super::lineage::{changed_at, first_made};
use super::live;
use super::read::read_all;
use super::{Origin, Plan, blocking, plan};
use crate::collect::engine::{Body, Connection, Outcome, Recipe, Seen, Stored, bare};
use crate::collect::source::{self, ImageFiles, Parcel};
use checks::model::Rebuilt;
use http_body_util::{BodyExt, StreamBody};
use hyper::body::{Bytes, Frame};
use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, BufWriter, Write};
use tokio::sync::mpsc::{Receiver, Sender, channel};
use tokio::time::Instant;

/// Differing files that are named, at most.
const MOST_NAMED: usize = 20;
/// A label that Podman's builder adds by itself.
const OF_THE_BUILDER: &str = "io.buildah.version";

/// Builds, compares, and removes what was made.
///
/// # Errors
///
/// Says why the build tells nothing.
pub(crate) async fn rebuilt(
    engine: &Connection,
    seen: &Seen,
    origin: &Origin,
    deadline: Instant,
) -> Result<Rebuilt, String> {
    let plan = plan(engine, seen, origin).await?;
    let past = engine.history(&seen.raw.image_id).await?;
    if past.iter().any(|step| step.comment.as_deref().unwrap_or_default().contains("buildkit")) {
        return Err(
            "the image was built by BuildKit, and what this check builds would not use its cache"
                .into(),
        );
    }
    let (folder, mut settings) = (origin.context.clone(), origin.settings.clone());
    settings.containerignore_first = engine.facts.kind == checks::model::EngineKind::Podman;
    let parcel = blocking(move || source::parcel(&folder, &settings)).await?;
    let recipe = recipe(engine, seen, origin, &plan, &parcel).await?;
    let before = engine.stored().await?;
    let known: BTreeSet<String> = before.iter().map(|image| bare(&image.id).to_owned()).collect();
    let (body, trouble) = sent(parcel);
    let mut outcome = Outcome::default();
    let built = engine.build(&recipe, body, deadline, &mut outcome).await;
    let sent = tokio::time::timeout_at(deadline, trouble).await;
    let sent = sent.unwrap_or_else(|_| Err("the engine did not take it in time".into()));
    let sent = sent.map_err(|why| format!("the build context could not be sent: {why}"));
    let compared = match built.and(sent) {
        Ok(()) => compared(engine, seen, &plan, &outcome, &before).await,
        Err(why) => Err(why),
    };
    engine.remove_built(&outcome, &known).await;
    compared
}

/// The same build as that of the running image, as far as it can be known.
async fn recipe(
    engine: &Connection,
    seen: &Seen,
    origin: &Origin,
    plan: &Plan,
    parcel: &Parcel,
) -> Result<Recipe, String> {
    let mut labels: BTreeMap<String, String> = BTreeMap::new();
    if let Some(image) = engine.image(&seen.raw.image_id).await? {
        labels.extend(image.labels);
    }
    if let Some(name) = &plan.final_stage_base
        && let Some(base) = engine.image(name).await?
    {
        labels.retain(|key, value| base.labels.get(key) != Some(value));
    }
    // What the Dockerfile says is said by the build itself.
    labels.retain(|key, _| key != OF_THE_BUILDER && !parcel.text.contains(key.as_str()));
    let arguments = origin.settings.args.iter();
    Ok(Recipe {
        dockerfile: parcel.dockerfile.clone(),
        target: origin.settings.target.clone(),
        arguments: arguments
            .filter_map(|(name, value)| Some((name.clone(), value.clone()?)))
            .collect(),
        labels,
        form: engine.form(&seen.raw.image_id).await,
    })
}

/// What the build gave beside what runs.
async fn compared(
    engine: &Connection,
    seen: &Seen,
    plan: &Plan,
    outcome: &Outcome,
    before: &[Stored],
) -> Result<Rebuilt, String> {
    let id = match &outcome.id {
        Some(id) if !outcome.failed => id.clone(),
        _ => return Err(format!("the build of the source fails {}", outcome.end())),
    };
    let found = Rebuilt { is_same: id == seen.raw.image_id, image: id, ..Rebuilt::default() };
    if found.is_same {
        return Ok(found);
    }
    let mut places: BTreeSet<&str> = plan.handed_over.iter().map(|(at, _)| at.as_str()).collect();
    places.extend(plan.files.iter().map(|file| file.image.as_str()));
    // What is seen through a mount is no matter of the image.
    let mounts = live::mounts(seen);
    places.retain(|place| live::covering(&mounts, place).is_none());
    let is_everywhere = places.remove("/");
    let places: Vec<&str> = places.into_iter().collect();
    let ours = held(engine, &seen.raw.image_id, &places).await?;
    let theirs = held(engine, &found.image, &places).await?;
    let (compared, mut differing) = ours.beside(&theirs);
    differing.retain(|path| live::covering(&mounts, path).is_none());
    differing.truncate(MOST_NAMED);
    let mut undecided: Vec<String> = ours
        .unread()
        .chain(theirs.unread())
        .map(|(path, why)| format!("{path} is not readable in the image, {why}"))
        .collect();
    if is_everywhere {
        undecided.push("a step of the build may write anywhere in the image".into());
    }
    let changed_at = if differing.is_empty() {
        None
    } else {
        changed_at(engine, seen, outcome, before, &ours, &differing).await
    };
    let first_made = first_made(outcome).map(|at| outcome.named(at));
    Ok(Rebuilt { compared, differing, undecided, changed_at, first_made, ..found })
}

/// What an image holds at some places.
pub(super) async fn held(
    engine: &Connection,
    id: &str,
    places: &[&str],
) -> Result<ImageFiles, String> {
    let container = engine.image_container(id, &crate::collect::owner::me()).await?;
    let files = read_all(engine, container.id(), places).await;
    container.close().await;
    Ok(files)
}

/// The context as a body that is made while it is sent, and what became of it.
fn sent(parcel: Parcel) -> (Body, impl Future<Output = Result<(), String>>) {
    let (send, receive) = channel::<Bytes>(16);
    let writing = tokio::task::spawn_blocking(move || {
        let mut out = BufWriter::with_capacity(64 << 10, Outgoing(send));
        match parcel.write(&mut out).and_then(|()| out.flush()) {
            // Who does not listen any more has said why.
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            Err(error) => Err(crate::words::words(&error)),
            Ok(()) => Ok(()),
        }
    });
    let next = |mut receive: Receiver<Bytes>| async {
        let bytes = receive.recv().await?;
        Some((Ok(Frame::data(bytes)), receive))
    };
    let body = StreamBody::new(futures_util::stream::unfold(receive, next)).boxed_unsync();
    let done = async { writing.await.unwrap_or_else(|_| Err("reading it broke off".into())) };
    (body, done)
}

struct Outgoing(Sender<Bytes>);

impl Write for Outgoing {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let sent = self.0.blocking_send(Bytes::copy_from_slice(bytes));
        sent.map_err(|_| io::Error::from(io::ErrorKind::BrokenPipe))?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
