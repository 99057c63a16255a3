//! Builds the facts of one run, and never judges them.

mod again;
mod ask;
mod clean;
mod client;
mod compose;
mod crowd;
mod ends;
mod engine;
mod extra;
mod fresh;
mod gate;
mod halted;
mod holders;
mod libc;
mod limits;
mod links;
mod machine;
mod owner;
mod places;
mod probe;
mod probes;
pub(crate) mod recorder;
#[cfg(test)]
pub(crate) mod reference;
mod registry;
mod remembered;
mod replicas;
mod searched;
mod server;
mod sockets;
mod source;
mod stand;
mod survey;
mod swarm;
mod trust;
mod turns;
mod vantage;

pub(crate) use ask::Ask;
pub(crate) use clean::{Left, clean_up, remove_own, sweep};
pub(crate) use crowd::{Crowd, Over};
pub(crate) use engine::{Choice, Engines, Place, connect, node, places, trace_calls};
pub(crate) use extra::Extra;
pub(crate) use links::Named;
pub(crate) use source::Settings as BuildSettings;
pub(crate) use stand::{Stance, is_static, serve};
pub(crate) use survey::{Request, keep_project, survey};
