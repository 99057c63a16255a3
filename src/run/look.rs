//! Looks at live containers: from the flags that say where and what, to a snapshot.

use crate::cli::Looking;
use crate::collect::{self, Choice, Engines, Place, Request, Stance};
use crate::exit::{Code, Failure};
use crate::progress::stage;
use crate::render;
use crate::words::words;
use checks::model::Snapshot;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tokio::time::Instant;

/// Looks at live containers.
pub(super) fn look(looking: &Looking, containers: &[String]) -> Result<Snapshot, Failure> {
    let sources = sources(&looking.source)?;
    let env = |name: &str| std::env::var(name).ok();
    if looking.trace_api {
        collect::trace_calls();
    }
    let (host, context) = (looking.host.as_deref(), looking.context.as_deref());
    let mut places =
        collect::places(host, context, looking.engine, &env).map_err(Failure::usage)?;
    places.extend(nodes(&looking.node, &env)?);
    let stance = match looking.vantage {
        Stance::Sidecar if looking.passive => {
            return Err(Failure::usage(
                "--vantage sidecar makes containers, which --passive forbids; leave one of them out",
            ));
        }
        // What is not created needs no reason beside that of --passive.
        Stance::Auto if looking.passive => Stance::Netns,
        stance => stance,
    };
    let request = Request {
        named: looking.link.clone(),
        containers: containers.to_vec(),
        project: looking.project.clone(),
        sources,
        probes: looking.probe.clone(),
        passive: looking.passive,
        verify_build: looking.verify_build,
        stance,
        deadline: Instant::now() + looking.timeout.duration,
        limit: looking.timeout.text.clone(),
    };
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build();
    let runtime =
        runtime.map_err(|e| Failure::incomplete(format!("no threads for the probes: {e}")))?;
    let work = async {
        let engines = stage(
            "asking the engines",
            collect::connect(places.clone(), looking.engine, request.deadline),
        )
        .await;
        complain(&engines, looking.engine);
        stage("looking at the containers", Box::pin(collect::survey(engines, &request)))
            .await
            .map_err(Failure::usage)
    };
    // The probes keep to the run's limit by themselves and leave their reasons; what is not in time even so gives no report.
    let late = request.deadline + Duration::from_secs(1);
    let result = runtime.block_on(async {
        tokio::select! {
            done = work => return done,
            () = tokio::time::sleep_until(late) => {}
            signal = interrupted() => {
                clean_up(&places, looking.engine).await;
                return Err(Failure { code: Code(signal), message: "interrupted".into() });
            }
        }
        clean_up(&places, looking.engine).await;
        Err(Failure::incomplete(format!(
            "the run's limit of {} was reached before everything was seen; give more with --timeout",
            request.limit
        )))
    });
    // A comparison that is still reading an archive must not keep the run from ending.
    runtime.shutdown_background();
    result
}

/// Removes what this run made, as far as the engines answer in time; the next run removes the rest.
async fn clean_up(places: &[Place], choice: Choice) {
    let work = async {
        collect::clean_up(
            &collect::connect(places.to_vec(), choice, Instant::now() + Duration::from_secs(2))
                .await,
        )
        .await;
    };
    // An engine that stays silent must not keep the run from ending.
    drop(tokio::time::timeout(Duration::from_secs(3), work).await);
}

/// Waits for Ctrl-C or a request to end, and gives the exit code of shells for it.
async fn interrupted() -> u8 {
    use tokio::signal::unix::{SignalKind, signal};
    let (Ok(mut int), Ok(mut term)) =
        (signal(SignalKind::interrupt()), signal(SignalKind::terminate()))
    else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = int.recv() => 130,
        _ = term.recv() => 143,
    }
}

/// Says on stderr which engines did not answer.
pub(super) fn complain(engines: &Engines, choice: Choice) {
    for silent in &engines.silent {
        eprintln!(
            "econn: {}",
            render::clean(silent.error.as_deref().unwrap_or("an engine does not answer"))
        );
    }
    if engines.connections.is_empty() && engines.silent.is_empty() {
        let which = match choice {
            Choice::Auto => "no engine",
            Choice::Docker => "no Docker engine",
            Choice::Podman => "no Podman engine",
        };
        eprintln!("econn: {which} answers: {}", render::clean(&engines.asked.join("; ")));
    }
}

/// The engines of other nodes, each under a name that no other engine has.
fn nodes(
    given: &[(String, String)],
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Place>, Failure> {
    for (at, (name, _)) in given.iter().enumerate() {
        let is_kind = ["docker", "podman"].iter().any(|kind| name.starts_with(kind));
        if is_kind || given[..at].iter().any(|(before, _)| before == name) {
            return Err(Failure::usage(format!(
                "--node {name}: another engine has this name, or may; give each node a name of its own, best its host name"
            )));
        }
    }
    let place = |(name, url): &(String, String)| collect::node(name, url, env);
    given.iter().map(place).collect::<Result<_, _>>().map_err(Failure::usage)
}

fn sources(given: &[(String, String)]) -> Result<Vec<(String, PathBuf)>, Failure> {
    given
        .iter()
        .map(|(server, dir)| match Path::new(dir).canonicalize() {
            Ok(path) if path.is_dir() => Ok((server.clone(), path)),
            Ok(_) => Err(Failure::usage(format!(
                "--source {server}={dir}: {dir} is no folder; give the folder of the Dockerfile"
            ))),
            Err(e) => Err(Failure::usage(format!(
                "--source {server}={dir}: {}; give the folder of the Dockerfile",
                words(&e)
            ))),
        })
        .collect()
}
