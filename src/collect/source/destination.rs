//! Where a COPY or an ADD copies to.

use super::built::{Built, Workdir};
use super::dockerfile::Transfer;
use super::paths::{clean, join};
use super::plan::Place;

/// Where an instruction copies to.
#[derive(Clone, Debug)]
pub(super) struct Destination {
    /// The absolute path.
    pub(super) path: String,
    /// What is there.
    pub(super) shape: Shape,
    /// What the instruction is called in messages.
    pub(super) by: String,
    /// Build arguments whose value was assumed.
    pub(super) assumed: Vec<String>,
}

/// What is at a destination.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub(super) enum Shape {
    /// A folder: files are put into it.
    Folder,
    /// Nothing but a file can be there.
    File,
    /// A folder if the base image has one there, else a file.
    Open,
}

impl Shape {
    /// What the path means for a single file.
    pub(super) fn place(self) -> Place {
        if self == Self::Open { Place::Open } else { Place::Exact }
    }
}

/// The destination as it is after all steps before this one.
///
/// # Errors
///
/// Returns what is not known of it.
pub(super) fn destination(
    built: &Built,
    transfer: &Transfer,
    by: String,
) -> Result<Destination, String> {
    let word = built.scope.word(&transfer.destination)?;
    let mut assumed = word.assumed;
    let path = match &built.workdir {
        _ if word.text.starts_with('/') => clean(&word.text),
        Workdir::At(folder) => {
            assumed.extend(built.workdir_assumes.iter().cloned());
            join(folder, &word.text)
        }
        Workdir::Below(_) => return Err("the working folder of the base image is not known".into()),
        Workdir::Unknown(why) => return Err(why.clone()),
    };
    let ends_as_folder = word.text.ends_with('/') || matches!(&*word.text, "." | "");
    let parents = transfer.flag("parents").is_some();
    let shape = if ends_as_folder || parents || built.folders.contains(&path) {
        Shape::Folder
    } else if built.from_scratch || built.files.contains_key(&path) {
        Shape::File
    } else {
        Shape::Open
    };
    Ok(Destination { path, shape, by, assumed })
}
