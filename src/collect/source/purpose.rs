//! What a file of the context is there for, as far as its name tells.

/// Names of files that people read, without what follows them.
const FOR_PEOPLE: [&str; 14] = [
    "readme",
    "changelog",
    "changes",
    "history",
    "license",
    "licence",
    "copying",
    "notice",
    "contributing",
    "code_of_conduct",
    "codeowners",
    "authors",
    "security",
    "todo",
];
/// Those of them that stand in any folder: elsewhere the others may be pages that are served.
const ANYWHERE: [&str; 4] = ["readme", "changelog", "license", "licence"];
/// What such a name may end in. Without an ending of text it is written in large letters: programs and data are not.
const WORDS: [&str; 4] = ["md", "rst", "adoc", "markdown"];
const PLAIN: [&str; 2] = ["", "txt"];
/// Files that tell how the rest is built, started, checked and kept: whole names.
const FOR_BUILDERS: [&str; 20] = [
    ".dockerignore",
    ".containerignore",
    ".gitignore",
    ".gitattributes",
    ".gitmodules",
    ".editorconfig",
    ".pre-commit-config.yaml",
    ".gitlab-ci.yml",
    ".travis.yml",
    ".drone.yml",
    "azure-pipelines.yml",
    "bitbucket-pipelines.yml",
    "jenkinsfile",
    "econn.toml",
    "docker-bake.hcl",
    "skaffold.yaml",
    "renovate.json",
    "mypy.ini",
    "tox.ini",
    ".env.example",
];
/// Folders of such files.
const FOLDERS: [&str; 5] = [".github", ".gitlab", ".circleci", ".buildkite", ".devcontainer"];

/// Whether no program reads a file while it serves: it tells people what the program is, or builders what to do with it.
pub(crate) fn is_beside_the_program(path: &str) -> bool {
    let (folders, written) = path.rsplit_once('/').unwrap_or(("", path));
    let name = written.to_lowercase();
    let is_yaml = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    let is_recipe = |usual: &str| {
        name.strip_prefix(usual).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            || name.ends_with(&format!(".{usual}"))
    };
    let (stem, ending) = name.rsplit_once('.').unwrap_or((&name, ""));
    // `LICENSE-MIT`, `README.de.md`.
    let title = stem.split(['-', '.']).next().unwrap_or_default();
    let is_large = written.starts_with(&title.to_uppercase());
    let is_text = WORDS.contains(&ending) || (PLAIN.contains(&ending) && is_large);
    let is_title = if folders.is_empty() { &FOR_PEOPLE[..] } else { &ANYWHERE };
    (folders.split('/').any(|folder| FOLDERS.contains(&folder)) && is_yaml)
        || FOR_BUILDERS.contains(&name.as_str())
        || (is_text && is_title.contains(&title))
        || is_recipe("dockerfile")
        || is_recipe("containerfile")
        || (is_yaml
            && ["compose", "docker-compose", "podman-compose", "container-compose"].iter().any(
                |usual| name.strip_prefix(usual).is_some_and(|rest| rest.starts_with(['.', '-'])),
            ))
}

/// Whether only those who test the program run this file.
pub(crate) fn is_a_test(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path);
    let (stem, _) = name.rsplit_once('.').unwrap_or((name, ""));
    name == "conftest.py"
        || stem.starts_with("test_")
        || ["_test", ".test", ".spec"].iter().any(|end| stem.ends_with(end))
}

#[cfg(test)]
mod tests {
    use super::{is_a_test, is_beside_the_program};

    #[test]
    fn tests_are_known_by_their_names() {
        for path in
            ["/app/test_api.py", "tests/conftest.py", "x/api_test.go", "a.spec.ts", "b.test.js"]
        {
            assert!(is_a_test(path), "{path}");
        }
        for path in ["/app/tests/server.py", "testing.py", "latest.js", "api.py", "contest.py"] {
            assert!(!is_a_test(path), "{path}");
        }
    }

    #[test]
    fn what_people_and_builders_read_is_no_program() {
        for path in [
            "Dockerfile",
            "docker/Dockerfile.dev",
            "build/app.Dockerfile",
            "Containerfile",
            "Dockerfile.dockerignore",
            ".dockerignore",
            "compose.yaml",
            "docker-compose.override.yml",
            "sub/README.md",
            "LICENSE-MIT",
            ".github/workflows/ci.yaml",
            ".gitlab-ci.yml",
            "CHANGES.rst",
            "README.de.md",
            "NOTICE",
            "todo.md",
            "readme.md",
            "sub/LICENSE",
        ] {
            assert!(is_beside_the_program(path), "{path}");
        }
        for path in [
            "server.py",
            "compose.py",
            "composers.yaml",
            "dockerfiles/server.py",
            "docs/page.md",
            "config.yaml",
            "github/readers.py",
            "changes_feed.py",
            "history",
            "notice.txt",
            "content/history.md",
            "pages/security.md",
            "authors.py",
            "license.py",
            "readme_server.py",
            "authors.json",
            "changes.sql",
            ".github/app.py",
            ".env",
            "Makefile",
        ] {
            assert!(!is_beside_the_program(path), "{path}");
        }
    }
}
