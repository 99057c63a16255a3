//! A stand: where a probe stands, and what is done there. Either a thread inside the network namespace of a container, or a
//! sidecar, a container of ours in that namespace. Both do the same errands with the same code.

mod agent;
mod binary;
mod errand;
mod image;
mod sidecar;
mod stands;

pub(crate) use agent::serve;
pub(crate) use binary::is_static;
pub(crate) use errand::{
    ADDRESSES, Ask, Burst, Connecting, Dial, Errand, Hold, Knock, Lost, Names, OwnNames, Resets,
    Sockets, Underway,
};
pub(crate) use stands::{Place, Stance, Stands};

use super::vantage::Post;
use checks::model::Vantage;
use sidecar::Sidecar;

/// A place in a network namespace from which probes are sent.
pub(crate) struct Stand {
    by: By,
    vantage: Vantage,
}

enum By {
    Thread(Post),
    Sidecar(Sidecar),
}

impl Stand {
    /// From where is seen what is seen here.
    pub(crate) fn vantage(&self) -> Vantage {
        self.vantage
    }

    /// Has an errand done.
    ///
    /// # Errors
    ///
    /// Says why it was not: a fault of the stand, never of what was looked at.
    pub(crate) async fn run<E: Errand>(&self, errand: E) -> Result<E::Seen, String> {
        match &self.by {
            By::Thread(post) => post.run(move || errand.run()).await,
            By::Sidecar(sidecar) => sidecar.run(errand).await,
        }
    }
}
