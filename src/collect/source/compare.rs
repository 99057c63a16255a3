//! The files of an image beside those of the context.

mod witness;

use super::archive::{Entry, ImageFiles};
use super::blob::{BlobId, blob_id};
use super::context::is_by_product;
use super::edits::{is_code, is_data};
use super::held::{Held, held};
use super::local::{Budget, Local, Version};
use super::paths::{below, inside, is_within, join, name, parent};
use super::plan::{Place, Plan, Planned};
use super::purpose::is_beside_the_program;
use super::twins::twins;
use checks::model::{Content, Difference, How};
use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::MetadataExt;
use witness::Witness;

/// Names that are spelled out in one line.
const MOST_NAMES: usize = 3;

/// Compares what was read from an image with what the context would put there. Asks git only where something differs.
pub(crate) fn compare(plan: &Plan, image: &ImageFiles, named_by: &str) -> Content {
    let comparison = Comparison::new(plan, image);
    let removed = comparison.removed();
    let witness = if comparison.is_open() || !removed.is_empty() {
        Witness::new(plan, &comparison, removed)
    } else {
        Witness::default()
    };
    comparison.content(named_by, &witness)
}

/// Whether an image holds the context's bytes where something else shows others; `None` where it holds no file there.
pub(crate) fn is_newest(plan: &Plan, difference: &Difference, image: &ImageFiles) -> Option<bool> {
    let file = plan.files.iter().find(|file| {
        file.source == difference.source
            && (file.image == difference.image || file.inner() == difference.image)
    })?;
    let Held::There(_, Entry::File { blob, .. }) = held(file, image) else { return None };
    let local = file.local.version(&Budget::default()).ok()?;
    Some(*blob == local.blob || file.local.with_line_feeds() == Some(*blob))
}

/// A file whose bytes differ.
struct Different<'a> {
    file: &'a Planned,
    /// Where it is in the image.
    at: String,
    held: BlobId,
    /// Bytes of a regular file in the image; 0 for what is none.
    len: u64,
    local: Version,
}

