//! Whether looking again may change what was found: a gate waits for what is only "not yet", and stops at once for what will
//! never be.

use super::Wanted;
use crate::model::{Case, Check, LinkReport, Meant, Outcome, Report, Row, Severity};

/// What a link still waits for; `None` when it is as it should be, or never will be.
pub(super) fn outlook(case: &Case<'_>, rows: &[(&Check, Row)], wanted: &Wanted) -> Option<String> {
    let counted = |severity| severity == Severity::Fail || wanted.fail_on_warn;
    let faults = || {
        let findings = rows.iter().flat_map(|(_, row)| &row.findings);
        findings.filter(|f| f.counts() && counted(f.severity))
    };
    // While nobody has the name, everything else was said of a mere guess.
    let guessed = case.link.meant == Meant::Nobody && case.to_start().is_some();
    if !guessed && faults().any(|f| f.awaits.is_none()) {
        return None;
    }
    let unknown =
        !wanted.allow_unknown && rows.iter().any(|(_, row)| row.outcome == Outcome::Unknown);
    let by_rule = faults().find_map(|f| f.awaits.clone());
    if case.is_outside() {
        return None;
    }
    let open = || if unknown { case.awaited() } else { None };
    case.to_start().or(by_rule).or_else(open).or_else(|| case.health_to_come())
}

impl Report {
    /// What looking again may bring, to stand behind "waits for"; `None` where it would change nothing.
    #[must_use]
    pub fn awaits(&self) -> Option<String> {
        if self.links.is_empty() {
            let any = self.engines.iter().any(|engine| engine.error.is_none());
            return any.then(|| "a link between containers".into());
        }
        let hopeless = |link: &LinkReport| {
            link.awaits.is_none()
                && link
                    .checks
                    .iter()
                    .flat_map(|row| &row.findings)
                    .any(|f| f.counts() && f.severity == Severity::Fail)
        };
        if self.links.iter().any(hopeless) {
            return None;
        }
        let mut all: Vec<&str> = self.links.iter().filter_map(|l| l.awaits.as_deref()).collect();
        all.dedup();
        (!all.is_empty()).then(|| all.join(", "))
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::healthy;
    use crate::model::{Connect, Demand, EngineKind, Fact, Lookup, Meant, Snapshot};
    use crate::{Wanted, judge};

    #[track_caller]
    fn waits(change: impl FnOnce(&mut Snapshot), expected: Option<&str>) {
        let mut facts = healthy();
        change(&mut facts);
        assert_eq!(judge(&facts, &Wanted::default()).awaits().as_deref(), expected);
    }

    fn young(it: &mut Snapshot) {
        it.mock().state.up_seconds = Some(2);
    }

    #[test]
    fn what_is_only_not_yet_is_waited_for() {
        waits(|it| it.listens(&[]), Some("mock to listen on port 8080"));
        waits(|it| it.ends("created", 0), Some("mock to be started"));
        waits(|it| it.hapi().state.status = "created".into(), Some("hapi to be started"));
        waits(
            |it| {
                it.ends("restarting", 1);
                it.mock().state.restarts = 1;
            },
            Some("mock to be started"),
        );
        let back = |it: &mut Snapshot| {
            it.ends("exited", 1);
            it.mock().state.comes_back = true;
        };
        waits(back, Some("mock to be started anew"));
        let nobody = |it: &mut Snapshot| {
            it.told("mokc", 8080, Meant::Nobody);
            it.finds(Lookup::NoSuchName);
        };
        waits(nobody, Some("a container mokc"));
        let missing = |it: &mut Snapshot| {
            it.link().client = "hapy".into();
            it.link().demand = Some(Demand::MustWork);
        };
        waits(missing, Some("a container hapy"));
        waits(|it| it.links.clear(), Some("a link between containers"));
        let unregistered = |it: &mut Snapshot| {
            young(it);
            it.finds(Lookup::NoSuchName);
        };
        waits(unregistered, Some("the name mock to be known"));
        let another_port = |it: &mut Snapshot| {
            young(it);
            it.listens(&["0.0.0.0:9090"]);
            it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
        };
        waits(another_port, Some("mock to listen on port 8080"));
        // What could not be determined yet.
        let unsure = |it: &mut Snapshot| {
            it.mock().state.health = Some("starting".into());
            it.link().concurrency = Fact::Unknown("it ended".into());
        };
        waits(unsure, Some("mock to be done with its start"));
        // It works already, and its own health check has not said so.
        let undecided = |kind: EngineKind, ran: Option<i64>| {
            move |it: &mut Snapshot| {
                it.engines[0].kind = kind;
                it.mock().state.health = Some("starting".into());
                it.mock().state.health_exit_code = ran;
            }
        };
        let health = Some("mock to pass its health check");
        waits(undecided(EngineKind::Docker, None), health);
        waits(undecided(EngineKind::Podman, Some(1)), health);
        // Nothing runs it there.
        waits(undecided(EngineKind::Podman, None), None);
        let forbidden = |it: &mut Snapshot| {
            it.link().demand = Some(Demand::MustNotWork);
            it.ends("created", 0);
        };
        waits(forbidden, Some("mock to be started"));
    }

    #[test]
    fn what_will_never_be_is_not() {
        waits(|_| (), None);
        waits(young, None);
        let loopback = |it: &mut Snapshot| {
            it.listens(&["127.0.0.1:8080"]);
            it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
        };
        waits(loopback, None);
        // A server that was started moments ago will not leave its loopback.
        let young_loopback = |it: &mut Snapshot| {
            young(it);
            loopback(it);
        };
        waits(young_loopback, None);
        waits(|it| it.parts("other", "172.30.0"), None);
        waits(|it| it.told("127.0.0.1", 18141, Meant::OwnLoopbackPublished), None);
        waits(|it| it.ends("exited", 1), None);
        waits(|it| it.finds(Lookup::NoSuchName), None);
        let no_start = |it: &mut Snapshot| {
            it.ends("created", 127);
            it.mock().state.start_error = Some("its command is not in the image".into());
        };
        waits(no_start, None);
        waits(|it| it.link().concurrency = Fact::Unknown("permission denied".into()), None);
        waits(
            |it| {
                it.links.clear();
                it.engines[0].error = Some("no answer".into());
            },
            None,
        );
    }

    /// One link that never works ends the wait for all others.
    #[test]
    fn one_that_will_never_be_ends_the_wait() {
        let two = |it: &mut Snapshot| {
            let mut other = it.links[0].clone();
            other.demand = Some(Demand::MustNotWork);
            it.links.push(other);
            it.listens(&[]);
        };
        waits(two, None);
    }

    #[test]
    fn what_does_not_count_is_not_waited_for() {
        let mut facts = healthy();
        facts.listens(&[]);
        facts.link().concurrency = Fact::Unknown("nothing listens".into());
        let awaits = |wanted: &Wanted| judge(&facts, wanted).awaits();
        let lenient = Wanted { may_warn: vec!["server-state".into()], ..Wanted::default() };
        assert_eq!(awaits(&lenient), None);
        assert!(awaits(&Wanted { fail_on_warn: true, ..lenient }).is_some());
    }
}
