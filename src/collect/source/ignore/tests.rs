use super::{Ignore, Reading, Verdict};
use proptest::prelude::*;

const ALL: [Reading; 4] = [Reading::Modern, Reading::Walked, Reading::Classic, Reading::Buildah];

fn verdict(text: &str, path: &str, readings: &[Reading]) -> Verdict {
    let mut ignore = Ignore::default();
    ignore.add(".dockerignore", text, readings).unwrap();
    ignore.verdict(path)
}

/// What every builder does.
fn kept(text: &str, path: &str) -> bool {
    match verdict(text, path, &ALL) {
        Verdict::Kept => true,
        Verdict::Excluded(_) => false,
        Verdict::Disputed => panic!("{text:?} on {path} is disputed"),
    }
}

#[test]
fn patterns_are_not_those_of_git() {
    for (text, path, expected) in [
        ("*.log", "x.log", false),
        ("*.log", "a/x.log", true),
        ("node_modules", "node_modules/n/x.js", false),
        ("node_modules", "a/node_modules/x.js", true),
        ("**/node_modules", "a/b/node_modules/x.js", false),
        ("**/node_modules", "node_modules/x.js", false),
        ("**/*.pyc", "x.pyc", false),
        ("**/*.pyc", "a/b/x.pyc", false),
        ("/x?", "x1", false),
        ("x?", "x1", false),
        ("x?", "a/x1", true),
        ("a/**", "a/b/c", false),
        ("a/**", "ab", true),
        ("a/**/z", "a/z", false),
        ("a/**/z", "a/b/c/z", false),
        ("**", "anything/at/all", false),
        ("*", "anything/at/all", false),
        ("./a/", "a/x", false),
        ("  b  ", "b", false),
        ("# a", "a", true),
        ("", "a", true),
        ("a\r\nb\r\n", "b", false),
        ("[a-c]x", "bx", false),
        ("a.b", "axb", true),
    ] {
        assert_eq!(kept(text, path), expected, "{text:?} on {path}");
    }
}

#[test]
fn the_last_match_wins() {
    for (text, path, expected) in [
        ("*.md\n!README.md", "README.md", true),
        ("!README.md\n*.md", "README.md", false),
        ("*\n!src", "src/a/b.py", true),
        ("*\n!src\nsrc/a", "src/a/b.py", false),
        ("*\n!src/keep.py", "src/keep.py", true),
        ("*\n!src/keep.py", "src/other.py", false),
        ("src\n!src/keep.py", "src/keep.py", true),
        ("src\n!src/keep.py", "src/drop.py", false),
    ] {
        assert_eq!(kept(text, path), expected, "{text:?} on {path}");
    }
}

#[test]
fn where_builders_disagree_nothing_is_claimed() {
    let disputed = [
        ("src\n!**/keep.py", "src/keep.py"),
        ("**foo", "a/xfoo"),
        ("**/tmp\n!a/b/tmp/keep", "a/b/tmp/x"),
        ("a\n!/a/b", "a/b"),
        ("a\n! a", "a"),
        ("a/tmp\n!a", "a/tmp/keep"),
    ];
    for (text, path) in disputed {
        assert_eq!(verdict(text, path, &ALL), Verdict::Disputed, "{text:?} on {path}");
    }
}

#[test]
fn the_rule_is_named() {
    let Verdict::Excluded(rule) = verdict("# no\n\n /src/ \n", "src/a.py", &ALL) else { panic!() };
    assert_eq!((rule.file.as_str(), rule.text.as_str(), rule.line), (".dockerignore", "src", 3));
}

#[test]
fn a_line_that_no_builder_takes_is_named() {
    let mut ignore = Ignore::default();
    assert_eq!(ignore.add("x", "a\n[", &ALL), Err("x:2: not a pattern".into()));
    assert_eq!(ignore.add("x", "!", &ALL), Err("x:1: not a pattern".into()));
}

