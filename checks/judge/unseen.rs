//! What was not seen, or fails without a reason, is no pass.

use super::chains::changed;
use crate::fixture::{healthy, row};
use crate::model::{
    Connect, Fact, Listener, Meant, Outcome, Reply, SNAPSHOT_VERSION, ServerKind, Snapshot, Vantage,
};

#[test]
fn one_unseen_fact_drops_no_finding_and_becomes_no_pass() {
    // The name cannot be asked for, and the network is known to answer none: both rules are asked.
    row(
        "shared-network",
        |it| {
            it.ci().names = Fact::Known(false);
            it.link().lookup = Fact::Unknown("permission denied".into());
        },
        "fail: EC502",
    );
    row(
        "endpoint-config",
        |it| {
            it.hapi().unread_files = vec!["/etc/hapi.yaml line 3".into()];
            it.link().endpoint.scheme_missing = true;
        },
        "unknown: /etc/hapi.yaml line 3",
    );
    let change = |it: &mut Snapshot| {
        it.link().concurrency = Fact::Unknown("permission denied".into());
        let Fact::Known(rows) = &mut it.mock().listeners else { return };
        rows[0] = Listener { backlog: Some(5), ..rows[0].clone() };
    };
    row("server-concurrency", change, "unknown: permission denied");
    let report = changed(change);
    let findings = report.links[0].checks.iter().flat_map(|row| &row.findings);
    assert_eq!(findings.map(|f| f.code.as_str()).collect::<Vec<_>>(), ["EC102"]);
}

/// Without any probe and without any sight of the containers nothing passes that would have needed them.
#[test]
fn what_was_not_seen_passes_nowhere() {
    let report = changed(|it| {
        it.sends_nothing();
        let blind = || "permission denied".to_owned();
        for container in &mut it.containers {
            container.listeners = Fact::Unknown(blind());
            container.namespace = Fact::Unknown(blind());
            container.resolver = Fact::Unknown(blind());
            container.hosts = Fact::Unknown(blind());
            container.freshness = Fact::Unknown(blind());
        }
    });
    let passed: Vec<&str> = report.links[0]
        .checks
        .iter()
        .filter(|row| row.outcome == Outcome::Pass)
        .map(|row| row.check.as_str())
        .collect();
    assert_eq!(passed, ["endpoint-config"], "what the engine knows of names is enough there");
    assert_eq!((report.outcome, report.exit_code), (Outcome::Unknown, 3));
}

/// The check that asks about the step at which the connection ends keeps what it saw, and does not pass. No other one changes.
#[test]
fn a_failing_connection_that_nothing_explains_is_no_pass() {
    let doubted = |check: &str, change: &dyn Fn(&mut Snapshot), why: &str| {
        row(check, change, why);
        let others = changed(change).links[0].checks.clone();
        let others = others.into_iter().filter(|row| row.check != check);
        assert_eq!(others.filter(|row| row.outcome == Outcome::Unknown).count(), 0, "{why}");
    };
    let replies = |reply: Reply| {
        move |it: &mut Snapshot| {
            let Fact::Known(visit) = &mut it.link().visit else { return };
            visit.reply = Some(reply.clone());
        }
    };
    let way = |symptom| {
        format!(
            "yet the connection of hapi to http://mock:8080 ends with \"{symptom}\", and nothing that was seen explains it"
        )
    };
    for (reply, symptom) in
        [(Reply::Reset, "connection reset"), (Reply::Closed, "closed without reply")]
    {
        let why = format!("unknown: mock is running; {}", way(symptom));
        doubted("server-state", &replies(reply), &why);
    }
    doubted(
        "network-path",
        &replies(Reply::ReadTimeout),
        &format!("unknown: hapi connects to 172.20.0.2:8080 in 1 ms; {}", way("read timeout")),
    );
    doubted(
        "endpoint-config",
        &replies(Reply::TlsError("handshake failure".into())),
        &format!("unknown: mock is a name of mock; {}", way("tls error")),
    );
    // A short queue explains no connection that breaks.
    doubted(
        "server-state",
        &|it| {
            let Fact::Known(rows) = &mut it.mock().listeners else { return };
            rows[0].backlog = Some(5);
            replies(Reply::Reset)(it);
        },
        &format!("unknown: mock is running; {}", way("connection reset")),
    );
    // The port is published on another address of the machine than the one that is dialled, or a rule of the machine refuses.
    doubted(
        "bind-address",
        &|it| {
            it.told("172.20.0.1", 18141, Meant::HostPublished);
            it.visits("172.20.0.1:18141", Connect::Refused);
        },
        "unknown: mock listens on 0.0.0.0:8080; yet the connection of hapi to http://172.20.0.1:18141 ends with \"connection refused\", and nothing that was seen explains it",
    );
    // A process of the machine, whose sockets were not seen.
    let report = changed(|it| {
        it.host_listeners = Fact::Unknown("the engine is remote".into());
        it.told("172.20.0.1", 9999, Meant::Host);
        it.visits("172.20.0.1:9999", Connect::Refused);
        let server = it.link().server.as_mut().unwrap();
        (server.kind, server.container) = (ServerKind::Host, None);
    });
    assert_eq!((report.outcome, report.exit_code), (Outcome::Unknown, 3));
}

