use super::{Environment, is_younger, program};
use crate::collect::links::told::{Joint, Known, from_env};
use crate::collect::source::compose::Project;
use checks::model::{Compose, Source};
use std::fs;
use std::time::{Duration, SystemTime};

/// What the files of a project say of the address that its container `web` has in `URL`: the places, then the edit.
fn says(files: &[(&str, &str)], has: &str, age: u64) -> String {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        fs::write(folder.path().join(name), text).unwrap();
    }
    let labels = Compose {
        project: "shop".into(),
        service: "web".into(),
        one_off: false,
        working_dir: Some(folder.path().display().to_string()),
        config_files: vec!["compose.yaml".into()],
        environment_files: Vec::new(),
        program: None,
    };
    let known = |vars| Known {
        is_name: &|name| name == "mock",
        vars,
        joint: Joint::default(),
        exported: &[],
    };
    let vars = [("URL".to_owned(), has.to_owned())];
    let told = from_env(&vars, &known(&vars)).into_iter().next().unwrap();
    let variables = Project::read(&labels).unwrap().environment("web").unwrap();
    let now = variables.get("URL").and_then(|found| found.value.clone());
    let vars = [("URL".to_owned(), now.unwrap_or_else(|| has.to_owned()))];
    let made = SystemTime::now().checked_sub(Duration::from_secs(age));
    let environment = Environment { variables, now: from_env(&vars, &known(&vars)), made };
    let said = environment.says(&Source::Env { name: "URL".into() }, &told);
    let short = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
    let places = said.places.iter().map(|place| short(&place.to_string()));
    let edit = said.retold.iter().map(|e| {
        let now = e.now.as_deref().unwrap_or("nothing");
        format!("{} line {} says {now} {} {}", short(&e.path), e.line, e.since, e.by_shell)
    });
    places.chain(edit).collect::<Vec<_>>().join("; ")
}

fn compose(value: &str) -> String {
    format!("services:\n  web:\n    environment:\n      URL: {value}\n")
}

#[test]
fn places_that_say_what_the_container_has() {
    let one = |value: &str, has: &str| says(&[("compose.yaml", &compose(value))], has, 60);
    assert_eq!(one("http://mock:8080/v1", "http://mock:8080/v1"), "compose.yaml line 4");
    assert_eq!(one("http://u:pw@mock:8080", "http://mock:8080"), "compose.yaml line 4");
    // What nobody can tell by now is no other address.
    assert_eq!(one("http://${HOST}:8080", "http://mock:8080"), "compose.yaml line 4");
    let files =
        [("compose.yaml", &*compose("${LLM:-http://old:1}")), (".env", "LLM=http://mock:8080\n")];
    assert_eq!(says(&files, "http://mock:8080", 60), "compose.yaml line 4; .env line 1");
    assert_eq!(says(&[("compose.yaml", "services: {web: {}}")], "http://mock:8080", 60), "");
}

#[test]
fn files_that_say_something_else_now() {
    let one = |value: &str, age| says(&[("compose.yaml", &compose(value))], "http://old:1", age);
    assert_eq!(one("http://mock:8080", 60), "compose.yaml line 4 says http://mock:8080 true false");
    assert_eq!(one("http://mock:8080", 0), "compose.yaml line 4 says http://mock:8080 false false");
    assert_eq!(one("none", 60), "compose.yaml line 4 says nothing true false");
    // The shell may have said it when the container was made: only a file that was written since tells.
    assert_eq!(
        one("${LLM:-http://mock:8080}", 60),
        "compose.yaml line 4 says http://mock:8080 true true"
    );
    assert_eq!(one("${LLM:-http://mock:8080}", 0), "");
}

#[test]
fn a_file_is_younger_by_more_than_a_second() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let now = SystemTime::now();
    assert!(is_younger(file.path(), now.checked_sub(Duration::from_secs(3)).unwrap()));
    assert!(!is_younger(file.path(), now));
    assert!(!is_younger(std::path::Path::new("/no/such/file"), now));
}

#[test]
fn version_two_without_its_command_line_stands_alone() {
    let folder = tempfile::tempdir().unwrap();
    let at = |dir: &str| folder.path().join(dir).display().to_string();
    let env = |name: &str| match name {
        "PATH" => Some(at("bin")),
        "DOCKER_CONFIG" => Some(at("docker")),
        _ => None,
    };
    for dir in ["bin", "docker/cli-plugins"] {
        fs::create_dir_all(at(dir)).unwrap();
    }
    // The machine's own plug-in, if it has one, decides as well.
    fs::write(at("bin/docker-compose"), "").unwrap();
    assert!(matches!(program(&env).as_deref(), Some("docker-compose") | None));
    fs::write(at("docker/cli-plugins/docker-compose"), "").unwrap();
    assert_eq!(program(&env), None);
}
