use super::{Choice, places};

fn found(host: Option<&str>, vars: &[(&str, &str)]) -> Vec<String> {
    asked(host, None, vars).unwrap()
}

fn asked(
    host: Option<&str>,
    context: Option<&str>,
    vars: &[(&str, &str)],
) -> Result<Vec<String>, String> {
    let env = |name: &str| vars.iter().find(|(n, _)| *n == name).map(|(_, v)| (*v).to_owned());
    let places = places(host, context, Choice::Auto, &env)?
        .into_iter()
        .map(|p| format!("{} ({})", p.address, p.because))
        .collect();
    Ok(places)
}

/// A folder with two contexts of Docker, of which one is current, and a connection of Podman.
fn configured() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let write = |path: &str, text: &str| {
        let path = folder.path().join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    for (name, host) in [("ci", "unix:///run/ci.sock"), ("far", "ssh://me@far")] {
        let id = super::docker::id(name);
        let meta = format!(
            r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":false}}}}}}"#
        );
        write(&format!(".docker/contexts/meta/{id}/meta.json"), &meta);
    }
    write(".docker/config.json", r#"{"currentContext":"ci"}"#);
    let connections =
        r#"{"Connection":{"Default":"vm","Connections":{"vm":{"URI":"unix:///run/vm.sock"}}}}"#;
    write(".config/containers/podman-connections.json", connections);
    let old = "[engine.service_destinations.old]\nuri = \"tcp://old:8080\"\n";
    write(".config/containers/containers.conf", old);
    folder
}

#[test]
fn contexts_and_connections_are_followed_in_the_order_of_their_own_tools() {
    let folder = configured();
    let home = ("HOME", folder.path().to_str().unwrap());
    let first = |vars: &[(&str, &str)]| found(None, vars)[0].clone();
    assert_eq!(first(&[home]), "unix:///run/ci.sock (current context ci)");
    assert_eq!(
        first(&[home, ("DOCKER_CONTEXT", "default")]),
        "unix:///var/run/docker.sock (default socket)"
    );
    assert_eq!(
        first(&[home, ("DOCKER_CONTEXT", "far"), ("DOCKER_HOST", "tcp://a:1")]),
        "tcp://a:1 (DOCKER_HOST)"
    );
    let podman = |vars: &[(&str, &str)]| found(None, vars)[1].clone();
    assert_eq!(
        podman(&[home, ("CONTAINER_CONNECTION", "vm")]),
        "unix:///run/vm.sock (CONTAINER_CONNECTION)"
    );
    assert_eq!(
        podman(&[home, ("CONTAINER_CONNECTION", "old")]),
        "tcp://old:8080 (CONTAINER_CONNECTION)"
    );
    let named = |name| asked(None, Some(name), &[home]);
    assert_eq!(named("ci").unwrap(), ["unix:///run/ci.sock (--context ci)"]);
    assert_eq!(named("vm").unwrap(), ["unix:///run/vm.sock (--context vm)"]);
    assert_eq!(named("far").unwrap(), ["ssh://me@far (--context far)"]);
    assert!(named("default").unwrap()[0].starts_with("unix:///var/run/docker.sock"));
    let wrong = named("cj").unwrap_err();
    assert!(wrong.contains("did you mean ci? There are ci, default, far, old, vm"), "{wrong}");
    let lost = asked(None, None, &[home, ("DOCKER_CONTEXT", "gone")]).unwrap_err();
    assert!(lost.contains("there is no context gone"), "{lost}");
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
    assert!(
        places(None, None, Choice::Auto, &env)
            .unwrap_err()
            .starts_with("DOCKER_HOST: nonsense is not")
    );
}
