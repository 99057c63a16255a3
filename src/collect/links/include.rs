//! Files that nginx's configuration includes under names that no other configuration has, or from outside of all mounts.
//!
//! What they define is needed to tell a group of servers from a host: `proxy_pass http://NAME` is either.

use super::gather::{ARCHIVE_LIMIT, FILE_LIMIT, FILES_LIMIT, File, proven};
use super::mounts::is_searched;
use super::text::text_of;
use super::told;
use crate::collect::engine::{Connection, Mount, Seen};
use crate::collect::vantage::{Held, ProvenPid, list_files, look_at, read_file};
use regex::Regex;
use std::collections::BTreeSet;
use std::io::Read;

/// Files that are included by included files are followed this far.
const DEPTH: usize = 4;
/// Where nginx looks for what is included by a relative path, beside the folder of the file itself.
const HOME: &str = "/etc/nginx";

/// What was included.
#[derive(Default)]
pub(super) struct Included {
    /// The files that are mounted: they tell links, too.
    pub(super) files: Vec<(File, String)>,
    /// Names of groups of servers that the image's own files define.
    pub(super) groups: Vec<String>,
    /// Some could not be read.
    pub(super) is_partial: bool,
}

/// Reads what these files include, and what that includes.
pub(super) async fn included(
    engine: &Connection,
    seen: &Seen,
    read: &[(File, String)],
) -> Included {
    let mut found = Included::default();
    let mut known: BTreeSet<String> = read.iter().map(|(file, _)| file.path.clone()).collect();
    let mut asked = BTreeSet::new();
    let mut wanted: Vec<Vec<Wanted>> =
        read.iter().flat_map(|(file, text)| of(&file.path, text)).collect();
    let pid = if wanted.is_empty() { None } else { proven(seen).ok() };
    for _ in 0..DEPTH {
        let mut next = Vec::new();
        for places in std::mem::take(&mut wanted) {
            let mut is_found = false;
            for place in places {
                if known.contains(&place.pattern) || !asked.insert(place.pattern.clone()) {
                    is_found = true;
                    continue;
                }
                let files = place.read(engine, seen, pid.as_ref()).await;
                is_found |= files.is_some();
                for (path, bytes) in files.unwrap_or_default() {
                    if known.len() >= 2 * FILES_LIMIT {
                        found.is_partial = true;
                    } else if known.insert(path.clone()) {
                        next.extend(found.take(seen, path, bytes));
                    }
                }
            }
            found.is_partial |= !is_found;
        }
        wanted = next;
    }
    found.is_partial |= !wanted.is_empty();
    found
}

impl Included {
    /// Takes one file in; what that includes in turn.
    fn take(&mut self, seen: &Seen, path: String, bytes: Vec<u8>) -> Vec<Vec<Wanted>> {
        let Some(text) = text_of(&bytes) else { return Vec::new() };
        let below = of(&path, &text);
        let holds = |mount: &&Mount| {
            let to = mount.destination.trim_end_matches('/');
            is_searched(to)
                && path.strip_prefix(to).is_some_and(|it| it.is_empty() || it.starts_with('/'))
        };
        match seen.raw.mounts.iter().filter(holds).max_by_key(|mount| mount.destination.len()) {
            Some(mount) => self.files.push((super::gather::file(mount, path, bytes), text)),
            None => self.groups.extend(told::groups(&path, &text)),
        }
        below
    }
}

/// One pattern, with the folder that it begins in.
struct Wanted {
    pattern: String,
    /// Where to look: the file itself where there is but one.
    from: String,
    regex: Option<Regex>,
}

/// What a file includes, each with all the places where it may be.
fn of(path: &str, text: &str) -> Vec<Vec<Wanted>> {
    let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
    let places = |pattern: String| {
        if pattern.starts_with('/') {
            return vec![Wanted::of(pattern)];
        }
        let homes = if folder == HOME { vec![HOME] } else { vec![folder, HOME] };
        homes.into_iter().map(|home| Wanted::of(format!("{home}/{pattern}"))).collect()
    };
    told::includes(path, text).into_iter().map(places).collect()
}

impl Wanted {
    fn of(pattern: String) -> Self {
        let signs = ['*', '?', '['];
        let Some(at) = pattern.find(signs) else {
            return Self { from: pattern.clone(), pattern, regex: None };
        };
        let folder = pattern[..at].rsplit_once('/').map_or("", |(folder, _)| folder);
        let from = if folder.is_empty() { "/" } else { folder }.to_owned();
        // What stands in brackets may be any one character here: rather one file too many.
        let mut text = String::from("^");
        let mut chars = pattern.chars();
        while let Some(c) = chars.next() {
            match c {
                '*' => text.push_str("[^/]*"),
                '?' => text.push_str("[^/]"),
                '[' => {
                    text.push_str("[^/]");
                    chars.find(|c| *c == ']');
                }
                c => text.push_str(&regex::escape(&c.to_string())),
            }
        }
        text.push('$');
        let regex = Regex::new(&text).ok();
        Self { pattern, from, regex }
    }

    fn matches(&self, path: &str) -> bool {
        match &self.regex {
            Some(regex) => regex.is_match(path),
            None => path == self.pattern,
        }
    }

