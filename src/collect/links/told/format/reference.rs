//! The same documents, read by us and by parsers that others wrote: the same keys, values and lines.

use super::item::{Item, Step};
use super::{Format, dotenv, ini, properties};
use crate::collect::reference::{Reference, runner};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use serde_json::{Value, json};
use std::collections::BTreeMap;

const CASES: u32 = 300;

/// Path, value, and the line where it is known.
type Read = BTreeMap<String, (String, Option<u64>)>;

fn python() -> Option<Reference> {
    Reference::start(&["python3", "configs.py"], &json!({"format": "json", "text": "{}"}))
}

fn spelled(steps: impl Iterator<Item = Value>) -> String {
    Value::Array(steps.collect()).to_string()
}

fn ours(items: &[Item]) -> Read {
    let step = |step: &Step| match step {
        Step::Key(key) => json!(key),
        Step::Index(index) => json!(index),
    };
    let one = |item: &Item| {
        (spelled(item.path.iter().map(step)), (item.value.clone(), Some(item.line as u64)))
    };
    items.iter().map(one).collect()
}

/// What the reference reads; `None` where it refuses the document.
fn theirs(reference: &Reference, format: &str, text: &str) -> Option<Read> {
    let answer = reference.ask(&json!({"format": format, "text": text}));
    let item = |item: &Value| {
        let path = spelled(item[0].as_array().into_iter().flatten().cloned());
        (path, (item[1].as_str().unwrap_or_default().to_owned(), item[2].as_u64()))
    };
    Some(answer["items"].as_array()?.iter().map(item).collect())
}

/// Compares what both read. Where the reference tells no lines, a value stands on the line of its mark, `m1_` or so, which is
/// in its key or in itself.
fn same(text: &str, ours: &Read, theirs: &Read) -> Result<(), TestCaseError> {
    let values = |read: &Read| -> Vec<(String, String)> {
        read.iter().map(|(path, (value, _))| (path.clone(), value.clone())).collect()
    };
    prop_assert_eq!(values(ours), values(theirs), "{}", text);
    for (path, (value, line)) in theirs {
        let marked = || {
            let both = format!("{path}{value}");
            let from = both.rfind("m0")?;
            let mark = &both[from..=from + both[from..].find('_')?];
            Some(1 + text[..text.find(mark)?].matches('\n').count() as u64)
        };
        if let Some(line) = line.or_else(marked) {
            prop_assert_eq!(ours[path].1, Some(line), "the line of {} in\n{}", path, text);
        }
    }
    Ok(())
}

/// Whatever documents of this kind come, both read the same in most of them, and no document that the reference takes is
/// refused.
fn agree(format: &str, path: &str, documents: &impl Strategy<Value = String>) {
    let Some(reference) = python() else { return };
    let taken = std::cell::Cell::new(0);
    let outcome = runner(CASES).run(documents, |text| {
        let Some(theirs) = theirs(&reference, format, &text) else { return Ok(()) };
        let items = match Format::of(path) {
            Format::Ini => Ok(ini::items(&text)),
            Format::Dotenv => Ok(dotenv::items(&text)),
            Format::Properties => Ok(properties::items(&text)),
            other => other.items(&text),
        };
        let items = items.map_err(|why| TestCaseError::fail(format!("{why}\n{text}")))?;
        taken.set(taken.get() + 1);
        same(&text, &ours(&items), &theirs)
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
    assert!(taken.get() > CASES / 3, "of {CASES} documents, only {} are {format}", taken.get());
}

/// The places of `@` become marks, each another one.
fn marked(text: &str) -> String {
    let mut parts = text.split('@');
    let first = parts.next().unwrap_or_default().to_owned();
    parts.enumerate().fold(first, |text, (n, part)| format!("{text}m0{n}_{part}"))
}

fn gap() -> impl Strategy<Value = &'static str> {
    prop_oneof![4 => Just(""), 2 => Just(" "), 1 => Just("\n"), 1 => Just("\t \n ")]
}

/// A text as JSON, some of it escaped.
fn quoted(mark: &'static str) -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        4 => "[a-z :/.#=$%-]{1,8}",
        1 => Just("\\u00e9".to_owned()),
        1 => Just("\\ud83d\\ude00".to_owned()),
        1 => Just("\\\"".to_owned()),
        1 => Just("\\\\".to_owned()),
        1 => Just("\\/".to_owned()),
        1 => Just("\\n".to_owned()),
        1 => "[é-ü]{1,2}",
    ];
    vec(piece, 0..4).prop_map(move |pieces| format!("\"{mark}{}\"", pieces.concat()))
}

