//! Files that are too large, too deep, or hold secrets.

use super::super::from_file;
use super::{in_file, with_known};

#[test]
fn is_bounded() {
    let deep = |open: &str, n: usize| open.repeat(n);
    for (path, text) in [
        ("a.json", deep("[", 100_000)),
        ("a.json", deep("{\"a\":", 100_000)),
        ("a.yaml", deep("[", 100_000)),
        ("a.yaml", deep("- ", 100_000)),
        ("a.yaml", (0..2000).map(|n| " ".repeat(n) + "a:\n").collect::<Vec<_>>().concat()),
        ("a.toml", format!("a = {}", deep("[", 100_000))),
        ("a.conf", deep("a {\n", 100_000)),
        ("a.yaml", "x".repeat(2 << 20)),
    ] {
        let start = std::time::Instant::now();
        let found = in_file(path, &text);
        assert!(found.is_empty() || found.starts_with("error: "), "{path} {found}");
        assert!(start.elapsed().as_secs() < 20, "{path} took {:?}", start.elapsed());
    }
    let bomb: String = (1..20).fold("a0: &a0 [http://x:1]\n".to_owned(), |text, n| {
        let alias = format!("*a{}", n - 1);
        text + &format!("a{n}: &a{n} [{}]\n", [alias.as_str(); 9].join(","))
    });
    assert_eq!(in_file("a.yaml", &bomb), "error: more values than can be read");
}

#[test]
fn says_where_secrets_are() {
    let told = with_known(&[], |known| {
        from_file(
            "a.yaml",
            "a:\n  url: http://x:1\n  b: {url: 'http://y:1', token: z}\n  c: http://u:p@z:1\n",
            known,
        )
    });
    let hidden: Vec<bool> = told.unwrap_or_default().iter().map(|told| told.secret_line).collect();
    assert_eq!(hidden, [false, true, true]);
}
