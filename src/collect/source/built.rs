//! What a stage of a Dockerfile holds after some of its steps: files of the context at their places.

use super::paths::{clean, is_within, join, parent};
use super::plan::{Place, Planned};
use super::scope::Scope;
use std::collections::{BTreeMap, BTreeSet};

/// Where relative paths begin.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Workdir {
    /// At this folder.
    At(String),
    /// This far below the working folder of the base image.
    Below(String),
    /// Nobody here knows, for this reason.
    Unknown(String),
}

/// What is known of a stage's files after some of its steps.
#[derive(Clone, Debug)]
pub(super) struct Built {
    /// The files of the context, by their path in the image: the inner one where there are two.
    pub(super) files: BTreeMap<String, Planned>,
    /// Where something may have been written that is not followed, the whole image where nobody knows.
    /// Each with the step.
    pub(super) opaque: BTreeMap<String, String>,
    /// Folders that certainly exist.
    pub(super) folders: BTreeSet<String>,
    /// Where relative destinations begin.
    pub(super) workdir: Workdir,
    /// The build arguments whose value was assumed for that.
    pub(super) workdir_assumes: Vec<String>,
    /// The variables.
    pub(super) scope: Scope,
    /// The image that the first stage of the chain begins with.
    pub(super) base: Option<String>,
    /// Whether that is nothing at all.
    pub(super) from_scratch: bool,
}

impl Built {
    /// Nothing is copied yet.
    pub(super) fn new(scope: Scope, workdir: Workdir) -> Self {
        Self {
            files: BTreeMap::new(),
            opaque: BTreeMap::new(),
            folders: BTreeSet::from(["/".to_owned()]),
            workdir,
            workdir_assumes: Vec::new(),
            scope,
            base: None,
            from_scratch: false,
        }
    }

    /// WORKDIR.
    pub(super) fn enter(&mut self, path: &str, line: usize) {
        let word = match self.scope.word(path) {
            Ok(word) => word,
            Err(why) => {
                self.workdir = Workdir::Unknown(format!("WORKDIR at line {line}: {why}"));
                return;
            }
        };
        let path = word.text;
        if path.starts_with('/') {
            self.workdir_assumes.clear();
        }
        self.workdir_assumes.extend(word.assumed);
        self.workdir = match &self.workdir {
            _ if path.starts_with('/') => Workdir::At(clean(&path)),
            Workdir::At(folder) => Workdir::At(join(folder, &path)),
            Workdir::Below(rest) if rest.is_empty() => Workdir::Below(clean(&path)),
            Workdir::Below(rest) => Workdir::Below(join(rest, &path)),
            Workdir::Unknown(why) => Workdir::Unknown(why.clone()),
        };
        if let Workdir::At(folder) = &self.workdir {
            let folder = folder.clone();
            self.make_folders(&folder);
        }
    }

    /// A folder exists now, and all above it.
    pub(super) fn make_folders(&mut self, folder: &str) {
        let mut folder = folder;
        while folder.len() > 1 && self.folders.insert(folder.to_owned()) {
            folder = parent(folder);
        }
    }

    /// A file is copied to its place. What was there before is gone, unless that is not certain.
    pub(super) fn put(&mut self, file: Planned, by: &str) {
        let place = file.inner();
        self.make_folders(parent(&file.image));
        if let Some(before) = self.files.get_mut(&place).filter(|_| !file.certain) {
            before.is_brought_by(by);
            return;
        }
        if file.place != Place::Exact {
            let same =
                |before: &&mut Planned| before.place != Place::Exact && before.image == file.image;
            for before in self.files.values_mut().filter(same) {
                before.place = Place::OpenAndReplaced;
            }
        }
        self.files.insert(place, file);
    }

    /// Something unknown may have been written to a place or below it.
    pub(super) fn obscure(&mut self, place: &str, by: &str) {
        self.opaque.insert(place.to_owned(), by.to_owned());
        for file in self.files.values_mut().filter(|file| is_within(&file.image, place)) {
            file.is_brought_by(by);
        }
    }
}
