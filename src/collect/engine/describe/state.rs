//! What a container does, in the same words for every engine.

use super::super::inspect::Inspect;
use checks::model::State;
use jiff::Timestamp;

/// The moment that an engine gives, unless it is the zero that stands for never.
pub(super) fn moment(text: Option<&str>) -> Option<Timestamp> {
    text?.parse::<Timestamp>().ok().filter(|at| at.as_second() > 0)
}

#[expect(
    clippy::cast_precision_loss,
    reason = "milliseconds since 1970 fit into the 52 bits of a double"
)]
pub(in super::super) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1000.0
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "an up-time is small and not negative"
)]
pub(in super::super) fn state(inspect: &Inspect, now: f64) -> State {
    let Some(state) = &inspect.state else { return State::default() };
    let host = inspect.host_config.as_ref();
    let policy = host.and_then(|h| h.restart_policy.as_ref()?.name.as_deref());
    let since = |at: Timestamp| (now - seconds(at)).max(0.0) as u64;
    let status = state.status.clone().unwrap_or_default();
    let started = moment(state.started_at.as_deref());
    let health = state.health.as_ref();
    State {
        exit_code: state.exit_code.unwrap_or(0),
        oom_killed: state.oom_killed.unwrap_or(false),
        start_error: state.error.as_deref().filter(|e| !e.is_empty()).map(start_error),
        started_at: started.map(|at| at.to_string()),
        finished_at: moment(state.finished_at.as_deref()).map(|at| at.to_string()),
        up_seconds: started.filter(|_| status == "running").map(since),
        restarts: inspect.restart_count.unwrap_or(0),
        comes_back: policy.is_some_and(|name| !matches!(name, "" | "no")),
        age_seconds: moment(inspect.created.as_deref()).map(since),
        earlier: None,
        health: health.and_then(|h| h.status.clone()).filter(|s| !s.is_empty() && s != "none"),
        health_exit_code: health
            .and_then(|h| h.log.as_ref())
            .and_then(|log| log.last())
            .and_then(|last| last.exit_code),
        halted: None,
        status,
    }
}

/// The class of an error at the start. The engine's own text may quote what a user typed, so it is not kept.
fn start_error(text: &str) -> String {
    let classes = [
        ("port is already allocated", "a port on the machine is already taken"),
        ("address already in use", "a port on the machine is already taken"),
        ("executable file not found", "its command is not in the image"),
        ("no such file or directory", "a file that it needs is missing"),
        ("permission denied", "permission denied"),
        ("network", "its network could not be set up"),
        ("mount", "a mount could not be made"),
    ];
    let found = classes.iter().find(|(part, _)| text.to_lowercase().contains(part));
    found.map_or("it could not be started", |(_, class)| class).into()
}

#[cfg(test)]
mod tests {
    use super::start_error;

    #[test]
    fn of_an_error_at_the_start_only_the_class_is_kept() {
        assert_eq!(
            start_error("Bind for 0.0.0.0:1 failed: port is already allocated"),
            "a port on the machine is already taken"
        );
        assert_eq!(start_error("token=abc"), "it could not be started");
    }
}
