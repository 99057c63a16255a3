//! Builds the facts of one run, and never judges them.

mod again;
mod client;
mod compose;
mod ends;
mod engine;
mod fresh;
mod halted;
mod limits;
mod links;
mod machine;
mod owner;
mod probe;
mod probes;
pub(crate) mod recorder;
mod server;
mod source;
mod survey;
mod vantage;

pub(crate) use engine::{Choice, Engines, Place, connect, places};
pub(crate) use links::Named;
pub(crate) use source::Settings as BuildSettings;
pub(crate) use survey::{Request, clean_up, remove_own, survey};
