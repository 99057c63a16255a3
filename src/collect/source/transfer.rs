//! COPY and ADD: which file of the context lands at which place.

use super::built::Built;
use super::context::Found;
use super::destination::{Destination, Shape, destination};
use super::dockerfile::{Source, Transfer};
use super::ignore::{Ignore, Reading, Verdict};
use super::local::Local;
use super::on_disk::{Kind, kind};
use super::paths::{below, inside, join, name};
use super::plan::{Place, Planned};
use super::stage::Builder;
use crate::bounded;
use std::io::Read;
use std::path::Path;

/// One thing to copy.
struct Item {
    /// What it is and where.
    what: What,
    /// The file's name below the destination, if that is a folder.
    name: String,
    /// Whether the Dockerfile names it.
    explicit: bool,
    /// Build arguments whose value was assumed.
    assumed: Vec<String>,
}

enum What {
    Found(Found),
    Text(Vec<u8>),
}

impl Item {
    /// Its path in the context, the whole of it being `.`.
    fn path(&self) -> Option<String> {
        let What::Found(found) = &self.what else { return None };
        Some(path_of(found))
    }
}

fn path_of(found: &Found) -> String {
    if found.path.is_empty() { ".".into() } else { found.path.clone() }
}

impl Builder<'_> {
    /// Follows a COPY or an ADD.
    pub(super) fn transfer(
        &mut self,
        built: &mut Built,
        number: usize,
        line: usize,
        transfer: &Transfer,
    ) {
        let by = format!("{} at line {line}", transfer.keyword());
        let to = match destination(built, transfer, by.clone()) {
            Ok(to) => to,
            Err(why) => {
                self.undecided.push(format!("{by}: {why}"));
                built.obscure("/", &by);
                self.take_in(number, transfer);
                return;
            }
        };
        if let Some(from) = transfer.flag("from") {
            self.elsewhere(built, number, transfer, from, &to);
            return;
        }
        let mut items = Vec::new();
        let is_elsewhere = !self.chain.contains(&number);
        let (left_out, folders) = (self.left_out.len(), self.folders.len());
        for source in &transfer.sources {
            let excluded = self.context.excluded.len();
            match self.items(built, transfer, source, &to) {
                Ok(found) => {
                    if is_elsewhere {
                        self.taken_in.extend(found.iter().filter_map(Item::path));
                    }
                    items.extend(found);
                }
                Err(why) => self.undecided.push(format!("{by}: {why}")),
            }
            let at = |path: &str| match to.shape {
                Shape::Folder => join(&to.path, name(path)),
                Shape::File | Shape::Open => to.path.clone(),
            };
            self.leave_out(excluded, to.shape.place(), at);
        }
        let exclude = exclusions(transfer);
        for item in items {
            self.place(built, item, &to, &exclude);
        }
        if is_elsewhere {
            self.left_out.truncate(left_out);
            self.folders.truncate(folders);
        }
    }

    /// Notes what a stage that is not followed takes out of the context, to whatever place.
    fn take_in(&mut self, number: usize, transfer: &Transfer) {
        if self.chain.contains(&number) || transfer.flag("from").is_some() {
            return;
        }
        for source in &transfer.sources {
            if let Source::Path(path) = source {
                let found = self.context.find(path, false).unwrap_or_default();
                self.taken_in.extend(found.into_iter().map(|found| path_of(&found)));
            }
        }
    }

    /// Notes where the single files would be that the ignore file has left out since it had left out so many paths.
    fn leave_out(&mut self, before: usize, place: Place, at: impl Fn(&str) -> String) {
        const MOST: usize = 32;
        let new = self.context.excluded[before..].to_vec();
        for (path, rule) in new {
            let local = self.context.on_disk(&path);
            if self.left_out.len() < MOST && kind(&local) == Some(Kind::File) {
                self.left_out.push(Planned {
                    image: at(&path),
                    explicit: false,
                    may_be_changed_by: None,
                    may_be_brought_by: None,
                    left_out_by: Some(format!("{}:{} ({})", rule.file, rule.line, rule.text)),
                    name: name(&path).to_owned(),
                    place,
                    certain: false,
                    local: Local::File(local),
                    source: path,
                });
            }
        }
    }

    fn items(
        &mut self,
        built: &mut Built,
        transfer: &Transfer,
        source: &Source,
        to: &Destination,
    ) -> Result<Vec<Item>, String> {
        let pattern = match source {
            Source::Path(path) => path,
            Source::Text { name, text, expand } => {
                let word = if *expand {
                    built.scope.text(text)?
                } else {
                    super::expand::Expanded::verbatim(text)
                };
                let what = What::Text(word.text.into_bytes());
                return Ok(vec![Item {
                    what,
                    name: name.clone(),
                    explicit: true,
                    assumed: word.assumed,
                }]);
            }
        };
        let word = built.scope.word(pattern).inspect_err(|_| built.obscure(&to.path, &to.by))?;
        if transfer.add && is_remote(&word.text) {
            built.obscure(&to.path, &to.by);
            return Err("what an address answers cannot be compared".into());
        }
        let parents = transfer.flag("parents").is_some();
        if word.assumed.is_empty() && self.context.lacks(&word.text) {
            let path = inside(&word.text);
            let why = format!("{} names {path}, which is not in the context", to.by);
            self.gone.push((to.path.clone(), why));
        }
        let found = self.context.find(&word.text, parents)?;
        let explicit = !super::glob::has_wildcard(&word.text);
        // What a pattern took before may be there still.
        let from = word.text.rsplit_once('/').map_or("", |(folder, _)| folder);
        if !explicit && to.shape == Shape::Folder && !super::glob::has_wildcard(from) {
            self.folders.push((to.path.clone(), inside(from)));
        }
        let root = parents
            .then(|| word.text.split_once("/./").map_or(String::new(), |(root, _)| inside(root)));
        let mut items = Vec::new();
        for found in found {
            self.inputs.insert(path_of(&found));
            if transfer.add
                && found.kind == Kind::File
                && is_archive(&self.context.on_disk(&found.real))
            {
                built.obscure(&to.path, &to.by);
                self.taken_in.insert(path_of(&found));
                self.undecided
                    .push(format!("{}: {} is an archive that is unpacked", to.by, found.path));
                continue;
            }
            let name = match &root {
                Some(root) => below(&found.path, root).unwrap_or(&found.path),
                None => name(&found.path),
            };
            items.push(Item {
                name: name.into(),
                what: What::Found(found),
                explicit,
                assumed: word.assumed.clone(),
            });
        }
        if root.is_some() {
            built.make_folders(&to.path);
        }
        Ok(items)
    }

    fn place(&mut self, built: &mut Built, item: Item, to: &Destination, exclude: &Ignore) {
        let is_nested = item.name.contains('/');
        let shape = if is_nested { Shape::Folder } else { to.shape };
        let assumed = to.assumed.iter().chain(&item.assumed).next();
        let one = Planned {
            source: self.dockerfile.to_owned(),
            image: if shape == Shape::Folder {
                join(&to.path, &item.name)
            } else {
                to.path.clone()
            },
            explicit: item.explicit,
            may_be_changed_by: assumed
                .map(|argument| format!("another value of build argument {argument}")),
            may_be_brought_by: None,
            left_out_by: None,
            name: name(&item.name).to_owned(),
            place: shape.place(),
            certain: assumed.is_none(),
            local: Local::Text(Vec::new()),
        };
        match item.what {
            What::Text(bytes) => built.put(Planned { local: Local::Text(bytes), ..one }, &to.by),
            What::Found(found) if found.kind == Kind::Folder => {
                let folder = if is_nested { one.image.clone() } else { to.path.clone() };
                built.make_folders(&folder);
                self.folders.push((folder.clone(), found.real.clone()));
                let excluded = self.context.excluded.len();
                for inner in self.context.below(&found.real) {
                    let rest = below(&inner.path, &found.real).unwrap_or(&inner.path);
                    let is_doubtful = inner.disputed
                        || found.disputed
                        || is_excluded(exclude, &[&inner.path, rest]);
                    let file = Planned {
                        image: join(&folder, rest),
                        explicit: false,
                        place: Place::Exact,
                        certain: one.certain && !is_doubtful,
                        local: self.local(&inner),
                        ..one.clone()
                    };
                    built.put(Planned { source: inner.path, ..file }, &to.by);
                }
                self.leave_out(excluded, Place::Exact, |path| {
                    join(&folder, below(path, &found.real).unwrap_or(path))
                });
            }
            What::Found(found) => {
                let is_doubtful =
                    found.disputed || is_excluded(exclude, &[&found.path, name(&found.path)]);
                let (certain, local) = (one.certain && !is_doubtful, self.local(&found));
                built.put(Planned { source: found.path, certain, local, ..one }, &to.by);
            }
        }
    }

    fn local(&self, found: &Found) -> Local {
        let path = self.context.on_disk(&found.real);
        if found.kind == Kind::Link { Local::Link(path) } else { Local::File(path) }
    }
}

