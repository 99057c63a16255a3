//! Endpoints in a command line: flags, words, and the commands inside `sh -c`.

use super::entry::Entry;
use super::variable::{self, Fill};
use super::words::List;
use super::{Known, Place, Told, dsn, format, judge, path, shell};

/// Shells nest (`sh -c "bash -c ..."`), but not deeper than this.
const DEPTH: usize = 3;
const SHELLS: List = List("sh bash ash dash zsh ksh");
const INTERPRETERS: List = List("python python2 python3 node ruby perl php deno bun pwsh");

/// Words before the program that is really started.
const WRAPPERS: List = List(
    "\
    exec env sudo nohup time timeout tini dumb-init nice su-exec gosu command if then else \
    elif while until do ! { xargs watch",
);

/// Programs that show their words to the user, or pass them on to other machines.
const SPEAKERS: List = List("echo printf : logger test [ docker podman");

/// Programs that call what they are told, and the service they expect there.
const CALLERS: &[(&str, &str)] = &[
    ("psql", "postgres"),
    ("pg_isready", "postgres"),
    ("pg_dump", "postgres"),
    ("pg_restore", "postgres"),
    ("pg_basebackup", "postgres"),
    ("redis-cli", "redis"),
    ("valkey-cli", "redis"),
    ("mysql", "mysql"),
    ("mysqladmin", "mysql"),
    ("mysqldump", "mysql"),
    ("mariadb", "mysql"),
    ("mongo", "mongo"),
    ("mongosh", "mongo"),
    ("nc", ""),
    ("ncat", ""),
    ("netcat", ""),
    ("telnet", ""),
    ("curl", ""),
    ("wget", ""),
    ("http", ""),
    ("ab", ""),
    ("hey", ""),
    ("wrk", ""),
    ("grpcurl", ""),
    ("kcat", "kafka"),
    ("kafkacat", "kafka"),
    ("wait-for-it", ""),
    ("wait-for-it.sh", ""),
    ("wait-for", ""),
    ("wait-for.sh", ""),
    ("wait4x", ""),
    ("wait-port", ""),
    ("dockerize", ""),
];

/// Flags of callers that take something else than an address.
const OTHER_VALUES: List = List(
    "\
    -H --header -d --data --data-raw --data-binary -A --user-agent -e --referer -u --user -o \
    --output -O -X --request -x --proxy -F --form --cookie -c -U -w -m --max-time \
    --connect-timeout --retry -t --timeout -T -i -n -a",
);

/// Flags whose value is `NAME=VALUE`, and only the name counts.
const DEFINES: List =
    List("-e --env --set --set-string --build-arg -o --option -D --define -v --var");

/// Finds the endpoints that a command line tells.
pub(crate) fn from_args(argv: &[String], known: &Known<'_>) -> Vec<Told> {
    let words: Vec<Word> =
        argv.iter().enumerate().map(|(index, text)| Word { text: text.clone(), index }).collect();
    let mut told = walk(&words, DEPTH, known, variable::NOBODY);
    told.sort_by_key(|told| match told.place {
        Place::Arg { index } => index,
        _ => usize::MAX,
    });
    told
}

/// Finds the endpoints in flags that are the value of a variable.
pub(super) fn options(name: &str, text: &str, known: &Known<'_>) -> Vec<Told> {
    let words = shell::commands(text).concat().into_iter().map(|text| Word { text, index: 0 });
    let mut entries = entries(&words.collect::<Vec<_>>(), "");
    for entry in &mut entries {
        entry.place = Place::Env { name: name.to_owned() };
        text.clone_into(&mut entry.beside);
    }
    judge::links(&entries, known, variable::NOBODY)
}

/// A word and the argument that holds it.
#[derive(Clone, Debug)]
struct Word {
    text: String,
    index: usize,
}

fn walk(words: &[Word], depth: usize, known: &Known<'_>, fill: Fill<'_>) -> Vec<Told> {
    let mut told = Vec::new();
    for (n, command) in words.split(|word| word.text == "--").enumerate() {
        let Some(first) = command.iter().find(|word| !is_wrapper(&word.text)) else { continue };
        let program = basename(&first.text);
        if let Some(text) = inline(command, SHELLS).filter(|_| depth > 0) {
            told.extend(shell_text(text, depth - 1, known));
        } else if let Some(text) = inline(command, INTERPRETERS) {
            let code = Entry::flag("target", &text.text, text.index, "");
            told.extend(judge::links(&[code], known, fill));
        } else if !SPEAKERS.has(program)
            || command.iter().any(|word| word.text.contains("/dev/tcp/"))
        {
            told.extend(judge::links(&entries(command, &n.to_string()), known, fill));
        }
    }
    told
}

