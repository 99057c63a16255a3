use super::outcomes::is_worse;
use super::{Comparison, Run, compare};
use crate::fixture::healthy;
use crate::model::Outcome::{self, Fail, Pass, Skip, Unknown, Warn};
use crate::model::{Connect, Fact, LogClass, Logged, Meant, Snapshot};
use crate::{Wanted, judge};

fn run(facts: Snapshot) -> Run {
    Run { report: judge(&facts, &Wanted::default()), facts: Some(facts) }
}

/// The healthy pair against a changed one.
fn changed(change: impl FnOnce(&mut Snapshot)) -> Comparison {
    let mut after = healthy();
    change(&mut after);
    compare(&run(healthy()), &run(after))
}

fn facts(comparison: &Comparison) -> Vec<String> {
    let line = |c: &super::FactChange| {
        format!("{} {}: -{} +{}", c.subject, c.what, c.gone.join(","), c.new.join(","))
    };
    comparison.facts.iter().flatten().map(line).collect()
}

#[test]
fn what_ranks_higher_is_worse() {
    let order: [&[Outcome]; 4] = [&[Pass, Skip], &[Warn], &[Unknown], &[Fail]];
    for (low, lows) in order.iter().enumerate() {
        for (high, highs) in order.iter().enumerate() {
            for (a, b) in lows.iter().flat_map(|a| highs.iter().map(move |b| (*a, *b))) {
                assert_eq!(is_worse(Some(a), Some(b)), high > low, "{a:?} to {b:?}");
            }
        }
    }
    assert!(!is_worse(Some(Pass), None), "what is gone is no fault");
    assert!(!is_worse(None, Some(Pass)) && !is_worse(None, Some(Skip)));
    assert!(is_worse(None, Some(Warn)) && is_worse(None, Some(Fail)), "a new fault is one");
}

#[test]
fn nothing_changed_is_said_by_nothing() {
    let same = changed(|it| {
        it.taken_at = "2027-01-01T00:00:00Z".into();
        it.mock().id = "another".into();
    });
    assert!(!same.worse && same.links.is_empty() && facts(&same).is_empty(), "{same:?}");
}

#[test]
fn a_new_fault_is_worse_and_a_repaired_one_is_not() {
    let bound = |it: &mut Snapshot| {
        it.listens(&["127.0.0.1:8080"]);
        it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
        it.visits("172.20.0.2:8080", Connect::Refused);
    };
    let worse = changed(bound);
    let link = &worse.links[0];
    assert!(worse.worse && link.worse);
    assert_eq!((link.before, link.after), (Some(Pass), Some(Fail)));
    assert_eq!(link.chain_after, ["EC301"]);
    let check = link.checks.iter().find(|c| c.check == "bind-address").unwrap();
    assert_eq!((check.before, check.after, check.worse), (Some(Pass), Some(Fail), true));
    let error = worse.errors.iter().find(|e| e.error == "EC301").unwrap();
    assert_eq!((error.before, error.after), (0, 1));
    assert_eq!(facts(&worse), ["docker:mock listeners: -0.0.0.0:8080 +127.0.0.1:8080"]);

    let mut broken = healthy();
    bound(&mut broken);
    let repaired = compare(&run(broken), &run(healthy()));
    assert!(!repaired.worse && repaired.links[0].before == Some(Fail));
}

#[test]
fn what_the_logs_tell_is_counted_before_and_after() {
    let logged = |host: &str, count| Logged {
        class: LogClass::Unnamed,
        status: None,
        host: Some(host.into()),
        port: Some(8080),
        library: None,
        count,
    };
    let (mut before, mut after) = (healthy(), healthy());
    before.logged = vec![logged("mock", 12), logged("elsewhere", 3)];
    after.logged = vec![logged("mock", 1)];
    let counts = compare(&run(before), &run(after)).logged;
    let count = counts.iter().map(|c| (c.class.as_str(), c.before, c.after));
    assert_eq!(count.collect::<Vec<_>>(), [("connection error", 15, 1)]);
}

#[test]
fn a_check_may_get_worse_under_an_outcome_that_stays() {
    let mut before = healthy();
    before.told("127.0.0.1", 18141, Meant::OwnLoopbackPublished);
    before.visits("127.0.0.1:18141", Connect::Refused);
    let mut after = before.clone();
    after.listens(&["127.0.0.1:8080"]);
    after.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
    after.visits("127.0.0.1:18141", Connect::Refused);
    let comparison = compare(&run(before), &run(after));
    let link = &comparison.links[0];
    assert_eq!((link.before, link.after, link.worse), (Some(Fail), Some(Fail), true));
    let check = link.checks.iter().find(|c| c.check == "bind-address").unwrap();
    assert_eq!((check.before, check.after, check.worse), (Some(Pass), Some(Fail), true));
}

#[test]
fn links_and_containers_come_and_go() {
    let gone = changed(|it| it.links.clear());
    assert!(gone.worse, "a run without any link is unknown");
    assert_eq!((gone.links[0].before, gone.links[0].after), (Some(Pass), None));
    assert!(!gone.links[0].worse);
    let more = changed(|it| drop(it.joins("db", "172.20.0.9").id.clone()));
    assert!(!more.worse);
    assert_eq!(facts(&more), ["docker:db it: - +is new"]);
}

#[test]
fn facts_are_named_and_values_of_variables_are_not_among_them() {
    let comparison = changed(|it| {
        it.mock().image_id = Some("0123456789abcdef".into());
        it.mock().variables = vec!["TOKEN".into()];
        it.ci().internal = true;
        it.parts("other", "172.30.0");
    });
    let said = facts(&comparison);
    for line in [
        "docker:mock image: - +id 0123456789ab",
        "docker:mock variables: - +TOKEN",
        "docker:network ci options: - +internal",
        "docker:mock networks: -ci +other",
        "docker:mock addresses: -172.20.0.2 +172.30.0.2",
        "docker:network other it: - +is new",
    ] {
        assert!(said.iter().any(|s| s == line), "{line}: {said:#?}");
    }
}

#[test]
fn what_was_not_seen_is_neither_gone_nor_new() {
    let silent = |it: &mut Snapshot| {
        it.engines[0].error = Some("it did not answer".into());
        it.containers.clear();
        it.networks.clear();
        it.links.clear();
    };
    let after = changed(silent);
    assert!(after.worse && facts(&after).is_empty(), "{after:?}");
    let mut before = healthy();
    silent(&mut before);
    assert_eq!(facts(&compare(&run(before), &run(healthy()))), [""; 0]);
    // Its sockets could not be read.
    let unread = |it: &mut Snapshot| it.mock().listeners = Fact::Unknown("no permission".into());
    assert_eq!(facts(&changed(unread)), [""; 0]);
}

#[test]
fn a_report_alone_has_no_facts() {
    let before = Run { facts: None, ..run(healthy()) };
    assert!(compare(&before, &run(healthy())).facts.is_none());
}