#[test]
fn json() {
    let leaf = prop_oneof![
        4 => quoted("@"),
        1 => "-?(0|[1-9][0-9]{0,8})",
        1 => Just("true".to_owned()),
        1 => Just("null".to_owned()),
    ];
    let tree = leaf.prop_recursive(4, 32, 4, |inner| {
        let pair = (quoted(""), gap(), gap(), inner.clone())
            .prop_map(|(key, before, after, value)| format!("{key}{before}:{after}{value}"));
        prop_oneof![
            (vec(pair, 0..4), gap()).prop_map(|(all, gap)| format!(
                "{{{gap}{}{gap}}}",
                all.join(&format!("{gap},{gap}"))
            )),
            (vec(inner, 0..4), gap())
                .prop_map(|(all, gap)| format!("[{gap}{}{gap}]", all.join(&format!(",{gap}")))),
        ]
    });
    agree("json", "a.json", &(gap(), tree).prop_map(|(gap, tree)| marked(&format!("{gap}{tree}"))));
}

#[test]
fn toml() {
    let key = || prop_oneof!["k@[a-z-]{0,3}", "\"k@ [a-z.]{0,3}\"", "'k@[a-z#]{0,3}'", "a\\.k@"];
    let text = prop_oneof![
        "\"[a-z :/.#=$%-]{0,12}\"",
        "'[a-z :/.#=\"\\\\]{0,12}'",
        Just("\"\\u00e9\\t\\\\\"".to_owned()),
        "[1-9][0-9]{0,6}",
        Just("true".to_owned()),
        Just("1979-05-27".to_owned()),
        Just("1.5".to_owned()),
    ];
    let value = text.prop_recursive(2, 8, 3, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..3).prop_map(|all| format!("[{}]", all.join(", "))),
            vec(inner, 0..3).prop_map(|all| {
                let pairs: Vec<String> = all.iter().map(|one| format!("k@ = {one}")).collect();
                format!("{{ {} }}", pairs.join(", "))
            }),
        ]
    });
    let lines = prop_oneof![
        "\"\"\"\n?[a-z #\"]{0,8}\n[a-z]{1,3}\"\"\"",
        "'''[a-z #\"]{0,8}\n[a-z]{1,3}'''",
    ];
    let value = prop_oneof![4 => value, 1 => lines];
    let line = prop_oneof![
        6 => (key(), value).prop_map(|(key, value)| format!("{key} = {value}\n")),
        1 => "# [a-z =]{0,8}\n",
        1 => Just("\n".to_owned()),
        1 => Just("[t@.in]\n".to_owned()),
        1 => Just("[[list]]\n".to_owned()),
    ];
    agree("toml", "a.toml", &vec(line, 0..12).prop_map(|lines| marked(&lines.concat())));
}

/// A mapping or a list in block style, so deep.
fn block(deep: usize) -> BoxedStrategy<String> {
    let pad = "  ".repeat(deep);
    let flow = prop_oneof![
        "[a-z][a-z0-9:/.-]{0,8}[a-z0-9]( #[a-z ]{0,4})?",
        "\"[a-z :#,\\[]{0,8}(\\\\n|\\\\u00e9)?\"",
        "'[a-z :#,\\[]{0,8}(''a)?'",
        Just("[a, \"b c\", {d: e}]".to_owned()),
        Just("{a: b, 'c': [d]}".to_owned()),
        Just("!!str 12".to_owned()),
        Just(String::new()),
    ];
    let lines = format!("[|>][-+]?\n{pad}  [a-z :#]{{1,8}}[a-z]\n{pad}  [a-z]{{1,3}}");
    let lines = proptest::string::string_regex(&lines).expect("a pattern");
    let leaf = prop_oneof![4 => flow, 1 => lines].prop_map(|text| format!(" {text}\n"));
    let value = if deep < 3 {
        prop_oneof![2 => leaf, 1 => block(deep + 1).prop_map(|inner| format!("\n{inner}"))].boxed()
    } else {
        leaf.boxed()
    };
    let pairs = {
        let pad = pad.clone();
        vec(("(k@|\"k@ x\")( )?", value.clone()), 1..4).prop_map(move |all| {
            all.into_iter()
                .fold(String::new(), |text, (key, value)| format!("{text}{pad}{key}:{value}"))
        })
    };
    let list = vec(value, 1..3).prop_map(move |all| {
        all.into_iter().fold(String::new(), |text, value| format!("{text}{pad}-{value}"))
    });
    prop_oneof![3 => pairs, 1 => list].boxed()
}

