//! The files of an image, as the engine's archive interface hands them out.

use super::blob::{BlobId, blob_id, blob_id_of};
use super::paths::{below, clean, is_within, join, name, parent};
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
    /// Size and time (whole seconds since 1970) of the regular files that came in the engine's answers.
    stamps: BTreeMap<String, (u64, u64)>,
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

    /// The engine did not hand the path out. Docker says so, too, where a file stands in the way of a folder.
    pub(crate) fn fail(&mut self, root: &str, why: &str) {
        let is_absent = why.contains("not a directory");
        self.roots.insert(
            clean(root),
            if is_absent { Extent::Whole } else { Extent::Failed(why.into()) },
        );
    }

    /// Takes a regular file that was read elsewhere.
    pub(crate) fn put(&mut self, path: &str, bytes: &[u8]) {
        let entry = Entry::File { len: bytes.len() as u64, blob: blob_id(bytes) };
        self.put_entry(path, entry);
    }

    /// Forgets what was read at a path: it is not what counts.
    pub(crate) fn hide(&mut self, path: &str, why: &str) {
        let path = clean(path);
        self.entries.remove(&path);
        self.roots.insert(path, Extent::Failed(why.into()));
    }

    /// Takes what is no regular file.
    pub(crate) fn put_other(&mut self, path: &str) {
        self.put_entry(path, Entry::Other);
    }

    /// Takes what is at a path, in place of what was there.
    pub(super) fn put_entry(&mut self, path: &str, entry: Entry) {
        let path = clean(path);
        self.roots.entry(path.clone()).or_insert(Extent::Whole);
        self.entries.insert(path, entry);
    }

    /// Whether the regular file there has this size and time.
    pub(super) fn is_stamped(&self, path: &str, size: u64, seconds: u64) -> bool {
        self.stamps.get(path) == Some(&(size, seconds))
    }

    /// What is at a path, if it was read.
    #[cfg(test)]
    pub(crate) fn get(&self, path: &str) -> Option<&Entry> {
        match self.seen(path) {
            Seen::There(entry) => Some(entry),
            _ => None,
        }
    }

    /// What two images hold otherwise of what was asked of both: how many files there are, and which of them differ.
    pub(crate) fn beside(&self, other: &Self) -> (u32, Vec<String>) {
        let is_file = |entry: &&Entry| !matches!(entry, Entry::Other);
        let mut paths: Vec<&String> = self.entries.keys().chain(other.entries.keys()).collect();
        paths.sort();
        paths.dedup();
        let held = |path: &String| {
            (self.entries.get(path).filter(is_file), other.entries.get(path).filter(is_file))
        };
        paths.retain(|path| held(path) != (None, None));
        let count = u32::try_from(paths.len()).unwrap_or(u32::MAX);
        paths.retain(|path| {
            let (ours, theirs) = held(path);
            ours != theirs
        });
        (count, paths.into_iter().cloned().collect())
    }

    /// Whether any file here has the bytes that another image has at a path.
    pub(crate) fn holds_that_of(&self, other: &Self, path: &str) -> bool {
        match other.entries.get(path) {
            Some(theirs @ Entry::File { len: 1.., .. }) => {
                self.entries.values().any(|entry| entry == theirs)
            }
            _ => false,
        }
    }

    /// The paths that could not be read to their end, with the reason.
    pub(crate) fn unread(&self) -> impl Iterator<Item = (&str, &str)> {
        self.roots.iter().filter_map(|(root, extent)| match extent {
            Extent::Whole => None,
            Extent::Part(why) | Extent::Failed(why) => Some((root.as_str(), why.as_str())),
        })
    }

    /// The regular files below a folder that were read, those without a byte left out.
    pub(super) fn files_below(&self, folder: &str) -> impl Iterator<Item = (&str, BlobId)> {
        let below = self.entries.iter().filter(move |(path, _)| is_within(path, folder));
        below.filter_map(|(path, entry)| match entry {
            Entry::File { len: 1.., blob } => Some((path.as_str(), *blob)),
            _ => None,
        })
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
        if let Some(Extent::Failed(why)) = self.roots.get(&path) {
            return Seen::Unreadable(why);
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
            let target = if target.starts_with('/') {
                target.clone()
            } else {
                join(parent(&path[..end]), target)
            };
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
            if let (EntryType::Regular, Ok(time)) = (kind, entry.header().mtime()) {
                self.stamps.insert(path.clone(), (len, time));
            }
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
                    first
                        .and_then(|first| self.entries.get(&first).cloned())
                        .unwrap_or(Entry::Other)
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
    let is_relative = root.ends_with("/.") || folder == "/";
    match below(&relative[1..], name(&folder)) {
        Some(rest) if !is_relative => join(&folder, rest),
        _ => join(&folder, &relative),
    }
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
mod tests;
