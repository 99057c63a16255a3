//! What Compose's own files say of a container: where its image is built, and which line tells it an address.

use super::engine::Seen;
use super::fresh::Origin;
use super::links::{in_line, told::Told};
use super::source::compose;
use checks::model::{Source, Written};
use std::path::{Path, PathBuf};

/// The build context of a Compose service, from the labels of its container. `None` where nothing is built, or the files
/// are not on this machine.
pub(super) fn origin(seen: &Seen) -> Result<Option<Origin>, String> {
    let Some(labels) = &seen.facts.compose else { return Ok(None) };
    let Some(folder) = labels.working_dir.as_ref().map(PathBuf::from).filter(|dir| dir.is_dir())
    else {
        return Ok(None);
    };
    let build = compose::build_of(&folder, &labels.config_files.join(","), &labels.service)?;
    Ok(build.map(|build| Origin {
        named_by: format!("{} line {}", build.file.display(), build.line),
        context: build.context,
        settings: build.settings,
        other: None,
    }))
}

/// The line of the Compose file that sets a variable, where the place of an address is one; and how it writes the address.
pub(super) fn also(seen: &Seen, source: &Source, told: &Told) -> Option<(Source, Option<Written>)> {
    let Source::Env { name } = source else { return None };
    let labels = seen.facts.compose.as_ref()?;
    let folder = labels.working_dir.as_ref().map_or_else(|| Path::new("/"), Path::new);
    // Later files win over earlier ones.
    labels.config_files.iter().rev().find_map(|file| {
        let path = folder.join(file);
        let text = std::fs::read_to_string(&path).ok()?;
        let line = compose::environment_line(&text, &labels.service, name)?;
        let place = Source::Compose { path: path.display().to_string(), line };
        let written = in_line(told, &place, &text, line);
        Some((place, written))
    })
}
