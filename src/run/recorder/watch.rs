//! The recorder beside the command, on threads of its own.

use super::file::Recording;
use super::say;
use crate::collect::{self, Choice, Engines, Place, recorder};
use crate::run::look::Task;
use checks::model::Snapshot;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;
use tokio::time::Instant;

/// How long the engines are waited for before the command starts. One that answers later is recorded from then on.
const HEAD_START: Duration = Duration::from_secs(2);
/// How long an engine may take to answer at all.
const ANSWER: Duration = Duration::from_secs(10);

/// After how long the last look is told.
const LONG: Duration = Duration::from_secs(1);

/// The engines that answer, and what tells of the command's end. After one that went well nobody waits long for an engine that is
/// silent.
async fn engines(
    places: Vec<Place>,
    choice: Choice,
    deadline: Instant,
    mut ended: oneshot::Receiver<bool>,
) -> (Engines, oneshot::Receiver<bool>) {
    let mut connecting = Box::pin(collect::connect(places.clone(), choice, deadline));
    let failed = tokio::select! {
        biased;
        engines = &mut connecting => return (engines, ended),
        failed = &mut ended => failed.unwrap_or(false),
    };
    let (tell, told) = oneshot::channel();
    let _ = tell.send(failed);
    let patience = if failed { ANSWER } else { HEAD_START };
    let engines = match tokio::time::timeout(patience, connecting).await {
        Ok(engines) => engines,
        Err(_) => collect::connect(places, choice, Instant::now()).await,
    };
    (engines, told)
}

/// The recorder at work.
pub(super) struct Watch {
    end: oneshot::Sender<bool>,
    work: JoinHandle<Option<Snapshot>>,
}

impl Watch {
    /// Begins to listen to the engines, and returns when it does.
    pub(super) fn begin(task: Task, recording: Recording) -> Self {
        let (places, choice, request) = task.parts();
        let (end, ended) = oneshot::channel();
        let (tell, ready) = mpsc::channel();
        let work = std::thread::spawn(move || {
            let runtime =
                tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(why) => {
                    say(&format!("nothing is recorded: no threads for the recorder: {why}"));
                    return None;
                }
            };
            let record = runtime.block_on(async {
                let deadline = Instant::now() + ANSWER;
                let (engines, ended) = engines(places, choice, deadline, ended).await;
                let ear = recorder::listen(&engines).await;
                let _ = tell.send(());
                let keep = |record: &Snapshot| recording.keep(record);
                let record = recorder::record(&engines, &request, ear, ended, &keep).await;
                collect::remove_own(&engines).await;
                record
            });
            runtime.shutdown_background();
            Some(record)
        });
        // A recorder that is late, or broke down, keeps no command from starting.
        let _ = ready.recv_timeout(HEAD_START);
        Self { end, work }
    }

    /// The command has ended: what was recorded; `None` where the recorder broke down, which was said.
    pub(super) fn end(self, failed: bool) -> Option<Snapshot> {
        let _ = self.end.send(failed);
        let ended = Instant::now();
        while failed && !self.work.is_finished() {
            if ended.elapsed() > LONG {
                say("looking at what is left ...");
                break;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
        self.work.join().ok().flatten()
    }
}
