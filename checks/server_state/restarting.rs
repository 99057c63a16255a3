use super::commands;
use crate::model::{Case, Found, Judgement, Rule, Severity, State};

pub(crate) const RULE: Rule = Rule {
    code: "EC606",
    title: "the server ends again and again",
    explanation: "
## What it is
The container ends soon after each start, and its restart policy starts it anew: it is up for moments only.

## What proves it
The state `restarting`; or another start at a second look than at the first; or the engine's own count: three restarts and
more, as often as ever until now.

## What disproves it
A container that has been up for longer than it used to be.

## How to repair it
Read its log and mend what ends it.
",
    judge,
};

/// Restarts of which the engine's count speaks for itself.
const OFTEN: u64 = 3;
/// A container that was started so few seconds ago may end again.
const YOUNG: u64 = 30;
/// A container that lives longer, in seconds, is not one that ends again and again.
const LONG: u64 = 600;

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let state = &server.container.state;
    if !ends_again(state) {
        return Ok(None);
    }
    let name = &server.container.name;
    let (_, logs) = commands(case)?;
    let end = match (state.exit_code, state.status.as_str()) {
        (0, "running") => String::new(),
        (code, _) => format!(", exit code {code}"),
    };
    let mut found = Found::fail(format!(
        "{name} ends and is started anew, {} times until now{end}",
        state.restarts
    ))
    .awaits(format!("{name} to stay up"))
    .evidence(
        format!("State of {name}"),
        format!("{}, {} restarts{end}", state.status, state.restarts),
    );
    if let Some(earlier) = &state.earlier {
        let start = |at: &Option<String>| at.clone().unwrap_or_else(|| "never".into());
        found = found.evidence(
            "two looks at it",
            format!(
                "started at {}, then at {}",
                start(&earlier.started_at),
                start(&state.started_at)
            ),
        );
    }
    // One that waited for something else when it was started listens now, and may stay.
    if state.is_running() && server.listeners().is_ok_and(|rows| !rows.is_empty()) {
        found.severity = Severity::Warn;
    }
    Ok(Some(found.fix_by(format!("see why {name} ends"), logs)))
}

/// Whether a container ends and is started anew by its engine, again and again.
pub(super) fn ends_again(state: &State) -> bool {
    if state.status == "restarting" {
        return true;
    }
    let by_engine = state.comes_back || state.restarts > 0;
    if state.was_started_anew() {
        return by_engine;
    }
    let Some(up) = state.up_seconds.filter(|_| state.is_running() && state.restarts >= OFTEN)
    else {
        return false;
    };
    // The time that one of its lives takes, until now.
    let life = state.age_seconds.map(|age| age / state.restarts).filter(|life| *life <= LONG);
    up < YOUNG || life.is_some_and(|life| up < life * 2)
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Earlier, Snapshot};

    fn came_back(it: &mut Snapshot) {
        it.mock().state.restarts = 3;
        it.mock().state.up_seconds = Some(5);
        it.mock().state.exit_code = 1;
    }

    fn turns(it: &mut Snapshot, status: &str, restarts: u64) {
        it.ends(status, 1);
        let state = &mut it.mock().state;
        state.comes_back = true;
        state.restarts = restarts;
        state.earlier = Some(Earlier {
            status: "running".into(),
            started_at: Some("2026-01-13T07:59:58Z".into()),
            restarts: restarts - 1,
        });
    }

    const ANEW: &str = "fail: mock ends and is started anew, 7 times until now, exit code 1";

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| {
                it.ends("restarting", 1);
                it.mock().state.restarts = 7;
            },
            ANEW,
        );
        // An engine without a word for it: two looks show two starts.
        says(&RULE, |it| turns(it, "running", 7), ANEW);
        says(&RULE, |it| turns(it, "exited", 7), ANEW);
        row("server-state", |it| turns(it, "exited", 7), "fail: EC606");
        says(
            &RULE,
            |it| {
                came_back(it);
                it.listens(&[]);
            },
            "fail: mock ends and is started anew, 3 times until now, exit code 1",
        );
        // It waited for its database, and listens now: it may stay.
        let warning = "warn: mock ends and is started anew, 3 times until now, exit code 1";
        says(&RULE, came_back, warning);
        // It lives for a minute each time.
        says(
            &RULE,
            |it| {
                came_back(it);
                it.mock().state.up_seconds = Some(45);
                it.mock().state.age_seconds = Some(200);
            },
            warning,
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.mock().state.restarts = 12, "nothing");
        says(
            &RULE,
            |it| {
                came_back(it);
                it.mock().state.restarts = 2;
            },
            "nothing",
        );
        // Up for longer than ever; and one that ends every day.
        for (up, age) in [(180, 200), (40_000, 200_000)] {
            says(
                &RULE,
                |it| {
                    came_back(it);
                    it.mock().state.up_seconds = Some(up);
                    it.mock().state.age_seconds = Some(age);
                },
                "nothing",
            );
        }
        row("server-state", |it| it.mock().state.restarts = 12, "pass: mock is running");
    }

    /// Somebody restarted it by hand during the run: what was seen in between holds together no more.
    #[test]
    fn one_start_by_hand_is_no_loop() {
        let by_hand = |it: &mut Snapshot| {
            it.mock().state.earlier = Some(Earlier {
                status: "running".into(),
                started_at: Some("2026-01-13T07:00:00Z".into()),
                restarts: 0,
            });
        };
        row("server-state", by_hand, "unknown: mock is starting anew at this moment");
        row(
            "server-concurrency",
            by_hand,
            "unknown: mock is starting anew at this moment, so its sockets can't be seen",
        );
        row(
            "shared-network",
            by_hand,
            "unknown: both are on ci; mock is starting anew at this moment, so its name can't resolve",
        );
    }
}
