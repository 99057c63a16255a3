//! The form of what is written: names and order of every field, and a snapshot that survives being saved.

use super::{Wanted, judge};
use crate::fixture::healthy;
use crate::model::{Connect, Meant, Snapshot, Source};
use serde_json::{Value, json, to_string_pretty, to_value};

/// The incident as far as one link shows it: a wrong address, told in every kind of place.
fn incident() -> Snapshot {
    let mut it = healthy();
    it.told("127.0.0.1", 18141, Meant::OwnLoopbackPublished);
    it.visits("127.0.0.1:18141", Connect::Refused);
    it.listens(&["127.0.0.1:8080"]);
    it.link().id = "docker:hapi->http://127.0.0.1:18141".into();
    let mut sources = vec![
        Source::Flag,
        Source::Compose { path: "/home/ci/compose.yaml".into(), line: 9 },
        Source::File {
            path: "/etc/hapi.yaml".into(),
            host_path: Some("/home/ci/hapi.yaml".into()),
            key: "llm.endpoint".into(),
            line: 4,
        },
        Source::Arg { index: 2 },
        Source::Env { name: "LLM_ENDPOINT".into() },
    ];
    sources.sort();
    it.link().endpoint.sources = sources;
    it.way(&[("172.20.0.2:8080", Connect::Refused)], Some(true));
    it.visits("127.0.0.1:18141", Connect::Refused);
    it
}

fn report() -> Value {
    to_value(judge(&incident(), &Wanted::default())).unwrap()
}

/// The names of a JSON object's fields in the order in which they are written.
fn fields(text: &str) -> Vec<String> {
    // serde_json sorts the fields of a Value; the text has them as they are.
    let depth_one = text.lines().filter_map(|line| {
        let rest = line.strip_prefix("  \"")?;
        rest.split_once('"').map(|(name, _)| name.to_owned())
    });
    depth_one.collect()
}

#[test]
fn a_report_has_the_fields_of_schema_version_1_in_their_order() {
    let report = judge(&incident(), &Wanted::default());
    let link = &report.links[0];
    let row = link.checks.iter().find(|row| !row.findings.is_empty()).unwrap();
    let of = |text: Result<String, serde_json::Error>| fields(&text.unwrap()).join(" ");
    assert_eq!(
        of(to_string_pretty(&report)),
        "schema_version tool taken_at engines outcome exit_code notes links summary"
    );
    assert_eq!(of(to_string_pretty(&report.tool)), "name version");
    assert_eq!(
        of(to_string_pretty(&report.engines[0])),
        "name kind version host chosen_because error"
    );
    assert_eq!(
        of(to_string_pretty(link)),
        "id engine client endpoint server outcome symptom root_cause chain checks"
    );
    assert_eq!(of(to_string_pretty(&link.endpoint)), "url source sources");
    assert_eq!(of(to_string_pretty(&link.server)), "kind container port");
    assert_eq!(of(to_string_pretty(row)), "check layer outcome reason findings");
    let finding = &row.findings[0];
    assert_eq!(of(to_string_pretty(finding)), "code severity title seen evidence masked_by fix");
    assert_eq!(of(to_string_pretty(&finding.evidence[0])), "what value");
    assert_eq!(of(to_string_pretty(&finding.fix[0])), "say command patch proven");
    assert_eq!(of(to_string_pretty(&report.summary)), "links pass warn fail unknown skip");
}

