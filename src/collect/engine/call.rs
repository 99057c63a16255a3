//! What a call to an engine is: a look, or about an object of our own. Nothing else is ever sent: this is where the promise
//! that nothing of the user's is changed is kept, whoever wrote the call.

use crate::collect::owner::HELPER_LABEL;
use hyper::Method;
use serde::Deserialize;
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

/// Whether every call is told on stderr (`--trace-api`); a matter of the whole process.
static TRACED: AtomicBool = AtomicBool::new(false);

/// Tells every call on stderr from now on.
pub(crate) fn trace_calls() {
    TRACED.store(true, Ordering::Relaxed);
}

/// What a call does.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Errand {
    /// Looks.
    Read,
    /// Makes a container; it must carry our label.
    Make,
    /// Lets a container join a network, or leave it; the container must carry our label.
    Join,
    /// Brings the image that our helpers are made from.
    Load,
    /// Builds an image without a name, which is asked for by `--verify-build` only.
    Build,
    /// Does something to what stands at this path of the API; that must carry our label.
    Touch(String),
    /// Nothing that econn ever does.
    Never,
}

impl Errand {
    /// What a request is for, by its method and its path.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        if method == Method::GET || method == Method::HEAD {
            return Self::Read;
        }
        let (path, query) = path.split_once('?').unwrap_or((path, ""));
        let mut words = path.split('/').filter(|word| !word.is_empty()).peekable();
        // The version of the API may stand before everything.
        words.next_if(|word| {
            word.starts_with('v') && word[1..].starts_with(|c: char| c.is_ascii_digit())
        });
        words.next_if(|word| *word == "libpod");
        let words: Vec<&str> = words.collect();
        match (method.as_str(), words.as_slice()) {
            ("POST", ["containers", "create"]) => Self::Make,
            ("POST", ["images", "load"]) => Self::Load,
            // A name would be taken from the image that has it.
            ("POST", ["build"]) if !query.split('&').any(|pair| pair.starts_with("t=")) => {
                Self::Build
            }
            ("POST", ["networks", _, "connect" | "disconnect"]) => Self::Join,
            ("POST" | "PUT" | "DELETE", ["containers", id, ..]) => {
                Self::Touch(format!("/containers/{id}/json"))
            }
            // The name of an image may hold slashes.
            ("DELETE", ["images", name @ ..]) if !name.is_empty() => {
                Self::Touch(format!("/images/{}/json", name.join("/")))
            }
            _ => Self::Never,
        }
    }

    fn word(&self) -> &'static str {
        match self {
            Self::Read => "read",
            _ => "own",
        }
    }
}

/// What is made, or stands there, as far as it tells whose it is.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Labelled {
    labels: Option<HashMap<String, String>>,
    config: Option<Labels>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Labels {
    labels: Option<HashMap<String, String>>,
}

/// Whether an object carries our label: in a request that makes it, or in what the engine says of it.
pub(super) fn is_ours(json: &[u8]) -> bool {
    let Ok(object) = serde_json::from_slice::<Labelled>(json) else { return false };
    let has = |labels: Option<HashMap<String, String>>| {
        labels.is_some_and(|labels| labels.contains_key(HELPER_LABEL))
    };
    has(object.labels) || has(object.config.and_then(|config| config.labels))
}

/// The container that a request lets join a network.
pub(super) fn who_joins(json: &[u8]) -> Option<String> {
    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Joining {
        container: String,
    }
    let joining: Joining = serde_json::from_slice(json).ok()?;
    Some(format!("/containers/{}/json", joining.container))
}

/// One call that is under way, to be told when it has ended, also where nobody waited for its end.
pub(super) struct Call {
    engine: String,
    method: Method,
    path: String,
    errand: Errand,
    started: Instant,
    told: bool,
}

impl Call {
    pub(super) fn new(engine: String, method: Method, path: String) -> Self {
        let errand = Errand::of(&method, &path);
        Self { engine, method, path, errand, started: Instant::now(), told: false }
    }

