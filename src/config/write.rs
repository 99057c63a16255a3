//! The file that `econn init` writes: every key with a word on it, and a link that must work for each that was seen.

use checks::model::{Fact, Freshness, Link, ServerKind, Snapshot};
use std::collections::BTreeSet;
use std::fmt::Write;
use std::path::Path;

/// What stands in every such file. Whatever is left as it is stands behind `#`.
const HEAD: &str = r#"# What this project holds of the links between its containers. econn reads it from the project's folder and from those
# below it; flags win over it. The book has a page on every key.

# timeout = "60s"           # the limit of one look
# wait = "30s"              # how long preflight waits for what is only "not yet"
# fail_on = "fail"          # or "warn": a warning is a fault
# allow_unknown = false     # true: what could not be determined may stand
# may_warn = []             # checks whose faults count as warnings, as in ["image-freshness"]

[parallel]
# clients = 12              # how many clients come at once; preflight lets them come over each link of [[expect]]
# timeout = "5s"            # how long each of them waits for its answer
"#;

/// What ends every such file.
const FOOT: &str = r#"
# Links that must not work: the client is let try.
# [[forbid]]
# client = "frontend"
# url = "tcp://database:5432"

# Findings that are known: they stay visible and do not count, until a day.
# [[suppress]]
# code = "EC102"
# subject = "api"           # a link's id, a client or a server; * stands for any text
# reason = "three clients at most until the new release"
# until = 2026-06-30

# Checks of the project's own: programs by the plug-in protocol, and simple ones that are only told.
# [plugins]
# folders = ["ci/checks"]   # where the programs lie
#
# [[check]]
# id = "api-health"
# code = "API1"
# server = "api"
# kind = "http"             # or tcp, dns, env, label, image, listening, nagios
# status = [200]
# message = "the API does not answer as it should"
# fix = "see its log"
"#;

/// The file for what was seen, and how many links stand in it. `folder` is where it is to lie.
pub(crate) fn written(facts: &Snapshot, folder: &Path) -> (String, usize) {
    let mut text = HEAD.to_owned();
    text.push_str("\n# The build contexts of servers, relative to this file. What Compose builds is found without.\n[source]\n");
    for (server, context) in sources(facts) {
        let context = Path::new(&context);
        let below = context.strip_prefix(folder).map(|rest| Path::new(".").join(rest));
        let shown = below.as_deref().unwrap_or(context).display().to_string();
        let _ = writeln!(text, "# {} = {}", quoted(server), quoted(&shown));
    }
    text.push_str(
        "\n# The paths of HTTP probes of servers; GET / where nothing is said.\n[probe]\n",
    );
    text.push_str("# \"api\" = \"/health\"\n");
    text.push_str(
        "\n# Links that must work, as they were seen. Take away what is no part of the project.\n",
    );
    let expected = expected(facts);
    for (client, url) in &expected {
        let _ = write!(text, "[[expect]]\nclient = {}\nurl = {}\n\n", quoted(client), quoted(url));
    }
    (text.trim_end().to_owned() + "\n" + FOOT, expected.len())
}

/// Clients and addresses, each once, whatever engine they were seen on.
fn expected(facts: &Snapshot) -> BTreeSet<(&str, &str)> {
    let within = |link: &&Link| {
        link.server.as_ref().is_some_and(|s| s.kind != ServerKind::External)
            && link.endpoint.malformed.is_none()
    };
    let links = facts.links.iter().filter(within);
    links.map(|link| (link.client.as_str(), link.endpoint.url.as_str())).collect()
}

/// The build contexts that are known of servers.
fn sources(facts: &Snapshot) -> Vec<(&str, String)> {
    let known = facts.containers.iter().filter_map(|container| match &container.freshness {
        Fact::Known(Freshness { content: Fact::Known(content), .. }) => {
            Some((container.name.as_str(), content.context.clone()))
        }
        _ => None,
    });
    known.collect()
}

/// A string of TOML.
fn quoted(text: &str) -> String {
    let escaped = text.chars().fold(String::new(), |mut out, c| {
        match c {
            '"' | '\\' => out.extend(['\\', c]),
            c if c.is_control() => {
                let _ = write!(out, "\\u{:04X}", u32::from(c));
            }
            c => out.push(c),
        }
        out
    });
    format!("\"{escaped}\"")
}

#[cfg(test)]
mod tests {
    use super::{quoted, written};
    use crate::config::find::read;
    use checks::model::Snapshot;
    use std::path::Path;

    fn incident() -> Snapshot {
        let text = include_str!("../../tests/snapshots/incident.json");
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn what_is_written_can_be_read_and_says_what_was_seen() {
        let facts = incident();
        let (text, count) = written(&facts, Path::new("/home/ci"));
        assert_eq!(count, 1, "{text}");
        let config = read(&text).unwrap();
        assert_eq!(config.expect[0].named.client, facts.links[0].client);
        assert_eq!(config.expect[0].named.told.url(), facts.links[0].endpoint.url);
        assert_eq!((config.forbid.len(), config.suppress.len()), (0, 0));
    }

    /// Every key that stands behind `#` is one, with the value that holds without it.
    #[test]
    fn what_is_shown_behind_a_hash_is_right() {
        let (text, _) = written(&incident(), Path::new("/"));
        let uncommented: Vec<&str> = text
            .lines()
            .map(|line| {
                line.strip_prefix("# ")
                    .filter(|l| l.contains(" = ") || l.starts_with('['))
                    .unwrap_or(line)
            })
            .collect();
        let config = read(&uncommented.join("\n")).unwrap();
        assert_eq!(config.parallel.clients, Some(12));
        assert_eq!(config.forbid[0].named.client, "frontend");
        assert_eq!(config.suppress[0].code, "EC102");
        assert_eq!(config.check[0].id, "api-health");
        assert!(config.plugins.is_any());
        assert!(config.probe.contains_key("api"));
    }

    #[test]
    fn any_text_is_a_string() {
        for text in ["plain", "a\"b\\c", "line\nfeed\u{1b}", "ü'"] {
            let config = read(&format!("[probe]\nx = {}", quoted(text))).unwrap();
            assert_eq!(config.probe["x"], text);
        }
    }
}
