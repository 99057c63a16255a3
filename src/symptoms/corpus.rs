//! The excerpts of `tests/logs`, each as it is and in everything that loggers put around it.
//!
//! An excerpt begins with what must come out of it, a line for each:
//! `#= COUNT CLASS | ADDRESS | LIBRARY`, with `-` for what the log does not tell, or `#= nothing`.

use super::recognise;
use checks::model::{Logged, authority};
use std::path::Path;

struct Excerpt {
    place: String,
    expected: Vec<String>,
    text: String,
}

fn excerpts() -> Vec<Excerpt> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/logs");
    let mut files: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|e| e == "log"));
    files.sort();
    files.iter().flat_map(|file| read(file)).collect()
}

fn read(file: &Path) -> Vec<Excerpt> {
    let mut all: Vec<Excerpt> = Vec::new();
    let mut in_head = false;
    for (at, line) in std::fs::read_to_string(file).unwrap().lines().enumerate() {
        let Some(expected) = line.strip_prefix("#= ") else {
            in_head = false;
            if let Some(last) = all.last_mut() {
                last.text.push_str(line);
                last.text.push('\n');
            }
            continue;
        };
        if !in_head {
            let place = format!("{} line {}", file.file_name().unwrap().display(), at + 1);
            all.push(Excerpt { place, expected: Vec::new(), text: String::new() });
        }
        in_head = true;
        let last = all.last_mut().unwrap();
        last.expected.extend((expected != "nothing").then(|| expected.to_owned()));
    }
    for one in &mut all {
        one.expected.sort();
    }
    all
}

fn said(logged: &Logged) -> String {
    let dash = || "-".to_owned();
    let address = match (&logged.host, logged.port) {
        (Some(host), Some(port)) => authority(host, port),
        (Some(host), None) => host.clone(),
        (None, Some(port)) => format!(":{port}"),
        (None, None) => dash(),
    };
    let status = logged.status.map(|status| format!(" {status}")).unwrap_or_default();
    let library = logged.library.clone().unwrap_or_else(dash);
    format!("{} {}{status} | {address} | {library}", logged.count, logged.class)
}

fn recognised(text: &[u8]) -> Vec<String> {
    let mut said: Vec<String> = recognise(text).unwrap().iter().map(said).collect();
    said.sort();
    said
}

/// The excerpt in other clothes.
fn dressings(text: &str) -> Vec<(&'static str, String)> {
    let each = |dress: &dyn Fn(&str) -> String| text.lines().map(dress).collect::<String>();
    vec![
        ("as it is", text.to_owned()),
        ("with carriage returns", each(&|line| format!("{line}\r\n"))),
        ("by Compose", each(&|line| format!("hapi-1  | {line}\n"))),
        ("with times", each(&|line| format!("2026-01-13T08:21:00.123456789Z {line}\n"))),
        ("in red", each(&|line| format!("\u{1b}[31m{line}\u{1b}[0m\n"))),
        (
            "in an engine's log file",
            each(&|line| {
                let record = serde_json::json!({"log": format!("{line}\n"), "stream": "stderr"});
                format!("{record}\n")
            }),
        ),
        ("among other lines", format!("starting up\n{text}ready\n")),
    ]
}

#[test]
fn each_excerpt_is_recognised_or_left_alone() {
    let excerpts = excerpts();
    let mut wrong = Vec::new();
    for excerpt in &excerpts {
        for (dress, text) in dressings(&excerpt.text) {
            let seen = recognised(text.as_bytes());
            if seen != excerpt.expected {
                wrong.push(format!(
                    "{} {dress}:\n  expected {:?}\n  but saw  {seen:?}",
                    excerpt.place, excerpt.expected
                ));
                break;
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {}:\n{}", wrong.len(), excerpts.len(), wrong.join("\n"));
    assert!(excerpts.len() >= 150, "{} excerpts are left", excerpts.len());
    let quiet = excerpts.iter().filter(|one| one.expected.is_empty()).count();
    assert!(quiet >= 25, "only {quiet} of them are to be left alone");
}

#[test]
fn a_failure_that_is_repeated_is_counted_as_often() {
    for excerpt in excerpts().iter().filter(|one| one.expected.len() == 1) {
        let (count, rest) = excerpt.expected[0].split_once(' ').unwrap();
        let times = 12 * count.parse::<u64>().unwrap();
        let text = format!("next\n{}", excerpt.text).repeat(12);
        assert_eq!(recognised(text.as_bytes()), [format!("{times} {rest}")], "{}", excerpt.place);
    }
}

#[test]
fn an_excerpt_may_come_byte_by_byte_and_hold_no_text_at_all() {
    for excerpt in excerpts() {
        let mut recogniser = super::Recogniser::default();
        excerpt.text.as_bytes().chunks(1).for_each(|byte| recogniser.read(byte));
        let mut seen: Vec<String> = recogniser.finish().iter().map(said).collect();
        seen.sort();
        assert_eq!(seen, excerpt.expected, "{}", excerpt.place);
        let text = [b"\xff\xfe \xc3(\n".as_slice(), excerpt.text.as_bytes(), b"\x00\xff"].concat();
        assert_eq!(recognised(&text), excerpt.expected, "{}", excerpt.place);
    }
}

/// The lines of as many programs that each print the text, in an order that only keeps each one's own.
fn mixed(text: &str, programs: u64, mut seed: u64) -> String {
    let mut left: Vec<_> = (0..programs).map(|_| text.lines()).collect();
    let mut all = String::new();
    while !left.is_empty() {
        seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let at = usize::try_from(seed >> 33).unwrap() % left.len();
        match left[at].next() {
            Some(line) => all.extend([line, "\n"]),
            None => drop(left.swap_remove(at)),
        }
    }
    all
}

#[test]
fn tracebacks_of_parallel_programs_are_as_many_as_programs() {
    let excerpts = excerpts();
    let single = |one: &&Excerpt| {
        let begins = one.text.matches("Traceback (most").count();
        let links = one.text.matches("above exception").count();
        begins == links + 1 && one.expected.len() == 1 && one.expected[0].starts_with("1 ")
    };
    let chains: Vec<_> = excerpts.iter().filter(single).collect();
    assert!(chains.len() >= 5, "only {} excerpts are tracebacks", chains.len());
    for (one, seed) in chains.iter().flat_map(|one| (0..40).map(move |seed| (one, seed))) {
        let programs = [1, 2, 3, 12][usize::try_from(seed % 4).unwrap()];
        let text = mixed(&one.text, programs, seed);
        // Which of the lines are one program's nobody can tell, so a class may be told of another.
        let logged = recognise(text.as_bytes()).unwrap();
        let all: u64 = logged.iter().map(|logged| logged.count).sum();
        assert_eq!(all, programs, "{} {seed}: {logged:?}\n{text}", one.place);
    }
}

#[test]
fn parallel_programs_in_step_are_as_many_as_programs() {
    for one in excerpts().iter().filter(|one| one.text.starts_with("Traceback (most")) {
        let twelve = |expected: &String| {
            let (count, rest) = expected.split_once(' ').unwrap();
            format!("{} {rest}", 12 * count.parse::<u64>().unwrap())
        };
        let mut expected: Vec<String> = one.expected.iter().map(twelve).collect();
        expected.sort();
        let text: String = one.text.lines().map(|line| format!("{line}\n").repeat(12)).collect();
        assert_eq!(recognised(text.as_bytes()), expected, "{}:\n{text}", one.place);
    }
}
