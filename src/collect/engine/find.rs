//! Where engines may be, and why each place is asked.

use super::transport::Address;
use std::path::PathBuf;

/// A place where an engine may answer.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// Where.
    pub(crate) address: Address,
    /// Why it is asked.
    pub(crate) because: String,
    /// Whether somebody named it: then its silence is an error, not an absence.
    pub(crate) named: bool,
}

/// The places to ask, in order, each once.
pub(crate) fn places(
    host: Option<&str>,
    env: &dyn Fn(&str) -> Option<String>,
) -> Result<Vec<Place>, String> {
    if let Some(url) = host {
        return Ok(vec![Place {
            address: Address::parse(url)?,
            because: "--host".into(),
            named: true,
        }]);
    }
    let mut places: Vec<Place> = Vec::new();
    let mut add = |address: Address, because: &str, named: bool| {
        if !places.iter().any(|p| p.address.same(&address)) {
            places.push(Place { address, because: because.into(), named });
        }
    };
    for (variable, sockets) in
        [("DOCKER_HOST", docker_sockets(env)), ("CONTAINER_HOST", podman_sockets(env))]
    {
        match env(variable).filter(|value| !value.is_empty()) {
            Some(url) => {
                add(Address::parse(&url).map_err(|e| format!("{variable}: {e}"))?, variable, true);
            }
            None => {
                for socket in sockets {
                    add(Address::Unix(socket), "default socket", false);
                }
            }
        }
    }
    Ok(places)
}

fn docker_sockets(env: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let mut sockets = vec![PathBuf::from("/var/run/docker.sock")];
    sockets.extend(env("XDG_RUNTIME_DIR").map(|dir| PathBuf::from(dir).join("docker.sock")));
    if let Some(home) = env("HOME").map(PathBuf::from) {
        sockets.extend(
            [".docker/run/docker.sock", ".docker/desktop/docker.sock", ".rd/docker.sock"]
                .map(|s| home.join(s)),
        );
    }
    sockets
}

fn podman_sockets(env: &dyn Fn(&str) -> Option<String>) -> Vec<PathBuf> {
    let mut sockets = vec![PathBuf::from("/run/podman/podman.sock")];
    sockets.extend(env("XDG_RUNTIME_DIR").map(|dir| PathBuf::from(dir).join("podman/podman.sock")));
    sockets
}

#[cfg(test)]
mod tests {
    use super::places;

    fn found(host: Option<&str>, vars: &[(&str, &str)]) -> Vec<String> {
        let env = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
        places(host, &env)
            .unwrap()
            .into_iter()
            .map(|p| format!("{} ({})", p.address, p.because))
            .collect()
    }

    #[test]
    fn a_named_host_is_the_only_place() {
        assert_eq!(
            found(Some("tcp://ci:2375"), &[("DOCKER_HOST", "unix:///x.sock")]),
            ["tcp://ci:2375 (--host)"]
        );
    }

    #[test]
    fn variables_stand_before_default_sockets() {
        assert_eq!(
            found(None, &[("DOCKER_HOST", "unix:///tmp/d.sock")]),
            ["unix:///tmp/d.sock (DOCKER_HOST)", "unix:///run/podman/podman.sock (default socket)"]
        );
    }

    #[test]
    fn a_place_that_is_no_address_is_an_error_with_its_variable() {
        let env = |name: &str| (name == "DOCKER_HOST").then(|| "nonsense".to_owned());
        assert!(places(None, &env).unwrap_err().starts_with("DOCKER_HOST: nonsense is not"));
    }
}
