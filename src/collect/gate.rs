//! The one gate into a snapshot. What the collectors keep of a text is redacted where it is read; here everything passes once
//! more, live runs and recordings alike, and whatever the containers were given in secret is taken out of every text that
//! repeats it: a reason, a note, an error of an engine. Equal secrets become equal ordinals, and never hashes.

use super::engine::Seen;
use super::links::told::holds_secret;
use checks::model::Snapshot;
use checks::notes::NOT_REDACTED;
use serde_json::Value;
use std::cell::LazyCell;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{LazyLock, Mutex, PoisonError};

/// Shorter values occur by chance.
const SHORTEST: usize = 6;
/// How the name ends of what can only be a secret, however plain it reads.
const CREDENTIALS: [&str; 8] =
    ["password", "passwd", "passphrase", "pass", "pwd", "secret", "token", "api_key"];
/// What parts the words of a text.
const BREAKS: &str = "\"'`,;=:/?&()[]{}<>|@#\\";

/// What is known to be secret, and how much of it was seen where.
#[derive(Clone)]
pub(super) struct Gate {
    /// Taken out wherever they stand.
    secrets: BTreeSet<String>,
    /// Those that read like plain words: taken out of sentences and paths, where they stand as words.
    plain: BTreeSet<String>,
    counts: BTreeMap<String, u64>,
}

