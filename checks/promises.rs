//! Promises over the whole list of checks and findings. What a finding owes its reader besides (a fix, evidence, commands
//! without placeholders) is asked of every finding that a table of cases brings up: see `fixture`.

use crate::ALL;
use crate::model::{Check, Rule};
use crate::notes::NOTES;
use std::collections::BTreeSet;

const HEADINGS: [&str; 4] =
    ["## What it is", "## What proves it", "## What disproves it", "## How to repair it"];

fn rules() -> impl Iterator<Item = (&'static Check, &'static Rule)> {
    ALL.iter().flat_map(|check| check.rules.iter().map(move |rule| (*check, *rule)))
}

#[test]
fn ids_codes_and_phases_are_unique() {
    let ids: BTreeSet<_> = ALL.iter().map(|check| check.id).collect();
    assert_eq!(ids.len(), ALL.len());
    let mut phases: Vec<_> = ALL.iter().map(|check| check.phase).collect();
    phases.sort_unstable();
    assert!(phases.into_iter().eq(1..=7), "each check has a place of its own in the chain");
    let mut codes = BTreeSet::new();
    for (_, rule) in rules() {
        assert!(codes.insert(rule.code), "{} is given twice", rule.code);
    }
}

#[test]
fn a_note_has_a_code_of_the_run_itself_and_a_page() {
    let codes: Vec<_> = NOTES.iter().map(|note| note.code).collect();
    assert!(codes.is_sorted_by(|a, b| a < b), "{codes:?}");
    for note in NOTES {
        let digits = note.code.strip_prefix("EC9").unwrap_or_default();
        assert!(digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_digit()), "{}", note.code);
        assert!(note.title.starts_with(char::is_lowercase) && !note.title.ends_with('.'));
        let headings = note.explanation.lines().filter(|line| line.starts_with('#'));
        assert!(headings.eq(["## What it is", "## How to repair it"]), "{}", note.code);
        assert!(note.is(&note.says("it")) && !note.is(note.code), "{}", note.code);
    }
}

#[test]
fn a_code_names_the_layer_of_its_check() {
    for (check, rule) in rules() {
        let layer = match (check.layer, check.id) {
            (Some(layer), _) => layer.to_string(),
            (None, "server-state") => "6".into(),
            (None, "network-path") => "7".into(),
            (None, id) => panic!("{id} has no layer"),
        };
        // What is no connectivity at all stands under the server's state.
        let allowed =
            if check.id == "server-state" { vec![layer, "8".into()] } else { vec![layer] };
        let digits = rule.code.strip_prefix("EC").unwrap_or_default();
        assert!(
            digits.len() == 3
                && digits.chars().all(|c| c.is_ascii_digit())
                && allowed.iter().any(|layer| digits.starts_with(layer.as_str())),
            "{} of {}",
            rule.code,
            check.id
        );
    }
}

#[test]
fn the_codes_that_never_change_are_there() {
    let title = |code| rules().find(|(_, rule)| rule.code == code).map(|(_, rule)| rule.title);
    for (code, word) in [
        ("EC101", "one connection at a time"),
        ("EC201", "older content than the source"),
        ("EC301", "loopback only"),
        ("EC401", "own loopback"),
        ("EC501", "share no network"),
    ] {
        assert!(title(code).is_some_and(|title| title.contains(word)), "{code}");
    }
}

#[test]
fn a_title_is_one_lower_case_sentence() {
    for (_, rule) in rules() {
        let first = rule.title.chars().next();
        assert!(first.is_some_and(char::is_lowercase), "{}: {}", rule.code, rule.title);
        assert!(!rule.title.ends_with('.') && !rule.title.contains('\n'), "{}", rule.code);
    }
    for check in ALL {
        assert!(check.asks.ends_with('?'), "{} asks nothing", check.id);
    }
}

#[test]
fn an_explanation_has_its_four_headings_in_order_and_text_below_each() {
    for (_, rule) in rules() {
        let found: Vec<&str> =
            rule.explanation.lines().filter(|line| line.starts_with('#')).collect();
        assert_eq!(found, HEADINGS, "{}", rule.code);
        for part in rule.explanation.split("## ").skip(1) {
            assert!(part.lines().skip(1).any(|line| line.len() > 10), "{}: {part}", rule.code);
        }
    }
}

#[test]
#[expect(clippy::disallowed_methods, reason = "the crate's own source is what is judged here")]
fn every_finding_has_a_file_that_is_registered_and_a_table_of_cases() {
    for check in ALL {
        let folder = format!("{}/{}", env!("CARGO_MANIFEST_DIR"), check.id.replace('-', "_"));
        let mut registered = 0;
        for entry in std::fs::read_dir(&folder).unwrap() {
            let path = entry.unwrap().path();
            // The cases of what several findings share stand in a folder beside it.
            let Ok(text) = std::fs::read_to_string(&path) else { continue };
            if !text.contains("const RULE: Rule") {
                continue;
            }
            registered += 1;
            let known = |rule: &&&Rule| text.contains(&format!("code: \"{}\"", rule.code));
            let file = path.display();
            assert!(check.rules.iter().any(|rule| known(&rule)), "{file} is not registered");
            assert!(text.contains("fn catches()"), "{file} has no cases that it catches");
            assert!(text.contains("fn catches_not()"), "{file} has no cases that it leaves alone");
        }
        assert_eq!(registered, check.rules.len(), "{folder}");
    }
}
