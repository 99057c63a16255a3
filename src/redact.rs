//! Text of the user's own that an error repeats: without what may be a secret in it.

/// The text without user info, query and fragment.
pub(crate) fn shown(text: &str) -> String {
    let text = text.split(['?', '#']).next().unwrap_or_default();
    let (before, rest) = match text.find("://") {
        Some(at) => text.split_at(at + 3),
        None => ("", text),
    };
    match rest.rfind('@') {
        // A client that is the machine itself is written @host, and is no secret.
        Some(0) if before.is_empty() => text.to_owned(),
        Some(at) => format!("{before}***{}", &rest[at..]),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::shown;

    #[test]
    fn secrets_are_not_repeated() {
        assert_eq!(shown("hapi=http://u:pw@mock:8080/v1?token=x"), "hapi=http://***@mock:8080/v1");
        assert_eq!(shown("tcp://u:p@w@h:1"), "tcp://***@h:1");
        assert_eq!(shown("u:pw@tcp(db:3306)/x"), "***@tcp(db:3306)/x");
        assert_eq!(shown("@host=http://127.0.0.1:1"), "@host=http://127.0.0.1:1");
        assert_eq!(shown("mock-llm"), "mock-llm");
    }
}
