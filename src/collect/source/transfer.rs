//! COPY and ADD: which file of the context lands at which place.

use super::context::{Found, Kind};
use super::dockerfile::{Source, Transfer};
use super::ignore::{Ignore, Reading, Verdict};
use super::local::Local;
use super::paths::{below, clean, inside, join, name};
use super::plan::Planned;
use super::stage::{Builder, State, Workdir};
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// Where an instruction copies to.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    /// The absolute path.
    pub(super) path: String,
    /// Whether it is certainly a folder.
    pub(super) is_folder: bool,
    /// What the instruction is called in messages.
    pub(super) by: String,
    /// Build arguments whose value was assumed.
    pub(super) assumed: Vec<String>,
}

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

impl Builder<'_> {
    /// Follows a COPY or an ADD.
    pub(super) fn transfer(&mut self, state: &mut State, stage: usize, line: usize, transfer: &Transfer) {
        let by = format!("{} at line {line}", transfer.keyword());
        let to = match destination(state, transfer, by.clone()) {
            Ok(to) => to,
            Err(why) => {
                self.undecided.push(format!("{by}: {why}"));
                state.obscure("/", &by);
                return;
            }
        };
        if let Some(from) = transfer.flag("from") {
            self.from_elsewhere(state, stage, transfer, from, to);
            return;
        }
        let mut items = Vec::new();
        for source in &transfer.sources {
            match self.items(state, transfer, source, &to) {
                Ok(found) => items.extend(found),
                Err(why) => self.undecided.push(format!("{by}: {why}")),
            }
        }
        let exclude = exclusions(transfer);
        for item in items {
            self.place(state, item, &to, &exclude);
        }
    }

    fn items(
        &mut self,
        state: &mut State,
        transfer: &Transfer,
        source: &Source,
        to: &Destination,
    ) -> Result<Vec<Item>, String> {
        let pattern = match source {
            Source::Path(path) => path,
            Source::Text { name, text, expand } => {
                let word = if *expand { state.scope.text(text)? } else { super::expand::Expanded::verbatim(text) };
                let what = What::Text(word.text.into_bytes());
                return Ok(vec![Item { what, name: name.clone(), explicit: true, assumed: word.assumed }]);
            }
        };
        let word = state.scope.word(pattern).inspect_err(|_| state.obscure(&to.path, &to.by))?;
        if transfer.add && is_remote(&word.text) {
            state.obscure(&to.path, &to.by);
            return Err("what an address answers cannot be compared".into());
        }
        let parents = transfer.flag("parents").is_some();
        let found = self.context.find(&word.text, parents)?;
        let explicit = !super::glob::has_wildcard(&word.text);
        let root = parents.then(|| word.text.split_once("/./").map_or(String::new(), |(root, _)| inside(root)));
        let mut items = Vec::new();
        for found in found {
            self.inputs.insert(if found.path.is_empty() { ".".into() } else { found.path.clone() });
            if transfer.add && found.kind == Kind::File && is_archive(&self.context.on_disk(&found.real)) {
                state.obscure(&to.path, &to.by);
                self.undecided.push(format!("{}: {} is an archive that is unpacked", to.by, found.path));
                continue;
            }
            let name = match &root {
                Some(root) => below(&found.path, root).unwrap_or(&found.path),
                None => name(&found.path),
            };
            items.push(Item { name: name.into(), what: What::Found(found), explicit, assumed: word.assumed.clone() });
        }
        if root.is_some() {
            state.make_folders(&to.path);
        }
        Ok(items)
    }

    fn place(&mut self, state: &mut State, item: Item, to: &Destination, exclude: &Ignore) {
        let is_nested = item.name.contains('/');
        let assumed = to.assumed.iter().chain(&item.assumed).next();
        let changed = assumed.map(|argument| format!("another value of build argument {argument}"));
        let file = |image: String, source: String, local, explicit, or_below, disputed: bool| Planned {
            source,
            image,
            explicit,
            may_be_changed_by: changed.clone(),
            or_below,
            is_replaced_if_file: false,
            certain: !disputed && assumed.is_none(),
            local,
        };
        let inside_folder = to.is_folder || is_nested;
        let single = if inside_folder { join(&to.path, &item.name) } else { to.path.clone() };
        let or_below = !inside_folder && !state.from_scratch && !state.files.contains_key(&to.path);
        match item.what {
            What::Text(bytes) => {
                let source = self.dockerfile.to_owned();
                state.put(file(single, source, Local::Text(bytes), true, or_below, false), &to.by);
            }
            What::Found(found) if found.kind == Kind::Folder => {
                let folder = if is_nested { single } else { to.path.clone() };
                state.make_folders(&folder);
                for inner in self.context.below(&found.real) {
                    let rest = below(&inner.path, &found.real).unwrap_or(&inner.path).to_owned();
                    let disputed = inner.disputed || found.disputed || is_excluded(exclude, &[&inner.path, &rest]);
                    let local = self.local(&inner);
                    state.put(file(join(&folder, &rest), inner.path, local, false, false, disputed), &to.by);
                }
            }
            What::Found(found) => {
                let disputed = found.disputed || is_excluded(exclude, &[&found.path, name(&found.path)]);
                let local = self.local(&found);
                state.put(file(single, found.path, local, item.explicit, or_below, disputed), &to.by);
            }
        }
    }

    fn local(&self, found: &Found) -> Local {
        let path = self.context.on_disk(&found.real);
        if found.kind == Kind::Link { Local::Link(path) } else { Local::File(path) }
    }
}

/// Where a COPY or an ADD copies to.
fn destination(state: &State, transfer: &Transfer, by: String) -> Result<Destination, String> {
    let word = state.scope.word(&transfer.destination)?;
    let mut assumed = word.assumed;
    let path = match &state.workdir {
        _ if word.text.starts_with('/') => clean(&word.text),
        Workdir::At(folder) => {
            assumed.extend(state.workdir_assumes.iter().cloned());
            join(folder, &word.text)
        }
        Workdir::Below(_) => return Err("the working folder of the base image is not known".into()),
        Workdir::Unknown(why) => return Err(why.clone()),
    };
    let ends_as_folder = word.text.ends_with('/') || matches!(&*word.text, "." | "");
    let parents = transfer.flag("parents").is_some();
    let is_folder = ends_as_folder || parents || state.folders.contains(&path);
    Ok(Destination { path, is_folder, by, assumed })
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
    let read = File::open(path).and_then(|file| file.take(512).read_to_end(&mut head));
    read.is_ok() && (PACKED.iter().any(|magic| head.starts_with(magic)) || head.get(257..262) == Some(b"ustar"))
}
