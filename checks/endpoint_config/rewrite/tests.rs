use super::super::{own_loopback, plain_to_tls, scheme_missing};
use crate::fixture::{remedies, service};
use crate::model::{Connect, Fact, Lines, Meant, PortPlace, Reply, Snapshot, Source, Written};

const OWN: &str = "127.0.0.1:18141";

fn told(it: &mut Snapshot) {
    it.told("127.0.0.1", 18141, Meant::OwnLoopbackPublished);
    it.visits(OWN, Connect::Refused);
}

/// The remedy for the client's own loopback, written like this in its variable.
fn variable(write: impl FnOnce(&mut Written)) -> String {
    remedies(&own_loopback::RULE, |it| {
        told(it);
        write(&mut it.link().endpoint.written[0]);
    })
}

fn in_file(
    host_path: Option<&str>,
    write: impl FnOnce(&mut Written),
) -> impl FnOnce(&mut Snapshot) {
    let source = Source::File {
        path: "/etc/hapi.yaml".into(),
        host_path: host_path.map(Into::into),
        key: "llm.endpoint".into(),
        line: 4,
    };
    move |it| {
        told(it);
        let endpoint = &mut it.link().endpoint;
        endpoint.sources = vec![source.clone()];
        let written = &mut endpoint.written[0];
        (written.source, written.rest) = (source, None);
        write(written);
    }
}

#[test]
fn a_variable_gets_its_whole_value_where_that_is_the_address() {
    assert_eq!(
        variable(|_| ()),
        "set LLM_ENDPOINT of hapi to http://mock:8080 and start it again (-e LLM_ENDPOINT=http://mock:8080)"
    );
    let jdbc = |written: &mut Written| {
        written.scheme = Some("jdbc:foo".into());
        written.rest = Some("/x/".into());
    };
    assert_eq!(
        variable(jdbc),
        "set LLM_ENDPOINT of hapi to jdbc:foo://mock:8080/x/ and start it again \
         (-e LLM_ENDPOINT=jdbc:foo://mock:8080/x/)"
    );
}

#[test]
fn what_stands_around_it_stays() {
    assert_eq!(
        variable(|written| written.rest = None),
        "in LLM_ENDPOINT of hapi write http://mock:8080 instead of http://127.0.0.1:18141; leave the rest of it as it is \
         and start it again"
    );
    let secret = |written: &mut Written| {
        (written.rest, written.login, written.secret) = (None, true, true);
    };
    assert_eq!(
        variable(secret),
        "in LLM_ENDPOINT of hapi write mock:8080 instead of 127.0.0.1:18141; keep everything else in it (user, password, \
         query) as it is and start it again"
    );
    // Put together from other variables, which may stand anywhere.
    assert_eq!(
        remedies(&own_loopback::RULE, |it| {
            told(it);
            it.link().endpoint.written.clear();
        }),
        "let the address in LLM_ENDPOINT of hapi come to http://mock:8080 and start it again"
    );
}

#[test]
fn a_port_in_another_place_is_named() {
    let pair = |written: &mut Written| {
        (written.scheme, written.port) = (None, PortPlace::Elsewhere);
        written.address = "127.0.0.1".into();
    };
    assert_eq!(
        variable(pair),
        "set LLM_ENDPOINT of hapi to mock and set the port that belongs to LLM_ENDPOINT of hapi to 8080 and start it again \
         (-e LLM_ENDPOINT=mock)"
    );
    // A port that is not written is added only where it changes.
    let implied = |written: &mut Written| {
        (written.address, written.port) = ("127.0.0.1".into(), PortPlace::Implied);
    };
    assert!(variable(implied).contains("to http://mock:8080 "));
}

#[test]
fn a_service_of_compose_is_changed_in_its_file() {
    let of_compose = |it: &mut Snapshot| {
        told(it);
        it.hapi().compose = service("shop", "agent");
    };
    assert_eq!(
        remedies(&own_loopback::RULE, of_compose),
        "in /home/ci/compose.yaml, service agent: set LLM_ENDPOINT to http://mock:8080, then recreate it"
    );
}

