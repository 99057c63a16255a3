//! The stands of one run: each is taken once, when it is first needed, by the gentlest means that are allowed, and given up
//! at the end.

use super::image::{self, Image, architecture};
use super::{By, Sidecar, Stand};
use crate::collect::engine::{Connection, Helper, Naming};
use crate::collect::machine;
use crate::collect::owner::{is_alive, me};
use crate::collect::vantage::{Namespace, Post, ProvenPid};
use checks::model::Vantage;
use futures_util::future::{join, join_all};
use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, OnceCell, Semaphore};
use tokio::time::Instant;

/// Sidecars that are made or removed at once: engines do not get faster from more.
const AT_ONCE: usize = 4;
/// Stand-ins for containers that do not run, at most: some machines keep hundreds of those.
const STAND_INS: usize = 8;
/// How much longer than the run a sidecar may live that nobody ends.
const GRACE: Duration = Duration::from_secs(5);

/// How far a run may go to look.
#[derive(Clone, Copy, Debug, Eq, PartialEq, clap::ValueEnum)]
pub(crate) enum Stance {
    /// `/proc` first, then the namespace if that is allowed, then a sidecar.
    Auto,
    /// `/proc` alone: no probe is sent.
    Proc,
    /// `/proc` and the namespaces: no container is made for it.
    Netns,
    /// Sidecars alone, as beside an engine on another machine.
    Sidecar,
    /// The engine's own answers alone.
    None,
}

impl Stance {
    /// Whether processes of containers may be looked at on this machine; the reason where not.
    pub(crate) fn forbids_proc(self) -> Option<String> {
        matches!(self, Self::Sidecar | Self::None).then(|| self.reason())
    }

    /// Whether namespaces may be entered.
    pub(crate) fn enters(self) -> bool {
        matches!(self, Self::Auto | Self::Netns)
    }

    fn makes_sidecars(self) -> bool {
        matches!(self, Self::Auto | Self::Sidecar)
    }

    /// The flag, as the reason for what it leaves unseen.
    fn reason(self) -> String {
        match self {
            Self::Auto | Self::Netns => "no network namespace is entered",
            Self::Proc => "--vantage proc reads /proc and sends no probe",
            Self::Sidecar => "--vantage sidecar does not look at processes of this machine",
            Self::None => "--vantage none looks at the engine's own answers only",
        }
        .to_owned()
    }
}

/// Whose place is taken.
pub(crate) enum Place {
    /// That of a running container; its process, where that is known to be its.
    Container { id: String, pid: Result<ProvenPid, String> },
    /// That of a process on the engine's machine; whether econn itself is one.
    Machine { here: Result<(), String> },
    /// That of a container that does not run, on these networks.
    Dead { id: String, network: String, more: Vec<String>, naming: Naming },
}

impl Place {
    /// What tells it from others of the same engine.
    fn key(&self) -> &str {
        match self {
            Self::Container { id, .. } | Self::Dead { id, .. } => id,
            Self::Machine { .. } => "host",
        }
    }
}

/// In whose network a sidecar is to stand.
#[derive(Default)]
struct Joins {
    network: String,
    more: Vec<String>,
    naming: Naming,
}

type Taken = Arc<OnceCell<Result<Arc<Stand>, String>>>;

/// All stands of one run.
pub(crate) struct Stands<'a> {
    engines: &'a [Connection],
    stance: Stance,
    deadline: Instant,
    taken: Mutex<HashMap<(usize, String), Taken>>,
    archive: OnceCell<Result<Image, String>>,
    loaded: Vec<OnceCell<Result<String, String>>>,
    /// Which engines may have something of ours by now.
    touched: Vec<AtomicBool>,
    places: Semaphore,
    stand_ins: AtomicUsize,
}

impl<'a> Stands<'a> {
    /// No stand is taken yet.
    pub(crate) fn new(engines: &'a [Connection], stance: Stance, deadline: Instant) -> Self {
        Self {
            engines,
            stance,
            deadline,
            taken: Mutex::default(),
            archive: OnceCell::new(),
            loaded: engines.iter().map(|_| OnceCell::new()).collect(),
            touched: engines.iter().map(|_| AtomicBool::new(false)).collect(),
            places: Semaphore::new(AT_ONCE),
            stand_ins: AtomicUsize::new(0),
        }
    }

    /// The stand at a place of an engine.
    ///
    /// # Errors
    ///
    /// Says why nobody can stand there.
    pub(crate) async fn at(&self, engine: usize, place: Place) -> Result<Arc<Stand>, String> {
        let key = (engine, place.key().to_owned());
        let cell = Arc::clone(self.taken.lock().await.entry(key).or_default());
        let taken = cell.get_or_init(|| self.take(engine, place));
        match tokio::time::timeout_at(self.deadline, taken).await {
            Ok(taken) => taken.clone(),
            Err(_) => Err("the run's limit was reached before anybody stood there".to_owned()),
        }
    }

