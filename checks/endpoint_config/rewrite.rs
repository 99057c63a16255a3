//! The places that tell an address, each with what is to be written there. Only the address changes: what stands around it
//! stays as it is, and is never repeated.

use super::repair::{Right, sets_anew, spelled};
use super::service;
use crate::model::{Case, Found, PortPlace, Source, Written, authority, quoted as word};

/// One remedy for each place that says the address. A port at which something else answers is no remedy.
pub(super) fn rewritten(case: &Case<'_>, mut found: Found, right: &Right) -> Found {
    let endpoint = &case.link.endpoint;
    if right.port != endpoint.port && !service::may_be_at(case, right.port) {
        let wanted = service::wanted(endpoint).map_or("HTTP", |service| service.name);
        return found.fix(format!(
            "tell {} the address of the server that speaks {wanted}: {} has port {}, which is not known for it",
            case.link.client, right.host, right.port
        ));
    }
    let before = found.fix.len();
    for source in &endpoint.sources {
        let written = endpoint.written.iter().find(|written| written.source == *source);
        let change = written.map(|written| Change::of(case, written, right));
        // The same address may be wrong in one place and right in another, which writes it otherwise.
        if change.as_ref().is_some_and(Change::is_nothing) {
            continue;
        }
        found = at_place(case, found, source, change.as_ref(), right);
    }
    if found.fix.len() == before {
        return found.fix(format!("let {} dial {}", case.link.client, spelled(case, right)));
    }
    found
}

/// What changes in one place.
struct Change<'a> {
    written: &'a Written,
    old: String,
    new: String,
    /// The port, where it is written somewhere else and changes.
    port: Option<u16>,
    /// The scheme, where a user stands between it and the host, and it changes.
    scheme: Option<String>,
}

impl<'a> Change<'a> {
    fn of(case: &Case<'_>, written: &'a Written, right: &Right) -> Self {
        let told = &case.link.endpoint;
        let port_changes = right.port != told.port;
        let scheme = match (&written.scheme, right.scheme) {
            // What stands before the scheme (`jdbc:`) belongs to the program.
            (Some(old), Some(new)) => Some(match old.rsplit_once(':') {
                Some((program, _)) => format!("{program}:{new}"),
                None => new.to_owned(),
            }),
            (None, Some(new)) if written.scheme_missing => Some(new.to_owned()),
            (old, _) => old.clone(),
        };
        let scheme_changes = scheme != written.scheme;
        let host_alone =
            if right.host.contains(':') { format!("[{}]", right.host) } else { right.host.clone() };
        let address = match written.port {
            PortPlace::Beside => authority(&right.host, right.port),
            PortPlace::Implied if port_changes || scheme_changes => {
                authority(&right.host, right.port)
            }
            PortPlace::Implied | PortPlace::Elsewhere => host_alone,
        };
        let new = match &scheme {
            Some(scheme) if !written.login => format!("{scheme}://{address}"),
            _ => address,
        };
        let port = (written.port == PortPlace::Elsewhere && port_changes).then_some(right.port);
        Self {
            written,
            old: written.text(),
            new,
            port,
            scheme: scheme.filter(|_| written.login && scheme_changes),
        }
    }

    /// The whole new value, where the place holds nothing but the address.
    fn whole(&self) -> Option<String> {
        let rest = self.written.rest.as_ref()?;
        Some(format!("{}{rest}", self.new))
    }

    /// What to do, in the words between the place and what follows.
    fn words(&self, place: &str) -> String {
        let mut steps = Vec::new();
        if self.old != self.new {
            steps.push(match self.whole() {
                Some(whole) => format!("set {place} to {whole}"),
                None => format!("in {place} write {} instead of {}", self.new, self.old),
            });
        }
        if let Some(scheme) = &self.scheme {
            let old = self.written.scheme.as_deref().unwrap_or_default();
            steps.push(format!("in {place} write {scheme}:// instead of {old}://"));
        }
        if let Some(port) = self.port {
            steps.push(format!("set the port that belongs to {place} to {port}"));
        }
        let is_line = matches!(self.written.source, Source::File { .. } | Source::Compose { .. });
        let kept = if self.written.secret {
            "; keep everything else in it (user, password, query) as it is"
        } else if is_line || self.whole().is_some() {
            ""
        } else {
            "; leave the rest of it as it is"
        };
        format!("{}{kept}", steps.join(" and "))
    }

