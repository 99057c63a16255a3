//! What an engine tells of its containers while they come and go. Of an event only its kind, the container and the exit code
//! are kept: beside them engines repeat labels, and whole command lines of `exec`.

use super::Connection;
use crate::collect::owner::HELPER_LABEL;
use futures_util::StreamExt;
use http_body_util::BodyExt;
use serde::Deserialize;
use std::collections::HashMap;
use tokio::sync::mpsc::UnboundedSender;

/// A longer event is none of those that are waited for.
const LONGEST: usize = 1 << 20;

/// Something happened to a container.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Event {
    /// What.
    pub(crate) what: What,
    /// The container's full id.
    pub(crate) id: String,
}

/// The kinds of events that are waited for.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum What {
    /// It was made, or changed its networks, health or name: it is to be looked at.
    Changed,
    /// It is up, perhaps again.
    Started,
    /// Somebody takes it down, as far as a signal tells that.
    Killed,
    /// Somebody sent it a signal that may mean anything: to read its configuration again, say, or to end.
    Signalled,
    /// It has no memory left.
    OutOfMemory,
    /// It ended, with this exit code.
    Ended(i64),
    /// It was removed.
    Removed,
    /// From now on the engine tells nothing any more.
    Silent,
}

/// The signals by which programs are ended: INT, QUIT, ABRT, KILL, TERM.
const ENDING: [&str; 5] = ["2", "3", "6", "9", "15"];

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Told {
    #[serde(default)]
    r#type: String,
    #[serde(default)]
    action: String,
    #[serde(default)]
    actor: Actor,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Actor {
    #[serde(rename = "ID")]
    id: String,
    attributes: Option<HashMap<String, String>>,
}

impl Connection {
    /// Begins to listen: what happens from now on is heard, `tell` is told of it, and the future ends when the engine does.
    pub(crate) async fn events(
        &self,
        tell: UnboundedSender<(usize, Event)>,
        index: usize,
    ) -> Result<impl Future<Output = ()> + use<>, String> {
        let response = self.transport.open("/events?stream=true").await?;
        if !response.status().is_success() {
            return Err(format!(
                "it answered {} to the question for its events",
                response.status()
            ));
        }
        let mut body = response.into_body().into_data_stream();
        Ok(async move {
            let mut line = Vec::new();
            while let Some(Ok(bytes)) = body.next().await {
                for byte in bytes {
                    if byte != b'\n' {
                        line.push(byte);
                    } else if let Some(event) = event(&std::mem::take(&mut line)) {
                        drop(tell.send((index, event)));
                    }
                }
                if line.len() > LONGEST {
                    break;
                }
            }
            drop(tell.send((index, Event { what: What::Silent, id: String::new() })));
        })
    }
}

/// The event of a line, if it is one of those that are waited for.
fn event(line: &[u8]) -> Option<Event> {
    let told: Told = serde_json::from_slice(line).ok()?;
    let attributes = told.actor.attributes.unwrap_or_default();
    if attributes.contains_key(HELPER_LABEL) {
        return None;
    }
    let exit_code = || attributes.get("exitCode").or_else(|| attributes.get("containerExitCode"));
    let of_container = told.r#type == "container";
    // A health event has its status behind a colon.
    let what = match told.action.split(':').next().unwrap_or_default() {
        "create" | "restart" | "unpause" | "pause" | "rename" | "health_status" if of_container => {
            What::Changed
        }
        "start" if of_container => What::Started,
        // Not every engine says which signal.
        "kill" if of_container => match attributes.get("signal") {
            Some(signal) if !ENDING.contains(&signal.as_str()) => What::Signalled,
            _ => What::Killed,
        },
        "stop" if of_container => What::Killed,
        "destroy" | "remove" if of_container => What::Removed,
        "oom" if of_container => What::OutOfMemory,
        "die" | "died" if of_container => {
            What::Ended(exit_code().and_then(|code| code.parse().ok()).unwrap_or(0))
        }
        "connect" | "disconnect" if told.r#type == "network" => {
            let id = attributes.get("container").cloned()?;
            return Some(Event { what: What::Changed, id });
        }
        _ => return None,
    };
    Some(Event { what, id: told.actor.id })
}

#[cfg(test)]
mod tests {
    use super::{What, event};

    fn told(kind: &str, action: &str, attributes: &str) -> Option<What> {
        let text = format!(
            r#"{{"status":"x","Type":"{kind}","Action":"{action}","Actor":{{"ID":"c0ffee","Attributes":{{{attributes}}}}},"time":1}}"#
        );
        event(text.as_bytes()).map(|event| event.what)
    }

    #[test]
    fn what_is_waited_for_is_heard_and_nothing_else() {
        assert_eq!(told("container", "create", ""), Some(What::Changed));
        assert_eq!(told("container", "start", ""), Some(What::Started));
        assert_eq!(told("container", "health_status: healthy", ""), Some(What::Changed));
        assert_eq!(told("container", "die", r#""exitCode":"137""#), Some(What::Ended(137)));
        assert_eq!(told("container", "died", r#""containerExitCode":"3""#), Some(What::Ended(3)));
        assert_eq!(told("container", "kill", r#""signal":"15""#), Some(What::Killed));
        assert_eq!(told("container", "kill", ""), Some(What::Killed));
        assert_eq!(told("container", "kill", r#""signal":"1""#), Some(What::Signalled));
        assert_eq!(told("container", "destroy", ""), Some(What::Removed));
        assert_eq!(told("container", "remove", ""), Some(What::Removed));
        assert_eq!(told("network", "connect", r#""container":"1c0ffee""#), Some(What::Changed));
        for (kind, action, attributes) in [
            ("container", "exec_create: sh -c token=abc", ""),
            ("container", "top", ""),
            ("image", "pull", ""),
            ("network", "create", ""),
            ("volume", "create", ""),
            ("container", "start", r#""io.econn.owner":"x""#),
        ] {
            assert_eq!(told(kind, action, attributes), None, "{kind} {action}");
        }
        for broken in [&b""[..], b"{", b"[]", b"null", b"\xff", b"{\"Type\":3}"] {
            assert_eq!(event(broken), None);
        }
    }
}
