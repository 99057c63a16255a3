//! An engine behind TLS: reached with the right papers, and every other case told apart.

use super::fake::{asked, healthy};
use super::front::{Papers, Shown};
use sha2::{Digest, Sha256};
use std::io::Write;
use std::net::TcpListener;
use std::process::{Command, Output};
use std::sync::Arc;

/// A healthy engine behind TLS; its address.
fn engine(papers: &Papers, shown: Shown) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    let config = papers.door(shown);
    std::thread::spawn(move || {
        for tcp in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            std::thread::spawn(move || {
                let connection = rustls::ServerConnection::new(config).unwrap();
                let mut secure = rustls::StreamOwned::new(connection, tcp);
                if let Ok(Some(line)) = asked(&mut secure) {
                    let path = line.split(' ').nth(1).unwrap_or_default();
                    let _ = secure.write_all(&healthy(path));
                    secure.conn.send_close_notify();
                    let _ = secure.flush();
                }
            });
        }
    });
    address
}

/// An engine without TLS, as Go's server is; with `says`, one that knows TLS only.
fn plain(says: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("tcp://{}", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for mut tcp in listener.incoming().flatten() {
            let mut first = [0; 4096];
            let _ = std::io::Read::read(&mut tcp, &mut first);
            let _ = write!(tcp, "HTTP/1.0 400 Bad Request\r\n\r\n{says}");
        }
    });
    address
}

fn econn(host: &str, vars: &[(&str, &str)]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_econn"));
    for name in ["DOCKER_TLS_VERIFY", "DOCKER_TLS", "DOCKER_CERT_PATH", "HOME", "DOCKER_CONFIG"] {
        command.env_remove(name);
    }
    command.args(["diagnose", "--host", host, "--timeout", "20s", "--format", "json"]);
    command.envs(vars.iter().copied()).output().expect("the binary under test starts")
}

#[track_caller]
fn refused(host: &str, vars: &[(&str, &str)], told: &str) {
    let output = econn(host, vars);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(3), "{stderr}");
    assert_eq!(stderr.lines().count(), 1, "{stderr}");
    assert!(stderr.contains(told) && stderr.contains(host), "must say {told:?}: {stderr}");
}

#[test]
fn the_right_papers_lead_to_the_engine() {
    let papers = Papers::new();
    let host = engine(&papers, Shown::Right);
    let folder = papers.path().to_str().unwrap();
    for vars in [
        vec![("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", folder)],
        vec![("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CONFIG", folder)],
        vec![("DOCKER_TLS", "1"), ("DOCKER_CERT_PATH", folder)],
    ] {
        let output = econn(&host, &vars);
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["engines"][0]["version"], "20.10.24", "{vars:?}: {report}");
        assert_eq!(report["engines"][0]["host"], host);
        assert_eq!(report["engines"][0]["error"], serde_json::Value::Null);
        assert_eq!(report["links"][0]["client"], "client");
    }
}

/// Whoever leaves the check out is served by whatever answers; whoever does not, is told.
#[test]
fn a_certificate_is_refused_for_its_own_reason() {
    let (papers, others) = (Papers::new(), Papers::new());
    let folder = papers.path().to_str().unwrap();
    let verify = [("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", folder)];
    refused(&engine(&others, Shown::Right), &verify, "its issuer is not trusted");
    refused(&engine(&papers, Shown::OfAnother), &verify, "it is for another name");
    refused(&engine(&papers, Shown::Expired), &verify, "it has expired");
    let output = econn(
        &engine(&papers, Shown::Expired),
        &[("DOCKER_TLS", "1"), ("DOCKER_CERT_PATH", folder)],
    );
    let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(report["engines"][0]["error"], serde_json::Value::Null);
}