struct Comparison<'a> {
    plan: &'a Plan,
    image: &'a ImageFiles,
    /// With the bytes that both sides have.
    equal: Vec<(&'a Planned, BlobId)>,
    different: Vec<Different<'a>>,
    missing: Vec<&'a Planned>,
    /// Files of the image in folders that the context is copied to, which the context does not have: their path in the image
    /// and the one that they would have in the context.
    extra: Vec<(&'a str, String, BlobId)>,
    /// Files that were not compared, by the reason.
    aside: BTreeMap<String, Vec<&'a str>>,
}

impl<'a> Comparison<'a> {
    fn new(plan: &'a Plan, image: &'a ImageFiles) -> Self {
        let (equal, different, missing) = (Vec::new(), Vec::new(), Vec::new());
        let (extra, aside) = (extra(plan, image), BTreeMap::new());
        let mut comparison = Self { plan, image, equal, different, missing, extra, aside };
        let budget = Budget::default();
        for file in &plan.files {
            comparison.look_at(file, &budget);
        }
        for file in &plan.left_out {
            comparison.look_at_left_out(file, &budget);
        }
        comparison
    }

    fn look_at(&mut self, file: &'a Planned, budget: &Budget) {
        let seen = held(file, self.image);
        if file.local.is_link()
            && self.image.was_asked(&file.image)
            && !matches!(seen, Held::There(_, Entry::Link(_)))
        {
            return self.set_aside(file, "a link, which Podman follows".into());
        }
        let (at, entry) = match seen {
            Held::There(path, Entry::File { .. })
                if path == file.image && file.place == Place::OpenAndReplaced =>
            {
                return;
            }
            Held::There(path, entry) => (path, entry),
            Held::Absent if !file.explicit && is_beside_the_program(&file.source) => return,
            Held::Absent => return self.missing.push(file),
            Held::NotAsked(_) => return self.set_aside(file, "not read from the image".into()),
            Held::Unreadable(why) => {
                let why = format!("not readable in the image, {why}");
                return self.set_aside(file, why);
            }
        };
        let local = match file.local.version(budget) {
            Ok(local) => local,
            Err(why) => return self.set_aside(file, format!("not readable, {why}")),
        };
        let (held, len, held_is_link) = match entry {
            Entry::File { blob, len } => (*blob, *len, false),
            Entry::Link(target) => (blob_id(target.as_bytes()), 0, true),
            Entry::Other => return self.set_aside(file, "no file in the image".into()),
        };
        if held_is_link != file.local.is_link() {
            self.set_aside(file, "a link on one side only".into());
        } else if held == local.blob {
            self.equal.push((file, held));
        } else if file.local.with_line_feeds() == Some(held) {
            self.set_aside(file, "different in its line ends only".into());
        } else if !file.explicit && is_beside_the_program(&file.source) {
            self.set_aside(file, "another one, and no part of the program".into());
        } else {
            self.different.push(Different { file, at, held, len, local });
        }
    }

    /// What the ignore file leaves out should not be there. Where it is, only its history tells whether it is old.
    fn look_at_left_out(&mut self, file: &'a Planned, budget: &Budget) {
        if let Held::There(at, Entry::File { blob, len }) = held(file, self.image)
            && let Ok(local) = file.local.version(budget)
            && *blob != local.blob
        {
            self.different.push(Different { file, at, held: *blob, len: *len, local });
        }
    }

    fn set_aside(&mut self, file: &'a Planned, why: String) {
        self.aside.entry(why).or_default().push(&file.source);
    }

    /// Whether git could say more.
    fn is_open(&self) -> bool {
        !self.different.is_empty() || self.missing.iter().any(|file| file.certain && !file.explicit)
    }

    fn content(mut self, named_by: &str, witness: &Witness) -> Content {
        let history = &witness.history;
        let newest_held = self.newest_held(history);
        let twins = self.twins(witness);
        let mut differing = Vec::new();
        let gone = self.plan.gone.iter().map(|(_, why)| why);
        let mut doubts: Vec<String> = gone.chain(&self.plan.unlike).cloned().collect();
        for different in std::mem::take(&mut self.different) {
            let how = match self.how(&different, witness) {
                Ok(How::Differs) if !is_written(different.file) => match twins.get(&different.held)
                {
                    Some(twin) => {
                        Err(format!("a build by another recipe: it equals {twin} of the context"))
                    }
                    None => Ok(How::Differs),
                },
                how => how,
            };
            match how {
                how if different.file.left_out_by.is_some() => {
                    if let Ok(how @ How::Older { commits_behind: 1.., .. }) = how {
                        differing.push(difference(different.file, different.at, how));
                    }
                }
                // Programs write to such a file wherever they run, beside its source as well.
                Ok(How::Differs) if is_written(different.file) => {
                    self.set_aside(different.file, "another one, which programs write".into());
                }
                Ok(how) => {
                    let looks_unchanged = self.looks_unchanged(&different);
                    let differs = difference(different.file, different.at, how);
                    differing.push(Difference { looks_unchanged, ..differs });
                }
                // It differs, and what git says of it keeps that from being a proof.
                Err(why) => {
                    let open = difference(different.file, different.at, How::Differs);
                    let may_be_changed_by = open.may_be_changed_by.or(Some(why));
                    differing.push(Difference { may_be_changed_by, ..open });
                }
            }
        }
        for file in std::mem::take(&mut self.missing) {
            match self.is_missing(file, history, newest_held) {
                Ok(true) => differing.push(difference(file, file.image.clone(), How::Missing)),
                Ok(false) => {}
                Err(why) => {
                    if self.is_of_a_copy_of_code(file) {
                        doubts.push(format!("{} is {why}", file.source));
                    }
                    self.set_aside(file, why);
                }
            }
        }
        for (at, source, held) in &self.extra {
            // A file that the source no longer has, in a version that it had: the image is from before its removal.
            let Some(found) = history.version(source, *held) else { continue };
            // A step may make or bring now what was a file of the source before.
            if let Some(by) = self.plan.may_bring(at) {
                doubts.push(format!("{source} is no more in the context, and {by} may bring it"));
                continue;
            }
            let (commit, commits_behind) = (found.commit, found.commits_behind);
            differing.push(Difference {
                source: source.clone(),
                image: (*at).to_owned(),
                how: How::Older { commit, commits_behind, edited_since: false },
                may_be_changed_by: None,
                mount: None,
                left_out_by: None,
                looks_unchanged: false,
            });
        }
        differing.sort_by(|a, b| (&a.source, &a.image).cmp(&(&b.source, &b.image)));
        let asides = self.aside.iter().map(|(why, files)| format!("{}: {why}", names(files)));
        Content {
            named_by: named_by.into(),
            context: self.plan.context.display().to_string(),
            dockerfile: self.plan.dockerfile.clone(),
            compared: count(self.equal.len() + differing.len()),
            equal: count(self.equal.len()),
            differing,
            undecided: self.plan.undecided.iter().cloned().chain(asides).collect(),
            doubts,
            built_with: self.plan.built_with.clone(),
            ..Content::default()
        }
    }

    /// The files of the context that have the bytes of files that differ, where another recipe may have taken them.
    fn twins(&self, witness: &Witness) -> BTreeMap<BlobId, String> {
        let is_open = |different: &&Different<'_>| {
            different.len > 0
                && different.file.left_out_by.is_none()
                && matches!(self.how(different, witness), Ok(How::Differs))
        };
        let open = self.different.iter().filter(is_open);
        let wanted: BTreeMap<_, _> = open.map(|open| (open.held, open.len)).collect();
        match &self.plan.guess {
            Some(guess) if !wanted.is_empty() => twins(self.plan, guess, &wanted),
            _ => BTreeMap::new(),
        }
    }

    /// Whether a file is code, and others of its kind that came by the same copy are in the image as they are in the context.
    /// Without it, such an image is from before the file was there, or from another recipe.
    fn is_of_a_copy_of_code(&self, file: &Planned) -> bool {
        let end =
            |file: &Planned| name(&file.source).rsplit_once('.').map(|(_, end)| end.to_owned());
        let is_of_one_folder = |other: &Planned| {
            parent(&other.image) == parent(&file.image)
                && parent(&other.source) == parent(&file.source)
        };
        let is_of_one_copy = |other: &Planned| {
            let holds = |at: &str, from: &str, one: &Planned| {
                is_within(&one.image, at) && (from.is_empty() || is_within(&one.source, from))
            };
            let mut folders = self.plan.folders.iter();
            is_of_one_folder(other)
                || folders.any(|(at, from)| holds(at, from, file) && holds(at, from, other))
        };
        let is_plain = file.certain && file.may_be_changed_by.is_none() && !file.local.is_link();
        is_plain
            && end(file).is_some()
            && is_code(&file.source)
            && self.equal.iter().any(|(other, _)| {
                !other.explicit && end(other) == end(file) && is_of_one_copy(other)
            })
    }

    /// Whether the file in the image has the size and the time of the context's.
    fn looks_unchanged(&self, different: &Different<'_>) -> bool {
        let Local::File(path) = &different.file.local else { return false };
        std::fs::symlink_metadata(path).is_ok_and(|file| {
            u64::try_from(file.mtime())
                .is_ok_and(|time| self.image.is_stamped(&different.at, file.size(), time))
        })
    }
}

