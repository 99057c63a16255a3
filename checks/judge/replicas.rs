//! A name may mean several containers, of which the link names one. The others are judged by the same rules: a client reaches
//! any of them, and one that is broken breaks a part of its requests.

use super::row::judge_check;
use super::{Wanted, doubt};
use crate::model::{Case, Check, Fact, Link, Outcome, Replica, Row, Severity, Snapshot, Visit};

/// The checks, by their phase, that ask about the server itself: its state, the way to it, its socket and its queue.
const OF_THE_SERVER: std::ops::RangeInclusive<u8> = 3..=6;
/// The one that asks about networks and names.
const NETWORK: u8 = 2;
/// The one that asks about the server's state.
const STATE: u8 = 3;
/// The one that asks about the image, which is compared once for all that run it.
const IMAGE: u8 = 7;

/// Adds to the rows what the same checks say of the other replicas.
pub(super) fn add(
    facts: &Snapshot,
    link: &Link,
    rows: &mut [(&'static Check, Row)],
    wanted: &Wanted,
) {
    let mut sound: Vec<Vec<&str>> = vec![Vec::new(); rows.len()];
    for replica in &link.replicas {
        let other = in_its_place(link, replica);
        let case = Case { link: &other, facts };
        let is_met = case.is_met();
        let is_down = case.server().is_ok_and(|s| !s.container.state.is_up());
        let has_image =
            case.server().is_ok_and(|s| !matches!(s.container.freshness, Fact::Skipped(_)));
        let judged = |check: &Check| match check.phase {
            IMAGE => is_met && has_image,
            phase if is_met => OF_THE_SERVER.contains(&phase),
            phase if is_down => phase == STATE,
            phase => phase == NETWORK,
        };
        let mut theirs: Vec<(&'static Check, Row)> = rows
            .iter()
            .map(|(check, row)| {
                let asked = judged(check) && wanted.leaves_out(check.id).is_none();
                (*check, if asked { judge_check(check, &case, wanted) } else { row.clone() })
            })
            .collect();
        if is_met {
            doubt(&case, &mut theirs, wanted);
        }
        for (at, (check, row)) in theirs.into_iter().enumerate() {
            if judged(check) && wanted.leaves_out(check.id).is_none() {
                match row.outcome {
                    Outcome::Pass if is_met => sound[at].push(&replica.container),
                    _ => worse(&mut rows[at].1, row, &replica.container, is_met),
                }
            }
        }
    }
    for ((_, row), names) in rows.iter_mut().zip(sound) {
        if let (Outcome::Pass, Some(reason), false) =
            (row.outcome, row.reason.as_mut(), names.is_empty())
        {
            *reason = format!("{reason}; {} passes as well", names.join(", "));
        }
    }
}

/// The link as it is to a client that the name leads to the replica.
fn in_its_place(link: &Link, replica: &Replica) -> Link {
    let mut other = link.clone();
    if let Some(server) = &mut other.server {
        server.container = Some(replica.container.clone());
    }
    other.visit = match (&link.visit, &replica.path) {
        (Fact::Known(visit), Fact::Known(path)) => Fact::Known(Visit {
            resolution: visit.resolution.clone(),
            attempts: path.attempts.clone(),
            ..Visit::default()
        }),
        (Fact::Known(_), Fact::Unknown(why)) => Fact::Unknown(why.clone()),
        (Fact::Known(_), Fact::Skipped(why)) => Fact::Skipped(why.clone()),
        (unseen, _) => unseen.clone(),
    };
    (other.path, other.concurrency) = (replica.path.clone(), replica.concurrency.clone());
    other.replay = None;
    other.replicas.clear();
    other
}

/// Takes over what is worse. A replica to which the name leads nobody breaks no connection: its faults are warnings.
fn worse(row: &mut Row, theirs: Row, replica: &str, is_met: bool) {
    let mut findings = theirs.findings;
    let mut outcome = theirs.outcome;
    if !is_met {
        findings.retain(crate::model::Finding::counts);
        for finding in &mut findings {
            finding.severity = Severity::Warn;
        }
        outcome = if findings.is_empty() { Outcome::Skip } else { Outcome::Warn };
    }
    findings.retain(|new| row.findings.iter().all(|known| known.code != new.code));
    row.findings.extend(findings);
    if outcome > row.outcome {
        row.outcome = outcome;
        row.reason = theirs.reason.filter(|_| outcome == Outcome::Unknown);
        row.reason = row.reason.take().map(|why| format!("{replica}, another replica: {why}"));
    }
}

#[cfg(test)]
mod tests {
    use crate::fixture::{healthy, ip, service};
    use crate::judge::{Wanted, judge};
    use crate::model::{Fact, Lookup, Outcome, Path, Replica, Snapshot};

    /// `mock` and `mock-2` are two replicas, and the name means both.
    fn two(change: impl FnOnce(&mut Snapshot)) -> (Outcome, String) {
        let mut it = healthy();
        it.joins("mock-2", "172.20.0.9");
        let twin = it.containers.len() - 1;
        let (listeners, vantage) = (it.mock().listeners.clone(), it.mock().vantage);
        (it.containers[twin].listeners, it.containers[twin].vantage) = (listeners, vantage);
        for at in [1, twin] {
            it.containers[at].compose = service("shop", "mock");
        }
        it.finds(Lookup::Addresses(vec![ip("172.20.0.2"), ip("172.20.0.9")]));
        let mut path = it.link().path.clone();
        if let Fact::Known(Path { attempts, .. }) = &mut path {
            attempts[0].to.set_ip(ip("172.20.0.9"));
        }
        let concurrency = it.link().concurrency.clone();
        it.link().replicas = vec![Replica { container: "mock-2".into(), path, concurrency }];
        change(&mut it);
        let report = judge(&it, &Wanted::default());
        let link = &report.links[0];
        let said = link.checks.iter().flat_map(|row| {
            let codes =
                row.findings.iter().map(|f| format!("{} {:?}: {}", f.code, f.severity, f.seen));
            codes.chain(row.reason.clone().filter(|_| row.outcome == Outcome::Unknown))
        });
        (link.outcome, said.collect::<Vec<_>>().join("; "))
    }

    #[test]
    fn sound_replicas_pass() {
        assert_eq!(two(|_| ()), (Outcome::Pass, String::new()));
    }

    #[test]
    fn one_that_is_bound_to_its_loopback_breaks_a_part_of_the_requests() {
        let (outcome, said) = two(|it| {
            it.containers[2].listeners =
                Fact::Known(vec![crate::fixture::listener("127.0.0.1:8080")]);
            if let Fact::Known(path) = &mut it.link().replicas[0].path {
                path.attempts[0].connect = crate::model::Connect::Refused;
                path.refused_by_server = Some(true);
            }
        });
        assert_eq!(outcome, Outcome::Fail);
        assert!(said.starts_with("EC301 Fail: mock-2 listens on 127.0.0.1:8080 only"), "{said}");
    }

    #[test]
    fn one_that_holds_an_older_image_gives_older_answers() {
        let stale = |it: &mut Snapshot| {
            it.containers[2].freshness = it.mock().freshness.clone();
            if let Fact::Known(seen) = &mut it.containers[2].freshness
                && let Fact::Known(tag) = &mut seen.tag
            {
                (tag.running, tag.same_layers) = ("bbbbbbbbbbbbbbbb".into(), false);
                seen.content = Fact::Skipped("no source is known".into());
            }
        };
        let (outcome, said) = two(stale);
        assert_eq!(outcome, Outcome::Fail);
        assert!(said.starts_with("EC202 Fail: mock-2 "), "{said}");
        // What nobody asked of the engine is nothing to be open about.
        let (outcome, _) =
            two(|it| it.containers[2].freshness = Fact::Skipped("not looked at".into()));
        assert_eq!(outcome, Outcome::Pass);
        let (outcome, said) =
            two(|it| it.containers[2].freshness = Fact::Unknown("the image is gone".into()));
        assert_eq!(
            (outcome, said.as_str()),
            (Outcome::Unknown, "mock-2, another replica: the image is gone")
        );
    }

    #[test]
    fn one_that_is_down_is_a_warning_and_one_that_was_not_seen_is_open() {
        let (outcome, said) = two(|it| {
            it.containers[2].state.status = "exited".into();
            it.finds(Lookup::Addresses(vec![ip("172.20.0.2")]));
        });
        assert_eq!(outcome, Outcome::Warn, "{said}");
        assert!(said.starts_with("EC601 Warn: mock-2 is exited"), "{said}");
        let (outcome, said) =
            two(|it| it.link().replicas[0].concurrency = Fact::Unknown("it ended".into()));
        assert_eq!(
            (outcome, said.as_str()),
            (Outcome::Unknown, "mock-2, another replica: it ended")
        );
    }
}