#[test]
fn a_file_gets_a_command_and_a_patch() {
    let lines = |written: &mut Written| {
        written.lines = Some(Lines {
            above: vec!["llm:".into()],
            line: "  endpoint: http://127.0.0.1:18141".into(),
            at: vec![12],
            below: Vec::new(),
            open: false,
        });
    };
    let mut facts = crate::fixture::healthy();
    in_file(Some("/home/ci/my hapi.yaml"), lines)(&mut facts);
    let case = crate::model::Case { link: &facts.links[0], facts: &facts };
    let found = (own_loopback::RULE.judge)(&case).unwrap().unwrap();
    let [fix] = &found.fix[..] else { panic!("not one") };
    assert_eq!(
        fix.say,
        "in /home/ci/my hapi.yaml line 4 (llm.endpoint) write http://mock:8080 instead of http://127.0.0.1:18141, then start \
         hapi again"
    );
    assert_eq!(
        fix.command.as_deref(),
        Some("sed -i '4s|http://127\\.0\\.0\\.1:18141|http://mock:8080|g' '/home/ci/my hapi.yaml'")
    );
    assert_eq!(
        fix.patch.as_deref(),
        Some(
            "--- /home/ci/my hapi.yaml\t\n+++ /home/ci/my hapi.yaml\t\n@@ -3,2 +3,2 @@\n llm:\n\
             -  endpoint: http://127.0.0.1:18141\n+  endpoint: http://mock:8080\n"
        )
    );
    // What can't be edited from outside is told.
    assert_eq!(
        remedies(&own_loopback::RULE, in_file(None, lines)),
        "in /etc/hapi.yaml line 4 of hapi (llm.endpoint) write http://mock:8080 instead of http://127.0.0.1:18141, then start \
         it again"
    );
    let two_meanings = |written: &mut Written| written.alone = false;
    assert_eq!(
        remedies(&own_loopback::RULE, in_file(Some("/home/ci/hapi.yaml"), two_meanings)),
        "in /home/ci/hapi.yaml line 4 (llm.endpoint) write http://mock:8080 instead of http://127.0.0.1:18141, then start \
         hapi again (no patch: the line holds what must not be shown)"
    );
}

#[test]
fn another_scheme_keeps_what_stands_before_and_behind_it() {
    let speaks_tls = |write: fn(&mut Written)| {
        remedies(&plain_to_tls::RULE, |it| {
            let Fact::Known(visit) = &mut it.link().visit else { return };
            visit.reply = Some(Reply::Tls);
            write(&mut it.link().endpoint.written[0]);
        })
    };
    assert!(
        speaks_tls(|written| written.rest = Some("/v1/".into()))
            .contains("to https://mock:8080/v1/ ")
    );
    // The port that the plain scheme implies is not the one that the other implies.
    let implied = |written: &mut Written| {
        (written.address, written.port) = ("mock".into(), PortPlace::Implied);
    };
    assert!(speaks_tls(implied).contains("to https://mock:8080 "));
    let login = |written: &mut Written| {
        (written.rest, written.login, written.secret) = (None, true, true);
    };
    assert_eq!(
        speaks_tls(login),
        "in LLM_ENDPOINT of hapi write https:// instead of http://; keep everything else in it (user, password, query) as it \
         is and start it again"
    );
}

#[test]
fn a_place_that_is_right_already_gets_no_remedy() {
    assert_eq!(
        remedies(&scheme_missing::RULE, |it| {
            let endpoint = &mut it.link().endpoint;
            (endpoint.scheme, endpoint.scheme_missing) = (None, true);
            let url = &mut endpoint.written[0];
            (url.scheme, url.scheme_missing, url.rest) = (None, true, Some(String::new()));
            let mut addr = Written { scheme_missing: false, ..url.clone() };
            addr.source = Source::Env { name: "OTHER_ADDR".into() };
            let mut host = Written { port: PortPlace::Elsewhere, ..addr.clone() };
            (host.source, host.address) = (Source::Env { name: "SVC_HOST".into() }, "mock".into());
            endpoint.sources.extend([addr.source.clone(), host.source.clone()]);
            endpoint.written.extend([addr, host]);
        }),
        "set LLM_ENDPOINT of hapi to http://mock:8080 and start it again (-e LLM_ENDPOINT=http://mock:8080)"
    );
}

#[test]
fn one_remedy_repairs_name_port_and_scheme() {
    let without_scheme = |it: &mut Snapshot, host: &str, port: u16, meant: Meant| {
        it.told(host, port, meant);
        let endpoint = &mut it.link().endpoint;
        (endpoint.scheme, endpoint.scheme_missing) = (None, true);
        let written = &mut endpoint.written[0];
        (written.scheme, written.scheme_missing) = (None, true);
        written.rest = Some("/v1".into());
    };
    let mistyped = |it: &mut Snapshot| {
        without_scheme(it, "mokc", 8080, Meant::Nobody);
        it.finds(crate::model::Lookup::NoSuchName);
    };
    let right = "set LLM_ENDPOINT of hapi to http://mock:8080/v1 and start it again (-e LLM_ENDPOINT=http://mock:8080/v1)";
    assert_eq!(remedies(&super::super::nobody::RULE, mistyped), right);
    assert_eq!(remedies(&scheme_missing::RULE, mistyped), right);
    let published = |it: &mut Snapshot| {
        without_scheme(it, "mock", 18141, Meant::Name);
        it.visits("172.20.0.2:18141", Connect::Refused);
    };
    assert_eq!(remedies(&super::super::published_port::RULE, published), right);
    assert_eq!(remedies(&scheme_missing::RULE, published), right);
    // Port 9090 is right and silent; a database has a scheme of its own, Kafka has none.
    let of_port = |port: u16| {
        remedies(&scheme_missing::RULE, |it| {
            without_scheme(it, "mock", port, Meant::Name);
            it.link().server.as_mut().unwrap().port = port;
            it.link().concurrency = Fact::Unknown("not HTTP".into());
        })
    };
    assert!(of_port(5432).contains("to postgresql://mock:5432/v1 "));
    assert_eq!(of_port(9092), "write the scheme that hapi expects before mock:9092");
}
