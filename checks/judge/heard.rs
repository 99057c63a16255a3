//! What the logs add to a report. They never decide: a log says what was, and the verdict is about what is.

use crate::model::{Case, Fact, LinkReport, Logged, Snapshot, Symptom};
use crate::notes::LOG_OF_THE_PAST;

/// What the client sees: by its own connection where that was seen, else by the log that means this link alone.
pub(super) fn symptom(case: &Case<'_>, logged: &[Logged]) -> Option<Symptom> {
    if let Fact::Known(_) = case.link.visit {
        return case.symptom();
    }
    let alone = logged.iter().filter(|one| {
        one.class.is_connectivity() && one.host.is_some() && case.facts.is_only_of(one, case.link)
    });
    alone.max_by_key(|one| one.count).and_then(|one| one.class.symptom())
}

/// What speaks against each other: the log says that it failed, and now it works.
pub(super) fn contradictions(facts: &Snapshot, links: &[LinkReport]) -> Vec<String> {
    let works = |link: &&LinkReport| {
        let own = facts.links.iter().find(|one| one.id == link.id);
        let reached = |visit: &crate::model::Visit| visit.connected() && visit.symptom().is_none();
        link.symptom.is_none() && own.is_some_and(|one| one.visit.value().is_some_and(reached))
    };
    let says = |link: &LinkReport| {
        let said = link.logged.iter().filter(|one| one.class.is_connectivity());
        let said: Vec<String> = said.map(ToString::to_string).collect();
        (!said.is_empty()).then(|| {
            LOG_OF_THE_PAST.says(format!(
                "the logs say of {}: {}; now {} reaches it, so it was not up yet, or has been repaired since",
                link.endpoint.url,
                said.join("; "),
                link.client
            ))
        })
    };
    links.iter().filter(works).filter_map(says).collect()
}

#[cfg(test)]
mod tests {
    use crate::fixture::healthy;
    use crate::model::{Connect, Fact, LogClass, Logged, Report, Snapshot, Symptom};
    use crate::{Wanted, judge};

    fn log(class: LogClass, host: Option<&str>, port: Option<u16>) -> Logged {
        let (host, library) = (host.map(str::to_owned), None);
        Logged { class, status: None, host, port, library, count: 12 }
    }

    fn refused(host: &str, port: u16) -> Logged {
        log(LogClass::Symptom(Symptom::ConnectionRefused), Some(host), Some(port))
    }

    fn judged(facts: &Snapshot) -> Report {
        judge(facts, &Wanted::default())
    }

    #[test]
    fn an_address_is_matched_as_told_by_name_by_address_and_by_published_port() {
        for (host, port, here) in [
            ("mock", 8080, true),
            ("MOCK.", 8080, true),
            ("172.20.0.2", 8080, true),
            ("127.0.0.1", 18141, true),
            ("localhost", 18141, true),
            ("mock", 9090, false),
            ("127.0.0.1", 8080, false),
            ("other", 8080, false),
        ] {
            let mut facts = healthy();
            facts.logged = vec![refused(host, port)];
            let report = judged(&facts);
            let found = (report.links[0].logged.len(), report.logged_elsewhere.len());
            assert_eq!(found, if here { (1, 0) } else { (0, 1) }, "{host}:{port}");
        }
    }

    #[test]
    fn the_loopback_is_the_same_in_each_spelling() {
        let mut facts = healthy();
        facts.link().endpoint.host = "localhost".into();
        facts.logged = vec![refused("::1", 8080), refused("127.0.0.1", 8080)];
        assert_eq!(judged(&facts).links[0].logged.len(), 2);
    }

    #[test]
    fn without_an_address_it_belongs_to_the_only_client_that_sees_the_same() {
        let mut facts = healthy();
        facts.logged = vec![log(LogClass::Unnamed, None, None)];
        assert_eq!(judged(&facts).logged_elsewhere.len(), 1, "nothing fails here");
        facts.visits("172.20.0.2:8080", Connect::Refused);
        assert_eq!(judged(&facts).links[0].logged.len(), 1);
        let mut other = facts.link().clone();
        other.id = "docker:other->http://mock:8080".into();
        facts.links.push(other);
        assert_eq!(judged(&facts).logged_elsewhere.len(), 1, "two clients see it");
    }

    #[test]
    fn a_log_decides_no_outcome_and_a_contradiction_is_noted() {
        let mut facts = healthy();
        let before = judged(&facts);
        facts.logged = vec![refused("mock", 8080)];
        let after = judged(&facts);
        assert_eq!((after.outcome, after.exit_code), (before.outcome, before.exit_code));
        assert_eq!(after.links[0].symptom, None);
        let note = after.notes.iter().find(|note| note.starts_with("EC920")).unwrap();
        assert!(note.contains("connection refused 12 times at mock:8080"), "{note}");
        assert!(note.contains("now hapi reaches it"), "{note}");
    }

    #[test]
    fn the_symptom_is_the_log_s_only_where_nothing_was_seen() {
        let mut facts = healthy();
        facts.logged = vec![refused("mock", 8080)];
        facts.link().visit = Fact::Skipped("--passive".into());
        assert_eq!(judged(&facts).links[0].symptom, Some(Symptom::ConnectionRefused));
        let mut facts = healthy();
        facts.logged = vec![refused("mock", 8080)];
        facts.visits("172.20.0.2:8080", Connect::Timeout);
        assert_eq!(judged(&facts).links[0].symptom, Some(Symptom::ConnectTimeout));
    }

    #[test]
    fn an_http_error_is_no_symptom_of_a_connection() {
        let mut facts = healthy();
        facts.link().visit = Fact::Skipped("--passive".into());
        let class = LogClass::Symptom(Symptom::HttpError);
        facts.logged = vec![Logged { status: Some(404), ..log(class, Some("mock"), Some(8080)) }];
        let report = judged(&facts);
        assert_eq!((report.links[0].symptom, &report.links[0].root_cause), (None, &None));
        assert!(report.notes.iter().all(|note| !note.starts_with("EC920")));
    }
}