    /// The place says already what it is to say.
    fn is_nothing(&self) -> bool {
        self.old == self.new && self.port.is_none() && self.scheme.is_none()
    }

    /// The new text in place of the old one is all there is to do.
    fn is_one_edit(&self) -> bool {
        self.port.is_none() && self.scheme.is_none() && self.old != self.new
    }

    /// The command that edits the line, where its text alone shows what is meant.
    fn command(&self, path: &str, line: usize) -> Option<String> {
        let plain =
            |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || ".-_:/[]+".contains(c));
        if !self.is_one_edit() || !self.written.alone || !plain(&self.old) || !plain(&self.new) {
            return None;
        }
        // Dots and brackets of the old address are literal: a pattern that matches more would edit more.
        let old = self.old.replace('.', "\\.").replace('[', "\\[").replace(']', "\\]");
        Some(format!("sed -i '{line}s|{old}|{}|g' {}", self.new, word(path)))
    }

    fn patch(&self, path: &str, line: usize) -> Option<String> {
        if self.is_one_edit() { self.written.patch(path, line, &self.new) } else { None }
    }
}

/// The remedy in one place.
fn at_place(
    case: &Case<'_>,
    found: Found,
    source: &Source,
    change: Option<&Change<'_>>,
    right: &Right,
) -> Found {
    let client = &case.link.client;
    let url = spelled(case, right);
    let words = |place: &str| match change {
        Some(change) => change.words(place),
        // It is put together from other values, which may stand anywhere.
        None => format!("let the address in {place} come to {url}"),
    };
    match source {
        Source::Flag => found.fix(format!("let {client} dial {url}")),
        Source::Env { name } if sets_anew(case, name) => found.fix(format!(
            "where {name} of {client} is set anew, at the start of its program: {}",
            words("it")
        )),
        Source::Env { .. } | Source::Arg { .. } => {
            let place = match source {
                Source::Env { name } => name.clone(),
                other => other.to_string(),
            };
            if let Some(compose) = case.client().and_then(|c| c.compose.as_ref()) {
                let file =
                    compose.files().into_iter().next().unwrap_or_else(|| "the Compose file".into());
                return found.fix(format!(
                    "in {file}, service {}: {}, then recreate it",
                    compose.service,
                    words(&place)
                ));
            }
            let option = match (source, change.and_then(Change::whole)) {
                (Source::Env { name }, Some(whole)) => {
                    format!(" (-e {})", word(&format!("{name}={whole}")))
                }
                _ => String::new(),
            };
            let place = format!("{place} of {client}");
            found.fix(format!("{} and start it again{option}", words(&place)))
        }
        Source::File { path, host_path: None, key, line } => found.fix(format!(
            "{}, then start it again",
            words(&format!("{path} line {line} of {client} ({key})"))
        )),
        Source::File { host_path: Some(path), key, line, .. } => {
            let words = words(&format!("{path} line {line} ({key})"));
            in_file(found, &format!("{words}, then start {client} again"), path, *line, change)
        }
        Source::Compose { path, line } => {
            let words = words(&format!("{path} line {line}"));
            in_file(found, &format!("{words}, then recreate {client}"), path, *line, change)
        }
    }
}

fn in_file(found: Found, say: &str, path: &str, line: usize, change: Option<&Change<'_>>) -> Found {
    let command = change.and_then(|change| change.command(path, line));
    let diff = change.and_then(|change| change.patch(path, line));
    let hidden =
        change.is_some_and(|change| change.is_one_edit() && change.written.lines.is_none());
    let why = if hidden { " (no patch: the line holds what must not be shown)" } else { "" };
    found.fix_in_file(format!("{say}{why}"), command, diff)
}

#[cfg(test)]
mod tests;
