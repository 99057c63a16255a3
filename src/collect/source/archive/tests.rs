use super::super::blob::blob_id;
use super::{Entry, ImageFiles, Limited, Seen, place};
use proptest::prelude::*;
use tar::{Builder, EntryType, Header};

fn add(tar: &mut Builder<Vec<u8>>, kind: EntryType, name: &str, bytes: &[u8], link: &str) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_size(bytes.len() as u64);
    header.set_mode(0o644);
    if link.is_empty() {
        tar.append_data(&mut header, name, bytes).unwrap();
    } else {
        tar.append_link(&mut header, name, link).unwrap();
    }
}

fn folder(names: &[&str]) -> Vec<u8> {
    let mut tar = Builder::new(Vec::new());
    for name in names {
        match name.split_once("->") {
            Some((name, target)) => add(&mut tar, EntryType::Symlink, name, b"", target),
            None if name.ends_with('/') => add(&mut tar, EntryType::Directory, name, b"", ""),
            None => add(&mut tar, EntryType::Regular, name, name.as_bytes(), ""),
        }
    }
    tar.into_inner().unwrap()
}

fn file(bytes: &str) -> Entry {
    Entry::File { len: bytes.len() as u64, blob: blob_id(bytes.as_bytes()) }
}

#[test]
fn names_are_those_that_the_engines_give() {
    for (root, name, path) in [
        ("/app", "app/", "/app"),
        ("/app", "app/x", "/app/x"),
        ("/app", "app/app/x", "/app/app/x"),
        ("/app/", "app/x", "/app/x"),
        ("/app/.", "./app/x", "/app/app/x"),
        ("/app/.", "app/x", "/app/app/x"),
        ("/app/.", "./", "/app"),
        ("/a/server.py", "server.py", "/a/server.py"),
        ("/", "etc/passwd", "/etc/passwd"),
        ("/app", "../../etc/passwd", "/app/etc/passwd"),
    ] {
        assert_eq!(place(root, name.as_bytes()), path, "{name} of {root}");
    }
}

#[test]
fn files_links_and_folders_are_told_apart() {
    let mut tar = Builder::new(Vec::new());
    add(&mut tar, EntryType::Directory, "app/", b"", "");
    add(&mut tar, EntryType::Regular, "app/a", b"one", "");
    add(&mut tar, EntryType::Symlink, "app/b", b"", "a");
    add(&mut tar, EntryType::Link, "app/c", b"", "app/a");
    add(&mut tar, EntryType::Fifo, "app/d", b"", "");
    let mut image = ImageFiles::default();
    image.read_tar("/app", &tar.into_inner().unwrap()[..]);
    assert_eq!(image.get("/app"), Some(&Entry::Other));
    assert_eq!(image.get("/app/a"), Some(&file("one")));
    assert_eq!(image.get("/app/b"), Some(&Entry::Link("a".into())));
    assert_eq!(image.get("/app/c"), Some(&file("one")));
    assert_eq!(image.get("/app/d"), Some(&Entry::Other));
}

#[test]
fn what_was_not_read_is_not_missing() {
    let mut image = ImageFiles::default();
    image.read_tar("/app", &folder(&["app/", "app/x"])[..]);
    image.absent("/srv/y");
    image.fail("/etc", "permission denied");
    image.fail("/bin/sh/x", "lstat /merged/bin/sh/x: not a directory");
    let tar = folder(&["big/a", "big/b"]);
    image.read_tar("/big", &tar[..1030]);
    assert_eq!(image.seen("/app/y"), Seen::Absent);
    assert_eq!(image.seen("/srv/y"), Seen::Absent);
    assert_eq!(image.seen("/bin/sh/x"), Seen::Absent);
    assert_eq!(image.seen("/srv/z"), Seen::NotAsked("/srv/z".into()));
    assert_eq!(image.seen("/etc/x"), Seen::Unreadable("permission denied"));
    assert_eq!(image.seen("/big/a"), Seen::There(&file("big/a")));
    assert_eq!(image.seen("/big/b"), Seen::NotAsked("/big/b".into()));
    image.read_tar("/big/b", &b""[..]);
    assert_eq!(image.seen("/big/b"), Seen::Unreadable("the engine's answer is empty"));
}

#[test]
fn links_among_the_folders_are_followed() {
    let mut image = ImageFiles::default();
    image.read_tar("/app", &folder(&["app->srv/real"])[..]);
    image.read_tar("/loop", &folder(&["loop->/loop/x"])[..]);
    assert_eq!(image.seen("/app"), Seen::There(&Entry::Link("srv/real".into())));
    assert_eq!(image.seen("/app/x"), Seen::NotAsked("/srv/real/x".into()));
    image.read_tar("/srv/real", &folder(&["real/", "real/x"])[..]);
    assert_eq!(image.seen("/app/x"), Seen::There(&file("real/x")));
    assert_eq!(image.seen("/loop/y"), Seen::Absent);
}

#[test]
fn reading_ends_somewhere() {
    let mut image = ImageFiles::default();
    let tar = folder(&["a/x", "a/y"]);
    assert!(image.read("/a", &mut Limited { tar: &tar[..], left: 1030 }).is_err());
    assert_eq!(image.get("/a/x"), Some(&file("a/x")));
}

proptest! {
    #[test]
    fn every_file_is_found_again(
        files in prop::collection::btree_map("[a-z]{1,60}(/[a-z]{1,60}){0,3}", prop::collection::vec(any::<u8>(), 0..2000), 0..6),
    ) {
        let mut tar = Builder::new(Vec::new());
        add(&mut tar, EntryType::Directory, "app/", b"", "");
        for (name, bytes) in &files {
            add(&mut tar, EntryType::Regular, &format!("app/{name}"), bytes, "");
        }
        let mut image = ImageFiles::default();
        image.read_tar("/srv/app", &tar.into_inner().unwrap()[..]);
        for (name, bytes) in &files {
            let expected = Entry::File { len: bytes.len() as u64, blob: blob_id(bytes) };
            prop_assert_eq!(image.get(&format!("/srv/app/{name}")), Some(&expected));
        }
    }

    #[test]
    fn no_answer_panics(bytes in prop::collection::vec(any::<u8>(), 0..2048), cut in 0usize..4096) {
        let mut image = ImageFiles::default();
        image.read_tar("/a", &bytes[..]);
        let tar = folder(&["a/x", "a/y->x", "a/z"]);
        image.read_tar("/a", &tar[..cut.min(tar.len())]);
    }
}