/// The text that `sh -c` or `python -c` is given.
fn inline<'w>(command: &'w [Word], programs: List) -> Option<&'w Word> {
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
    before
        .iter()
        .all(|word| word.text.starts_with('-'))
        .then(|| command.get(at + flag + 1))
        .flatten()
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

/// The named values of one command.
fn entries(command: &[Word], group: &str) -> Vec<Entry> {
    let started = command.iter().map(|word| word.text.as_str()).find(|word| !is_wrapper(word));
    let caller = started.and_then(|word| CALLERS.iter().find(|(name, _)| *name == basename(word)));
    let service = caller.map(|(_, service)| *service);
    let mut entries = Vec::new();
    let mut positional: Vec<&Word> = Vec::new();
    let mut words = command.iter().peekable();
    while let Some(word) = words.next() {
        if dsn::read(&word.text).is_some() {
            positional.push(word);
        } else if let Some((name, value)) = flag_with_value(&word.text) {
            entries.push(flag(name, value, word.index, group, service));
        } else if word.text.starts_with('-') && word.text.len() > 1 {
            let Some(value) = words.next_if(|next| !next.text.starts_with('-')) else { continue };
            let other = service != Some("redis") && OTHER_VALUES.has(&word.text);
            match service {
                Some(_) if other => {}
                Some(_) if half(&word.text).is_none() => positional.push(value),
                _ => entries.push(flag(&word.text, &value.text, value.index, group, service)),
            }
        } else if let Some((name, value)) = assignment(&word.text) {
            entries.push(Entry::flag(name, value, word.index, group));
        } else {
            positional.push(word);
        }
    }
    entries.extend(halves(&positional, group, service));
    let name = if service.is_some() { "target" } else { "" };
    entries.extend(positional.iter().map(|word| word_alone(word, name, group)));
    entries.into_iter().flat_map(format::embedded).collect()
}

/// `nc db 5432`, `telnet db 5432`: host and port as two words.
fn halves(positional: &[&Word], group: &str, service: Option<&str>) -> Vec<Entry> {
    let number = |word: &Word| word.text.parse::<u16>().is_ok();
    let pair =
        positional.windows(2).find(|pair| service.is_some() && !number(pair[0]) && number(pair[1]));
    pair.map_or_else(Vec::new, |pair| {
        let host = Entry::flag("target_host", &pair[0].text, pair[0].index, group);
        vec![host, Entry::flag("target_port", &pair[1].text, pair[1].index, group)]
    })
}

fn word_alone(word: &Word, name: &str, group: &str) -> Entry {
    let text = word.text.as_str();
    let device = text.split_once("/dev/tcp/").and_then(|(_, rest)| rest.split_once('/'));
    if let Some((host, port)) = device {
        return Entry::flag("target", &format!("{host}:{port}"), word.index, group);
    }
    let relay = ["TCP:", "TCP4:", "tcp:"].iter().find_map(|prefix| text.strip_prefix(prefix));
    match relay.filter(|rest| rest.contains(':')) {
        Some(rest) => {
            Entry::flag("target", rest.split(',').next().unwrap_or_default(), word.index, group)
        }
        None => Entry::flag(name, text, word.index, group),
    }
}

fn flag(name: &str, value: &str, index: usize, group: &str, service: Option<&str>) -> Entry {
    if let Some((inner, rest)) = assignment(value).filter(|_| !value.contains(' ')) {
        let combined = if DEFINES.has(name) { inner.to_owned() } else { format!("{name}.{inner}") };
        return Entry::flag(&combined, rest, index, group);
    }
    match service.zip(half(name)) {
        Some((service, half)) => {
            Entry::flag(&format!("{service}_target_{half}"), value, index, group)
        }
        None => Entry::flag(name, value, index, group),
    }
}

/// What a flag of a caller gives: the host or the port.
fn half(name: &str) -> Option<&'static str> {
    match name {
        "-h" | "--host" | "-s" | "--server" | "-b" => Some("host"),
        "-p" | "-P" | "--port" => Some("port"),
        _ => None,
    }
}

/// `--endpoint=http://x`, `-Dllm.url=http://x`.
fn flag_with_value(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=').filter(|(name, _)| name.len() > 1)?;
    let plain = name.strip_prefix("-D").or_else(|| name.strip_prefix('-'))?;
    let sound = plain.chars().all(|c| c.is_ascii_alphanumeric() || "-_.:[]".contains(c));
    sound.then(|| (name.strip_prefix("-D").filter(|rest| !rest.is_empty()).unwrap_or(name), value))
}

/// `NAME=VALUE`.
fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let sound = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    sound.then_some((name, value))
}

fn is_wrapper(word: &str) -> bool {
    let duration = word.trim_end_matches(['s', 'm', 'h']).parse::<f64>().is_ok();
    duration || word.starts_with('-') || assignment(word).is_some() || WRAPPERS.has(basename(word))
}

fn basename(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}
