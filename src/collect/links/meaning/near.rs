//! Which names are near to one that nobody carries: those with a slip of the pen in them, and those that say more or less.

use checks::model::Container;

/// Shorter words are near to nothing but themselves.
const SHORTEST: usize = 4;
/// The beginning of a name tells it, if it is so long.
const BEGINNING: usize = 6;
/// As many letters may be wrong in the longest of names.
const MOST: usize = 3;

/// How a name is near to another one. The least is the nearest.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) enum Kind {
    /// Some letters of it are others.
    Slip,
    /// One has all words of the other, and more; or begins with it.
    Words,
}

/// How near a name is.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub(super) struct Nearness {
    pub(super) kind: Kind,
    /// How many letters differ.
    pub(super) distance: usize,
}

/// How near the nearest of a container's names is. `None` where none is near.
pub(super) fn nearness(wanted: &str, container: &Container) -> Option<Nearness> {
    let project = container.compose.as_ref().map(|compose| words(&compose.project));
    container.names().filter_map(|name| between(wanted, name, project.as_deref())).min()
}

/// How near two names are. The name of a Compose project before a container's says nothing of what that container is.
fn between(wanted: &str, name: &str, project: Option<&[String]>) -> Option<Nearness> {
    let (wanted, name) = (words(wanted), words(name));
    let distance = strsim::damerau_levenshtein(&wanted.join("-"), &name.join("-"));
    if is_slip(&wanted, &name) {
        return Some(Nearness { kind: Kind::Slip, distance });
    }
    let own = project.and_then(|project| name.strip_prefix(project)).unwrap_or(&name);
    let begins = |all: &[String], part: &[String]| {
        let part = part.join("-");
        part.chars().count() >= BEGINNING && all.join("-").starts_with(&part)
    };
    let is_part = |all: &[String], part: &[String]| has(all, part) || begins(all, part);
    let is_within = is_part(&wanted, own) || is_part(own, &wanted) || is_part(&name, &wanted);
    let is_project = project.is_some_and(|project| wanted == project);
    (is_within && !is_project).then_some(Nearness { kind: Kind::Words, distance })
}

/// Is each word the other name's, but for a few letters? Names of more or fewer words may lack what parts them.
fn is_slip(wanted: &[String], name: &[String]) -> bool {
    let alike = |wanted: &str, name: &str, most: usize| {
        let shortest = wanted.chars().count().min(name.chars().count());
        let distance = strsim::damerau_levenshtein(wanted, name);
        distance == 0 || (shortest >= SHORTEST && distance <= (shortest / 4).min(most))
    };
    if wanted.len() == name.len() {
        return wanted.iter().zip(name).all(|(wanted, name)| alike(wanted, name, MOST));
    }
    alike(&wanted.concat(), &name.concat(), 1)
}

/// Do these words stand among the others, in whatever order? A number alone says nothing.
fn has(all: &[String], part: &[String]) -> bool {
    let speaks = part.iter().any(|word| word.chars().any(char::is_alphabetic));
    let mut left: Vec<&String> = all.iter().collect();
    let mut takes = |word: &String| {
        left.iter().position(|one| *one == word).map(|at| left.swap_remove(at)).is_some()
    };
    speaks && part.iter().all(&mut takes)
}

fn words(name: &str) -> Vec<String> {
    let parts = name.split(['-', '_', '.']).filter(|word| !word.is_empty());
    parts.map(str::to_lowercase).collect()
}

#[cfg(test)]
mod tests {
    use super::{between, words};

    #[test]
    fn a_name_is_near_by_its_words_or_by_a_slip() {
        for (wanted, name, expected) in [
            ("one", "atk-b-phonebook", ""),
            ("phone", "phonebook", ""),
            ("book", "atk-b-phonebook", ""),
            ("phonebook", "atk-b-phonebook", "Words"),
            ("llm", "mock-llm-aianalysis", "Words"),
            ("mock-llm", "mock_llm_aianalysis", "Words"),
            ("mock-aianalysis", "mock-llm-aianalysis", "Words"),
            ("llm-mock", "mock-llm", "Words"),
            ("mock-llm-ai", "mock-llm-aianalysis", "Words"),
            ("a-a", "a-b", ""),
            ("api-server", "api", "Words"),
            ("apis", "api", ""),
            ("ap", "api", ""),
            ("db", "db2", ""),
            ("b", "d", ""),
            ("servr", "server", "Slip"),
            ("reids", "redis", "Slip"),
            ("inventry-4f2a", "inventory-4f2a", "Slip"),
            ("shop_api_1", "shop-api-1", "Slip"),
            ("API", "api", "Slip"),
            ("mockllm", "mock-llm", "Slip"),
            ("a-long-name", "b-long-name", ""),
            ("api-2", "api-1", ""),
            ("shop-api-2", "api", "Words"),
            ("postgres", "postgresql", "Slip"),
            ("mail", "main", "Slip"),
            ("mailer", "broker", ""),
            ("nowhere-4f2a", "server-4f2a", ""),
            ("1", "shop-api-1", ""),
            ("172.18.0.9", "api-9", ""),
        ] {
            let found = between(wanted, name, None).map(|near| format!("{:?}", near.kind));
            assert_eq!(found.unwrap_or_default(), expected, "{wanted} {name}");
        }
        // The project is not what the container is.
        let shop = words("shop");
        let near = |wanted: &str, name: &str| between(wanted, name, Some(&shop)).is_some();
        assert!(!near("shop", "shop-db-1"));
        assert!(near("db-1", "shop-db-1") && near("shop-db", "shop-db-1"));
    }
}
