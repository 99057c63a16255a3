//! Containers that stand in a network namespace which its owner has left: the engine gives each start of the owner a new one,
//! takes the networks out of the old one, and whoever joined that stays in it.

use super::{Case, Container, NetworkMode, Visit};

/// An end of a link that was left behind.
#[derive(Clone, Copy, Debug)]
pub struct Behind<'a> {
    /// The end.
    pub end: &'a Container,
    /// The name of the container whose namespace it joined.
    pub owner: &'a str,
    /// That container, if there is one still.
    pub now: Option<&'a Container>,
}

impl<'a> Case<'a> {
    /// The end that was left behind, if one was: client first.
    #[must_use]
    pub fn left_behind(&self) -> Option<Behind<'a>> {
        if self.link.visit.value().is_some_and(Visit::connected) {
            return None;
        }
        let server = self.server().ok().map(|server| server.container);
        self.client().into_iter().chain(server).find_map(|end| self.behind(end))
    }

    fn behind(&self, end: &'a Container) -> Option<Behind<'a>> {
        let NetworkMode::Container(owner) = &end.network_mode else { return None };
        let now = self.facts.container(&end.engine, owner);
        let is_there = now.is_some_and(|owner| {
            let both = (owner.namespace.value(), end.namespace.value());
            owner.state.is_up() && !matches!(both, (Some(theirs), Some(own)) if theirs != own)
        });
        (end.state.is_up() && !is_there).then_some(Behind { end, owner, now })
    }
}
