//! What econn writes is what its schemas say. The validator knows the words of JSON Schema that these schemas use, and
//! refuses every other: a word that it does not understand can't let a document pass.

use super::{INCIDENT, econn};
use serde_json::{Value, json};

fn schema(of: &str) -> Value {
    let output = econn(&["schema", of]);
    assert_eq!(output.status.code(), Some(0));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// What is wrong with a value, a line each.
fn wrong(root: &Value, schema: &Value, value: &Value, at: &str) -> Vec<String> {
    let Value::Object(words) = schema else {
        return if schema == &json!(true) { vec![] } else { vec![format!("{at}: never right")] };
    };
    let mut found = vec![];
    for (word, says) in words {
        let list = || says.as_array().into_iter().flatten();
        let matching = || list().filter(|one| wrong(root, one, value, at).is_empty()).count();
        match word.as_str() {
            "$ref" => {
                let name = says.as_str().unwrap().strip_prefix("#/$defs/").expect(at);
                found.extend(wrong(root, &root["$defs"][name], value, at));
            }
            "type" => {
                let is = |kind: &str| match kind {
                    "object" => value.is_object(),
                    "array" => value.is_array(),
                    "string" => value.is_string(),
                    "boolean" => value.is_boolean(),
                    "integer" => value.is_i64() || value.is_u64(),
                    "number" => value.is_number(),
                    "null" => value.is_null(),
                    other => panic!("{at}: the type {other}"),
                };
                let right =
                    says.as_str().is_some_and(is) || list().any(|kind| is(kind.as_str().unwrap()));
                if !right {
                    found.push(format!("{at}: {value} is no {says}"));
                }
            }
            "const" if value != says => found.push(format!("{at}: {value} is not {says}")),
            "enum" if !list().any(|one| one == value) => {
                found.push(format!("{at}: {value} is none of {says}"));
            }
            "pattern" => {
                let pattern = regex::Regex::new(says.as_str().unwrap()).unwrap();
                if value.as_str().is_some_and(|text| !pattern.is_match(text)) {
                    found.push(format!("{at}: {value} has not the form {says}"));
                }
            }
            "minItems" | "maxItems" => {
                let (items, bound) = (value.as_array().map(Vec::len), says.as_u64().unwrap());
                let bound = usize::try_from(bound).unwrap();
                let beyond = |n: usize| if word == "minItems" { n < bound } else { n > bound };
                if items.is_some_and(beyond) {
                    found.push(format!("{at}: {word} is {says}"));
                }
            }
            "minimum" | "maximum" => {
                let (number, bound) = (value.as_f64(), says.as_f64().unwrap());
                let beyond = |n: f64| if word == "minimum" { n < bound } else { n > bound };
                if number.is_some_and(beyond) {
                    found.push(format!("{at}: {value} is beyond {word} {says}"));
                }
            }
            "anyOf" if matching() == 0 => found.push(format!("{at}: {value} fits none")),
            "oneOf" if matching() != 1 => {
                found.push(format!("{at}: {value} fits {} of one", matching()));
            }
            "$schema" | "$id" | "$defs" | "title" | "description" | "format" | "default"
            | "const" | "enum" | "anyOf" | "oneOf" => {}
            "required" => {
                let missing = |key: &&Value| value.get(key.as_str().unwrap()).is_none();
                let missing = list().filter(missing).map(|key| format!("{at}: no {key}"));
                found.extend(missing.filter(|_| value.is_object()));
            }
            "properties" => {
                for (key, of) in says.as_object().unwrap() {
                    let inside = value.get(key).map(|v| wrong(root, of, v, &format!("{at}.{key}")));
                    found.extend(inside.into_iter().flatten());
                }
            }
            "items" => {
                for (index, item) in value.as_array().into_iter().flatten().enumerate() {
                    found.extend(wrong(root, says, item, &format!("{at}[{index}]")));
                }
            }
            // Only maps have it: what further fields hold, never that there are none.
            "additionalProperties" => {
                assert!(says.as_bool() != Some(false), "{at} forbids new fields");
                let known = &words.get("properties").cloned().unwrap_or_default();
                for (key, v) in value.as_object().into_iter().flatten() {
                    if known.get(key).is_none() {
                        found.extend(wrong(root, says, v, &format!("{at}.{key}")));
                    }
                }
            }
            other => panic!("{at}: the word {other} is not understood"),
        }
    }
    found
}

#[track_caller]
fn fits(schema: &Value, document: &Value) {
    let wrong = wrong(schema, schema, document, "$");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn report() -> Value {
    serde_json::from_slice(&econn(&["demo", "--format", "json"]).stdout).unwrap()
}

fn snapshot() -> Value {
    serde_json::from_str(&std::fs::read_to_string(INCIDENT).unwrap()).unwrap()
}

#[test]
fn the_report_fits_its_schema() {
    let schema = schema("report");
    assert_eq!(schema["$schema"], "https://json-schema.org/draft/2020-12/schema");
    fits(&schema, &report());
    assert_eq!(econn(&["schema"]).stdout, econn(&["schema", "report"]).stdout, "the default");
}

#[test]
fn the_snapshot_fits_its_schema() {
    fits(&schema("snapshot"), &snapshot());
}

/// The documents of the book, in their order: every block of the page that is JSON.
fn examples() -> Vec<Value> {
    let page = include_str!("../../docs/plugins.md");
    let blocks = page.split("```json\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| serde_json::from_str(block).unwrap()).collect()
}

#[test]
fn what_a_plug_in_prints_fits_its_schema() {
    let schema = schema("plugin");
    let examples = examples();
    let [metadata, findings] = &examples[..] else { panic!("{examples:?}") };
    fits(&schema, metadata);
    fits(&schema, findings);
    fits(&schema, &json!([]));
    fits(&schema, &json!([{"link": "l", "check": "c", "outcome": "skip", "reason": "why"}]));
    // What the examples of the book say of themselves, as programs.
    for name in ["plaintext", "underscore"] {
        let program = format!("{}/tests/plugins/econn-check-{name}", env!("CARGO_MANIFEST_DIR"));
        let said = std::process::Command::new(program).arg("metadata").output().unwrap();
        fits(&schema, &serde_json::from_slice(&said.stdout).unwrap());
    }
}

#[test]
fn what_is_no_plug_in_does_not_fit() {
    let schema = schema("plugin");
    let examples = examples();
    let changes: [fn(&mut Vec<Value>); 8] = [
        |it| it[0]["protocol"] = json!(2),
        |it| it[0]["checks"] = json!([]),
        |it| it[0]["checks"][0]["id"] = json!("An Id"),
        |it| it[0]["checks"][0]["codes"] = json!(["mine1"]),
        |it| drop(it[1][0].as_object_mut().unwrap().remove("code")),
        |it| it[1][0]["severity"] = json!("bad"),
        |it| it[1][0]["fix"] = json!([{"command": "no word"}]),
        |it| it[1][0]["outcome"] = json!("pass"),
    ];
    let mut broken = vec![json!({}), json!("text"), json!([{"link": "l", "check": "c"}])];
    for change in changes {
        let mut it = examples.clone();
        change(&mut it);
        broken.extend(it.into_iter().filter(|one| !examples.contains(one)));
    }
    assert_eq!(broken.len(), 11);
    for broken in broken {
        assert!(!wrong(&schema, &schema, &broken, "$").is_empty(), "{broken}");
    }
}

#[test]
fn what_is_broken_does_not_fit() {
    let breaks: [fn(&mut Value); 6] = [
        |report| report["outcome"] = json!("fine"),
        |report| report["exit_code"] = json!(256),
        |report| report["links"][0]["chain"] = json!("EC401"),
        |report| report["links"][0]["checks"][0]["findings"][0]["severity"] = json!("bad"),
        |report| drop(report.as_object_mut().unwrap().remove("engines")),
        |report| report["links"][0]["endpoint"]["source"] = json!({"kind": "nowhere"}),
    ];
    let schema = schema("report");
    for (index, change) in breaks.iter().enumerate() {
        let mut report = report();
        change(&mut report);
        assert!(!wrong(&schema, &schema, &report, "$").is_empty(), "number {index}");
    }
}

#[test]
fn a_field_of_tomorrow_fits() {
    let mut report = report();
    report["tomorrow"] = json!(1);
    report["links"][0]["tomorrow"] = json!({"a": [1]});
    fits(&schema("report"), &report);
    let mut snapshot = snapshot();
    snapshot["containers"][0]["state"]["tomorrow"] = json!(null);
    fits(&schema("snapshot"), &snapshot);
}

/// What the examples print fits, and what econn would refuse does not.
#[test]
fn what_programs_print_fits_its_schema() {
    let schema = schema("plugin");
    for name in ["plaintext", "underscore"] {
        let program = format!("{}/tests/plugins/econn-check-{name}", env!("CARGO_MANIFEST_DIR"));
        let output = std::process::Command::new(program).arg("metadata").output().unwrap();
        fits(&schema, &serde_json::from_slice(&output.stdout).unwrap());
    }
    let finding = json!({"link": "docker:a->http://b", "check": "an-id", "code": "MINE1", "severity": "fail", "seen": "it"});
    let row =
        json!({"link": "docker:a->http://b", "check": "an-id", "outcome": "skip", "reason": "why"});
    fits(&schema, &json!([]));
    fits(&schema, &json!([finding, row]));
    let metadata = json!({"protocol": 1, "name": "n", "version": "1", "checks": [{"id": "a", "title": "t", "codes": ["MINE1"]}]});
    fits(&schema, &metadata);
    let changed = |document: &Value, key: &str, value: Value| {
        let mut document = document.clone();
        document[key] = value;
        document
    };
    for document in [
        changed(&metadata, "protocol", json!(2)),
        changed(&metadata, "checks", json!([{"id": "a", "title": "t", "codes": ["mine"]}])),
        json!([changed(&finding, "severity", json!("bad"))]),
        json!([changed(&row, "outcome", json!("pass"))]),
        json!([{"link": "l", "check": "c"}]),
        json!({"findings": []}),
    ] {
        assert!(!wrong(&schema, &schema, &document, "$").is_empty(), "{document}");
    }
}
