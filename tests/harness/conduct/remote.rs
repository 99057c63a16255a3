//! Engines that are reached from afar: by a real ssh server, by TLS before the same engine, and a second Docker that speaks
//! nothing but mutual TLS. What is seen is what is seen through the socket; what fails is told apart.

use super::econn::{econn, run};
use super::far::Far;
use super::front::{Papers, Shown};
use super::{incident, must};
use crate::harness::elsewhere::{self, Way};
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, diagnosis, free_port};
use serde_json::Value;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, UnixStream};

/// The incident is seen by ssh as it is seen through the socket.
pub(super) fn by_ssh(cast: &Cast, engine: Engine) -> Result<()> {
    let far = Far::ssh()?;
    let socket = engine.host().trim_start_matches("unix://").to_owned();
    // Docker's tools find the usual socket by themselves.
    let path = if socket == "/var/run/docker.sock" { "" } else { &socket };
    let host = format!("ssh://root@127.0.0.1:{}{path}", far.port);
    seen_alike(cast, engine, &host, Way::Ssh, far.econn(&host))
}

/// The same through TLS with a client's certificate, before the engine's socket.
pub(super) fn by_tls(cast: &Cast, engine: Engine) -> Result<()> {
    let papers = Papers::new();
    let host = secured(engine, &papers, Shown::Right)?;
    seen_alike(cast, engine, &host, Way::Tls, with_papers(&host, papers.path()))?;
    for (shown, told) in
        [(Shown::OfAnother, "it is for another name"), (Shown::Expired, "it has expired")]
    {
        let host = secured(engine, &papers, shown)?;
        refused(&mut with_papers(&host, papers.path()), &[&host, told])?;
    }
    Ok(())
}

/// Each way in which ssh does not lead to an engine has its own line.
pub(super) fn ssh_is_refused(_: &Cast, engine: Engine) -> Result<()> {
    let far = Far::ssh()?;
    let socket = engine.host().trim_start_matches("unix://").to_owned();
    let host = format!("ssh://root@127.0.0.1:{}{socket}", far.port);
    let nobody = format!("ssh://root@127.0.0.1:{}", free_port()?);
    refused(&mut far.econn(&nobody), &[&nobody, "nobody answers ssh"])?;
    let no_socket = format!("ssh://root@127.0.0.1:{}/no/such.sock", far.port);
    refused(&mut far.econn(&no_socket), &[&no_socket, "no engine answers there"])?;
    refused(far.econn(&host).env("PATH", far.path("")), &["the program ssh, which is not here"])?;
    let write = |file: &str, text: &str| {
        fs::write(far.path(file), text).map_err(|trouble| trouble.to_string())
    };
    write("authorized", "")?;
    refused(&mut far.econn(&host), &[&host, "refuses the login"])?;
    write("known", "")?;
    refused(&mut far.econn(&host), &[&host, "is not known here"])
}

/// A Docker that speaks nothing but mutual TLS, in its own words.
pub(super) fn docker_behind_tls(_: &Cast, _: Engine) -> Result<()> {
    let far = Far::docker()?;
    let host = format!("tcp://127.0.0.1:{}", far.port);
    let papers = far.folder.path().join("tls");
    let reached = run(&mut with_papers(&host, &papers))?;
    let report = reached.report_with(3)?;
    let engine = &list(&report, "engines")[0];
    must(engine["error"].is_null() && text(engine, "host") == host, || {
        reached.account("must be reached")
    })?;
    let others = Papers::new();
    refused(&mut with_papers(&host, others.path()), &[&host, "its issuer is not trusted"])?;
    let mixed = others.without_own();
    fs::copy(papers.join("ca.pem"), mixed.path().join("ca.pem")).map_err(|e| e.to_string())?;
    let asks = [&host, "asks for a client certificate"];
    refused(&mut with_papers(&host, mixed.path()), &asks)?;
    for file in ["cert.pem", "key.pem"] {
        fs::copy(others.path().join(file), mixed.path().join(file)).map_err(|e| e.to_string())?;
    }
    refused(&mut with_papers(&host, mixed.path()), &asks)?;
    let mut plain = econn();
    refused(plain.args(["diagnose", "--host", &host]), &[&host, "speaks TLS only"])
}

/// econn on the way to an engine behind TLS.
pub(super) fn with_papers(host: &str, papers: &Path) -> Command {
    let mut command = econn();
    command.env("DOCKER_TLS_VERIFY", "1").env("DOCKER_CERT_PATH", papers);
    command.args(["diagnose", "--host", host, "--timeout", "40s", "--format", "json"]);
    command
}

/// The run says in one line why it could not complete.
fn refused(command: &mut Command, told: &[&str]) -> Result<()> {
    let run = run(command)?;
    run.ended_with(&[3])?;
    run.says_in_one_line(told)
}

/// A door with TLS before the engine's socket; it stays until the tests end.
pub(super) fn secured(engine: Engine, papers: &Papers, shown: Shown) -> Result<String> {
    let socket = engine.host().trim_start_matches("unix://").to_owned();
    let acceptor = tokio_rustls::TlsAcceptor::from(papers.door(shown));
    let (tell, told) = std::sync::mpsc::channel();
    let socket = Arc::new(socket);
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        let Ok(runtime) = runtime else { return };
        runtime.block_on(async {
            let Ok(listener) = TcpListener::bind("127.0.0.1:0").await else { return };
            let _ = tell.send(listener.local_addr());
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, socket) = (acceptor.clone(), Arc::clone(&socket));
                tokio::spawn(async move {
                    let mut secure = acceptor.accept(tcp).await?;
                    let mut engine = UnixStream::connect(socket.as_str()).await?;
                    copy_bidirectional(&mut secure, &mut engine).await
                });
            }
        });
    });
    let address = told.recv().map_err(|_| "no door with TLS".to_owned())?;
    Ok(format!("tcp://{}", address.map_err(|trouble| trouble.to_string())?))
}

/// What a run from afar sees of the incident is what a run through the socket sees.
fn seen_alike(cast: &Cast, engine: Engine, host: &str, way: Way, mut afar: Command) -> Result<()> {
    let play = incident(cast, "serial+stale+bind+endpoint+network")?;
    let stage = Stage::set(&play.scene, engine, &play.on, false)?;
    let arguments = diagnosis::arguments(&stage, play)?;
    let near = run(econn().args(&arguments).args(["--host", &engine.host(), "--format", "json"]))?;
    let near = near.report_with(1)?;
    let run = run(afar.args(arguments.iter().skip(1)))?;
    let report = run.report_with(1)?;
    let used = &list(&report, "engines")[0];
    must(text(used, "host") == host && used["error"].is_null(), || {
        run.account(&format!("must be reached as {host}"))
    })?;
    let (rows, expected) = (rows(&report), rows(&near));
    must(rows.len() == expected.len(), || run.account("must see the same links"))?;
    for (row, near) in rows.iter().zip(&expected) {
        must(row == near, || run.account(&format!("{row:?} is {near:?} through the socket")))?;
    }
    elsewhere::note_by(way, play, engine, &report, &stage.words)?;
    stage.strike()
}

/// Link and check, and what came out.
fn rows(report: &Value) -> Vec<(String, String)> {
    let links = list(report, "links").iter();
    let rows = links.flat_map(|link| {
        list(link, "checks").iter().map(move |row| {
            (
                format!("{} {}", text(link, "id"), text(row, "check")),
                text(row, "outcome").to_owned(),
            )
        })
    });
    rows.collect()
}
