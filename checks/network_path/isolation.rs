//! The question of a link that must not work: does it? It was tried from the client, and what answers nobody at all proves
//! nothing.

use super::{CHECK, forbidden, forbidden_by_address};
use crate::model::{Case, Check, Meant, Undecided};

/// What is asked instead of the way.
pub(crate) const ISOLATION: Check =
    Check { applies, rules: &[&forbidden::RULE, &forbidden_by_address::RULE], healthy, ..CHECK };

fn applies(case: &Case<'_>) -> Result<(), Undecided> {
    if case.is_outside() {
        let url = &case.link.endpoint.url;
        return Err(Undecided::Unknown(format!(
            "{url} is outside, where nothing is tried: whether the link works was not seen"
        )));
    }
    Ok(())
}

/// Not reached, by a client that was let try, and at a server that answers.
fn healthy(case: &Case<'_>) -> Result<String, Undecided> {
    let visit = case.link.visit.known()?;
    proves(case)?;
    let (client, url) = (&case.link.client, &case.link.endpoint.url);
    let symptom = visit.symptom().map_or_else(|| "not reached".into(), |s| s.to_string());
    Ok(format!("{client} does not reach {url}: {symptom}"))
}

/// Whether anything is there to be reached: else a failed connection proves nothing.
fn proves(case: &Case<'_>) -> Result<(), Undecided> {
    let nothing = |why: String| {
        Err(Undecided::Unknown(format!("{why}, so that it is reached by nobody proves nothing")))
    };
    let host = &case.link.endpoint.host;
    if case.link.meant == Meant::Nobody {
        return Err(Undecided::Unknown(format!(
            "no container has the name or address {host}, so that nobody reaches it proves nothing"
        )));
    }
    if let Some(sockets) = case.machine_sockets()? {
        let port = case.link.endpoint.port;
        return if sockets.is_empty() {
            nothing(format!("nothing on the engine's machine listens on port {port}"))
        } else {
            Ok(())
        };
    }
    let server = match case.server() {
        Ok(server) => server,
        Err(Undecided::Unknown(why) | Undecided::Skip(why)) => return Err(Undecided::Unknown(why)),
    };
    let (name, state) = (&server.container.name, &server.container.state);
    if !state.is_running() {
        return nothing(format!("{name} is {}", state.word()));
    }
    if server.listeners()?.is_empty() {
        return nothing(format!("nothing in {name} listens on port {}", server.port));
    }
    Ok(())
}