/// The files of the image that a copy of a folder would have brought, and that the context does not have now.
fn extra<'a>(plan: &Plan, image: &'a ImageFiles) -> Vec<(&'a str, String, BlobId)> {
    let all = plan.files.iter().chain(&plan.left_out);
    let planned: BTreeSet<String> =
        all.flat_map(|file| [file.image.clone(), file.inner()]).collect();
    let mut extra = Vec::new();
    for (at, from) in &plan.folders {
        for (path, held) in image.files_below(at).filter(|(path, _)| !planned.contains(*path)) {
            let Some(rest) = below(path, at) else { continue };
            let source = inside(&join(from, rest));
            let is_there = plan.context.join(&source).symlink_metadata().is_ok();
            if !is_there && !is_by_product(&source) && !is_beside_the_program(&source) {
                extra.push((path, source, held));
            }
        }
    }
    extra
}

/// Whether programs write to a file that no instruction names.
fn is_written(file: &Planned) -> bool {
    !file.explicit && is_data(&file.source)
}

fn difference(file: &Planned, image: String, how: How) -> Difference {
    Difference {
        source: file.source.clone(),
        image,
        how,
        may_be_changed_by: file.may_be_changed_by.clone(),
        mount: None,
        left_out_by: file.left_out_by.clone(),
        looks_unchanged: false,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// `a, b, c and 4 more`.
fn names(files: &[&str]) -> String {
    let shown = files[..files.len().min(MOST_NAMES)].join(", ");
    match files.len().saturating_sub(MOST_NAMES) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

#[cfg(test)]
mod tests;
