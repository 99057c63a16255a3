//! Outcomes, exit codes, and what is left out by choice.

use super::Wanted;
use super::chains::{changed, judged};
use crate::model::{Fact, LinkReport, Lookup, Meant, Outcome, ServerKind, Snapshot};

#[test]
fn the_worst_decides() {
    use Outcome::{Fail, Pass, Skip, Unknown, Warn};
    let mut ranked = [Warn, Skip, Fail, Pass, Unknown];
    ranked.sort();
    assert_eq!(ranked, [Skip, Pass, Warn, Unknown, Fail]);
    // Of a run as of a link.
    let report = changed(|it| {
        let mut other = it.link().clone();
        other.meant = Meant::Nobody;
        other.server = None;
        other.visit = Fact::Skipped("not dialled".into());
        it.links.push(other);
    });
    assert_eq!(report.links.iter().map(|l| l.outcome).collect::<Vec<_>>(), [Pass, Fail]);
    assert_eq!((report.outcome, report.exit_code), (Fail, 1));
    let summary = report.summary;
    assert_eq!((summary.links, summary.pass, summary.fail, summary.warn), (2, 1, 1, 0));
}

#[test]
fn what_a_silent_engine_has_was_not_seen() {
    let with = |version: &str, wanted: &Wanted| {
        let report = judged(
            |it| {
                let mut other = it.engines[0].clone();
                (other.name, other.version) = ("other".into(), version.into());
                other.error = Some("no answer".into());
                it.engines.push(other);
            },
            wanted,
        );
        (report.outcome, report.exit_code)
    };
    let mut wanted = Wanted::default();
    assert_eq!(with("4.3.1", &wanted), (Outcome::Unknown, 3));
    // One that never answered, as where only a socket is left.
    assert_eq!(with("", &wanted), (Outcome::Pass, 0));
    wanted.allow_unknown = true;
    assert_eq!(with("4.3.1", &wanted), (Outcome::Unknown, 0));
}

#[test]
fn exit_codes_for_every_combination() {
    fn warns(it: &mut Snapshot) {
        it.link().endpoint.scheme_missing = true;
    }
    fn is_unsure(it: &mut Snapshot) {
        it.link().concurrency = Fact::Unknown("permission denied".into());
    }
    fn fails(it: &mut Snapshot) {
        it.finds(Lookup::NoSuchName);
    }
    // Whether it warns, is unsure and fails; then plain, --fail-on warn, --allow-unknown, and both.
    for (on, codes) in [
        ([false, false, false], [0, 0, 0, 0]),
        ([true, false, false], [0, 1, 0, 1]),
        ([false, true, false], [3, 3, 0, 0]),
        ([true, true, false], [3, 1, 0, 1]),
        ([false, false, true], [1, 1, 1, 1]),
        ([true, false, true], [1, 1, 1, 1]),
        ([false, true, true], [1, 1, 1, 1]),
        ([true, true, true], [1, 1, 1, 1]),
    ] {
        for (flags, code) in codes.into_iter().enumerate() {
            let wanted = Wanted {
                fail_on_warn: flags & 1 != 0,
                allow_unknown: flags & 2 != 0,
                ..Wanted::default()
            };
            let report = judged(
                |it| {
                    for (on, change) in on.into_iter().zip([warns, is_unsure, fails]) {
                        if on {
                            change(it);
                        }
                    }
                },
                &wanted,
            );
            assert_eq!(report.exit_code, code, "{on:?} {wanted:?}");
        }
    }
}

#[test]
fn a_warning_beside_an_unknown_in_one_row_is_still_a_warning() {
    let both = |it: &mut Snapshot| {
        it.link().endpoint.scheme_missing = true;
        it.hapi().unread_files = vec!["/etc/hapi.yaml line 3".into()];
    };
    let strict = Wanted { fail_on_warn: true, ..Wanted::default() };
    let report = judged(both, &strict);
    assert_eq!((report.outcome, report.exit_code), (Outcome::Unknown, 1));
    assert_eq!(changed(both).exit_code, 3);
}

#[test]
fn no_link_is_unknown_whatever_is_allowed() {
    for allow_unknown in [false, true] {
        let wanted = Wanted { allow_unknown, ..Wanted::default() };
        let report = judged(
            |it| {
                it.links.clear();
                it.notes = vec!["EC901 no link found: 2 containers were looked at".into()];
            },
            &wanted,
        );
        assert_eq!((report.outcome, report.exit_code), (Outcome::Unknown, 3));
        assert_eq!(report.notes, ["EC901 no link found: 2 containers were looked at"]);
        // The same where none of the links has a named container at an end, and that is said.
        let wanted = Wanted { containers: vec!["db".into()], ..wanted };
        let report = judged(|_| (), &wanted);
        assert_eq!((report.outcome, report.exit_code), (Outcome::Unknown, 3));
        assert!(report.notes[0].starts_with("EC902 "));
    }
}

#[test]
fn links_are_kept_by_the_containers_at_their_ends() {
    for name in ["hapi", "mock"] {
        let wanted = Wanted { containers: vec![name.into()], ..Wanted::default() };
        assert_eq!(judged(|_| (), &wanted).links.len(), 1, "{name}");
    }
}

#[test]
fn all_skipped_is_a_skip_and_no_fault() {
    let outside = |it: &mut Snapshot| {
        it.told("api.example.com", 443, Meant::External);
        let server = it.link().server.as_mut().unwrap();
        (server.kind, server.container) = (ServerKind::External, None);
        it.link().visit = Fact::Skipped("the endpoint is not dialled".into());
    };
    let report = changed(outside);
    assert!(report.links[0].checks.iter().all(|row| row.outcome == Outcome::Skip));
    assert_eq!((report.outcome, report.exit_code), (Outcome::Skip, 0));
    let strict = Wanted { fail_on_warn: true, ..Wanted::default() };
    assert_eq!(judged(outside, &strict).exit_code, 0);
}

#[test]
fn checks_that_are_left_out_stay_in_the_list_with_the_reason() {
    let broken = |it: &mut Snapshot| it.finds(Lookup::NoSuchName);
    let rows = |link: &LinkReport, of: &str| {
        let row = link.checks.iter().find(|row| row.check == of).unwrap();
        (row.outcome, row.reason.clone())
    };
    let only = Wanted { only: vec!["bind-address".into()], ..Wanted::default() };
    let report = judged(broken, &only);
    assert_eq!(report.links[0].checks.len(), crate::ALL.len());
    assert_eq!(rows(&report.links[0], "shared-network"), (Outcome::Skip, Some("--only".into())));
    assert_eq!(rows(&report.links[0], "bind-address").0, Outcome::Pass);
    assert_eq!((report.outcome, report.exit_code), (Outcome::Pass, 0));
    let skip = Wanted { skip: vec!["shared-network".into()], ..Wanted::default() };
    let report = judged(broken, &skip);
    assert_eq!(rows(&report.links[0], "shared-network"), (Outcome::Skip, Some("--skip".into())));
    assert_eq!(report.links[0].root_cause, None);
}