/// The patterns of `--exclude`.
fn exclusions(transfer: &Transfer) -> Ignore {
    let patterns = transfer.flags.iter().filter(|(flag, _)| flag == "exclude");
    let text: Vec<&str> = patterns.filter_map(|(_, pattern)| pattern.as_deref()).collect();
    let mut ignore = Ignore::default();
    if ignore.add("--exclude", &text.join("\n"), &[Reading::Modern]).is_err() {
        ignore.add_none();
    }
    ignore
}

fn is_excluded(exclude: &Ignore, paths: &[&str]) -> bool {
    paths.iter().any(|path| exclude.verdict(path) != Verdict::Kept)
}

/// Whether ADD fetches this.
fn is_remote(source: &str) -> bool {
    let schemes = ["http://", "https://", "ftp://", "git://", "ssh://", "git@"];
    schemes.iter().any(|scheme| source.starts_with(scheme))
}

/// Whether ADD may unpack this: by the first bytes, as the builders do.
fn is_archive(path: &Path) -> bool {
    const PACKED: [&[u8]; 4] = [b"\x1f\x8b", b"BZh", b"\xfd7zXZ\0", b"\x28\xb5\x2f\xfd"];
    let mut head = Vec::new();
    let read = bounded::regular(path).and_then(|file| file.take(512).read_to_end(&mut head));
    read.is_ok()
        && (PACKED.iter().any(|magic| head.starts_with(magic))
            || head.get(257..262) == Some(b"ustar"))
}
