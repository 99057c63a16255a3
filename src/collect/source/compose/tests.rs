use super::{Build, build_of, dotenv, environment_line};
use proptest::prelude::*;
use std::fs;

fn build(files: &[(&str, &str)], config_files: &str) -> Result<Option<Build>, String> {
    let dir = tempfile::tempdir().unwrap();
    for (name, text) in files {
        let path = dir.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let root = dir.path().display().to_string();
    build_of(dir.path(), &config_files.replace("ROOT", &root), "web")
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

#[test]
fn lines_of_the_environment() {
    let text = "services:\n  web:\n    environment:\n      # why\n      A: 1\n      B:\n  api:\n    environment:\n      - A=2\n      - B\n";
    for (service, variable, line) in [
        ("web", "A", Some(5)),
        ("web", "B", Some(6)),
        ("api", "A", Some(9)),
        ("api", "B", Some(10)),
        ("api", "C", None),
    ] {
        assert_eq!(environment_line(text, service, variable), line, "{service} {variable}");
    }
    let anchored = "x: &e\n  A: 1\nservices:\n  web:\n    environment:\n      <<: *e\n";
    assert_eq!(environment_line(anchored, "web", "A"), Some(2));
}

#[test]
fn variables_of_the_project() {
    let found = dotenv("A=1\n# B=2\nexport C = 'x # y'  \nD=\"q\" # z\nE=a b # c\nF=\nnonsense\n");
    let expected = [("A", "1"), ("C", "x # y"), ("D", "q"), ("E", "a b"), ("F", "")];
    assert_eq!(
        found.into_iter().collect::<Vec<_>>(),
        expected.map(|(a, b)| (a.to_owned(), b.to_owned()))
    );
}

proptest! {
    #[test]
    fn no_file_panics(text in "(services|web|build|: |\n|  |- |context|[${}\\[\\],x]){0,20}") {
        let _ = build(&[("c.yaml", &text)], "c.yaml");
        environment_line(&text, "web", "x");
        dotenv(&text);
    }
}