#[test]
fn a_report_says_this_of_the_incident() {
    let report = report();
    let link = &report["links"][0];
    assert_eq!(report["schema_version"], 1);
    assert_eq!(report["tool"], json!({"name": "econn", "version": "0.1.0"}));
    assert_eq!(report["engines"][0]["kind"], "docker");
    assert_eq!(report["engines"][0]["error"], Value::Null);
    assert_eq!(link["server"], json!({"kind": "container", "container": "mock", "port": 8080}));
    assert_eq!(link["symptom"], "connection refused");
    assert_eq!(link["root_cause"], "EC401");
    assert_eq!(link["chain"], json!(["EC401", "EC301"]));
    let order: Vec<&Value> =
        link["checks"].as_array().unwrap().iter().map(|r| &r["check"]).collect();
    assert_eq!(
        order,
        [
            "server-concurrency",
            "image-freshness",
            "bind-address",
            "endpoint-config",
            "shared-network",
            "server-state",
            "network-path",
        ]
    );
    let rows = &link["checks"];
    assert_eq!((&rows[3]["layer"], &rows[5]["layer"]), (&json!(4), &Value::Null));
    assert_eq!((&rows[3]["outcome"], &rows[3]["reason"]), (&json!("fail"), &Value::Null));
    let finding = &rows[3]["findings"][0];
    assert_eq!(finding["severity"], "fail");
    assert_eq!(finding["masked_by"], Value::Null);
    assert_eq!(rows[2]["findings"][0]["masked_by"], "EC401");
    assert_eq!(
        finding["evidence"][0],
        json!({"what": "Config.Env LLM_ENDPOINT", "value": "http://127.0.0.1:18141"})
    );
    for fix in finding["fix"].as_array().unwrap() {
        assert_eq!((&fix["patch"], &fix["proven"]), (&Value::Null, &Value::Null));
    }
    assert_eq!(
        report["summary"],
        json!({"links": 1, "pass": 0, "warn": 0, "fail": 1, "unknown": 0, "skip": 0})
    );
}

#[test]
fn places_are_listed_environment_argument_file_compose_flag() {
    let endpoint = &report()["links"][0]["endpoint"];
    assert_eq!(
        endpoint["sources"],
        json!([
            {"kind": "env", "name": "LLM_ENDPOINT"},
            {"kind": "arg", "index": 2},
            {
                "kind": "file", "path": "/etc/hapi.yaml", "host_path": "/home/ci/hapi.yaml",
                "key": "llm.endpoint", "line": 4
            },
            {"kind": "compose", "path": "/home/ci/compose.yaml", "line": 9},
            {"kind": "flag"},
        ])
    );
    assert_eq!(endpoint["source"], endpoint["sources"][0]);
}

#[test]
fn what_is_not_there_is_null() {
    let mut it = healthy();
    it.told("127.0.0.1", 9999, Meant::OwnLoopback);
    it.link().server = None;
    it.link().endpoint.sources.clear();
    let report = to_value(judge(&it, &Wanted::default())).unwrap();
    let link = &report["links"][0];
    assert_eq!((&link["server"], &link["endpoint"]["source"]), (&Value::Null, &Value::Null));
    assert_eq!((&link["symptom"], &link["root_cause"]), (&Value::Null, &Value::Null));
}

#[test]
fn a_saved_snapshot_gives_the_same_report_to_the_byte() {
    for facts in [healthy(), incident()] {
        let saved = to_string_pretty(&facts).unwrap();
        let read: Snapshot = serde_json::from_str(&saved).unwrap();
        assert_eq!(to_string_pretty(&read).unwrap(), saved);
        let report = |facts| to_string_pretty(&judge(facts, &Wanted::default())).unwrap();
        assert_eq!(report(&read), report(&facts));
    }
}

#[test]
fn a_reader_ignores_fields_that_it_does_not_know() {
    let mut saved = to_value(healthy()).unwrap();
    saved["added_later"] = json!(true);
    saved["links"][0]["added_later"] = json!({"of": "a newer version"});
    saved["containers"][0]["state"]["added_later"] = json!(1);
    assert!(serde_json::from_value::<Snapshot>(saved).is_ok());
}

#[test]
fn the_words_of_the_symptoms_are_those_of_the_contract() {
    use crate::model::Symptom;
    let words = [
        (Symptom::ConnectionRefused, "connection refused"),
        (Symptom::NameNotFound, "name not found"),
        (Symptom::ResolverFailed, "resolver failed"),
        (Symptom::ConnectTimeout, "connect timeout"),
        (Symptom::ReadTimeout, "read timeout"),
        (Symptom::ConnectionReset, "connection reset"),
        (Symptom::ClosedWithoutReply, "closed without reply"),
        (Symptom::NoRoute, "no route"),
        (Symptom::TlsError, "tls error"),
        (Symptom::HttpError, "http error"),
    ];
    for (symptom, word) in words {
        assert_eq!(to_value(symptom).unwrap(), word);
    }
}
