//! The one gate into a snapshot. What the collectors keep of a text is redacted where it is read; here everything passes once
//! more, live runs and recordings alike, and whatever the containers were given in secret is taken out of every text that
//! repeats it: a reason, a note, an error of an engine. Equal secrets become equal ordinals, and never hashes.

use super::engine::Seen;
use super::links::told::holds_secret;
use checks::model::Snapshot;
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// Shorter values occur by chance.
const SHORTEST: usize = 6;
/// What parts the words of a text.
const BREAKS: &str = "\"'`,;=:/?&()[]{}<>|@#\\";

/// What is known to be secret, and how much of it was seen where.
pub(super) struct Gate {
    secrets: BTreeSet<String>,
    counts: BTreeMap<String, u64>,
}

impl Gate {
    /// The secrets of these containers.
    pub(super) fn of<'a>(containers: impl Iterator<Item = &'a Seen> + Clone) -> Self {
        let mut gate = Self { secrets: BTreeSet::new(), counts: BTreeMap::new() };
        let public: BTreeSet<String> = containers.clone().flat_map(public).collect();
        for seen in containers {
            for (name, value) in &seen.raw.env {
                gate.take("environment", &format!("{name}={value}"), value, &public);
            }
            for (at, word) in seen.raw.argv.iter().enumerate() {
                // `--password x`
                let before = at.checked_sub(1).and_then(|at| seen.raw.argv.get(at));
                let flag = before.filter(|flag| flag.starts_with('-') && !flag.contains('='));
                let whole = flag.map_or_else(|| word.clone(), |flag| format!("{flag}={word}"));
                gate.take("arguments", &whole, word, &public);
            }
        }
        gate
    }

    /// Takes note of what is secret in a text that was given; its value is what stands behind its name.
    fn take(&mut self, place: &str, text: &str, value: &str, public: &BTreeSet<String>) {
        if value.is_empty() || !holds_secret(text) {
            return;
        }
        *self.counts.entry(place.to_owned()).or_default() += 1;
        // Where the name says it, all of the value; of an address only what has no business in one.
        let mut found = if holds_secret(value) { hidden(value) } else { vec![value.to_owned()] };
        found.retain(|secret| is_rare(secret) && !public.contains(secret));
        self.secrets.extend(found);
    }

    /// Lets the snapshot in, without what is secret.
    pub(super) fn pass(&self, snapshot: Snapshot) -> Snapshot {
        let mut replaced = 0;
        // Most have nothing to hide, and stay as they are.
        let mut snapshot = if self.secrets.is_empty() {
            snapshot
        } else {
            let Ok(mut value) = serde_json::to_value(&snapshot) else { return closed(snapshot) };
            self.walk(&mut value, &mut BTreeMap::new(), &mut replaced);
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

    fn walk<'a>(&'a self, value: &mut Value, ordinals: &mut BTreeMap<&'a str, usize>, n: &mut u64) {
        match value {
            Value::String(text) => {
                for secret in self.secrets.iter().rev() {
                    if text.contains(secret.as_str()) {
                        let next = ordinals.len() + 1;
                        let ordinal = ordinals.entry(secret).or_insert(next);
                        *text = text.replace(secret.as_str(), &format!("<secret-{ordinal}>"));
                        *n += 1;
                    }
                }
            }
            Value::Array(items) => items.iter_mut().for_each(|v| self.walk(v, ordinals, n)),
            Value::Object(fields) => fields.values_mut().for_each(|v| self.walk(v, ordinals, n)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}

/// A snapshot that can't be redacted is not let in.
fn closed(snapshot: Snapshot) -> Snapshot {
    Snapshot {
        containers: Vec::new(),
        networks: Vec::new(),
        links: Vec::new(),
        logged: Vec::new(),
        own: Vec::new(),
        notes: vec!["EC934 what was seen could not be redacted, and was left out".into()],
        ..snapshot
    }
}

/// The secret words of a value that holds some.
fn hidden(value: &str) -> Vec<String> {
    let parts = |c: char| c.is_whitespace() || BREAKS.contains(c);
    let mut found = Vec::new();
    // User info, without the user where a password follows.
    if let Some((before, _)) = value.rsplit_once('@') {
        let info = before.rsplit_once("//").map_or(before, |(_, info)| info);
        found.push(info.split_once(':').map_or(info, |(_, password)| password).to_owned());
    }
    if let Some((_, query)) = value.split_once('?') {
        found.extend(query.split(['&', '#']).filter_map(|p| Some(p.split_once('=')?.1.to_owned())));
    }
    found.extend(value.split(parts).filter(|word| holds_secret(word)).map(str::to_owned));
    found
}

/// Whether a text is not met by chance: a plain word, a number or a path says nothing, and may stand anywhere.
fn is_rare(secret: &str) -> bool {
    let plain = |c: char| c.is_ascii_lowercase() || c == '-' || c == '_' || c == '.';
    secret.len() >= SHORTEST
        && !secret.starts_with('/')
        && !secret.chars().all(plain)
        && !secret.chars().all(|c| c.is_ascii_digit())
        && secret.parse::<std::net::IpAddr>().is_err()
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
    use std::collections::{BTreeMap, BTreeSet};

    fn gate(given: &[(&str, &str)]) -> Gate {
        let mut gate = Gate { secrets: BTreeSet::new(), counts: BTreeMap::new() };
        let public = BTreeSet::from(["postgres".to_owned()]);
        for (name, value) in given {
            gate.take("environment", &format!("{name}={value}"), value, &public);
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
    fn what_everybody_knows_stays_and_so_does_what_occurs_by_chance() {
        let gate =
            gate(&[("DB_PASSWORD", "postgres"), ("PASSWORD", "http"), ("AUTH_MODE", "enabled")]);
        let notes = ["postgres at http://postgres:5432 is enabled"];
        assert_eq!(gate.pass(snapshot(&notes)).notes, notes);
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
