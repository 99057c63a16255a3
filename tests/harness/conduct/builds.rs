//! What a real build copies decides what image-freshness says: generated folders, Dockerfiles and ignore files, each built,
//! changed in one file, and built again.

use super::econn::{econn, run};
use super::must;
use crate::harness::scene::{Build, Container, Network, Scene};
use crate::harness::stage::Stage;
use crate::harness::verdict::{list, text};
use crate::harness::{Cast, Engine, Result, run_id};
use proptest::prelude::*;
use proptest::sample::{Index, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use std::collections::BTreeMap;
use std::io::Write;

/// How many folders are built; one that no engine builds does not count.
const CASES: usize = 6;

const FILES: [&str; 9] = [
    "a.txt",
    "b.log",
    "README.md",
    "src/main.py",
    "src/x.log",
    "src/deep/y.md",
    "lib/z.py",
    "node_modules/n.js",
    "with space.txt",
];

const COPIES: [&str; 10] = [
    "COPY . /app/",
    "COPY src /app/src",
    "COPY *.txt /app/",
    "COPY src/ lib/ /both/",
    "COPY a.txt /app/renamed.txt",
    "COPY src/*.py /app/flat/",
    "COPY [\"with space.txt\", \"/app/\"]",
    "WORKDIR /work\nCOPY lib ./l",
    "ADD b.log /logs/",
    "ARG WHERE=/app/arg\nCOPY README.md ${WHERE}/",
];

const IGNORED: [&str; 11] = [
    "*.log",
    "**/*.log",
    "node_modules",
    "src/deep",
    "!src/deep/y.md",
    "*.md",
    "!README.md",
    "/a.txt",
    "lib/",
    "# a.txt",
    "src/*",
];

/// Lists everything that the Dockerfile may have written, with its content.
const TREE: &str = "find /app /both /logs /work -type f 2>/dev/null | sort | while read -r f; do md5sum \"$f\"; done";

#[derive(Debug)]
struct Case {
    dockerfile: String,
    ignored: String,
    changed: &'static str,
}

fn case(runner: &mut TestRunner) -> Result<Case> {
    let strategy =
        (subsequence(COPIES.to_vec(), 1..4), subsequence(IGNORED.to_vec(), 0..4), any::<Index>());
    let (copies, ignored, changed) =
        strategy.new_tree(runner).map_err(|why| why.to_string())?.current();
    Ok(Case {
        dockerfile: format!(
            "FROM econn-lab-python:1\n{}\nCMD [\"sleep\", \"infinity\"]\n",
            copies.join("\n")
        ),
        ignored: ignored.join("\n"),
        changed: FILES[changed.index(FILES.len())],
    })
}

/// Where a build after the change makes another image, econn never says that the container is fresh; where it makes the same,
/// never that it is old. And it does know, most of the time.
pub(super) fn decide(_: &Cast, engine: Engine) -> Result<()> {
    let mut runner = TestRunner::deterministic();
    let (mut seen, mut old, mut found) = (0, 0, 0);
    while seen < CASES {
        let case = case(&mut runner)?;
        let stage = match Stage::set(&scene(&case), engine, &[], false) {
            Ok(stage) => stage,
            // A pattern that copies nothing is an error of the build.
            Err(why) if why.contains("build") => continue,
            Err(why) => return Err(why),
        };
        seen += 1;
        let is_old = changes(&stage, engine, &case)?;
        let (outcome, account) = freshness(&stage, &case)?;
        let wrong = if is_old { outcome == "pass" } else { outcome == "fail" };
        must(!wrong, || format!("{case:?}\na new build {}\n{account}", said(is_old)))?;
        old += usize::from(is_old);
        found += usize::from(is_old && outcome == "fail");
        stage.strike()?;
    }
    must(old > 0 && found * 2 >= old, || format!("of {old} old images only {found} were found"))
}

fn said(is_old: bool) -> &'static str {
    if is_old { "changes the image" } else { "makes the same image" }
}

fn scene(case: &Case) -> Scene {
    let mut files: BTreeMap<String, String> =
        FILES.iter().map(|name| ((*name).to_owned(), format!("{name}\n"))).collect();
    files.insert("Dockerfile".into(), case.dockerfile.clone());
    files.insert(".dockerignore".into(), case.ignored.clone());
    let image = Build {
        name: "made".into(),
        commit: vec![],
        files,
        at: None,
        edits: BTreeMap::new(),
        again: false,
        options: vec![],
    };
    let container = |name: &str| Container {
        name: name.into(),
        networks: vec!["net".into()],
        ..Container::default()
    };
    let server = Container { build: Some("made".into()), ..container("server") };
    let mut client = container("client");
    client.env.insert("SERVER_URL".into(), "http://{{server}}:8080".into());
    Scene {
        network: vec![Network { name: "net".into(), options: vec![] }],
        build: vec![image],
        container: vec![server, client],
        source: [("server".to_owned(), "made".to_owned())].into(),
        ..Scene::default()
    }
}

/// Changes one file, builds again, and says whether that made another content.
fn changes(stage: &Stage, engine: Engine, case: &Case) -> Result<bool> {
    let (folder, image) =
        (stage.words.fill("{{folder:made}}")?, stage.words.fill("{{image:made}}")?);
    let again = image.replace(":1", ":2");
    let file = std::path::Path::new(&folder).join(case.changed);
    std::fs::OpenOptions::new()
        .append(true)
        .open(&file)
        .and_then(|mut file| file.write_all(b"changed\n"))
        .map_err(|why| format!("{}: {why}", file.display()))?;
    let label = format!("--label=econn.lab={}", run_id());
    engine.run(["build", "--quiet", "--no-cache", &label, "--tag", &again, &folder])?;
    let tree = |image: &str| {
        engine.run(["run", "--rm", "--pull=never", "--network=none", image, "sh", "-c", TREE])
    };
    let is_old = tree(&image)? != tree(&again)?;
    engine.run(["image", "rm", &again])?;
    Ok(is_old)
}

/// What image-freshness says, and the account of the run.
fn freshness(stage: &Stage, case: &Case) -> Result<(String, String)> {
    let (server, folder) = (stage.words.name("server")?, stage.words.fill("{{folder:made}}")?);
    let run = run(econn()
        .args(["diagnose", "--engine", stage.engine.name(), &server, "--format", "json"])
        .arg(format!("--source={server}={folder}")))?;
    let report = run.report()?;
    let rows = list(&report, "links").iter().flat_map(|link| list(link, "checks"));
    let mut rows = rows.filter(|row| text(row, "check") == "image-freshness");
    let outcome = rows.next().map(|row| text(row, "outcome").to_owned());
    let account = run.account(&format!("{} was changed", case.changed));
    Ok((outcome.ok_or_else(|| run.account("says nothing of the image"))?, account))
}
