//! Clean-up: what this run has made goes with it, and what dead runs have left goes with the next one or by hand.

use super::engine::Engines;
use super::owner::{is_alive, is_elsewhere, me};
use futures_util::future::join_all;
use std::time::Duration;

/// What a sweep of one engine came to.
pub(crate) struct Left {
    /// The engine's name.
    pub(crate) engine: String,
    /// A word on each thing that was removed.
    pub(crate) removed: Vec<String>,
    /// How many helpers and images belong to runs that are alive.
    pub(crate) alive: usize,
    /// How many belong to runs on other machines.
    pub(crate) elsewhere: usize,
}

/// Removes what dead runs have left, on every engine; with `all` also what runs on other machines have made.
pub(crate) async fn sweep(engines: &Engines, all: bool) -> Vec<Left> {
    let sweeps = engines.connections.iter().map(|engine| async move {
        let goes = |owner: &str| !is_alive(owner) || (all && is_elsewhere(owner));
        let removed = engine.sweep(goes).await;
        let owners = engine.owners().await;
        let elsewhere = owners.iter().filter(|owner| is_elsewhere(owner)).count();
        let engine = engine.facts.name.clone();
        Left { engine, removed, alive: owners.len() - elsewhere, elsewhere }
    });
    join_all(sweeps).await
}

/// Removes what this very run has made, when it is interrupted.
pub(crate) async fn clean_up(engines: &Engines) {
    remove_own(engines).await;
    // An engine may still have been making what it was asked for: look twice.
    tokio::time::sleep(Duration::from_millis(300)).await;
    remove_own(engines).await;
}

/// Removes what this run has made and not removed yet, when what it was made for is not waited for any longer.
pub(crate) async fn remove_own(engines: &Engines) {
    let me = me();
    let sweeps = engines.connections.iter().map(|engine| engine.sweep(|owner| owner == me));
    drop(join_all(sweeps).await);
}
