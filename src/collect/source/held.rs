//! What an image holds at the place of a planned file.

use super::archive::{Entry, ImageFiles, Seen};
use super::paths::{join, parent};
use super::plan::{Place, Planned};

/// Links followed from one file, at most.
const MOST_LINKS: usize = 8;

/// Folders that belong to the system: they are there in most images, and never read as a whole.
const SYSTEM: [&str; 18] = [
    "/", "/bin", "/dev", "/etc", "/home", "/lib", "/lib64", "/media", "/mnt", "/opt", "/proc",
    "/root", "/run", "/sbin", "/tmp", "/usr", "/var", "/var/lib",
];

/// What is at the place of a planned file.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Held<'a> {
    /// This, at this path.
    There(String, &'a Entry),
    /// Nothing.
    Absent,
    /// Nobody asked for this path yet.
    NotAsked(String),
    /// It cannot be read.
    Unreadable(&'a str),
}

/// Whether a folder is one of the system.
pub(super) fn is_of_system(folder: &str) -> bool {
    SYSTEM.contains(&folder) || (parent(folder) == "/usr") || (parent(folder) == "/usr/local")
}

/// Looks for a planned file at its place: in the folder that may be there, or instead of it.
pub(super) fn held<'a>(file: &Planned, image: &'a ImageFiles) -> Held<'a> {
    let is_open = file.place != Place::Exact;
    if is_open && is_of_system(&file.image) {
        return match at(file, &file.inner(), image) {
            Held::Absent => match at(file, &file.image, image) {
                Held::There(_, Entry::Other) => Held::Absent,
                other => other,
            },
            below => below,
        };
    }
    match at(file, &file.image, image) {
        Held::There(_, Entry::Other) if is_open => at(file, &file.inner(), image),
        other => other,
    }
}

/// What is at a path. A link is followed unless the file is one itself.
fn at<'a>(file: &Planned, path: &str, image: &'a ImageFiles) -> Held<'a> {
    let mut path = path.to_owned();
    for _ in 0..MOST_LINKS {
        match image.seen(&path) {
            Seen::There(Entry::Link(target)) if !file.local.is_link() => {
                path = join_link(&path, target);
            }
            Seen::There(entry) => return Held::There(path, entry),
            Seen::Absent => return Held::Absent,
            Seen::NotAsked(path) => return Held::NotAsked(path),
            Seen::Unreadable(why) => return Held::Unreadable(why),
        }
    }
    Held::Absent
}

fn join_link(link: &str, target: &str) -> String {
    if target.starts_with('/') { target.to_owned() } else { join(parent(link), target) }
}
