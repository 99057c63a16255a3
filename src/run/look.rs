//! Looks at live containers: from the flags that say where and what, to a snapshot.

use crate::cli::{Asked, Limit, Looking};
use crate::collect::{self, Choice, Engines, Over, Place, Request, Stance};
use crate::config::Config;
use crate::declared::Declared;
use crate::exit::{Code, Failure};
use crate::progress::stage;
use crate::signals;
use crate::tell::tell;
use crate::words::words;
use checks::model::Snapshot;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::time::Instant;

/// What the flags and the configuration say about where and what to look at, checked before anything is looked at.
pub(super) struct Task {
    places: Vec<Place>,
    choice: Choice,
    request: Request,
    limit: Limit,
    /// Whether a look came to its limit: near it nobody waits for an engine any more, and what was made may be left.
    overdue: AtomicBool,
}

/// Looks at live containers once.
pub(super) fn look(task: &Task) -> Result<Snapshot, Failure> {
    task.run(Duration::ZERO, async {
        let deadline = Instant::now() + task.limit.duration;
        let engines = stage("asking the engines", task.connect(deadline)).await;
        complain(&engines, task.choice);
        let told: Vec<String> = engines.silent.iter().filter_map(|e| e.error.clone()).collect();
        let seen = Box::pin(task.survey(engines, deadline, false));
        let snapshot = stage("looking at the containers", seen).await?;
        fallen_silent(&snapshot, &told);
        Ok(snapshot)
    })
}

/// Says which engines answered at first and could not be looked at then.
fn fallen_silent(snapshot: &Snapshot, told: &[String]) {
    for engine in &snapshot.engines {
        if let Some(why) = engine.error.as_ref().filter(|why| !told.contains(why)) {
            tell(&format!("{}: {why}", engine.name));
        }
    }
}

impl Task {
    /// The task of one command. `containers` are those that its command line names.
    pub(super) fn new(
        command: &'static str,
        looking: &Looking,
        containers: &[String],
        config: &Config,
        over: Over,
    ) -> Result<Self, Failure> {
        let env = |name: &str| std::env::var(name).ok();
        if looking.trace_api {
            collect::trace_calls();
        }
        let mut places = places(&looking.asked)?;
        places.extend(nodes(&looking.node, &env)?);
        let limit = looking.timeout.clone().or_else(|| config.timeout.clone()).unwrap_or_default();
        let request = Request {
            named: looking.link.clone(),
            demands: config.demands(),
            must_exist: must_exist(command, looking, containers),
            containers: containers.to_vec(),
            project: looking.project.clone(),
            sources: sources(looking, config)?,
            probes: config.probes(&looking.probe),
            passive: looking.passive,
            extra: looking.extra,
            asks: config.check.iter().filter_map(Declared::ask).collect(),
            glance: false,
            crowd: config.crowd(over),
            stance: stance(looking)?,
            deadline: Instant::now(),
            limit: limit.text.clone(),
        };
        let overdue = AtomicBool::new(false);
        Ok(Self { places, choice: looking.asked.engine, request, limit, overdue })
    }

    /// Lets other numbers of clients come at once than the configuration says, over all links.
    pub(super) fn with_clients(mut self, clients: Option<u32>) -> Self {
        if let Some(clients) = clients {
            self.request.crowd.clients = clients;
            self.request.crowd.over = Over::All;
        }
        self
    }

    /// The engines that answer.
    pub(super) async fn connect(&self, deadline: Instant) -> Engines {
        collect::connect(self.places.clone(), self.choice, deadline).await
    }

    /// Where to look, which engines are wanted, and what is to be looked at.
    pub(super) fn parts(self) -> (Vec<Place>, Choice, Request) {
        (self.places, self.choice, self.request)
    }

    /// When a look that begins now has to end.
    pub(super) fn deadline(&self) -> Instant {
        Instant::now() + self.limit.duration
    }

    /// Says which engines did not answer.
    pub(super) fn complain(&self, engines: &Engines) {
        complain(engines, self.choice);
    }

    /// One look; a glance sends nothing and waits for nothing.
    pub(super) async fn survey(
        &self,
        engines: Engines,
        deadline: Instant,
        glance: bool,
    ) -> Result<Snapshot, Failure> {
        let whole = Request { deadline, ..self.request.clone() };
        let request = if glance {
            let stance = passive(whole.stance);
            Request { glance, passive: true, stance, ..whole }
        } else {
            whole
        };
        let seen = collect::survey(engines, &request).await;
        if !request.passive && Instant::now() >= deadline {
            self.overdue.store(true, Ordering::Relaxed);
        }
        seen
    }