#[test]
fn an_engine_refuses_who_has_no_papers_or_others() {
    let (papers, others) = (Papers::new(), Papers::new());
    let host = engine(&papers, Shown::Right);
    let ca_only = papers.without_own();
    let told = "asks for a client certificate";
    let verify = |folder: &std::path::Path| {
        let folder = folder.to_str().unwrap().to_owned();
        [("DOCKER_TLS_VERIFY", "1".to_owned()), ("DOCKER_CERT_PATH", folder)]
    };
    let with = |vars: [(&'static str, String); 2]| {
        refused(&host, &vars.each_ref().map(|(n, v)| (*n, v.as_str())), told);
    };
    with(verify(ca_only.path()));
    // Papers of another authority, and yet the engine's own authority is trusted.
    for name in ["cert.pem", "key.pem"] {
        std::fs::copy(others.path().join(name), ca_only.path().join(name)).unwrap();
    }
    with(verify(ca_only.path()));
}

#[test]
fn tls_and_no_tls_are_told_apart() {
    let papers = Papers::new();
    let folder = papers.path().to_str().unwrap();
    let verify = [("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", folder)];
    // A server that ends with an alert, and one that says what it expected.
    refused(&engine(&papers, Shown::Right), &[], "speaks TLS only");
    refused(&plain("Client sent an HTTP request to an HTTPS server.\n"), &[], "speaks TLS only");
    refused(&plain("400 Bad Request"), &verify, "does not speak TLS");
    refused(&plain("400 Bad Request"), &[], "does not answer as an engine does: 400 to a ping");
}

#[test]
fn papers_that_cannot_be_used_are_named() {
    let papers = Papers::new();
    let host = engine(&papers, Shown::Right);
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    let said = |vars: &[(&str, &str)], told: &str| {
        let output = econn(&host, vars);
        let stderr = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(3), "{stderr}");
        assert!(stderr.contains(told) && stderr.lines().count() == 1, "{stderr}");
    };
    let verify = [("DOCKER_TLS_VERIFY", "1"), ("DOCKER_CERT_PATH", path)];
    said(&verify, "ca.pem can't be read: there is no such file or folder");
    std::fs::write(folder.path().join("ca.pem"), "no PEM at all").unwrap();
    said(&verify, "ca.pem holds no certificate in PEM form");
    std::fs::copy(papers.path().join("ca.pem"), folder.path().join("ca.pem")).unwrap();
    std::fs::copy(papers.path().join("cert.pem"), folder.path().join("cert.pem")).unwrap();
    std::fs::copy(Papers::new().path().join("key.pem"), folder.path().join("key.pem")).unwrap();
    said(&verify, "are no pair");
}

/// A context holds its own papers, and may say that nothing is checked.
#[test]
fn a_context_brings_its_papers() {
    let papers = Papers::new();
    let home = tempfile::tempdir().unwrap();
    for (name, skip, with_papers, reached) in [
        ("secured", false, true, true),
        ("careless", true, true, true),
        ("bare", true, false, false),
    ] {
        let host = engine(&papers, if skip { Shown::Expired } else { Shown::Right });
        let id: String = Sha256::digest(name).iter().map(|byte| format!("{byte:02x}")).collect();
        let meta = home.path().join("contexts/meta").join(&id);
        std::fs::create_dir_all(&meta).unwrap();
        let text = format!(
            r#"{{"Name":"{name}","Metadata":{{}},"Endpoints":{{"docker":{{"Host":"{host}","SkipTLSVerify":{skip}}}}}}}"#
        );
        std::fs::write(meta.join("meta.json"), text).unwrap();
        let tls = home.path().join("contexts/tls").join(&id).join("docker");
        std::fs::create_dir_all(&tls).unwrap();
        for file in ["ca.pem", "cert.pem", "key.pem"].iter().filter(|_| with_papers) {
            std::fs::copy(papers.path().join(file), tls.join(file)).unwrap();
        }
        let output = Command::new(env!("CARGO_BIN_EXE_econn"))
            .args(["diagnose", "--context", name, "--timeout", "20s", "--format", "json"])
            .env("DOCKER_CONFIG", home.path())
            .output()
            .unwrap();
        let report: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(report["engines"][0]["error"].is_null(), reached, "{name}: {report}");
        assert_eq!(report["engines"][0]["chosen_because"], format!("--context {name}"));
    }
}
