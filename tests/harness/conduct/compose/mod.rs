//! Projects that the programs themselves make: what their labels, files and names become in a report, and that its
//! commands can be pasted.

mod layers;
mod project;

pub(super) use layers::follows_its_files;

use super::must;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result};
use project::{Project, programs};
use serde_json::json;
use std::time::Duration;

/// A client that is told this address.
fn web(url: &str) -> String {
    format!("web:\n  <<: *lab\n  environment:\n    LLM_URL: {url}\n")
}

const MOCK: &str = "mock:\n  <<: *server\n";

/// Files are told from containers by their age in seconds.
fn a_while() {
    std::thread::sleep(Duration::from_millis(2500));
}

/// Does the same with every program of the engine.
fn with_each(engine: Engine, story: fn(Engine, &'static str) -> Result<()>) -> Result<()> {
    programs(engine).iter().try_for_each(|version| {
        story(engine, version).map_err(|trouble| format!("Compose {version}: {trouble}"))
    })
}

/// A pair that meets by service name, scaled, beside a project with the same services; and services by name.
pub(super) fn names_services(_: &Cast, engine: Engine) -> Result<()> {
    with_each(engine, |engine, version| {
        let services = web("http://mock:8080") + MOCK;
        let project = Project::write(engine, version, &services)?;
        let other = project.twin(&services)?;
        other.up(&[])?;
        project.up(&["--scale", "mock=2"])?;
        for exit in [0, 0] {
            let link = project.link(exit)?;
            // Python's own server has a short queue, which is a warning of another check.
            for check in ["endpoint-config", "shared-network", "server-state", "network-path"] {
                link.must(link.outcome(check) == "pass", &format!("{check} must pass"))?;
            }
            let place = project.line("compose.yaml", "LLM_URL")?;
            let source =
                json!({"kind": "compose", "path": project.path("compose.yaml"), "line": place});
            let sources = list(&link.link["endpoint"], "sources");
            link.must(sources.contains(&source), &format!("{source} tells the address"))?;
            link.must(link.link["client_service"] == "web", "the client is the service web")?;
            link.must(
                link.link["server_service"] == project.fill("mock"),
                "the server is the service mock",
            )?;
        }
        let run = project.diagnose(&[])?;
        let to = project.fill("http://mock:8080");
        let shown = format!("web ({}) -> {to}", project.container("web")?);
        must(run.stdout.contains(&shown), || run.account(&format!("must say {shown}")))?;

        let mut econn = super::econn::econn();
        let near = format!("{}z", project.name);
        let run = super::econn::run(econn.args(["diagnose", "--project", &near]))?;
        run.ended_with(&[2])?;
        run.says_in_one_line(&[&near, &format!("did you mean {}?", project.name)])?;
        project.down()?;
        other.down()
    })
}

/// Wrong addresses, each with the line of the file that tells it.
pub(super) fn finds_the_line(_: &Cast, engine: Engine) -> Result<()> {
    with_each(engine, |engine, version| {
        let faults = [("http://mokc-mock:8080", "EC403"), ("http://127.0.0.1:8080", "EC401")];
        for (url, code) in faults {
            let listed = format!("web:\n  <<: *lab\n  environment:\n    - LLM_URL={url}\n");
            let project = Project::write(engine, version, &(listed + MOCK))?;
            project.up(&[])?;
            let link = project.link(1)?;
            link.is_caused_by(code)?;
            let place = project.line("compose.yaml", "LLM_URL")?;
            let sources = list(&link.link["endpoint"], "sources");
            let is_told =
                sources.iter().any(|s| text(s, "kind") == "compose" && s["line"] == place);
            link.must(is_told, &format!("line {place} tells the address"))?;
            link.must(
                link.link["checks"].to_string().contains("-      - LLM_URL="),
                "a patch changes that line",
            )?;
            project.down()?;
        }
        Ok(())
    })
}

/// A file is edited, the container only restarted; and the report's own command mends it.
pub(super) fn knows_what_was_edited(_: &Cast, engine: Engine) -> Result<()> {
    with_each(engine, |engine, version| {
        let web = "web:\n  <<: *lab\n  env_file: web.env\n";
        let project = Project::write(engine, version, &(web.to_owned() + MOCK))?;
        project.file("web.env", "# where the model answers\nLLM_URL=http://old:8080\n")?;
        project.up(&[])?;
        project.link(1)?.is_caused_by("EC403")?;
        a_while();
        project.file("web.env", "LLM_URL=http://mock:8080\n")?;
        project.run(&["restart", "-t", "0", "web"])?;
        let link = project.link(1)?;
        link.is_caused_by("EC421")?;
        project.paste(&link.command("EC421")?)?;
        let link = project.link(0)?;
        let source = json!({"kind": "compose", "path": project.path("web.env"), "line": 1});
        let sources = list(&link.link["endpoint"], "sources");
        link.must(sources.contains(&source), &format!("{source} tells the address"))?;
        project.down()?;

        // What the shell may have said when the container was made is no fault, but a warning after an edit.
        let web = "web:\n  <<: *lab\n  environment:\n    LLM_URL: http://${LLM:-mock}:8080\n";
        let project = Project::write(engine, version, &(web.to_owned() + MOCK))?;
        project.file(".env", "LLM=mock\n")?;
        project.up(&[])?;
        project.link(0)?;
        a_while();
        project.file(".env", "LLM=mock-2\n")?;
        let link = project.link(0)?;
        let warned = link.link["checks"].to_string().contains("EC421");
        link.must(warned && link.outcome("endpoint-config") == "warn", "must warn of the edit")?;
        project.down()
    })
}

/// A dependency in a profile that nobody enabled; and the report's own command starts it.
pub(super) fn knows_what_never_started(_: &Cast, engine: Engine) -> Result<()> {
    with_each(engine, |engine, version| {
        let mock = "mock:\n  <<: *server\n  profiles: [models]\n";
        let project = Project::write(engine, version, &(web("http://mock:8080") + mock))?;
        project.up(&[])?;
        let link = project.link(1)?;
        link.is_caused_by("EC422")?;
        link.must(link.link["server"].is_null(), "no container is meant")?;
        let command = link.command("EC422")?;
        link.must(
            command.contains(&project.fill("--profile models up -d mock")),
            "its profile starts it",
        )?;
        // Another project's service carries the name, so that it is right, and out of reach; the same command ends that.
        let other = project.twin(MOCK)?;
        other.up(&[])?;
        let link = project.link(1)?;
        link.is_caused_by("EC501")?;
        link.must(link.command("EC501")? == command, "its own service is started")?;
        project.paste(&command)?;
        project.link(0)?;
        other.down()?;
        project.down()
    })
}

/// The build context is found with no flag, through the labels.
pub(super) fn finds_the_build(_: &Cast, engine: Engine) -> Result<()> {
    with_each(engine, |engine, version| {
        let mock =
            "mock:\n  <<: *server\n  image: \"IMAGE\"\n  build: {context: \"./${DIR:-app}\"}\n";
        let services = web("http://mock:8080") + mock;
        let name = format!("econn-lab-composed-{}:1", std::process::id());
        let project = Project::write(engine, version, &services.replace("IMAGE", &name))?;
        let dockerfile =
            "FROM econn-lab-python:1\nLABEL econn.lab=RUN\nCOPY page.html /page.html\n";
        let dockerfile = dockerfile.replace("RUN", &crate::harness::run_id());
        project.file("app/Dockerfile", &dockerfile)?;
        project.file("app/page.html", "one\n")?;
        let told = (|| {
            project.run(&["build"])?;
            project.up(&[])?;
            project.link(0)?;
            project.file("app/page.html", "two\n")?;
            project.link(1)?.is_caused_by("EC201").map(|_| ())
        })();
        project.down()?;
        let _ = engine.run(["image", "rm", "--force", &name]);
        told
    })
}

/// Two projects, a one-off container without the service's name, and a service that left its project's network.
pub(super) fn sees_the_networks(_: &Cast, engine: Engine) -> Result<()> {
    with_each(engine, |engine, version| {
        let bank = Project::write(engine, version, "ledger:\n  <<: *server\n")?;
        bank.up(&[])?;
        let shop = Project::write(engine, version, &web("http://ledger:8080"))?;
        shop.up(&[])?;
        let link = shop.link(1)?;
        link.is_caused_by("EC501")?;
        link.must(text(&link.link["server"], "container").starts_with(&bank.name), "of the bank")?;
        shop.down()?;
        bank.down()?;

        // Podman gives a one-off container its service's name; Docker does not.
        let shop = Project::write(engine, version, &(web("http://mock:8080") + MOCK))?;
        shop.up(&["web"])?;
        shop.run(&["run", "-d", "mock"])?;
        shop.ready()?;
        if engine.kind() == Engine::Docker {
            shop.link(1)?.is_caused_by("EC504")?;
        } else {
            shop.diagnose(&[])?.ended_with(&[0, 1])?;
        }
        shop.down()?;

        let away = web("http://mock:8080") + "  network_mode: bridge\n" + MOCK;
        let shop = Project::write(engine, version, &away)?;
        shop.up(&[])?;
        shop.link(1)?.is_caused_by("EC501")?;
        shop.down()
    })
}
