use super::{Assigned, Build, Project};
use checks::model::Compose;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

fn written(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

/// The labels of a container that was made from these files of a folder.
fn labels(dir: &Path, config_files: &str) -> Compose {
    Compose {
        project: "shop".into(),
        service: "web".into(),
        one_off: false,
        working_dir: Some(dir.display().to_string()),
        config_files: config_files.split(',').map(String::from).collect(),
        environment_files: Vec::new(),
        program: None,
    }
}

fn build(files: &[(&str, &str)], config_files: &str) -> Result<Option<Build>, String> {
    let dir = written(files);
    let root = dir.path().display().to_string();
    Project::read(&labels(dir.path(), &config_files.replace("ROOT", &root)))
        .and_then(|project| project.build_of("web"))
        .map(|found| {
            found.map(|build| Build {
                context: build.context.strip_prefix(dir.path()).unwrap_or(&build.context).into(),
                ..build
            })
        })
        .map_err(|error| error.replace(&format!("{root}/"), ""))
}

fn one(text: &str) -> Build {
    build(&[("compose.yaml", text), (".env", "DIR=from-env\nQ='a b' # no\n")], "ROOT/compose.yaml")
        .unwrap()
        .unwrap()
}

#[test]
fn a_build_is_a_folder_or_a_mapping() {
    let build = one("services:\n  web:\n    build: ./app\n");
    assert_eq!((build.context.to_str(), build.line), (Some("app"), 3));
    assert!(build.settings.args_known && build.settings.dockerfile.is_none());
    let build = one(
        "services:\n  web:\n    image: x\n    build:\n      context: ${DIR}\n      dockerfile: D.${U:-prod}\n      \
         target: run\n      args:\n        A: 1\n        B:\n        DIR:\n",
    );
    assert_eq!((build.context.to_str(), build.line), (Some("from-env"), 4));
    assert_eq!(build.settings.dockerfile.unwrap().to_str(), Some("D.prod"));
    assert_eq!(build.settings.target.as_deref(), Some("run"));
    let args: Vec<_> = build.settings.args.into_iter().collect();
    let expected = [("A", Some("1")), ("B", None), ("DIR", Some("from-env"))];
    assert_eq!(args, expected.map(|(name, value)| (name.to_owned(), value.map(String::from))));
}

#[test]
fn arguments_may_be_a_list() {
    let build = one("services: {web: {build: {args: [\"A=$Q\", B, \"C=$$x\"]}}}\n");
    let args: Vec<_> = build.settings.args.into_iter().collect();
    let expected = [("A", Some("a b")), ("B", None), ("C", Some("$x"))];
    assert_eq!(args, expected.map(|(name, value)| (name.to_owned(), value.map(String::from))));
    assert_eq!(build.context.to_str(), Some(""));
}

#[test]
fn later_files_win_field_by_field() {
    let first = "services: {web: {build: {context: a, dockerfile: D, args: {X: 1, Y: 1}}}}\n";
    let second = "services:\n  web:\n    build:\n      context: b\n      args: [X=2]\n";
    let build = build(&[("1.yaml", first), ("sub/2.yaml", second)], "ROOT/1.yaml,ROOT/sub/2.yaml")
        .unwrap()
        .unwrap();
    assert_eq!((build.context.to_str(), build.line), (Some("b"), 3));
    assert_eq!(build.settings.dockerfile.unwrap().to_str(), Some("D"));
    assert_eq!(build.settings.args["X"].as_deref(), Some("2"));
    assert_eq!(build.settings.args["Y"].as_deref(), Some("1"));
}

#[test]
fn anchors_and_extensions_are_followed() {
    let build_text = "x-b: &b\n  build: {context: shared}\nservices:\n  web:\n    <<: *b\n";
    assert_eq!(one(build_text).context.to_str(), Some("shared"));
    let base = "services: {base: {build: ./app}}\n";
    let main = "services: {web: {extends: {file: lib/base.yaml, service: base}}}\n";
    let found = build(&[("c.yaml", main), ("lib/base.yaml", base)], "c.yaml").unwrap().unwrap();
    assert_eq!(found.context.to_str(), Some("lib/app"));
}

#[test]
fn what_cannot_be_used_is_one_line() {
    let error = |text: &str| build(&[("c.yaml", text)], "c.yaml").map(|found| found.is_some());
    assert_eq!(error("services: {web: {image: x}}\n"), Ok(false));
    assert_eq!(error("services: {other: {build: .}}\n"), Ok(false));
    assert_eq!(
        error("services:\n  web:\n    build: $NO\n"),
        Err("c.yaml:3: variable NO is not known".into())
    );
    assert_eq!(
        error("services: {web: {build: 'https://x/y.git'}}"),
        Err("c.yaml:1: the build context is no folder of this machine".into())
    );
    assert!(error("services: [\n").unwrap_err().starts_with("c.yaml:2: "));
    assert!(build(&[], "none.yaml").unwrap_err().starts_with("none.yaml cannot be read"));
}

/// The environment of a service of the first of these files, a line each: place, variable, value, and what gives it.
fn environment(files: &[(&str, &str)], config_files: &str, service: &str) -> Vec<String> {
    let dir = written(files);
    let project = Project::read(&labels(dir.path(), config_files)).unwrap();
    let short = |path: &Path| path.strip_prefix(dir.path()).unwrap().display().to_string();
    let line = |(name, found): (String, Assigned)| {
        let by = found.given_by.map(|(path, line)| format!(" by {}:{line}", short(&path)));
        let shell = if found.by_shell { " or the shell" } else { "" };
        let value = found.value.as_deref().unwrap_or("?");
        let place = short(&found.file);
        format!("{place}:{} {name}={value}{}{shell}", found.line, by.unwrap_or_default())
    };
    let found: BTreeMap<String, Assigned> = project.environment(service).unwrap();
    found.into_iter().map(line).collect()
}

#[test]
fn the_environment_is_a_list_or_a_mapping() {
    let text = "services:\n  web:\n    environment:\n      # why\n      A: 1\n      B:\n  api:\n    \
                environment:\n      - A=2\n      - B\n";
    let files = [("c.yaml", text), (".env", "# x\nB=3\n")];
    assert_eq!(
        environment(&files, "c.yaml", "web"),
        ["c.yaml:5 A=1", "c.yaml:6 B=3 by .env:2 or the shell"]
    );
    assert_eq!(
        environment(&files, "c.yaml", "api"),
        ["c.yaml:9 A=2", "c.yaml:10 B=3 by .env:2 or the shell"]
    );
    assert!(environment(&files, "c.yaml", "none").is_empty());
    let anchored = "x: &e\n  A: 1\nservices:\n  web:\n    environment:\n      <<: *e\n      C: 2\n";
    assert_eq!(
        environment(&[("c.yaml", anchored)], "c.yaml", "web"),
        ["c.yaml:2 A=1", "c.yaml:7 C=2"]
    );
}

#[test]
fn variables_in_the_environment_are_filled_in() {
    let text = "services:\n  web:\n    environment:\n      A: http://${HOST:-mock}:${PORT:-8080}\n      \
                B: ${NO}\n      C: $${NO}\n      D: ${TWO:-x}\n";
    let files = [("c.yaml", text), (".env", "PORT=9090\nTWO=$PORT\n")];
    assert_eq!(
        environment(&files, "c.yaml", "web"),
        [
            "c.yaml:4 A=http://mock:9090 by .env:1 or the shell",
            "c.yaml:5 B=? or the shell",
            "c.yaml:6 C=${NO}",
            "c.yaml:7 D=? or the shell",
        ]
    );
}

#[test]
fn files_and_services_are_laid_over_each_other() {
    let base = "services:\n  base:\n    env_file: b.env\n    environment: {B: base}\n";
    let main = "services:\n  web:\n    extends: {file: lib/base.yaml, service: base}\n    \
                env_file:\n      - w.env\n      - {path: x.env, required: false}\n    \
                environment: {W: main}\n";
    let over = "services:\n  web:\n    environment:\n      - W=over\n";
    let files = [
        ("c.yaml", main),
        ("o.yaml", over),
        ("lib/base.yaml", base),
        ("lib/b.env", "FAR=1\nB=file\n"),
        ("w.env", "\nW=file\nNEAR='2'\nFAR=3\n"),
        ("x.env", "X=4\n"),
    ];
    assert_eq!(
        environment(&files, "c.yaml,o.yaml", "web"),
        [
            "lib/base.yaml:4 B=base",
            "w.env:4 FAR=3",
            "w.env:3 NEAR=2",
            "o.yaml:4 W=over",
            "x.env:1 X=4"
        ]
    );
    // Without the second file, the first one's own word.
    assert!(environment(&files, "c.yaml", "web").contains(&"c.yaml:7 W=main".to_owned()));
}

#[test]
fn what_is_included_is_part_of_the_project() {
    let main = "include:\n  - lib/a.yaml\n  - path: [lib/b.yaml]\n    project_directory: .\n  - oci://far/x\n\
                services: {}\n";
    let one = "services:\n  web:\n    env_file: w.env\n    environment:\n      A: ${A}${B}\n    build: .\n";
    let files = [
        ("c.yaml", main),
        ("lib/a.yaml", one),
        ("lib/b.yaml", "services:\n  db:\n    env_file: w.env\n"),
        ("lib/w.env", "W=lib\n"),
        ("w.env", "W=top\n"),
        (".env", "A=top\n"),
        ("lib/.env", "A=lib\nB=lib\n"),
    ];
    assert_eq!(
        environment(&files, "c.yaml", "web"),
        ["lib/a.yaml:5 A=toplib by .env:1 or the shell", "lib/w.env:1 W=lib"]
    );
    assert_eq!(environment(&files, "c.yaml", "db"), ["w.env:1 W=top"]);
    assert_eq!(build(&files, "c.yaml").unwrap().unwrap().context.to_str(), Some("lib"));
    // Files that include each other, or themselves, end.
    let round = [("c.yaml", "include: [d.yaml]\n"), ("d.yaml", "include: [c.yaml, d.yaml]\n")];
    assert!(environment(&round, "c.yaml", "web").is_empty());
}

#[test]
fn what_a_later_file_resets_or_overrides_is_gone() {
    let base =
        "services:\n  web:\n    build: .\n    env_file: w.env\n    environment: {A: 1, B: 1}\n";
    let over = |text| {
        let files = [("c.yaml", base), ("o.yaml", text), ("w.env", "W=1\n")];
        (
            environment(&files, "c.yaml,o.yaml", "web"),
            build(&files, "c.yaml,o.yaml").unwrap().is_some(),
        )
    };
    let (found, built) = over("services:\n  web:\n    environment: !override {B: 2}\n");
    assert_eq!((found.join(" "), built), ("o.yaml:3 B=2 w.env:1 W=1".into(), true));
    let (found, built) =
        over("services:\n  web:\n    env_file: !reset []\n    build: !reset null\n");
    assert_eq!((found.join(" "), built), ("c.yaml:5 A=1 c.yaml:5 B=1".into(), false));
    let (found, built) = over("services:\n  web: !override\n    environment: {C: 3}\n");
    assert_eq!((found.join(" "), built), ("o.yaml:3 C=3".into(), false));
}

#[test]
fn podmans_program_looks_for_files_of_variables_in_the_projects_folder() {
    let main = "services: {web: {extends: {file: lib/base.yaml, service: base}}}\n";
    let base = "services:\n  base:\n    build: ./app\n    env_file: b.env\n";
    let files =
        [("c.yaml", main), ("lib/base.yaml", base), ("b.env", "B=top\n"), ("lib/b.env", "B=lib\n")];
    let dir = written(&files);
    let mut labels = labels(dir.path(), "c.yaml");
    let says = |labels: &Compose| {
        let project = Project::read(labels).unwrap();
        let context = project.build_of("web").unwrap().unwrap().context;
        let value = project.environment("web").unwrap()["B"].value.clone().unwrap();
        (value, context.strip_prefix(dir.path()).unwrap().display().to_string())
    };
    assert_eq!(says(&labels), ("lib".into(), "lib/app".into()));
    labels.program = Some("podman-compose".into());
    assert_eq!(says(&labels), ("top".into(), "lib/app".into()));
}

#[test]
fn services_and_their_profiles() {
    let text = "services:\n  web: {image: x}\n  db:\n    image: y\n    profiles: [data, all]\n";
    let dir = written(&[("c.yaml", text)]);
    let project = Project::read(&labels(dir.path(), "c.yaml")).unwrap();
    let found = |name| project.service(name).map(|(_, line, profiles)| (line, profiles.join(" ")));
    assert_eq!(found("web"), Some((2, String::new())));
    assert_eq!(found("db"), Some((3, "data all".into())));
    assert_eq!(found("none"), None);
}

#[test]
fn the_file_of_variables_may_have_another_name() {
    let files = [
        ("c.yaml", "services: {web: {build: \"${D}\"}}\n"),
        ("ci.env", "D=ci\n"),
        (".env", "D=own\n"),
    ];
    let dir = written(&files);
    let mut labels = labels(dir.path(), "c.yaml");
    let context = |labels: &Compose| {
        let build = Project::read(labels).unwrap().build_of("web").unwrap().unwrap();
        build.context.strip_prefix(dir.path()).unwrap().display().to_string()
    };
    assert_eq!(context(&labels), "own");
    labels.environment_files = vec![dir.path().join("ci.env").display().to_string()];
    assert_eq!(context(&labels), "ci");
}

proptest! {
    #[test]
    fn no_file_panics(text in "(services|web|build|environment|env_file|extends|: |\n|  |- |context|[${}\\[\\],x=]){0,20}") {
        let dir = written(&[("c.yaml", &text)]);
        if let Ok(project) = Project::read(&labels(dir.path(), "c.yaml")) {
            let _ = project.build_of("web");
            let _ = project.environment("web");
            project.service("web");
        }
    }
}