    pub(super) fn errand(&self) -> &Errand {
        &self.errand
    }

    pub(super) fn path(&self) -> &str {
        &self.path
    }

    /// What the promise says of a call that is not sent.
    pub(super) fn refused(self) -> String {
        let said = format!(
            "{} {} would change what is not econn's",
            self.method,
            self.path.split('?').next().unwrap_or_default()
        );
        self.told("refused", None);
        said
    }

    /// Tells the call: never what is in it, and of what came back only how much, where that is known.
    pub(super) fn told(mut self, came: &str, bytes: Option<u64>) {
        self.tell(came, bytes);
    }

    fn tell(&mut self, came: &str, bytes: Option<u64>) {
        if std::mem::replace(&mut self.told, true) || !TRACED.load(Ordering::Relaxed) {
            return;
        }
        let bytes = bytes.map_or_else(|| "-".to_owned(), |n| n.to_string());
        // The arguments of a build may be secrets.
        let path = match self.errand {
            Errand::Build => self.path.split('?').next().unwrap_or_default(),
            _ => &self.path,
        };
        crate::tell::write(&format!(
            "econn: api {} {} {} {} {came} {} ms {bytes} bytes\n",
            self.engine,
            self.errand.word(),
            self.method,
            path,
            self.started.elapsed().as_millis()
        ));
    }
}

impl Drop for Call {
    fn drop(&mut self) {
        self.tell("broken-off", None);
    }
}

#[cfg(test)]
mod tests {
    use super::{Errand, is_ours};
    use hyper::Method;

    #[test]
    fn every_call_is_a_look_or_about_one_object() {
        let touch = |path: &str| Errand::Touch(path.to_owned());
        for (method, path, errand) in [
            (Method::GET, "/containers/json?all=true", Errand::Read),
            (Method::HEAD, "/v1.41/containers/x/archive?path=/", Errand::Read),
            (Method::POST, "/v1.41/containers/create?name=x", Errand::Make),
            (Method::POST, "/v4.0.0/libpod/containers/create", Errand::Make),
            (Method::POST, "/images/load?quiet=1", Errand::Load),
            (Method::POST, "/containers/abc/start", touch("/containers/abc/json")),
            (Method::DELETE, "/v1.41/containers/abc?force=true", touch("/containers/abc/json")),
            (Method::PUT, "/containers/abc/archive?path=/", touch("/containers/abc/json")),
            (Method::DELETE, "/images/localhost/a:1", touch("/images/localhost/a:1/json")),
            (Method::POST, "/containers/prune", touch("/containers/prune/json")),
            (Method::POST, "/networks/create", Errand::Never),
            (Method::POST, "/v1.41/networks/x/connect", Errand::Join),
            (Method::POST, "/networks/prune", Errand::Never),
            (Method::DELETE, "/volumes/x", Errand::Never),
            (Method::DELETE, "/images/", Errand::Never),
            (Method::POST, "/exec/x/start", Errand::Never),
            (Method::POST, "/build?rm=1&target=t", Errand::Build),
            (Method::POST, "/v4.0.0/libpod/build?rm=1", Errand::Build),
            (Method::POST, "/build?rm=1&t=user:1", Errand::Never),
            (Method::POST, "/build/prune", Errand::Never),
            (Method::PATCH, "/containers/x", Errand::Never),
        ] {
            assert_eq!(Errand::of(&method, path), errand, "{method} {path}");
        }
    }

    #[test]
    fn only_our_label_makes_an_object_ours() {
        for (json, ours) in [
            (r#"{"Labels":{"io.econn.owner":"me"}}"#, true),
            (r#"{"Config":{"Labels":{"io.econn.owner":"me"}}}"#, true),
            (r#"{"Config":{"Labels":null},"Labels":{"app":"io.econn.owner"}}"#, false),
            (r#"{"Env":["io.econn.owner=me"]}"#, false),
            ("[]", false),
            ("", false),
        ] {
            assert_eq!(is_ours(json.as_bytes()), ours, "{json}");
        }
    }
}