    /// The files; `None` where nobody can tell which there are. A pattern may match none.
    async fn read(
        &self,
        engine: &Connection,
        seen: &Seen,
        pid: Option<&ProvenPid>,
    ) -> Option<Vec<(String, Vec<u8>)>> {
        match pid.and_then(|pid| self.in_place(pid)) {
            Some(files) => Some(files),
            None => self.fetched(engine, seen).await,
        }
    }

    fn in_place(&self, pid: &ProvenPid) -> Option<Vec<(String, Vec<u8>)>> {
        match look_at(pid, &self.from, FILE_LIMIT).ok()? {
            Held::File { bytes, .. } => Some(vec![(self.from.clone(), bytes)]),
            Held::Nothing => self.regex.is_some().then(Vec::new),
            Held::Other => {
                let depth = self.pattern[self.from.len()..].matches('/').count().max(1);
                let listing = list_files(pid, &self.from, depth, 2000, |_| false).ok()?;
                let files = listing.files.into_iter().filter(|(path, _)| self.matches(path));
                let read = |(path, _): (String, u64)| {
                    let bytes = read_file(pid, &path, FILE_LIMIT).ok()?;
                    Some((path, bytes))
                };
                files.map(read).collect()
            }
        }
    }

    async fn fetched(&self, engine: &Connection, seen: &Seen) -> Option<Vec<(String, Vec<u8>)>> {
        let tar = engine.archive(&seen.facts.id, &self.from, ARCHIVE_LIMIT).await.ok()?;
        let Some(tar) = tar else { return self.regex.is_some().then(Vec::new) };
        self.among(&tar)
    }

    /// The files in an archive of where the pattern begins. A link among them leads to nobody knows what.
    fn among(&self, tar: &[u8]) -> Option<Vec<(String, Vec<u8>)>> {
        let parent = self.from.rsplit_once('/').map_or("", |(parent, _)| parent);
        let mut archive = tar::Archive::new(tar);
        let mut files = Vec::new();
        for entry in archive.entries().ok()? {
            let mut entry = entry.ok()?;
            let inside = entry.path().ok()?.to_string_lossy().trim_start_matches("./").to_owned();
            let path = format!("{parent}/{inside}");
            if !self.matches(&path) || entry.header().entry_type().is_dir() {
                continue;
            }
            if !entry.header().entry_type().is_file() || entry.size() > FILE_LIMIT {
                return None;
            }
            let mut bytes = Vec::new();
            entry.read_to_end(&mut bytes).ok()?;
            files.push((path, bytes));
        }
        Some(files)
    }
}

#[cfg(test)]
mod tests {
    use super::of;

    #[test]
    fn patterns_are_looked_for_where_nginx_does() {
        let shown = |path: &str, text: &str| {
            let all = of(path, text);
            all.iter()
                .flatten()
                .map(|it| format!("{} in {}", it.pattern, it.from))
                .collect::<Vec<_>>()
        };
        assert_eq!(shown("/a/n.conf", "include /b/c;"), ["/b/c in /b/c"]);
        assert_eq!(
            shown("/a/n.conf", "include up/*.up;"),
            ["/a/up/*.up in /a/up", "/etc/nginx/up/*.up in /etc/nginx/up"]
        );
        for (pattern, path, matches) in [
            ("/a/*.up", "/a/x.up", true),
            ("/a/*.up", "/a/b/x.up", false),
            ("/a/*.up", "/a/x.upx", false),
            ("/a/*/u?", "/a/b/up", true),
            ("/a/[0-9]*", "/a/10-x", true),
            ("/a/b", "/a/b", true),
            ("/a/b", "/a/bc", false),
        ] {
            let all = of("/a/n.conf", &format!("include {pattern};"));
            assert_eq!(all[0][0].matches(path), matches, "{pattern} {path}");
        }
    }

    #[test]
    fn an_archive_has_the_files_that_match() {
        let archive = |files: &[&str], link: bool| {
            let mut builder = tar::Builder::new(Vec::new());
            for path in files {
                let mut header = tar::Header::new_gnu();
                header.set_size(2);
                header.set_mode(0o644);
                if link {
                    header.set_entry_type(tar::EntryType::Symlink);
                    header.set_size(0);
                    builder.append_link(&mut header, path, "/x").unwrap();
                } else {
                    builder.append_data(&mut header, path, &b"ok"[..]).unwrap();
                }
            }
            builder.into_inner().unwrap()
        };
        let found = |pattern: &str, tar: &[u8]| {
            let wanted = of("/a/n.conf", &format!("include {pattern};")).remove(0).remove(0);
            let files = wanted.among(tar)?;
            Some(files.into_iter().map(|(path, _)| path).collect::<Vec<_>>().join(" "))
        };
        let folder = archive(&["up/x.up", "up/y.txt", "up/below/z.up"], false);
        assert_eq!(found("/a/up/*.up", &folder).as_deref(), Some("/a/up/x.up"));
        assert_eq!(found("/a/up/*.no", &folder).as_deref(), Some(""));
        let file = archive(&["upstream"], false);
        assert_eq!(found("/a/upstream", &file).as_deref(), Some("/a/upstream"));
        assert_eq!(found("/a/up/*.up", &archive(&["up/x.up"], true)), None);
    }
}
