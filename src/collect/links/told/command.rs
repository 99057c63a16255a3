//! One command: its flags and words as named values.

use super::entry::Entry;
use super::role::{Key, Role, Setting};
use super::words::List;
use super::{Known, dsn, format};

/// Words before the program that is really started.
const WRAPPERS: List = List(
    "\
    exec env sudo nohup time timeout tini dumb-init nice su-exec gosu command if then else \
    elif while until do ! { xargs watch",
);
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

/// A word and the argument that holds it.
#[derive(Clone, Debug)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) index: usize,
}

/// The named values of one command.
pub(super) fn entries(command: &[Word], group: &str, known: &Known<'_>) -> Vec<Entry> {
    let started = command.iter().map(|word| word.text.as_str()).find(|word| !is_wrapper(word));
    let caller = started.and_then(|word| CALLERS.iter().find(|(name, _)| *name == basename(word)));
    // `nc -l` is called, and calls nobody.
    let listens = command.iter().any(|word| word.text.starts_with("-l"));
    let service = caller
        .filter(|(name, _)| !(listens && matches!(*name, "nc" | "ncat" | "netcat")))
        .map(|(_, service)| *service);
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
            let port = words
                .peek()
                .filter(|next| takes_two(&word.text, value, next))
                .map(|next| next.text.clone());
            if let Some(port) = port {
                words.next();
                let joined = format!("{}:{port}", value.text);
                entries.push(Entry::flag(&word.text, &joined, value.index, group));
                continue;
            }
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
    entries.extend(halves(&positional, group, service, known));
    let name = if service.is_some() { "target" } else { "" };
    entries.extend(positional.iter().map(|word| word_alone(word, name, group)));
    entries.into_iter().flat_map(format::embedded).collect()
}

/// `--replicaof db 6379`: a flag for a destination, a name, and a number.
fn takes_two(flag: &str, value: &Word, next: &Word) -> bool {
    Key::name(flag, Setting::Arg).role() == Role::Destination
        && !value.text.contains([':', '/'])
        && value.text.parse::<u16>().is_err()
        && next.text.parse::<u16>().is_ok()
}

/// `nc db 5432`, `telnet db 5432`: host and port as two words.
fn halves(
    positional: &[&Word],
    group: &str,
    service: Option<&str>,
    known: &Known<'_>,
) -> Vec<Entry> {
    let number = |word: &Word| word.text.parse::<u16>().is_ok();
    let calls = |word: &Word| service.is_some() || (known.is_name)(&word.text);
    let pair =
        positional.windows(2).find(|pair| calls(pair[0]) && !number(pair[0]) && number(pair[1]));
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
pub(super) fn assignment(word: &str) -> Option<(&str, &str)> {
    let (name, value) = word.split_once('=')?;
    let sound = name.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "-_.".contains(c));
    sound.then_some((name, value))
}

pub(super) fn is_wrapper(word: &str) -> bool {
    let duration = word.trim_end_matches(['s', 'm', 'h']).parse::<f64>().is_ok();
    duration || word.starts_with('-') || assignment(word).is_some() || WRAPPERS.has(basename(word))
}

pub(super) fn basename(word: &str) -> &str {
    word.rsplit('/').next().unwrap_or(word)
}