#[test]
fn yaml() {
    let anchors = Just("base: &b\n  url: http://a\n  in: [1, x]\ncopy: *b\n".to_owned());
    let document = prop_oneof![6 => block(0), 1 => anchors];
    let head = prop_oneof![3 => Just(""), 1 => Just("# c\n"), 1 => Just("---\n")];
    agree(
        "yaml",
        "a.yaml",
        &(head, document).prop_map(|(head, text)| marked(&format!("{head}{text}"))),
    );
}

#[test]
fn ini() {
    let line = prop_oneof![
        6 => "k@[A-Za-z.-]{0,3}( = |=|: | =)([a-z][a-z0-9:/.#;=%-]{0,8}){0,2}( [;#] [a-z]{1,3})?\n",
        1 => "k@ = [a-z]{1,3}\n  [a-z]{1,4}[ a-z]{0,3}\n",
        1 => "[#;][a-z =]{0,8}\n",
        1 => "\\[[a-z][a-z0-9.-]{0,3}[a-z]\\]\n",
        1 => Just("\n".to_owned()),
    ];
    let text = vec(line, 0..12).prop_map(|lines| marked(&format!("[first]\n{}", lines.concat())));
    agree("ini", "a.ini", &text);
}

#[test]
fn dotenv() {
    let line = prop_oneof![
        4 => "(export )?k@=[a-z][a-z0-9:/.=%-]{0,8}( #[a-z ]{0,4})?\n",
        2 => "k@='[a-z $#\"=;]{0,8}'\n",
        2 => "k@=\"[a-z '#=;]{0,8}(\n[a-z]{1,4})?\"\n",
        1 => "#[a-z =]{0,8}\n",
        1 => Just("\n".to_owned()),
        1 => Just("k@=\n".to_owned()),
    ];
    let undoubled = |text: &str| {
        let items = super::dotenv::items(text);
        // Our `$$` is a `$` that no variable follows.
        let plain = |item: Item| Item { value: item.value.replace("$$", "$"), ..item };
        ours(&items.into_iter().map(plain).collect::<Vec<_>>())
    };
    let Some(reference) = python() else { return };
    let text = vec(line, 0..10).prop_map(|lines| marked(&lines.concat()));
    let outcome = runner(CASES).run(&text, |text| {
        let read = theirs(&reference, "dotenv", &text);
        let read = read.ok_or_else(|| TestCaseError::fail(format!("the shell refuses\n{text}")))?;
        same(&text, &undoubled(&text), &read)
    });
    assert!(outcome.is_ok(), "{}", outcome.unwrap_err());
}

#[test]
fn properties() {
    let first = json!({"format": "properties", "text": "a=b"});
    if Reference::start(&["python3", "configs.py"], &first).is_none() {
        return;
    }
    let key = "k@([a-z.-]|\\\\[ :=#!t]|\\\\u00e9){0,4}";
    let sign = "( = |=|: |:| |\t)";
    let value = "([a-z:/.#=!%$]|\\\\[ tnrf:=#!\\\\]|\\\\u003a|\\\\ud83d\\\\ude00|[é-ü]){0,8}";
    let pattern = |text: String| proptest::string::string_regex(&text).expect("a pattern");
    let line = prop_oneof![
        6 => pattern(format!("[ \t]{{0,2}}{key}{sign}{value}\n")),
        2 => pattern(format!("{key}{sign}[a-z]{{1,3}}\\\\\n[ \t]{{0,3}}[a-z#!=]{{0,3}}\n")),
        1 => pattern("[#!][a-z =]{0,8}\n".to_owned()),
        1 => pattern("k@[a-z]{0,3}\n".to_owned()),
        1 => Just("\n".to_owned()),
    ];
    agree(
        "properties",
        "a.properties",
        &vec(line, 0..10).prop_map(|lines| marked(&lines.concat())),
    );
}
