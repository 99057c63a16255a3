//! Files that lie beside a program's own configuration and tell others: descriptions of interfaces, of other containers, of
//! builds, and examples. A folder of sources that is mounted whole is full of them.

use super::super::words::List;
use super::file_name;
use super::item::Item;
use super::shapes::begins;
use std::path::Path;

/// Files that describe packages, builds and the system itself, not connections.
const MANIFESTS: List = List(
    "\
    package.json package-lock.json composer.json tsconfig.json bower.json deno.json lerna.json \
    pnpm-lock.yaml pnpm-workspace.yaml cargo.toml pyproject.toml setup.cfg tox.ini pytest.ini \
    nsswitch.conf resolv.conf ld.so.conf host.conf pip.conf .gitlab-ci.yml .travis.yml \
    azure-pipelines.yml bitbucket-pipelines.yml mkdocs.yml devcontainer.json launch.json \
    renovate.json docker-bake.json chart.yaml values.schema.json",
);

/// A word of the name of a file that is there to be copied.
const EXAMPLES: List = List("example examples sample samples template templates tmpl tpl dist");

/// Folders with the programs and tools of others.
const FOLDERS: List = List(
    "\
    node_modules site-packages vendor venv .venv __pycache__ .git .github .gitlab .circleci .vscode \
    .idea .devcontainer examples",
);

/// Folders whose files are given to browsers, which read `config.json` there by themselves.
const PAGES: List = List("html htdocs wwwroot public static assets");

/// What runs in a cluster; other programs write `kind` into their own configuration, too.
const WORKLOADS: List = List(
    "\
    deployment statefulset daemonset replicaset pod job cronjob service ingress configmap secret \
    namespace helmrelease kustomization httproute",
);

/// Is a folder of this name never searched?
pub(crate) fn is_folder(name: &str) -> bool {
    FOLDERS.has(name)
}

/// By its path, does the file tell nothing to the program beside which it lies?
pub(super) fn is_path(path: &str) -> bool {
    let name = file_name(path);
    let folders = || path.split('/').rev().skip(1);
    let example = name.split(['.', '-', '_']).any(|word| EXAMPLES.has(word));
    let ends_with = |wanted: &[&str]| {
        Path::new(&name).extension().is_some_and(|end| wanted.iter().any(|one| end == *one))
    };
    let page = ends_with(&["json"]) && folders().any(|folder| PAGES.has(folder));
    // Those of Helm and Ansible are no YAML before they are filled in.
    let yaml = ends_with(&["yaml", "yml"]);
    let template = yaml && folders().any(|folder| folder == "templates");
    example || page || template || MANIFESTS.has(&name) || folders().any(is_folder)
}

/// By what it holds, does a document tell others?
pub(super) fn is_document(items: &[Item]) -> bool {
    let has = |keys: &[&str]| items.iter().any(|item| begins(item, keys));
    let interface = ["openapi", "swagger", "asyncapi"].into_iter().any(|name| has(&[name]));
    let containers = has(&["services", "*", "image"]) || has(&["services", "*", "build"]);
    let pipeline = has(&["jobs", "*", "runs-on"]) || has(&["jobs", "*", "steps"]);
    let is_workload = |it: &Item| begins(it, &["kind"]) && WORKLOADS.has(&it.value.to_lowercase());
    let workload = has(&["apiVersion"]) && items.iter().any(is_workload);
    let schema = |it: &Item| begins(it, &["$schema"]) && it.value.contains("//json-schema.org/");
    interface
        || items.iter().any(schema)
        || containers
        || pipeline
        || workload
        || has(&["info", "_postman_id"])
}

/// Words for the environment a file is written for, each with what it is short for.
const ENVIRONMENTS: &[(&str, &str)] = &[
    ("development", "dev"),
    ("dev", "dev"),
    ("production", "prod"),
    ("prod", "prod"),
    ("staging", "staging"),
    ("stage", "staging"),
    ("testing", "test"),
    ("test", "test"),
];

/// Is the file (`.env.development`, `application-dev.yml`, `appsettings.Development.json`) one of another environment than the
/// one that the program is told (`NODE_ENV`, `SPRING_PROFILES_ACTIVE`), and named nowhere?
pub(crate) fn is_of_another_environment(
    path: &str,
    vars: &[(String, String)],
    argv: &[String],
) -> bool {
    let name = file_name(path);
    let mut words = name.split(['.', '-', '_']).rev();
    let last = words.next().unwrap_or_default();
    let before = || environment(words.next().unwrap_or_default());
    let Some(own) = environment(last).or_else(before) else { return false };
    let told = told_environments(vars);
    let named = || {
        let mut values = vars.iter().map(|(_, value)| value).chain(argv);
        values.any(|text| text.to_ascii_lowercase().contains(&name))
    };
    !told.is_empty() && !told.contains(&own) && !named()
}

/// What a word for an environment is short for.
pub(super) fn environment(word: &str) -> Option<&'static str> {
    let word = word.trim().to_ascii_lowercase();
    ENVIRONMENTS.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind)
}

/// The environments that the program is told to run in.
pub(super) fn told_environments(vars: &[(String, String)]) -> Vec<&'static str> {
    let says = |name: &str| {
        let name = name.to_ascii_lowercase();
        ["env", "environment", "environments", "profile", "profiles_active"].iter().any(|end| {
            name.strip_suffix(end).is_some_and(|head| head.is_empty() || head.ends_with('_'))
        })
    };
    vars.iter()
        .filter(|(name, _)| says(name))
        .flat_map(|(_, value)| value.split(',').filter_map(environment))
        .collect()
}
