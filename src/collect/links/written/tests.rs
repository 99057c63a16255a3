//! What a remedy may change, and what of the lines around it is kept.

use super::super::told::{Joint, Known, Place, Told, from_args, from_env, from_file};
use super::{in_line, in_value};
use checks::model::{Source, Written};

const KNOWN: Known<'static> = Known {
    is_name: &|name| name == "db",
    vars: &[],
    joint: Joint { groups: &[], is_partial: false, profiles: &[] },
    exported: &[],
};

/// `scheme://ADDRESS` as it is changed, with what is kept of the rest.
fn shown(written: Option<Written>) -> String {
    let Some(written) = written else { return "nothing".into() };
    let rest = written.rest.as_ref().map_or("...", String::as_str);
    let secret = if written.secret { " secret" } else { "" };
    format!("{} {rest} {:?}{secret}", written.text(), written.port).to_lowercase()
}

fn variable(name: &str, value: &str) -> Vec<String> {
    let told = from_env(&[(name.into(), value.into())], &KNOWN);
    let source = Source::Env { name: name.into() };
    told.iter().map(|told| shown(in_value(told, &source, value))).collect()
}

#[test]
fn only_the_address_changes() {
    for (name, value, expected) in [
        ("LLM_URL", "http://127.0.0.1:18141/v1/", "http://127.0.0.1:18141 /v1/ beside"),
        ("LLM_URL", "http://localhost/v1", "http://localhost /v1 implied"),
        ("LLM_URL", "LocalHost:18141/v1", "localhost:18141 /v1 beside"),
        ("LLM_URL", "http://[::1]:18141", "http://[::1]:18141  beside"),
        (
            "DB_URL",
            "jdbc:postgresql://127.0.0.1:5432/x",
            "jdbc:postgresql://127.0.0.1:5432 /x beside",
        ),
        ("DB_URL", "postgresql+psycopg2://db:5432/x", "postgresql+psycopg2://db:5432 /x beside"),
        ("DB_URL", "postgres://u:pw@127.0.0.1:5432/x", "127.0.0.1:5432 ... beside secret"),
        (
            "DB_URL",
            "jdbc:mysql://db:3306/x?password=hunter",
            "jdbc:mysql://db:3306 ... beside secret",
        ),
        ("DB_DSN", "u:pw@tcp(db:3306)/x", "db:3306 ... beside secret"),
        ("DB_DSN", "host=db port=5432 dbname=x", "db ... elsewhere secret"),
        ("APP", r#"{"upstream":{"url":"http://db:8080/x"}}"#, "http://db:8080 ... beside"),
        ("JAVA_OPTS", "-Xmx1g -Dllm.url=http://db:8080", "http://db:8080 ... beside"),
    ] {
        assert_eq!(variable(name, value), [expected], "{value}");
    }
    assert_eq!(
        variable("KAFKA_BROKERS", "127.0.0.1:9092,127.0.0.1:9093"),
        ["127.0.0.1:9092 ... beside", "127.0.0.1:9093 ... beside"]
    );
}

#[test]
fn a_command_changes_inside_its_argument() {
    let argv =
        ["sh", "-c", "H=db; until nc -z db 5432; do :; done; exec app --url=http://localhost:81/x"];
    let argv: Vec<String> = argv.iter().map(ToString::to_string).collect();
    let told = from_args(&argv, &KNOWN);
    let source = Source::Arg { index: 2 };
    let seen: Vec<String> =
        told.iter().map(|told| shown(in_value(told, &source, &argv[2]))).collect();
    // The name stands twice, and only one of the two is dialled.
    assert_eq!(seen, ["nothing", "http://localhost:81 ... beside"]);
}

fn file(path: &str, text: &str) -> Vec<Written> {
    let source = Source::Flag;
    let one = |told: &Told| match &told.place {
        Place::Line { line, .. } => in_line(told, &source, text, *line),
        _ => None,
    };
    from_file(path, text, &KNOWN).unwrap().iter().filter_map(one).collect()
}

#[test]
fn a_line_is_shown_with_what_is_harmless_around_it() {
    let text =
        "password: hunter\nllm:\n  retries: 3\n  url: http://127.0.0.1:1/v1\n  key:\n    hunter\n";
    let [written] = &file("a.yaml", text)[..] else { panic!("not one") };
    let lines = written.lines.as_ref().unwrap();
    assert_eq!(lines.above, ["llm:", "  retries: 3"]);
    assert_eq!(
        (lines.line.as_str(), lines.at.as_slice()),
        ("  url: http://127.0.0.1:1/v1", &[7][..])
    );
    assert!(lines.below.is_empty() && !lines.open);
}

#[test]
fn a_value_that_may_be_a_secret_is_never_shown() {
    let around = [
        "- name: DB_PASSWORD\n  value: hunter",
        "# hunter",
        "hunter",
        "tokens: [hunter]",
        "- hunter",
        "x: |",
    ];
    for above in around {
        let text = format!("{above}\n- name: LLM_URL\n  value: http://127.0.0.1:1\n{above}\n");
        for written in file("a.txt", &text) {
            let lines = written.lines.unwrap();
            let shown = format!("{:?}", (lines.above, lines.line, lines.below));
            assert!(!shown.contains("hunter"), "{shown}");
        }
    }
    let [written] = &file("a.yaml", "url: http://u:hunter@127.0.0.1:1/x\n")[..] else {
        panic!("not one")
    };
    assert!(written.secret && written.lines.is_none());
}

#[test]
fn the_end_of_the_file_is_known() {
    for (text, open) in [
        ("U_URL=http://db:1", true),
        ("U_URL=http://db:1\n", false),
        ("U_URL=http://db:1\r\n", false),
    ] {
        let [written] = &file(".env", text)[..] else { panic!("not one") };
        assert_eq!(written.lines.as_ref().unwrap().open, open, "{text:?}");
    }
}
