//! Which ignore file a builder takes.

use super::ignore::{Ignore, Reading};
use crate::bounded;
use crate::words::words;
use std::path::{Path, PathBuf};

/// The ignore files in the order in which builders prefer them. An image may come from a builder that
/// does not know the file beside the Dockerfile, so both it and the general one are asked.
///
/// # Errors
///
/// Returns which file cannot be used, and why.
pub(super) fn applying(
    root: &Path,
    dockerfile: Option<&Path>,
    podman: bool,
) -> Result<Ignore, String> {
    let mut ignore = Ignore::default();
    let beside =
        |end: &str| dockerfile.map(|file| PathBuf::from(format!("{}{end}", file.display())));
    let own = [beside(".containerignore").filter(|_| podman), beside(".dockerignore")];
    let own = own.into_iter().flatten().find(|file| file.is_file());
    let general =
        [Some(root.join(".containerignore")).filter(|_| podman), Some(root.join(".dockerignore"))];
    let general = general.into_iter().flatten().find(|file| file.is_file());
    let readings: &[Reading] = if podman {
        &[Reading::Modern, Reading::Buildah]
    } else {
        &[Reading::Modern, Reading::Walked, Reading::Classic]
    };
    let mut add = |file: &Path| {
        let name = file.strip_prefix(root).unwrap_or(file).display().to_string();
        let text = bounded::written(file)
            .map_err(|error| format!("{name} cannot be read: {}", words(&error)))?;
        ignore.add(&name, &String::from_utf8_lossy(&text), readings)
    };
    match (&own, &general) {
        (None, None) => {}
        (None, Some(general)) => add(general)?,
        (Some(own), Some(general)) => {
            add(own)?;
            add(general)?;
        }
        (Some(own), None) => {
            add(own)?;
            ignore.add_none();
        }
    }
    Ok(ignore)
}
