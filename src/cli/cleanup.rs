//! `econn cleanup`

use crate::collect::Choice;
use clap::Args;

/// On which engines to clean up, and how thoroughly.
#[derive(Args, Debug)]
pub(crate) struct Cleanup {
    /// The engine to clean up on; auto means every engine that answers
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) engine: Choice,
    /// Clean up only on the engine at this address: `unix:///path/to.sock` or `tcp://host:port`
    #[arg(long, value_name = "URL", conflicts_with = "context")]
    pub(crate) host: Option<String>,
    /// Clean up only on the engine of this Docker context, or of this Podman connection
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Remove also what runs on other machines or in containers have made, alive or not
    #[arg(long)]
    pub(crate) all: bool,
}
