//! Layer 1: does the server still answer while another client holds a connection?

mod at_limit;
mod cut_off;
mod never_accepts;
mod serial_at_accept;
mod serial_per_request;
mod short_queue;
mod turned_away;

use crate::model::{Answered, Case, Check, Concurrency, Fact, Found, Hold, Need, Undecided};

pub(crate) const CHECK: Check = Check {
    id: "server-concurrency",
    layer: Some(1),
    asks: "does the server still answer while another client holds a connection, and is its listen queue long enough?",
    needs: &[Need::Visit, Need::ListensItself, Need::Concurrency, Need::Listeners],
    phase: 6,
    applies,
    rules: &[
        &serial_at_accept::RULE,
        &never_accepts::RULE,
        &cut_off::RULE,
        &turned_away::RULE,
        &at_limit::RULE,
        &serial_per_request::RULE,
        &short_queue::RULE,
    ],
    healthy,
};

fn applies(case: &Case<'_>) -> Result<(), Undecided> {
    let server = case.running_server()?;
    if server.listeners()?.is_empty() {
        return Err(Undecided::Unknown(format!(
            "nothing listens on port {} of {}",
            server.port, server.container.name
        )));
    }
    if let Some(halted) = case.halted() {
        return Err(Undecided::Unknown(format!(
            "{} of {} processes of {} are stopped by a signal",
            halted.stopped, halted.all, server.container.name
        )));
    }
    Ok(())
}

/// The probes' facts, complete enough to judge: ended early they prove nothing.
fn probed<'a>(case: &Case<'a>) -> Result<&'a Concurrency, Undecided> {
    case.link.concurrency.known()
}

/// Others may hold places of a pool: then the one that is left looks like the only one.
fn all_free(seen: &Concurrency) -> Result<(), Undecided> {
    match seen.held_by_others {
        0 => Ok(()),
        others => Err(Undecided::Unknown(format!(
            "others held {others} of the server's connections all the time, so how many it takes beside one can't be told"
        ))),
    }
}

/// What clients that came at once met, as evidence beside what explains it.
fn replayed(case: &Case<'_>, found: Found) -> Found {
    match case.link.replay.as_ref().and_then(Fact::value) {
        Some(replay) => found.evidence(
            format!("{} clients at once, each for {} ms", replay.clients, replay.timeout_ms),
            replay.to_string(),
        ),
        None => found,
    }
}

/// The two holds of one mode that both say the same of the second connection.
fn twice(seen: &Concurrency, what: Answered) -> Option<[Hold; 2]> {
    seen.holds.windows(2).find_map(|pair| {
        let [first, second] = [pair[0], pair[1]];
        (first.mode == second.mode && first.answered == what && second.answered == what)
            .then_some([first, second])
    })
}

fn healthy(case: &Case<'_>) -> Result<String, Undecided> {
    let seen = alone(case)?;
    Ok(match case.link.replay.as_ref().and_then(Fact::value) {
        Some(all) => format!(
            "{seen}; {} of {} at once answered, the slowest after {} ms",
            all.answered, all.clients, all.slowest_ms
        ),
        None => seen,
    })
}

/// What the holds and the listen queue show.
fn alone(case: &Case<'_>) -> Result<String, Undecided> {
    let seen = probed(case)?;
    let undetermined = |why: &str| Err(Undecided::Unknown(why.into()));
    if let Some(hold) = seen.holds.iter().find(|h| h.answered == Answered::DuringHold) {
        // What was cut off for want of a thread is explained, and said.
        let explained = |h: &Hold| h.answered == Answered::CutOff && case.was_refused_tasks();
        let all = seen.holds.iter().all(|h| h.answered == Answered::DuringHold || explained(h));
        let ms = hold.answer_ms.unwrap_or(0);
        return match (&seen.stopped, all) {
            (None, true) => {
                Ok(format!("answers a second client in {ms} ms while one connection is held"))
            }
            (Some(why), _) => undetermined(&format!("the hold test was not completed: {why}")),
            (None, false) => {
                undetermined("the answers to a second client did not move with the held connection")
            }
        };
    }
    match (&seen.stopped, seen.queue.last(), seen.path.is_some()) {
        (Some(why), _, _) => undetermined(&format!("the probes were not completed: {why}")),
        (None, Some(step), false) => match step.waiting {
            Some(waiting) if waiting + 1 < step.held => Ok(format!(
                "takes {} of {} connections off its listen queue at once ({})",
                step.held - waiting,
                step.held,
                match case.link.endpoint.scheme.as_deref() {
                    Some("http" | "ws") => "no request was answered, and none was held",
                    _ => "its protocol is not known",
                }
            )),
            _ => undetermined(
                "the listen queue did not empty while connections were held, nor did it keep all but one",
            ),
        },
        _ => undetermined("the answers to a second client did not move with the held connection"),
    }
}
