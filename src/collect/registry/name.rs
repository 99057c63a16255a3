//! The name of an image as its registry knows it.

use std::net::IpAddr;

/// Where a name without a registry leads.
const USUAL: &str = "docker.io";
/// Where that is asked.
const USUAL_DOOR: &str = "registry-1.docker.io";

/// A name in its full form.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Name {
    /// The registry, with its port where one is named.
    pub(super) registry: String,
    pub(super) repository: String,
    /// `latest` where none is named.
    pub(super) tag: String,
}

impl Name {
    /// Reads `registry/repository:tag`, as engines do. `None` for what no registry could have.
    pub(super) fn parse(reference: &str) -> Option<Self> {
        let plain = |c: char| c.is_ascii_alphanumeric() || "-_./:[]".contains(c);
        if !reference.chars().all(plain) {
            return None;
        }
        let is_registry = |word: &str| word.contains(['.', ':']) || word == "localhost";
        let (registry, rest) = match reference.split_once('/') {
            Some((first, rest)) if is_registry(first) => (first, rest),
            _ => (USUAL, reference),
        };
        let (repository, tag) = rest.rsplit_once(':').unwrap_or((rest, "latest"));
        let registry = if registry == "index.docker.io" { USUAL } else { registry };
        let is_short = registry == USUAL && !repository.contains('/');
        let repository =
            if is_short { format!("library/{repository}") } else { repository.to_owned() };
        let is_whole = |text: &str| !text.is_empty() && !text.contains([':', '[', ']']);
        let has_steps = repository.split('/').any(|part| part.is_empty() || part == "..");
        (is_whole(&repository) && is_whole(tag) && !tag.contains('/') && !has_steps).then(|| Self {
            registry: registry.to_owned(),
            repository,
            tag: tag.to_owned(),
        })
    }

    /// The digests of these that are of the same repository; each is written `repository@digest`.
    pub(super) fn digests(&self, all: &[String]) -> Vec<String> {
        let is_same = |name: &str| {
            Self::parse(name)
                .is_some_and(|n| n.registry == self.registry && n.repository == self.repository)
        };
        let pairs = all.iter().filter_map(|one| one.split_once('@'));
        pairs.filter(|(name, _)| is_same(name)).map(|(_, digest)| digest.to_owned()).collect()
    }

    /// Whom to ask.
    pub(super) fn door(&self) -> &str {
        if self.registry == USUAL { USUAL_DOOR } else { &self.registry }
    }

    /// What Podman calls images of its own, and no registry.
    pub(super) fn is_of_the_engine(&self) -> bool {
        self.registry == "localhost"
    }

    /// Whether it is on the engine's own machine. Engines speak to it without TLS.
    pub(super) fn is_loopback(&self) -> bool {
        let host = match self.registry.strip_prefix('[') {
            Some(rest) => rest.split(']').next().unwrap_or_default(),
            None => self.registry.split(':').next().unwrap_or_default(),
        };
        host == "localhost" || host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback())
    }
}

impl std::fmt::Display for Name {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}:{}", self.registry, self.repository, self.tag)
    }
}

#[cfg(test)]
mod tests {
    use super::Name;

    #[test]
    fn a_name_has_one_full_form() {
        for (written, full) in [
            ("nginx", "docker.io/library/nginx:latest"),
            ("nginx:1.25", "docker.io/library/nginx:1.25"),
            ("docker.io/nginx:1", "docker.io/library/nginx:1"),
            ("index.docker.io/shop/api", "docker.io/shop/api:latest"),
            ("shop/api:2", "docker.io/shop/api:2"),
            ("localhost/api:1", "localhost/api:1"),
            ("127.0.0.1:5000/a/b", "127.0.0.1:5000/a/b:latest"),
            ("[::1]:5000/a:1", "[::1]:5000/a:1"),
            ("ghcr.io/shop/api:v1.2_3-rc", "ghcr.io/shop/api:v1.2_3-rc"),
        ] {
            assert_eq!(Name::parse(written).unwrap().to_string(), full);
            assert_eq!(Name::parse(full).unwrap().to_string(), full);
        }
    }

    #[test]
    fn what_is_no_name_is_not_asked_for() {
        for text in ["", ":1", "a:", "a b", "a?x=y", "ghcr.io/", "ghcr.io/../x", "a@b", "x//y", "é"]
        {
            assert_eq!(Name::parse(text), None, "{text}");
        }
    }

    #[test]
    fn only_digests_of_its_repository_are_its_own() {
        let all = ["nginx@sha256:a", "docker.io/library/nginx@sha256:b", "ghcr.io/nginx@sha256:c"];
        let all = all.map(str::to_owned);
        let own = |name: &str| Name::parse(name).unwrap().digests(&all).join(" ");
        assert_eq!(own("nginx:1"), "sha256:a sha256:b");
        assert_eq!(own("ghcr.io/nginx"), "sha256:c");
        assert_eq!(own("shop/nginx"), "");
    }

    #[test]
    fn a_loopback_is_told() {
        let is = |name: &str| Name::parse(name).unwrap().is_loopback();
        assert!(is("localhost:5000/a") && is("127.0.0.1:5000/a") && is("[::1]:5000/a"));
        assert!(!is("nginx") && !is("ghcr.io/a") && !is("10.0.0.1:5000/a"));
        assert_eq!(Name::parse("nginx").unwrap().door(), "registry-1.docker.io");
    }
}
