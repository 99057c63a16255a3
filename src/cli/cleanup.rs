//! `econn cleanup`

use super::Asked;
use clap::Args;

/// On which engines to clean up, and how thoroughly.
#[derive(Args, Debug)]
pub(crate) struct Cleanup {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// Remove also what runs on other machines or in containers have made, alive or not
    #[arg(long)]
    pub(crate) all: bool,
}
