use super::{Manner, Variable, expand, words};
use proptest::prelude::*;

fn variables(name: &str) -> Variable {
    match name {
        "A" => Variable::Set("one".into()),
        "E" => Variable::Set(String::new()),
        "D" => Variable::Assumed("dflt".into(), "D".into()),
        "Q" => Variable::Unknown("build argument Q".into()),
        _ => Variable::Unset,
    }
}

fn word(text: &str) -> String {
    expand(text, Manner::Word('\\'), &variables).map_or_else(|e| format!("! {e}"), |e| e.text)
}

#[test]
fn words_of_an_instruction() {
    for (text, expected) in [
        ("plain", "plain"),
        ("$A/x", "one/x"),
        ("${A}x$A", "onexone"),
        ("$A_x", ""),
        ("${U:-dflt}", "dflt"),
        ("${E:-dflt}", "dflt"),
        ("${E-dflt}", ""),
        ("${A:-dflt}", "one"),
        ("${A:+alt}", "alt"),
        ("${U:+alt}", ""),
        ("${E+alt}", "alt"),
        ("${U:-${A}/y}", "one/y"),
        ("${A:?no}", "one"),
        ("${U:?no}", "! $U must be given"),
        ("'$A'", "$A"),
        ("\"$A b\"", "one b"),
        ("\"a\\\"b\\x\"", "a\"b\\x"),
        ("\\$A", "$A"),
        ("a\\ b", "a b"),
        ("$", "$"),
        ("$/x", "$/x"),
        ("cost$1", "cost$1"),
        ("${Q}", "! build argument Q is not known"),
        ("${Q:-x}", "! build argument Q is not known"),
        ("${U:-$Q}", "! build argument Q is not known"),
        ("${A:-$Q}", "one"),
        ("${A#o}", "! ${A...} is not understood"),
        ("${A", "! ${A...} is not understood"),
        ("${}", "! ${ without a name"),
        ("'a", "! a quote is not closed"),
    ] {
        assert_eq!(word(text), expected, "{text}");
    }
}

#[test]
fn what_was_assumed_is_told() {
    let assumed = |text| expand(text, Manner::Word('\\'), &variables).unwrap().assumed;
    assert_eq!(assumed("$D/x"), ["D"]);
    assert_eq!(assumed("${D:-$A}"), ["D"]);
    assert_eq!(assumed("${U:-$D}"), ["D"]);
    assert!(assumed("${A:-$D}").is_empty());
}

#[test]
fn here_documents_keep_their_quotes() {
    let text = |text| expand(text, Manner::Text('\\'), &variables).unwrap().text;
    assert_eq!(text("'$A' \"x\" \\$A \\n\n"), "'one' \"x\" $A \\n\n");
}

#[test]
fn compose_doubles_the_dollar() {
    let text = |text| expand(text, Manner::Compose, &variables).unwrap().text;
    assert_eq!(text("$$A ${A} '${U:-x}' \\$A"), "$A one 'x' \\one");
}

#[test]
fn lines_are_split_outside_of_quotes() {
    assert_eq!(
        words("A=1  B=\"x y\" C=a\\ b 'd e'", '\\'),
        ["A=1", "B=\"x y\"", "C=a\\ b", "'d e'"]
    );
    assert!(words("  ", '\\').is_empty());
}

proptest! {
    #[test]
    fn a_word_without_signs_is_itself(text in "[a-z0-9/._-]{0,20}") {
        prop_assert_eq!(word(&text), text);
    }

    #[test]
    fn a_quoted_word_is_itself(text in "[a-z $\\\\{}\"]{0,20}") {
        prop_assert_eq!(word(&format!("'{text}'")), text);
    }

    #[test]
    fn no_text_panics(text in "[$AUQ{}:+?\\-'\"\\\\x ]{0,20}") {
        for manner in [Manner::Word('\\'), Manner::Text('`'), Manner::Compose] {
            let _ = expand(&text, manner, &variables);
        }
        words(&text, '\\');
    }

    #[test]
    fn splitting_loses_nothing_but_blanks(text in "[ab'\" ]{0,20}") {
        let joined: String = words(&text, '\\').concat();
        let strip = |s: &str| s.chars().filter(|c| *c != ' ').collect::<String>();
        prop_assert_eq!(strip(&joined), strip(&text));
    }
}