    /// Does the work until it is done, interrupted, or later than its limit after what it may wait for.
    pub(super) fn run<T>(
        &self,
        wait: Duration,
        work: impl Future<Output = Result<T, Failure>>,
    ) -> Result<T, Failure> {
        // One thread: handing each of an engine's hundreds of answers from one to another takes longer than reading it. What
        // takes long itself has threads of its own.
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let runtime =
            runtime.map_err(|e| Failure::incomplete(format!("no threads for the probes: {e}")))?;
        // The probes keep to the run's limit by themselves and leave their reasons; what is not in time even so gives no
        // report.
        let late = Instant::now() + wait + self.limit.duration + Duration::from_secs(1);
        let _interrupted = signals::left_to_others();
        let result = runtime.block_on(async {
            tokio::select! {
                done = work => {
                    if self.overdue.load(Ordering::Relaxed) {
                        clean_up(&self.places, self.choice).await;
                    }
                    return done;
                }
                () = tokio::time::sleep_until(late) => {}
                signal = interrupted() => {
                    clean_up(&self.places, self.choice).await;
                    return Err(Failure { code: Code(signal), message: "interrupted".into() });
                }
            }
            clean_up(&self.places, self.choice).await;
            Err(Failure::incomplete(format!(
                "the run's limit of {} was reached before everything was seen; give more with --timeout",
                self.limit.text
            )))
        });
        // A comparison that is still reading an archive must not keep the run from ending.
        runtime.shutdown_background();
        result
    }
}

/// What the environment says wrong of engines, where no flag names one.
pub(super) fn engines_of_the_environment(asked: &Asked) -> Result<(), Failure> {
    if asked.host.is_some() || asked.context.is_some() {
        return Ok(());
    }
    places(asked).map(drop)
}

/// Where the engines may be that are to be asked.
pub(super) fn places(asked: &Asked) -> Result<Vec<Place>, Failure> {
    let env = |name: &str| std::env::var(name).ok();
    let (host, context) = (asked.host.as_deref(), asked.context.as_deref());
    collect::places(host, context, asked.engine, &env).map_err(Failure::usage)
}

/// The containers that flags name, each with its flag: a slip of the pen there is wrong usage.
fn must_exist(
    command: &'static str,
    looking: &Looking,
    containers: &[String],
) -> Vec<(&'static str, String)> {
    let wanted = containers.iter().map(|name| (command, name.clone()));
    let clients = looking.link.iter().map(|named| ("--link", named.client.clone()));
    let sources = looking.source.iter().map(|(name, _)| ("--source", name.clone()));
    let probes = looking.probe.iter().map(|(name, _)| ("--probe", name.clone()));
    wanted.chain(clients).chain(sources).chain(probes).collect()
}

fn stance(looking: &Looking) -> Result<Stance, Failure> {
    match looking.vantage {
        Stance::Sidecar if looking.passive => Err(Failure::usage(
            "--vantage sidecar makes containers, which --passive forbids; leave one of them out",
        )),
        stance if looking.passive => Ok(passive(stance)),
        stance => Ok(stance),
    }
}

/// What is not created needs no reason beside that of `--passive`.
fn passive(stance: Stance) -> Stance {
    match stance {
        Stance::Auto | Stance::Sidecar => Stance::Netns,
        other => other,
    }
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
        tell(silent.error.as_deref().unwrap_or("an engine does not answer"));
    }
    if engines.connections.is_empty() && engines.silent.is_empty() {
        let which = match choice {
            Choice::Auto => "no engine",
            Choice::Docker => "no Docker engine",
            Choice::Podman => "no Podman engine",
        };
        tell(&format!("{which} answers: {}", engines.asked.join("; ")));
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

/// The build contexts: those of the flag, and those of the configuration for other servers.
fn sources(looking: &Looking, config: &Config) -> Result<Vec<(String, PathBuf)>, Failure> {
    let flags = looking.source.iter().map(|(server, dir)| {
        folder(Path::new(dir))
            .map(|path| (server.clone(), path))
            .map_err(|why| Failure::usage(format!("--source {server}={dir}: {why}")))
    });
    let named = |server: &str| looking.source.iter().any(|(name, _)| name == server);
    let others = config.sources().filter(|(server, _)| !named(server)).map(|(server, dir)| {
        let place = config.place();
        folder(&dir)
            .map(|path| (server.clone(), path))
            .map_err(|why| Failure::usage(format!("{place}: source of {server}: {why}")))
    });
    flags.chain(others).collect()
}

fn folder(dir: &Path) -> Result<PathBuf, String> {
    let what = "give the folder of the Dockerfile";
    match dir.canonicalize() {
        Ok(path) if path.is_dir() => Ok(path),
        Ok(_) => Err(format!("{} is no folder; {what}", dir.display())),
        Err(e) => Err(format!("{}; {what}", words(&e))),
    }
}
