//! In whose place one has to stand, to see what a container sees.

use super::engine::Seen;
use super::links::proven;
use super::machine;
use super::stand::{Place, Stands};
use super::survey::Listed;
use checks::model::{Network, NetworkMode};

/// Containers that use another one's namespace may do so in a chain, of this length at most.
const CHAIN: usize = 8;

/// The place of a container that runs. Containers that share a namespace share their place, too.
pub(super) fn of_running(all: &Listed, index: usize) -> Place {
    let (_, seen) = &all.seen[index];
    let pid = proven(seen);
    let owner = owner(all, index);
    match pid {
        // Only a container can stand in for a process of a machine that is not this one.
        Err(why) if all.seen[owner].1.facts.network_mode == NetworkMode::Host => {
            Place::Machine { here: Err(why) }
        }
        pid => Place::Container { id: all.seen[owner].1.facts.id.clone(), pid },
    }
}

/// The place of a container that does not run: its own networks.
///
/// # Errors
///
/// Says why it has none.
pub(super) fn of_dead(seen: &Seen) -> Result<Place, String> {
    let facts = &seen.facts;
    let down = || format!("{} is {}", facts.name, facts.state.status);
    let mut networks = facts.attachments.iter().map(|a| a.network.clone());
    let network = networks.next().ok_or_else(down)?;
    Ok(Place::Dead {
        id: facts.id.clone(),
        network,
        more: networks.collect(),
        naming: seen.raw.naming.clone(),
    })
}

/// The place of a process on the machine of an engine.
pub(super) fn of_machine(stands: &Stands<'_>, engine: usize, networks: &[Network]) -> Place {
    Place::Machine { here: stands.is_here(engine).and_then(|()| machine::of_engines(networks)) }
}

/// The container whose namespace this one uses, as far as it runs.
pub(super) fn owner(all: &Listed, index: usize) -> usize {
    let mut at = index;
    for _ in 0..CHAIN {
        let facts = &all.seen[at].1.facts;
        let NetworkMode::Container(other) = &facts.network_mode else { break };
        match all.find(&facts.engine, other) {
            Some(next) if all.seen[next].1.facts.state.is_up() => at = next,
            _ => break,
        }
    }
    at
}