/// Where the user leaves out the check that is asked, no other one speaks for it.
#[test]
fn what_is_left_out_is_not_doubted() {
    let mut facts = healthy();
    facts.visits("172.20.0.2:8080", Connect::Refused);
    let judged = |skip: &[&str]| {
        let skip = skip.iter().map(|id| (*id).to_owned()).collect();
        crate::judge(&facts, &crate::Wanted { skip, ..crate::Wanted::default() }).outcome
    };
    assert_eq!(judged(&[]), Outcome::Unknown);
    assert_eq!(judged(&["image-freshness"]), Outcome::Unknown);
    assert_eq!(judged(&["bind-address"]), Outcome::Pass);
}

#[test]
fn a_failing_connection_that_is_explained_stays_with_its_explanation() {
    row("network-path", |it| it.parts("other", "172.30.0"), "skip: no common network");
    // Any status is an answer.
    row(
        "network-path",
        |it| {
            let Fact::Known(visit) = &mut it.link().visit else { return };
            visit.reply = Some(Reply::Status(503));
        },
        "pass: hapi connects to 172.20.0.2:8080 in 1 ms",
    );
    // An own loopback that nobody is known to serve is a warning and no more.
    let report = changed(|it| {
        it.told("127.0.0.1", 9999, Meant::OwnLoopback);
        it.visits("127.0.0.1:9999", Connect::Refused);
        it.link().server = None;
    });
    assert_eq!((report.outcome, report.exit_code), (Outcome::Warn, 0));
}

#[test]
fn the_healthy_pair_passes_everywhere() {
    let report = changed(|_| ());
    assert!(report.links[0].checks.iter().all(|row| row.outcome == Outcome::Pass), "{report:?}");
    assert!(report.links[0].checks.iter().all(|row| row.reason.is_some()));
    assert_eq!((report.outcome, report.exit_code), (Outcome::Pass, 0));
    assert_eq!(healthy().snapshot_version, SNAPSHOT_VERSION);
}

/// What a stand-in saw is said to be that, also where it passed, and the report names every vantage.
#[test]
fn a_stand_in_is_named_where_it_looked() {
    let report = changed(|it| it.link().vantage = Some(Vantage::StandIn));
    let link = &report.links[0];
    assert_eq!(link.seen_from.and_then(|ends| ends.client), Some(Vantage::StandIn));
    for row in &link.checks {
        let told = row.reason.as_ref().is_some_and(|reason| reason.contains("by a stand-in"));
        let rests_on_it = ["shared-network", "network-path"].contains(&row.check.as_str());
        assert_eq!(told, rests_on_it, "{row:?}");
    }
    let report = changed(|it| {
        it.link().vantage = Some(Vantage::StandIn);
        it.link().endpoint.scheme_missing = true;
    });
    let found = report.links[0].checks.iter().flat_map(|row| &row.findings);
    let is_told = |f: &crate::model::Finding| f.evidence.iter().any(|e| e.what == "vantage");
    assert!(found.clone().count() > 0 && found.clone().all(is_told));
    assert!(changed(|_| {}).links[0].seen_from.is_none(), "an old snapshot says nothing of it");
}
