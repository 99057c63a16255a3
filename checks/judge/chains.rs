//! Root cause and chain, on whole pairs.

use super::{Wanted, judge};
use crate::fixture::{healthy, is_honest};
use crate::model::{
    Answered, Connect, Difference, Fact, Hold, HoldMode, How, Lookup, Meant, Outcome, Report,
    Severity, Snapshot,
};

type Fault = fn(&mut Snapshot);

/// A fault of each check that a running pair can have, in the order in which a client would meet them.
const FAULTS: [(&str, Fault); 5] = [
    ("EC401", |it| it.told("127.0.0.1", 18141, Meant::OwnLoopbackPublished)),
    ("EC501", |it| it.parts("other", "172.30.0")),
    ("EC301", |it| it.listens(&["127.0.0.1:8080"])),
    ("EC101", |it| {
        let held = |held_ms| Hold {
            mode: HoldMode::Idle,
            held_ms,
            answered: Answered::AfterRelease,
            answer_ms: Some(held_ms + 2),
        };
        it.probed().holds = vec![held(503), held(903)];
    }),
    ("EC201", |it| {
        it.compared().differing.push(Difference {
            source: "server.py".into(),
            image: "/app/server.py".into(),
            how: How::Differs,
            ..Difference::default()
        });
    }),
];

pub(super) fn changed(change: impl FnOnce(&mut Snapshot)) -> Report {
    judged(change, &Wanted::default())
}

pub(super) fn judged(change: impl FnOnce(&mut Snapshot), wanted: &Wanted) -> Report {
    let mut facts = healthy();
    change(&mut facts);
    is_honest(&facts);
    judge(&facts, wanted)
}

/// Those of [`FAULTS`] whose bit is set, with what the client sees of them.
fn broken(bits: usize) -> Snapshot {
    let mut it = healthy();
    let on = |code: &str| {
        FAULTS.iter().position(|(c, _)| *c == code).is_some_and(|at| bits & (1 << at) != 0)
    };
    for (code, fault) in FAULTS {
        if on(code) {
            fault(&mut it);
        }
    }
    if on("EC301") && !on("EC501") {
        it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
    }
    if on("EC401") {
        it.visits("127.0.0.1:18141", Connect::Refused);
    }
    it
}

#[test]
fn any_of_the_faults_together_are_named_in_the_order_in_which_they_are_met() {
    for bits in 0..1 << FAULTS.len() {
        let report = judge(&broken(bits), &Wanted::default());
        let link = &report.links[0];
        let expected: Vec<&str> =
            (0..FAULTS.len()).filter(|at| bits & (1 << at) != 0).map(|at| FAULTS[at].0).collect();
        assert_eq!(link.chain, expected, "{bits:05b}");
        assert_eq!(link.root_cause.as_deref(), expected.first().copied());
        let failed = link.checks.iter().filter(|row| row.outcome == Outcome::Fail).count();
        assert_eq!(failed, expected.len(), "no healthy check fails with the others: {bits:05b}");
        assert_eq!(report.exit_code, u8::from(bits != 0), "{bits:05b}");
        for finding in link.checks.iter().flat_map(|row| &row.findings) {
            let is_root = link.root_cause.as_ref() == Some(&finding.code);
            let masked = (!is_root).then(|| link.root_cause.clone()).flatten();
            assert_eq!(finding.masked_by, masked, "{}", finding.code);
        }
    }
}

#[test]
fn an_old_image_is_the_root_cause_only_when_it_is_alone() {
    let stale = FAULTS.len() - 1;
    assert_eq!(
        judge(&broken(1 << stale), &Wanted::default()).links[0].root_cause.as_deref(),
        Some("EC201")
    );
    for (other, (code, _)) in FAULTS.iter().enumerate().take(stale) {
        let report = judge(&broken((1 << stale) | (1 << other)), &Wanted::default());
        assert_eq!(report.links[0].root_cause.as_deref(), Some(*code));
        assert_eq!(report.links[0].chain.last().map(String::as_str), Some("EC201"));
    }
}

#[test]
fn a_dead_server_and_a_firewall_stand_between_the_name_and_the_socket() {
    let chain = |change: fn(&mut Snapshot)| changed(change).links[0].chain.clone();
    assert_eq!(chain(|it| it.ends("exited", 1)), ["EC601"]);
    assert_eq!(
        chain(|it| {
            it.parts("other", "172.30.0");
            it.ends("exited", 1);
        }),
        ["EC501", "EC601"]
    );
    assert_eq!(
        chain(|it| {
            it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(false));
            it.listens(&["127.0.0.1:8080"]);
        }),
        ["EC702", "EC301"]
    );
}

#[test]
fn a_warning_is_in_no_chain_and_masked_by_nothing() {
    let short = |it: &mut Snapshot| {
        let Fact::Known(rows) = &mut it.mock().listeners else { return };
        rows[0].backlog = Some(5);
    };
    let alone = changed(short);
    assert_eq!((alone.outcome, alone.exit_code), (Outcome::Warn, 0));
    assert_eq!((alone.links[0].root_cause.clone(), alone.links[0].chain.len()), (None, 0));
    let beside = changed(|it| {
        short(it);
        it.finds(Lookup::NoSuchName);
    });
    let warning = beside.links[0].checks.iter().flat_map(|row| &row.findings);
    let warning = warning.into_iter().find(|f| f.severity == Severity::Warn).unwrap();
    assert_eq!((warning.code.as_str(), warning.masked_by.clone()), ("EC102", None));
    assert_eq!(beside.links[0].chain, ["EC504"]);
}
