//! What a file of the context is there for, as far as its name tells.

/// Beginnings of the names of files that people read, or that tell what may be done with the rest.
const FOR_PEOPLE: [&str; 11] = [
    "readme",
    "changelog",
    "changes.",
    "license",
    "licence",
    "copying",
    "contributing",
    "code_of_conduct",
    "codeowners",
    "authors",
    "security.md",
];
/// Files that tell how the rest is built, started, checked and kept: whole names.
const FOR_BUILDERS: [&str; 16] = [
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
];
/// Folders of such files.
const FOLDERS: [&str; 5] = [".github", ".gitlab", ".circleci", ".buildkite", ".devcontainer"];

/// Whether no program reads a file while it serves: it tells people what the program is, or builders what to do with it.
pub(crate) fn is_beside_the_program(path: &str) -> bool {
    let (folders, name) = path.rsplit_once('/').unwrap_or(("", path));
    let name = name.to_lowercase();
    let is_yaml = [".yml", ".yaml"].iter().any(|end| name.ends_with(end));
    let is_recipe = |usual: &str| {
        name.strip_prefix(usual).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
            || name.ends_with(&format!(".{usual}"))
    };
    folders.split('/').any(|folder| FOLDERS.contains(&folder))
        || FOR_BUILDERS.contains(&name.as_str())
        || FOR_PEOPLE.iter().any(|begin| name.starts_with(begin))
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
            ".env",
            "Makefile",
        ] {
            assert!(!is_beside_the_program(path), "{path}");
        }
    }
}
