//! Endpoints in a command line: flags, words, and the commands inside `sh -c`.

use super::command::{Word, assignment, basename, entries, is_wrapper};
use super::entry::Entry;
use super::variable::{self, Fill};
use super::words::List;
use super::{Known, Place, Told, judge, path, shell};

/// Shells nest (`sh -c "bash -c ..."`), but not deeper than this.
const DEPTH: usize = 3;
/// Longer arguments are read no further than this.
const LONGEST: usize = 64 * 1024;
const SHELLS: List = List("sh bash ash dash zsh ksh");
const INTERPRETERS: List = List("python python2 python3 node ruby perl php deno bun pwsh");

/// Programs that show their words to the user, or pass them on to other machines.
const SPEAKERS: List = List("echo printf : logger test [ docker podman");

/// Finds the endpoints that a command line tells.
pub(crate) fn from_args(argv: &[String], known: &Known<'_>) -> Vec<Told> {
    let word = |(index, text): (usize, &String)| {
        let text = variable::clip(text, LONGEST).to_owned();
        Word { text, index }
    };
    let words: Vec<Word> = argv.iter().enumerate().map(word).collect();
    let mut told = walk(&words, DEPTH, known, variable::NOBODY);
    told.sort_by_key(|told| match told.place {
        Place::Arg { index } => index,
        _ => usize::MAX,
    });
    // A text that is read as code and as words may say the same thing twice.
    let mut once: Vec<Told> = Vec::with_capacity(told.len());
    for link in told {
        if !once.contains(&link) {
            once.push(link);
        }
    }
    once
}

/// Finds the endpoints in flags that are the value of a variable.
pub(super) fn options(name: &str, text: &str, known: &Known<'_>) -> Vec<Told> {
    let words = shell::commands(variable::clip(text, LONGEST))
        .concat()
        .into_iter()
        .map(|text| Word { text, index: 0 });
    let mut entries = entries(&words.collect::<Vec<_>>(), "", known);
    for entry in &mut entries {
        entry.place = Place::Env { name: name.to_owned() };
        entry.hidden = path::holds_secret(text);
    }
    judge::links(&entries, known, variable::NOBODY)
}

fn walk(words: &[Word], depth: usize, known: &Known<'_>, fill: Fill<'_>) -> Vec<Told> {
    let mut told = Vec::new();
    for (n, command) in words.split(|word| word.text == "--").enumerate() {
        let Some(first) = command.iter().find(|word| !is_wrapper(&word.text)) else { continue };
        let program = basename(&first.text);
        if let Some(at) = inline(command, SHELLS).filter(|_| depth > 0) {
            told.extend(shell_text(&command[at], depth - 1, known));
            told.extend(judge::links(&entries(&command[at..], &n.to_string(), known), known, fill));
        } else if let Some(at) = inline(command, INTERPRETERS) {
            let text = &command[at];
            let code = Entry::flag("target", &text.text, text.index, "");
            told.extend(judge::links(&[code], known, fill));
            // What follows the code is what the code is given, as for any program.
            told.extend(judge::links(&entries(&command[at..], &n.to_string(), known), known, fill));
        } else if !SPEAKERS.has(program)
            || command.iter().any(|word| word.text.contains("/dev/tcp/"))
        {
            told.extend(judge::links(&entries(command, &n.to_string(), known), known, fill));
        }
    }
    told
}

/// The place of the text that `sh -c` or `python -c` is given.
fn inline(command: &[Word], programs: List) -> Option<usize> {
    let at = command.iter().position(|word| {
        let name = basename(&word.text);
        programs.has(name)
            || programs.has(name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '.'))
    })?;
    let flag = command[at..].iter().position(|word| {
        let short = word.text.strip_prefix('-').filter(|flag| !flag.starts_with('-'));
        short.is_some_and(|flag| flag.ends_with(['c', 'e', 'r']))
            || word.text == "--eval"
            || word.text == "-Command"
    })?;
    let before = &command[at + 1..at + flag];
    let code = at + flag + 1;
    (before.iter().all(|word| word.text.starts_with('-')) && code < command.len()).then_some(code)
}

fn shell_text(text: &Word, depth: usize, known: &Known<'_>) -> Vec<Told> {
    let mut vars: Vec<(String, String)> = known.vars.to_vec();
    let mut told = Vec::new();
    for command in shell::commands(&text.text) {
        let lookup = |name: &str| {
            vars.iter().rev().find(|(var, _)| var == name).map(|(_, value)| value.clone())
        };
        let elsewhere = |name: &str| vars.iter().any(|(var, _)| var == name);
        let fill = Fill { value: &lookup, elsewhere: &elsewhere, defaults: true };
        let words: Vec<Word> =
            command.into_iter().map(|word| Word { text: word, index: text.index }).collect();
        told.extend(walk(&words, depth, known, fill));
        let assigned = words.iter().filter_map(|word| assignment(&word.text));
        vars.extend(
            assigned.map(|(name, value)| (name.to_owned(), value.to_owned())).collect::<Vec<_>>(),
        );
    }
    for link in &mut told {
        link.secret_line |= path::holds_secret(&text.text);
    }
    told
}