impl Gate {
    /// The secrets of these containers, and of the addresses that the user told.
    pub(super) fn of<'a>(
        containers: impl Iterator<Item = &'a Seen> + Clone,
        told: impl Iterator<Item = &'a str>,
    ) -> Self {
        let mut gate = Self::open();
        // Most containers are given no secret, and then nobody asks what is none.
        let named = containers.clone();
        let public = LazyCell::new(|| named.flat_map(public).collect::<BTreeSet<String>>());
        let is_public = |word: &str| public.contains(word);
        for address in told {
            gate.take("command line", address, address, is_public);
        }
        for seen in containers {
            for (name, value) in seen.raw.env.iter().chain(&seen.raw.configured) {
                gate.take("environment", &format!("{name}={value}"), value, is_public);
            }
            for (at, word) in seen.raw.argv.iter().enumerate() {
                // `--password x`
                let before = at.checked_sub(1).and_then(|at| seen.raw.argv.get(at));
                let flag = before.filter(|flag| flag.starts_with('-') && !flag.contains('='));
                let whole = flag.map_or_else(|| word.clone(), |flag| format!("{flag}={word}"));
                gate.take("arguments", &whole, word, is_public);
            }
        }
        gate
    }

    fn open() -> Self {
        Self { secrets: BTreeSet::new(), plain: BTreeSet::new(), counts: BTreeMap::new() }
    }

    /// Takes note of what is secret in a text that was given; its value is what stands behind its name.
    fn take(&mut self, place: &str, text: &str, value: &str, is_public: impl Fn(&str) -> bool) {
        if value.is_empty() || !holds_secret(text) || is_public(value) {
            return;
        }
        *self.counts.entry(place.to_owned()).or_default() += 1;
        // Where the name says it, all of the value; of an address only what has no business in one.
        let mut found = if holds_secret(value) { hidden(value) } else { vec![value.to_owned()] };
        found.retain(|secret| is_rare(secret) && !is_public(secret));
        self.secrets.extend(found);
        // Without a colon it may be somebody's mail address.
        let password = password(value).filter(|_| value.contains(':'));
        let plain = [credential(text), password].into_iter().flatten();
        let plain = plain.filter(|word| is_plain(word) && !is_public(word));
        self.plain.extend(plain.map(str::to_owned));
    }

    /// A single text without what is secret.
    fn clears(&self, text: &str) -> String {
        let mut value = Value::String(text.to_owned());
        let plain: Vec<&str> = self.plain.iter().map(String::as_str).collect();
        self.walk(&mut value, &plain, &mut BTreeMap::new(), &mut 0);
        if let Value::String(text) = value { text } else { String::new() }
    }

    /// Lets the snapshot in, without what is secret.
    pub(super) fn pass(&self, snapshot: Snapshot) -> Snapshot {
        *KNOWN.lock().unwrap_or_else(PoisonError::into_inner) = Some(self.clone());
        let mut replaced = 0;
        // Most repeat nothing of what is to be hidden, and stay as they are.
        let mut snapshot = if self.is_free(&snapshot) {
            snapshot
        } else {
            let Ok(mut value) = serde_json::to_value(&snapshot) else { return closed(snapshot) };
            // A host that a client was told is no secret, whatever else is called so.
            let is_host = |word: &str| snapshot.links.iter().any(|l| l.endpoint.host == word);
            let plain: Vec<&str> =
                self.plain.iter().map(String::as_str).filter(|word| !is_host(word)).collect();
            self.walk(&mut value, &plain, &mut BTreeMap::new(), &mut replaced);
            match replaced {
                0 => snapshot,
                _ => serde_json::from_value(value).unwrap_or_else(|_| closed(snapshot)),
            }
        };
        snapshot.redactions.clone_from(&self.counts);
        if replaced > 0 {
            snapshot.redactions.insert("texts".into(), replaced);
        }
        snapshot
    }

    /// Whether nothing secret stands anywhere in a snapshot. Its text tells that in a tenth of the time that taking it apart
    /// takes.
    fn is_free(&self, snapshot: &Snapshot) -> bool {
        let secrets = self.secrets.iter().chain(&self.plain);
        let quoted = secrets.filter_map(|secret| serde_json::to_string(secret).ok());
        let any = quoted.map(|text| regex::escape(&text[1..text.len() - 1])).collect::<Vec<_>>();
        if any.is_empty() {
            return true;
        }
        let (any, text) = (regex::Regex::new(&any.join("|")), serde_json::to_string(snapshot));
        matches!((any, text), (Ok(any), Ok(text)) if !any.is_match(&text))
    }

    fn walk<'a>(
        &'a self,
        value: &mut Value,
        plain: &[&'a str],
        ordinals: &mut BTreeMap<&'a str, usize>,
        n: &mut u64,
    ) {
        match value {
            Value::String(text) => {
                // A name or a keyword that stands alone is no sentence.
                let is_sentence = text.contains(|c: char| c.is_whitespace() || c == '/');
                let plain = plain.iter().rev().copied().filter(|_| is_sentence);
                let anywhere = self.secrets.iter().rev().map(|secret| (secret.as_str(), false));
                for (secret, as_word) in anywhere.chain(plain.map(|word| (word, true))) {
                    let places = places(text, secret, as_word);
                    if places.is_empty() {
                        continue;
                    }
                    let next = ordinals.len() + 1;
                    let ordinal = format!("<secret-{}>", ordinals.entry(secret).or_insert(next));
                    for at in places.into_iter().rev() {
                        text.replace_range(at..at + secret.len(), &ordinal);
                    }
                    *n += 1;
                }
            }
            Value::Array(items) => {
                for v in items {
                    self.walk(v, plain, ordinals, n);
                }
            }
            Value::Object(fields) => {
                for v in fields.values_mut() {
                    self.walk(v, plain, ordinals, n);
                }
            }
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// What was last known to be secret. Texts that are no facts, those of the project's own checks, come after them.
static KNOWN: Mutex<Option<Gate>> = Mutex::new(None);

/// A text that came after the facts, without what they know to be secret.
pub(crate) fn redacted(text: &str) -> String {
    let known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    match &*known {
        Some(gate) => gate.clears(text),
        None => text.to_owned(),
    }
}

/// Where a secret stands in a text; with `as_word` only where neither a letter nor a digit touches it.
fn places(text: &str, secret: &str, as_word: bool) -> Vec<usize> {
    let touches = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    let apart = |at: usize| {
        let (before, after) = (&text[..at], &text[at + secret.len()..]);
        !touches(before.chars().next_back()) && !touches(after.chars().next())
    };
    let found = text.match_indices(secret).map(|(at, _)| at);
    found.filter(|at| !as_word || apart(*at)).collect()
}

/// A snapshot that can't be redacted is not let in.
fn closed(snapshot: Snapshot) -> Snapshot {
    Snapshot {
        containers: Vec::new(),
        networks: Vec::new(),
        links: Vec::new(),
        logged: Vec::new(),
        own: Vec::new(),
        notes: vec![NOT_REDACTED.says("what was seen could not be redacted, and was left out")],
        ..snapshot
    }
}

/// The secret words of a value that holds some.
fn hidden(value: &str) -> Vec<String> {
    let parts = |c: char| c.is_whitespace() || BREAKS.contains(c);
    let mut found = Vec::new();
    // User info, without the user where a password follows.
    found.extend(password(value).map(str::to_owned));
    if let Some((_, query)) = value.split_once('?') {
        found.extend(query.split(['&', '#']).filter_map(|p| Some(p.split_once('=')?.1.to_owned())));
    }
    found.extend(value.split(parts).filter(|word| holds_secret(word)).map(str::to_owned));
    found
}

/// The password of an address, or the token that stands for it.
fn password(value: &str) -> Option<&str> {
    let (before, _) = value.rsplit_once('@')?;
    let info = before.rsplit_once("//").map_or(before, |(_, info)| info);
    Some(info.split_once(':').map_or(info, |(_, password)| password))
}

/// The value of `NAME=value` where the name says that it is nothing but a secret.
fn credential(text: &str) -> Option<&str> {
    let (name, value) = text.split_once('=')?;
    let name = name.to_ascii_lowercase().replace('-', "_");
    CREDENTIALS.iter().any(|end| name.ends_with(end)).then_some(value)
}

/// Whether a text is not met by chance: a plain word, a number or a path says nothing, and may stand anywhere.
fn is_rare(secret: &str) -> bool {
    secret.len() >= SHORTEST
        && !is_path(secret)
        && !secret.chars().all(is_plain_char)
        && !secret.chars().all(|c| c.is_ascii_digit())
        && secret.parse::<std::net::IpAddr>().is_err()
}

fn is_plain_char(c: char) -> bool {
    c.is_ascii_lowercase() || c == '-' || c == '_' || c == '.'
}

/// Base64 may begin like a path.
fn is_path(secret: &str) -> bool {
    let has = |is: fn(&char) -> bool| secret.chars().any(|c| is(&c));
    let random = has(char::is_ascii_uppercase) && has(char::is_ascii_digit);
    secret.starts_with('/') && !random && !secret.contains(['+', '='])
}

/// Whether a secret reads like a plain word, or a number, and is none of econn's own: taken out of econn's sentences, such a
/// word would only be told by the gap.
fn is_plain(secret: &str) -> bool {
    static OWN: LazyLock<BTreeSet<&str>> = LazyLock::new(|| {
        let rules = checks::ALL.iter().flat_map(|check| check.rules);
        let texts = rules.flat_map(|rule| [rule.title, rule.explanation]);
        texts.flat_map(|text| text.split(|c: char| !c.is_ascii_alphanumeric())).collect()
    });
    let plain = |c: char| is_plain_char(c) || c.is_ascii_digit();
    secret.len() >= SHORTEST
        && secret.chars().all(plain)
        && secret.parse::<std::net::IpAddr>().is_err()
        && !OWN.contains(secret)
        // It stands in every mark.
        && secret != "secret"
}

/// What is known by everybody: it is no secret even where a password is the same.
fn public(seen: &Seen) -> Vec<String> {
    let facts = &seen.facts;
    let mut words: Vec<String> = facts.names().map(str::to_owned).collect();
    words.extend([facts.engine.clone(), facts.id.clone(), facts.hostname.clone()]);
    words.extend(facts.image.split(['/', ':', '@']).map(str::to_owned));
    words.extend(facts.attachments.iter().map(|a| a.network.clone()));
    words.extend(facts.addresses().map(|ip| ip.to_string()));
    words.extend(facts.variables.iter().cloned());
    words
}

#[cfg(test)]
mod tests {
    use super::{Gate, hidden};
    use checks::model::Snapshot;

    fn gate(given: &[(&str, &str)]) -> Gate {
        let mut gate = Gate::open();
        for (name, value) in given {
            gate.take("environment", &format!("{name}={value}"), value, |word| word == "postgres");
        }
        gate
    }

    fn snapshot(notes: &[&str]) -> Snapshot {
        let text = include_str!("../../tests/snapshots/incident.json");
        let mut snapshot: Snapshot = serde_json::from_str(text).unwrap();
        snapshot.notes = notes.iter().map(ToString::to_string).collect();
        snapshot
    }

    #[test]
    fn what_was_given_in_secret_is_taken_out_of_every_text() {
        let gate = gate(&[
            ("API_TOKEN", "hunter2hunter2"),
            ("OTHER_TOKEN", "hunter2hunter2"),
            ("DB_URL", "postgres://app:pa55word@db:5432/x?sslkey=k3yk3y"),
            ("GREETING", "hello there"),
        ]);
        let passed = gate.pass(snapshot(&[
            "the engine said: bad token hunter2hunter2",
            "again hunter2hunter2 and pa55word",
            "k3yk3y, hello there, db:5432",
        ]));
        assert_eq!(
            passed.notes,
            [
                "the engine said: bad token <secret-1>",
                "again <secret-1> and <secret-2>",
                "<secret-3>, hello there, db:5432"
            ]
        );
        let counts: Vec<_> = passed.redactions.iter().map(|(k, n)| (k.as_str(), *n)).collect();
        assert_eq!(counts, [("environment", 3), ("texts", 4)]);
    }

    #[test]
    fn what_comes_after_the_facts_is_cleared_too() {
        let gate = gate(&[("DB_PASSWORD", "hunter2-prod"), ("API_TOKEN", "hunter2hunter2")]);
        let said = gate.clears("CRITICAL - hunter2-prod was refused, and hunter2hunter2");
        assert_eq!(said, "CRITICAL - <secret-2> was refused, and <secret-1>");
    }

    #[test]
    fn what_the_user_told_in_secret_is_taken_out_too() {
        let told = ["http://app:hunter2-prod@api:8080/x?token=k3yk3y", "http://api:8080"];
        let gate = Gate::of(std::iter::empty(), told.into_iter());
        let passed = gate.pass(snapshot(&["no such host: k3yk3y, hunter2-prod; api:8080"]));
        assert_eq!(passed.notes, ["no such host: <secret-1>, <secret-2>; api:8080"]);
        assert_eq!(passed.redactions["command line"], 1);
    }

    #[test]
    fn what_everybody_knows_stays_and_so_does_what_occurs_by_chance() {
        let gate =
            gate(&[("DB_PASSWORD", "postgres"), ("PASSWORD", "http"), ("AUTH_MODE", "enabled")]);
        let notes = ["postgres at http://postgres:5432 is enabled"];
        assert_eq!(gate.pass(snapshot(&notes)).notes, notes);
    }

    #[test]
    fn a_password_of_plain_words_is_taken_out_of_sentences_and_paths() {
        let gate = gate(&[
            ("DB_PASSWORD", "correcthorse"),
            ("CACHE_URL", "redis://:battery-staple@cache:6379"),
            ("ADMIN_PASS", "90210777"),
            ("ROOT_PASSWORD", "connection"),
            ("AUTH_MODE", "enabled"),
            ("KEYCLOAK_TOKEN", "/q1Zx+8Kd9w3=="),
            ("DB_PASSWORD_FILE", "/run/credentials/db"),
        ]);
        let mut before = snapshot(&[
            "exec: \"correcthorse\": not found in /srv/correcthorse/battery-staple.yaml",
            "wrong pin 90210777, wrong key /q1Zx+8Kd9w3==",
            "correcthorses are enabled for a connection of /run/credentials/db",
        ]);
        // A keyword that is the same stays what it is.
        before.containers[0].state.status = "correcthorse".into();
        let passed = gate.pass(before);
        assert_eq!(
            passed.notes,
            [
                "exec: \"<secret-1>\": not found in /srv/<secret-1>/<secret-2>.yaml",
                "wrong pin <secret-4>, wrong key <secret-3>",
                "correcthorses are enabled for a connection of /run/credentials/db",
            ]
        );
        assert_eq!(passed.containers[0].state.status, "correcthorse");
    }

    #[test]
    fn an_argument_is_named_by_its_flag() {
        let word = |text: &str| super::credential(text).map(str::to_owned);
        assert_eq!(word("--db-password=correcthorse"), Some("correcthorse".into()));
        assert_eq!(word("--api-key=correcthorse"), Some("correcthorse".into()));
        assert_eq!(word("--password-file=correcthorse"), None);
        assert_eq!(word("correcthorse"), None);
    }

    #[test]
    fn without_secrets_nothing_changes() {
        let before = snapshot(&["a note"]);
        let after = gate(&[]).pass(before.clone());
        let json = |s: &Snapshot| serde_json::to_string(s).unwrap();
        assert_eq!(json(&before), json(&after));
    }

    #[test]
    fn a_password_may_hold_anything() {
        assert!(hidden("postgres://app:pa/ss@word@db:5433/app").contains(&"pa/ss@word".into()));
        assert!(hidden("http://tok3nalone@h:1/").contains(&"tok3nalone".into()));
    }
}
