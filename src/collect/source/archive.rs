//! The files of an image, as the engine's archive interface hands them out.

use super::blob::{BlobId, blob_id_of};
use super::paths::{clean, is_within, join, name, parent};
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::{self, Read};
use tar::{Archive, EntryType};

/// Bytes that are read for one path, at most.
const MOST_PER_ROOT: u64 = 256 << 20;
/// Bytes that are read altogether, at most.
const MOST: u64 = 1 << 30;
/// Links followed for one path, at most.
const MOST_LINKS: usize = 16;

/// What is at one path of an image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) enum Entry {
    /// A regular file.
    File {
        /// Its length in bytes.
        len: u64,
        /// Git's id of its bytes.
        blob: BlobId,
    },
    /// A symbolic link, and where it points.
    Link(String),
    /// A folder, or what is no file at all.
    Other,
}

/// How far a path was read.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Extent {
    /// With all that is below it.
    Whole,
    /// Not to its end, for this reason.
    Part(String),
    /// Not at all, for this reason.
    Failed(String),
}

/// What is known of one path of an image.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Seen<'a> {
    /// It is there.
    There(&'a Entry),
    /// It is not there.
    Absent,
    /// Nobody asked for it yet. Holds the path with its links followed.
    NotAsked(String),
    /// It was asked for, and cannot be read.
    Unreadable(&'a str),
}

/// What was read from one image. It knows what was asked for: what was not read never looks missing.
#[derive(Clone, Debug, Default)]
pub(crate) struct ImageFiles {
    entries: BTreeMap<String, Entry>,
    roots: BTreeMap<String, Extent>,
    spent: u64,
}

impl ImageFiles {
    /// Takes the answer for one path. What was read before an error counts.
    pub(crate) fn read_tar(&mut self, root: &str, tar: impl Read) {
        let limit = MOST_PER_ROOT.min(MOST - self.spent);
        let mut tar = Limited { tar, left: limit };
        let extent = match self.read(root, &mut tar) {
            Ok(0) => Extent::Failed("the engine's answer is empty".into()),
            Ok(_) => Extent::Whole,
            Err(error) => Extent::Part(error.to_string()),
        };
        self.spent += limit - tar.left;
        self.roots.insert(clean(root), extent);
    }

    /// The engine said that there is no such path.
    pub(crate) fn absent(&mut self, root: &str) {
        self.roots.insert(clean(root), Extent::Whole);
    }

    /// The engine did not hand the path out.
    pub(crate) fn fail(&mut self, root: &str, why: &str) {
        self.roots.insert(clean(root), Extent::Failed(why.into()));
    }

    /// What is at a path, if it was read.
    pub(crate) fn get(&self, path: &str) -> Option<&Entry> {
        match self.seen(path) {
            Seen::There(entry) => Some(entry),
            _ => None,
        }
    }

    /// Whether a path was asked for by itself.
    pub(super) fn was_asked(&self, path: &str) -> bool {
        self.roots.contains_key(path)
    }

    /// What is known of a path, links above it followed.
    pub(super) fn seen(&self, path: &str) -> Seen<'_> {
        let path = self.follow(path);
        if let Some(entry) = self.entries.get(&path) {
            return Seen::There(entry);
        }
        let mut unreadable = None;
        for (_, extent) in self.roots.iter().filter(|(root, _)| is_within(&path, root)) {
            match extent {
                Extent::Whole => return Seen::Absent,
                Extent::Failed(why) => unreadable = Some(why),
                Extent::Part(why) if self.was_asked(&path) => unreadable = Some(why),
                Extent::Part(_) => {}
            }
        }
        unreadable.map_or(Seen::NotAsked(path), |why| Seen::Unreadable(why))
    }

    /// A path with the links among its folders replaced by what they point to.
    fn follow(&self, path: &str) -> String {
        let mut path = clean(path);
        for _ in 0..MOST_LINKS {
            let ends = path.match_indices('/').map(|(at, _)| at).skip(1);
            let link = ends.into_iter().find_map(|end| match self.entries.get(&path[..end]) {
                Some(Entry::Link(target)) => Some((end, target)),
                _ => None,
            });
            let Some((end, target)) = link else { break };
            let target = if target.starts_with('/') { target.clone() } else { join(parent(&path[..end]), target) };
            path = join(&target, &path[end..]);
        }
        path
    }

    fn read(&mut self, root: &str, tar: impl Read) -> io::Result<usize> {
        let mut count = 0;
        for entry in Archive::new(tar).entries()? {
            let entry = entry?;
            let path = place(root, &entry.path_bytes());
            let len = entry.size();
            let kind = entry.header().entry_type();
            let read = match kind {
                EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => {
                    Entry::File { len, blob: blob_id_of(entry, len)? }
                }
                EntryType::Symlink => {
                    let target = entry.link_name_bytes().unwrap_or(Cow::Borrowed(b""));
                    Entry::Link(String::from_utf8_lossy(&target).into_owned())
                }
                EntryType::Link => {
                    let first = entry.link_name_bytes().map(|target| place(root, &target));
                    first.and_then(|first| self.entries.get(&first).cloned()).unwrap_or(Entry::Other)
                }
                _ => Entry::Other,
            };
            self.entries.insert(path, read);
            count += 1;
        }
        Ok(count)
    }
}

/// The path in the image of a name in the answer: names begin with the last part of what was asked for,
/// or are relative to it where that was `folder/.`.
fn place(root: &str, name_in_tar: &[u8]) -> String {
    let text = String::from_utf8_lossy(name_in_tar);
    let relative = clean(&format!("/{text}"));
    let folder = clean(root);
    if !root.ends_with("/.") && folder != "/" {
        if let Some(rest) = super::paths::below(&relative[1..], name(&folder)) {
            return join(&folder, rest);
        }
    }
    join(&folder, &relative)
}

struct Limited<R> {
    tar: R,
    left: u64,
}

impl<R: Read> Read for Limited<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.left == 0 {
            return Err(io::Error::other("there is too much to read"));
        }
        let most = usize::try_from(self.left).unwrap_or(usize::MAX).min(buffer.len());
        let read = self.tar.read(&mut buffer[..most])?;
        self.left -= read as u64;
        Ok(read)
    }
}

#[cfg(test)]
mod tests {
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
        let tar = folder(&["big/a", "big/b"]);
        image.read_tar("/big", &tar[..1030]);
        assert_eq!(image.seen("/app/y"), Seen::Absent);
        assert_eq!(image.seen("/srv/y"), Seen::Absent);
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
}
