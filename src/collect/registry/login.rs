//! The login that `docker login` or `podman login` has kept for a registry. It is shown to that registry, or to whom that names
//! as its giver of tokens, and nobody else ever sees it: it is in no error, no fact and no trace.

use crate::bounded;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// No such file is longer, in bytes.
const LONGEST: u64 = 1 << 20;
/// What stands for the registry without a name.
const USUAL: (&str, &str) = ("docker.io", "index.docker.io");

/// User and password, as they are sent.
#[derive(Clone)]
pub(super) struct Login(pub(super) String);

impl Login {
    /// The value of the header that shows it.
    pub(super) fn header(&self) -> String {
        format!("Basic {}", self.0)
    }

    /// The one that is kept for a registry. What a program keeps (`credsStore`, `credHelpers`) is left to that.
    pub(super) fn of(registry: &str, env: &dyn Fn(&str) -> Option<String>) -> Option<Self> {
        let kept = |path: PathBuf| kept(&bounded::read(&path, LONGEST).ok()?, registry);
        files(env).into_iter().find_map(kept)
    }
}

/// Where the engines' tools keep logins.
fn files(env: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let set = |name: &str| env(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let docker = set("DOCKER_CONFIG").or_else(|| Some(set("HOME")?.join(".docker")));
    let user = rustix::process::getuid().as_raw();
    let run = set("XDG_RUNTIME_DIR").map(|folder| folder.join("containers/auth.json"));
    let podman = set("REGISTRY_AUTH_FILE").or(run);
    let of_podman = [podman, Some(format!("/run/containers/{user}/auth.json").into())];
    docker
        .map(|folder| folder.join("config.json"))
        .into_iter()
        .chain(of_podman.into_iter().flatten())
        .collect()
}

fn kept(text: &[u8], registry: &str) -> Option<Login> {
    #[derive(Deserialize)]
    struct File {
        #[serde(default)]
        auths: BTreeMap<String, Entry>,
    }
    #[derive(Deserialize)]
    struct Entry {
        auth: Option<String>,
    }
    let file: File = serde_json::from_slice(text).ok()?;
    let wanted = if registry == USUAL.0 { USUAL.1 } else { registry };
    let is_its = |key: &str| {
        let key = key.split_once("://").map_or(key, |(_, rest)| rest);
        let key = ["/v1/", "/v2/", "/"].iter().find_map(|end| key.strip_suffix(end)).unwrap_or(key);
        key == wanted || key == registry
    };
    let auth = file.auths.into_iter().find(|(key, _)| is_its(key))?.1.auth?;
    (!auth.is_empty() && auth.bytes().all(|byte| byte.is_ascii_graphic())).then_some(Login(auth))
}

#[cfg(test)]
mod tests {
    use super::{Login, kept};

    const FILE: &str = r#"{"auths": {
        "https://index.docker.io/v1/": {"auth": "aHVi"},
        "ghcr.io": {"auth": "Z2g="},
        "quay.io/shop": {"auth": "cXVheQ=="},
        "kept.elsewhere": {},
        "broken": {"auth": "a\r\nb"}
    }, "credsStore": "desktop"}"#;

    #[test]
    fn a_login_is_kept_for_one_registry() {
        let of = |registry: &str| kept(FILE.as_bytes(), registry).map(|login| login.header());
        assert_eq!(of("docker.io").as_deref(), Some("Basic aHVi"));
        assert_eq!(of("ghcr.io").as_deref(), Some("Basic Z2g="));
        for none in ["quay.io", "kept.elsewhere", "broken", "ghcr.io.evil", "io"] {
            assert_eq!(of(none), None, "{none}");
        }
        assert!(kept(b"{", "ghcr.io").is_none() && kept(b"{}", "ghcr.io").is_none());
    }

    #[test]
    fn it_is_where_the_tools_keep_it() {
        let folder = tempfile::tempdir().unwrap();
        let at = |name: &str| folder.path().join(name);
        std::fs::create_dir(at(".docker")).unwrap();
        std::fs::write(at(".docker/config.json"), FILE).unwrap();
        std::fs::write(at("auth.json"), r#"{"auths":{"lan:5000":{"auth":"bGFu"}}}"#).unwrap();
        let env = |name: &str| match name {
            "HOME" => Some(folder.path().display().to_string()),
            "REGISTRY_AUTH_FILE" => Some(at("auth.json").display().to_string()),
            _ => None,
        };
        let of = |registry: &str| Login::of(registry, &env).map(|login| login.header());
        assert_eq!(of("ghcr.io").as_deref(), Some("Basic Z2g="));
        assert_eq!(of("lan:5000").as_deref(), Some("Basic bGFu"));
        assert_eq!(of("lan"), None);
    }
}
