//! What a path on this machine is, and where it leads without leaving its root.

use super::paths::{inside, join, parent};
use std::fs;
use std::path::Path;

/// Links followed for one path, at most.
const MOST_LINKS: usize = 32;

/// What a path of the context is.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Kind {
    /// A regular file.
    File,
    /// A symbolic link that is copied as one.
    Link,
    /// A folder.
    Folder,
}

/// Where a path leads if all links in it are followed inside the context. Nothing if it leads nowhere.
pub(super) fn follow(root: &Path, path: &str) -> Option<String> {
    let mut todo: Vec<String> = path.split('/').rev().map(String::from).collect();
    let (mut at, mut links) = (String::new(), 0);
    while let Some(part) = todo.pop() {
        let next = inside(&join(&at, &part));
        let metadata = fs::symlink_metadata(root.join(&next)).ok()?;
        if !metadata.is_symlink() {
            at = next;
            continue;
        }
        links += 1;
        let target = fs::read_link(root.join(&next)).ok()?.into_os_string().into_string().ok()?;
        at = if target.starts_with('/') { String::new() } else { parent(&next).to_owned() };
        todo.extend(target.split('/').rev().filter(|part| !part.is_empty()).map(String::from));
        if links > MOST_LINKS {
            return None;
        }
    }
    Some(at)
}

/// What is at a path; nothing for sockets and the like.
pub(super) fn kind(path: &Path) -> Option<Kind> {
    let kind = fs::symlink_metadata(path).ok()?.file_type();
    if kind.is_dir() {
        Some(Kind::Folder)
    } else if kind.is_symlink() {
        Some(Kind::Link)
    } else {
        kind.is_file().then_some(Kind::File)
    }
}