    /// The connection to an engine, by its place among them.
    pub(crate) fn engine(&self, engine: usize) -> &'a Connection {
        &self.engines[engine]
    }

    /// Gives the image early to those engines that will not do without.
    pub(crate) async fn prepare(&self) {
        let needed = |engine: &usize| {
            self.stance == Stance::Sidecar
                || (self.stance.makes_sidecars() && !self.engines[*engine].by_socket)
        };
        // Who stands there later is told what went wrong.
        let images = (0..self.engines.len()).filter(needed).map(|engine| self.image(engine));
        drop(tokio::time::timeout_at(self.deadline, join_all(images)).await);
    }

    /// The place of the engine of that name among them.
    pub(crate) fn place_of(&self, name: &str) -> usize {
        self.engines.iter().position(|e| e.facts.name == name).unwrap_or(0)
    }

    /// Whether what is seen on this machine may be taken for what is there on the engine's.
    ///
    /// # Errors
    ///
    /// Says why not.
    pub(crate) fn is_here(&self, engine: usize) -> Result<(), String> {
        match self.stance.forbids_proc() {
            Some(why) => Err(why),
            None if self.engines.get(engine).is_some_and(|e| e.by_socket) => {
                machine::shares_network(self.engines[engine].daemon)
            }
            None => Err("the engine is remote, and its machine is not this one".to_owned()),
        }
    }

    /// How far the run may go.
    pub(crate) fn stance(&self) -> Stance {
        self.stance
    }

    /// Whether a container may be made to stand somewhere.
    pub(crate) fn makes_sidecars(&self) -> bool {
        self.stance.makes_sidecars()
    }

    async fn take(&self, engine: usize, place: Place) -> Result<Arc<Stand>, String> {
        let (namespace, network) = match place {
            Place::Container { id, pid } => {
                (pid.and_then(|pid| Namespace::of(&pid)), format!("container:{id}"))
            }
            Place::Machine { here } => (here.and_then(|()| Namespace::host()), "host".to_owned()),
            Place::Dead { network, more, naming, .. } => {
                if self.stand_ins.fetch_add(1, Ordering::Relaxed) >= STAND_INS {
                    return Err(format!(
                        "it does not run, and a run makes {STAND_INS} stand-ins at most; name the containers in question"
                    ));
                }
                let joins = Joins { network, more, naming };
                return self.sidecar(engine, joins, Vantage::StandIn).await.map(Arc::new);
            }
        };
        let entered = match namespace {
            Ok(namespace) if self.stance.enters() => Post::take(&namespace).await,
            Ok(_) => Err(self.stance.reason()),
            Err(why) => Err(why),
        };
        let stand = match entered {
            Ok(post) => Ok(Stand { by: By::Thread(post), vantage: Vantage::Namespace }),
            Err(why) if !self.stance.makes_sidecars() => Err(why),
            Err(why) => {
                let joins = Joins { network, ..Joins::default() };
                let stand = self.sidecar(engine, joins, Vantage::Sidecar).await;
                stand
                    .map_err(|too| if self.stance.enters() { format!("{why}; {too}") } else { too })
            }
        };
        stand.map(Arc::new)
    }

    async fn sidecar(
        &self,
        engine: usize,
        joins: Joins,
        vantage: Vantage,
    ) -> Result<Stand, String> {
        let image = self.image(engine).await?;
        let limit = self.deadline.saturating_duration_since(Instant::now()) + GRACE;
        let Joins { network, more, naming } = joins;
        let helper = Helper { image: &image, network, more_networks: more, naming, limit };
        let _place = self.places.acquire().await.map_err(|e| e.to_string())?;
        let sidecar = Sidecar::start(&self.engines[engine], helper, self.deadline).await?;
        Ok(Stand { by: By::Sidecar(sidecar), vantage })
    }

    /// The name of our image in an engine, which is given it when it is first needed.
    async fn image(&self, engine: usize) -> Result<String, String> {
        self.touched[engine].store(true, Ordering::Relaxed);
        let load = || async {
            let connection = &self.engines[engine];
            // Some engines take a third of a second for their version.
            let packed = self.archive.get_or_init(pack);
            let (theirs, image) = join(connection.architecture(), packed).await;
            let (theirs, image) = (theirs?, image.clone()?);
            if theirs != architecture() {
                return Err(format!(
                    "no sidecar can run there: this econn is made for {}, and the engine runs on {theirs}",
                    architecture()
                ));
            }
            connection.load_image(image.archive).await?;
            Ok(image.tag)
        };
        self.loaded[engine].get_or_init(load).await.clone()
    }

    /// Gives all stands up: removes the containers that were made for them, and then their images.
    pub(crate) async fn close(self) {
        let taken = self.taken.into_inner();
        let sidecars: Vec<(usize, &Sidecar)> = taken
            .iter()
            .filter_map(|((engine, _), cell)| match &cell.get()?.as_ref().ok()?.by {
                By::Sidecar(sidecar) => Some((*engine, sidecar)),
                By::Thread(_) => None,
            })
            .collect();
        // All at once: an engine takes its time to kill what does not end by itself.
        join_all(sidecars.iter().map(|(_, sidecar)| sidecar.hang_up())).await;
        let places = &self.places;
        join_all(sidecars.into_iter().map(|(engine, sidecar)| async move {
            let _place = places.acquire().await;
            sidecar.close(&self.engines[engine]).await;
        }))
        .await;
        let touched =
            self.touched.into_iter().zip(self.engines).filter(|(is, _)| is.load(Ordering::Relaxed));
        join_all(touched.map(|(_, engine)| async move {
            // The image, what was begun and not waited for, and what a run asked for that was killed moments ago.
            let me = me();
            engine.sweep(|owner| owner == me || !is_alive(owner)).await;
        }))
        .await;
    }
}

/// Reading and hashing the own program takes a moment: beside the other tasks, not before them.
async fn pack() -> Result<Image, String> {
    let packed = tokio::task::spawn_blocking(image::own).await;
    packed.unwrap_or_else(|_| Err("packing the own program broke off".to_owned()))
}
