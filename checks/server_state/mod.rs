//! Is the server up at all: running, not crash-looping, not killed for memory, past its start-up?

mod closes;
mod created;
mod exited;
mod gateway_error;
mod halted;
mod health_contradicts;
mod logged_status;
mod machine_silent;
mod missing;
mod name_turned_down;
mod not_started_yet;
mod nothing_listens;
mod other_protocol;
mod out_of_memory;
mod paused;
mod restarting;
mod short_of_cpu;
mod slow_answer;
mod turned_away;

use crate::model::{Case, Check, Meant, Need, Target, Undecided, Visit};

/// The finding that is about the past, and so explains nothing that is seen now.
pub(crate) const FROM_LOGS: &str = logged_status::RULE.code;

pub(crate) const CHECK: Check = Check {
    id: "server-state",
    layer: None,
    asks: "is the server up at all: running, not crash-looping, not killed for memory, past its start-up?",
    needs: &[
        Need::Visit,
        Need::Lookup,
        Need::ListensItself,
        Need::Concurrency,
        Need::Listeners,
        Need::HostListeners,
    ],
    phase: 3,
    applies: |case| match (machine_silent::refused(case), not_started_yet::task(case)) {
        (None, None) => case.server().map(|_| ()),
        _ => Ok(()),
    },
    rules: &[
        &out_of_memory::RULE,
        &exited::RULE,
        &created::RULE,
        &not_started_yet::RULE,
        &restarting::RULE,
        &paused::RULE,
        &nothing_listens::RULE,
        &machine_silent::RULE,
        &halted::RULE,
        &closes::RULE,
        &slow_answer::RULE,
        &short_of_cpu::RULE,
        &gateway_error::RULE,
        &name_turned_down::RULE,
        &turned_away::RULE,
        &other_protocol::RULE,
        &health_contradicts::RULE,
        &logged_status::RULE,
        &missing::RULE,
    ],
    healthy,
};

/// What is asked of a link whose client is not there: nothing but that.
pub(crate) const MISSING: Check = Check { applies: |_| Ok(()), rules: &[&missing::RULE], ..CHECK };

/// What was asked for proves nothing of another path, nor of a WebSocket, that the client asks for.
fn another_path(case: &Case<'_>, visit: &Visit, does: &str) -> Result<(), Undecided> {
    let Some((scheme, rest)) = case.link.endpoint.url.split_once("://") else { return Ok(()) };
    let path = rest.find('/').map_or("/", |at| &rest[at..]);
    let wanted = match scheme {
        "ws" | "wss" => "a WebSocket",
        _ if path == "/" || visit.asked.as_deref() == Some(path) => return Ok(()),
        _ => path,
    };
    let name = &case.server()?.container.name;
    Err(Undecided::Unknown(format!(
        "{name} {does}, and {} asks for {wanted} in its own way: name a harmless path with --probe {name}=PATH",
        case.link.client
    )))
}

fn healthy(case: &Case<'_>) -> Result<String, Undecided> {
    let server = case.server()?;
    server.all_listeners()?;
    if !server.container.state.is_running() {
        return Err(Undecided::Unknown(format!(
            "{} is {}",
            server.container.name,
            server.container.state.word()
        )));
    }
    Ok(format!("{} is running", server.container.name))
}

/// Nothing is known where the server does not run and yet the client was seen to get through: at a published port, which may have
/// another holder by now, or by a line of its own hosts file, which decides whom it calls.
fn answered_by_another(case: &Case<'_>, server: Target<'_>) -> Result<(), Undecided> {
    if !case.link.visit.value().is_some_and(Visit::connected) {
        return Ok(());
    }
    let down = format!("{} is {}", server.container.name, server.container.state.word());
    let client = &case.link.client;
    let at = case.link.endpoint.authority();
    let by_hosts_file = case.link.lookup.value().is_some_and(|all| !all.hosts_file.is_empty());
    Err(Undecided::Unknown(match case.link.meant {
        Meant::HostPublished => format!(
            "{down}, and yet somebody takes connections at {at}: who, the engine does not say"
        ),
        _ if by_hosts_file => {
            format!(
                "{down}, and the hosts file of {client} leads to somebody who takes connections"
            )
        }
        _ => return Ok(()),
    }))
}

/// The command that starts the server's container, and the one that shows its log.
fn commands(case: &Case<'_>) -> Result<(String, String), Undecided> {
    let server = case.server()?;
    let engine = case.facts.kind(&server.container.engine).command();
    let name = &server.container.name;
    Ok((format!("{engine} start {name}"), format!("{engine} logs --tail 50 {name}")))
}

#[cfg(test)]
mod tests {
    use crate::fixture::row;
    use crate::model::{Connect, Fact, Lookup, Meant, Snapshot};

    #[test]
    fn whoever_answers_in_place_of_a_server_that_is_down_is_not_known() {
        for (word, code, killed) in
            [("exited", 0, false), ("created", 0, false), ("exited", 137, true)]
        {
            let down = |it: &mut Snapshot| {
                it.ends(word, code);
                it.mock().state.oom_killed = killed;
            };
            let published = |it: &mut Snapshot| {
                down(it);
                it.told("172.20.0.1", 18141, Meant::HostPublished);
                it.visits("172.20.0.1:18141", Connect::Connected);
            };
            let why = format!(
                "unknown: mock is {word}, and yet somebody takes connections at 172.20.0.1:18141: who, the engine does not say"
            );
            row("server-state", published, &why);
            let by_hosts_file = |it: &mut Snapshot| {
                down(it);
                it.finds(Lookup::NoSuchName);
                let Fact::Known(lookup) = &mut it.link().lookup else { return };
                lookup.hosts_file = vec!["10.1.2.3".parse().unwrap()];
                it.visits("10.1.2.3:8080", Connect::Connected);
            };
            let why = format!(
                "unknown: mock is {word}, and the hosts file of hapi leads to somebody who takes connections"
            );
            row("server-state", by_hosts_file, &why);
        }
    }
}
