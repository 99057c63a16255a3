//! What is done only for a user who asks for it.

/// Looks that take long, or that ask somebody else than the engines.
#[derive(clap::Args, Clone, Copy, Debug, Default)]
pub(crate) struct Extra {
    /// Build each server's source once more, with the engine's cache, and compare the images: tells of compiled code, too.
    /// Nothing is tagged and the image is removed again; build cache may stay
    #[arg(long, conflicts_with = "passive")]
    pub(crate) verify_build: bool,
    /// Ask the registries what they hold under the names of the servers' images: tells of an image that was pushed and not
    /// pulled here
    #[arg(long, conflicts_with = "passive")]
    pub(crate) registry: bool,
}