#[test]
fn folders_with_exceptions_below_are_entered() {
    let mut ignore = Ignore::default();
    ignore.add("x", "*\n!src/a\n!b*/c", &ALL).unwrap();
    for (folder, expected) in
        [("src", true), ("src/a/b", true), ("b1", true), ("node_modules", false)]
    {
        assert_eq!(ignore.may_keep_below(folder), expected, "{folder}");
    }
}

/// The modern rule, slowly: which lines matched a path, folder by folder, with a matcher of its own.
fn matched(lines: &[(bool, &str)], path: &str) -> Vec<bool> {
    let above = path.rfind('/').map(|at| matched(lines, &path[..at]));
    let mut excluded = false;
    let mut result = Vec::new();
    for (at, (negated, pattern)) in lines.iter().enumerate() {
        let inherited = above.as_ref().is_some_and(|above| above[at]);
        let hit = inherited || (*negated == excluded && glob(pattern.as_bytes(), path.as_bytes()));
        if hit {
            excluded = !negated;
        }
        result.push(hit);
    }
    result
}

fn reference(text: &str, path: &str) -> bool {
    let lines =
        text.lines().map(|line| line.strip_prefix('!').map_or((false, line), |p| (true, p)));
    let lines: Vec<(bool, &str)> = lines.collect();
    let last = matched(&lines, path).into_iter().zip(&lines).rfind(|(hit, _)| *hit);
    last.is_none_or(|(_, (negated, _))| *negated)
}

fn glob(pattern: &[u8], text: &[u8]) -> bool {
    match pattern {
        [] => text.is_empty(),
        [b'*', b'*'] => true,
        [b'*', b'*', b'/', rest @ ..] => {
            glob(rest, text)
                || (0..text.len()).any(|n| text[n] == b'/' && glob(rest, &text[n + 1..]))
        }
        [b'*', rest @ ..] => {
            (0..=text.len()).any(|n| !text[..n].contains(&b'/') && glob(rest, &text[n..]))
        }
        [b'?', rest @ ..] => text.first().is_some_and(|c| *c != b'/') && glob(rest, &text[1..]),
        [c, rest @ ..] => text.first() == Some(c) && glob(rest, &text[1..]),
    }
}

fn line() -> impl Strategy<Value = String> {
    let part = prop::sample::select(vec!["a", "b", "*", "**", "a*", "?", "*b"]);
    (any::<bool>(), prop::collection::vec(part, 1..4)).prop_map(|(negated, parts)| {
        format!("{}{}", if negated { "!" } else { "" }, parts.join("/"))
    })
}

proptest! {
    #[test]
    fn modern_reading_agrees_with_the_slow_one(
        lines in prop::collection::vec(line(), 0..4),
        path in "[ab]{1,2}(/[ab]{1,2}){0,3}",
    ) {
        let text = lines.join("\n");
        let fast = verdict(&text, &path, &[Reading::Modern]) == Verdict::Kept;
        prop_assert_eq!(fast, reference(&text, &path), "{:?}", text);
    }

    #[test]
    fn what_is_not_entered_holds_nothing_that_is_kept(
        lines in prop::collection::vec(line(), 0..4),
        path in "[ab]{1,2}(/[ab]{1,2}){1,3}",
    ) {
        let mut ignore = Ignore::default();
        ignore.add("x", &lines.join("\n"), &ALL).unwrap();
        let folder = super::parent(&path);
        if matches!(ignore.verdict(folder), Verdict::Excluded(_)) && !ignore.may_keep_below(folder) {
            prop_assert!(matches!(ignore.verdict(&path), Verdict::Excluded(_)));
        }
    }

    #[test]
    fn no_text_panics(text in "[ab!#/*?\\[\\]\\\\. \r\n-]{0,24}", path in "[ab/]{1,8}") {
        let mut ignore = Ignore::default();
        if ignore.add("x", &text, &ALL).is_ok() {
            ignore.verdict(&path);
        }
    }
}
