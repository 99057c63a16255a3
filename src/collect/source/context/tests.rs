use super::super::on_disk::Kind;
use super::Context;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

fn tree(files: &[(&str, &str)]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = dir.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    dir
}

fn open(root: &Path) -> Context {
    Context::open(root, Some(&root.join("Dockerfile")), false).unwrap()
}

fn paths(context: &mut Context, source: &str) -> Vec<String> {
    context.find(source, false).unwrap().into_iter().map(|found| found.path).collect()
}

#[test]
fn patterns_match_part_by_part() {
    let dir =
        tree(&[("a.py", ""), ("b.py", ""), ("src/c.py", ""), ("src/x/d.py", ""), ("lib/c.py", "")]);
    let mut context = open(dir.path());
    assert_eq!(paths(&mut context, "*.py"), ["a.py", "b.py"]);
    assert_eq!(paths(&mut context, "./*/c.py"), ["lib/c.py", "src/c.py"]);
    assert_eq!(paths(&mut context, "s*"), ["src"]);
    assert_eq!(paths(&mut context, "../a.py"), ["a.py"]);
    assert_eq!(paths(&mut context, "none*"), [""; 0]);
    let deep = context.find("**/*.py", true).unwrap();
    assert_eq!(deep.len(), 5);
    assert_eq!(context.find("none.py", false).unwrap_err(), "none.py is not in the context");
}

#[test]
fn what_is_left_out_is_told_with_its_rule() {
    let dir = tree(&[
        (".dockerignore", "secret\n*.md\n!README.md\n"),
        ("secret/a", ""),
        ("README.md", ""),
    ]);
    let mut context = open(dir.path());
    let names: Vec<String> = context.below("").into_iter().map(|found| found.path).collect();
    assert_eq!(names, [".dockerignore", "README.md"]);
    assert_eq!(context.excluded[0].0, "secret");
    let error = context.find("secret/a", false).unwrap_err();
    assert_eq!(error, "secret/a is left out by .dockerignore:1 (secret)");
}

#[test]
fn the_file_beside_the_dockerfile_is_disputed_where_the_general_one_says_otherwise() {
    let dir = tree(&[
        ("Dockerfile.dockerignore", "a\nb"),
        (".dockerignore", "b\nc"),
        ("a", ""),
        ("b", ""),
        ("c", ""),
    ]);
    let mut context = open(dir.path());
    let found = context.below("");
    let disputed: Vec<&str> =
        found.iter().filter(|f| f.disputed).map(|f| f.path.as_str()).collect();
    assert_eq!(disputed, ["a", "c"]);
    assert_eq!(context.excluded[0].0, "b");
}

#[test]
fn links_are_followed_when_named_and_kept_when_met() {
    let dir = tree(&[("real/x", "1")]);
    symlink("real", dir.path().join("link")).unwrap();
    symlink("/real/x", dir.path().join("absolute")).unwrap();
    symlink("/etc/hostname", dir.path().join("outside")).unwrap();
    symlink("loop", dir.path().join("loop")).unwrap();
    let mut context = open(dir.path());
    let link = &context.find("link", false).unwrap()[0];
    assert_eq!((link.path.as_str(), link.real.as_str(), link.kind), ("link", "real", Kind::Folder));
    assert_eq!(context.find("absolute", false).unwrap()[0].real, "real/x");
    assert!(context.find("outside", false).is_err());
    assert!(context.find("loop", false).is_err());
    let met = context.below("");
    assert!(met.iter().filter(|found| found.kind == Kind::Link).count() == 4);
}

#[test]
fn by_products_are_no_source() {
    let dir =
        tree(&[(".git/index", ""), ("a/__pycache__/x.pyc", ""), ("a/x.py", ""), ("a/.x.swp", "")]);
    let names: Vec<String> =
        open(dir.path()).below("").into_iter().map(|found| found.path).collect();
    assert_eq!(names, ["a/x.py"]);
}

#[test]
fn a_folder_that_is_none_is_said() {
    assert!(
        Context::open(Path::new("/nowhere/at/all"), None, false)
            .unwrap_err()
            .ends_with("is no folder")
    );
}
