use super::{commands, restarting::ends_again};
use crate::model::{Case, Found, Judgement, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC603",
    title: "nothing listens in the server's container",
    explanation: "
## What it is
The container runs, and no program in it listens: it has not begun yet, it waits for something, or the command is not the
server.

## What proves it
No listening socket in its namespace, also at a second look when it was started moments ago.

## What disproves it
A socket of any port: then the port or the address is wrong, and the server is up.

## How to repair it
Wait for it where it is only starting (a health check, `depends_on` with a condition); else look at its log and command.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let state = &server.container.state;
    // Who ends again and again may not have come to listen.
    if !state.is_running() || ends_again(state) {
        return Ok(None);
    }
    let listeners = server.all_listeners()?;
    if !listeners.is_empty() {
        return Ok(None);
    }
    let name = &server.container.name;
    if case.arrives() {
        return Err(Undecided::Unknown(format!(
            "nothing in {name} listens, and yet {} connects to it: its kernel passes connections on, or a program came or \
             went meanwhile",
            case.link.client
        )));
    }
    let (_, logs) = commands(case)?;
    let mut found = Found::fail(format!("{name} runs, and nothing in it listens on any port"))
        .awaits(format!("{name} to listen on port {}", server.port))
        .evidence(format!("listening sockets in the namespace of {name}"), "none");
    if let Some(seconds) = state.up_seconds {
        found = found.evidence("running for", format!("{seconds} s"));
    }
    if let Some(health) = &state.health {
        found = found.evidence("health status", health.clone());
    }
    Ok(Some(found.fix_by(
        format!("see what {name} waits for, or whether its command is the server at all"),
        logs,
    )))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Connect, Fact};

    #[test]
    fn catches() {
        says(&RULE, |it| it.listens(&[]), "fail: mock runs, and nothing in it listens on any port");
        says(
            &RULE,
            |it| {
                it.listens(&[]);
                it.mock().state.up_seconds = Some(3);
                it.mock().state.health = Some("starting".into());
            },
            "fail: mock runs, and nothing in it listens on any port",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // Another port, or the loopback: the server is up.
        says(&RULE, |it| it.listens(&["0.0.0.0:9090"]), "nothing");
        says(&RULE, |it| it.listens(&["127.0.0.1:8080"]), "nothing");
        // A health check that fails for want of its own tool says nothing of the server.
        says(
            &RULE,
            |it| {
                it.mock().state.health = Some("unhealthy".into());
                it.mock().state.health_exit_code = Some(127);
            },
            "nothing",
        );
        says(&RULE, |it| it.ends("exited", 0), "nothing");
        // Its kernel passes connections on to somebody else, say.
        says(
            &RULE,
            |it| {
                it.listens(&[]);
                it.visits("172.20.0.2:8080", Connect::Connected);
            },
            "unknown: nothing in mock listens, and yet hapi connects to it: its kernel passes connections on, or a program came \
             or went meanwhile",
        );
        // It listens for datagrams.
        let over_udp = |it: &mut crate::model::Snapshot| {
            it.listens(&[]);
            it.mock().udp_ports = vec![8080];
        };
        let why = "unknown: mock takes UDP at port 8080, and listens for no TCP there: which of them is meant can't be seen";
        says(&RULE, over_udp, why);
        for check in ["server-state", "bind-address", "server-concurrency"] {
            row(check, over_udp, why);
        }
        says(
            &RULE,
            |it| {
                it.listens(&[]);
                it.mock().udp_ports = vec![53];
            },
            "fail: mock runs, and nothing in it listens on any port",
        );
        says(
            &RULE,
            |it| it.mock().listeners = Fact::Unknown("permission denied".into()),
            "unknown: permission denied",
        );
        row(
            "server-state",
            |it| it.mock().listeners = Fact::Unknown("permission denied".into()),
            "unknown: permission denied",
        );
    }
}
