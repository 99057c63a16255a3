//! The page on faults names scenes and findings: those that there are, and every finding.

use super::econn;
use std::collections::BTreeSet;
use std::path::Path;

#[test]
fn the_page_on_faults_names_what_there_is() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let page = std::fs::read_to_string(root.join("docs/catalogue.md")).unwrap();
    let scenes: BTreeSet<&str> = page
        .split('`')
        .skip(1)
        .step_by(2)
        .filter(|word| word.contains('-') && !word.starts_with('-') && !word.contains('/'))
        .collect();
    assert!(scenes.len() > 150, "only {} scenes are named", scenes.len());
    for scene in scenes {
        let file = root.join(format!("tests/scenes/{scene}.toml"));
        assert!(file.is_file(), "docs/catalogue.md names {scene}, and there is no such scene");
    }
    let codes = |text: &str| -> BTreeSet<String> {
        let words = text.split(|c: char| !c.is_ascii_alphanumeric());
        let is_code = |word: &&str| {
            word.len() == 5
                && word.starts_with("EC")
                && word[2..].bytes().all(|b| b.is_ascii_digit())
        };
        words.filter(is_code).map(ToOwned::to_owned).collect()
    };
    let listed = String::from_utf8(econn(&["checks"]).stdout).unwrap();
    assert_eq!(codes(&page), codes(&listed), "docs/catalogue.md against econn checks");
}

#[test]
fn builds_and_questions_to_registries_are_no_passive_look() {
    for flag in ["--verify-build", "--registry"] {
        let output = econn(&["diagnose", "--passive", flag]);
        assert_eq!(output.status.code(), Some(2));
        assert!(output.stdout.is_empty());
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(said.contains("--passive") && said.contains(flag), "{said}");
    }
}
