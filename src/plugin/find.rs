//! Finds the programs. The folder in which econn happens to run is never searched, and what anybody may write to is not run.

use super::settings::Plugins;
use crate::words::words;
use std::collections::BTreeMap;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

const PREFIX: &str = "econn-check-";

/// Every program by its name; of two with one name the first, in the order of the folders and then of `PATH`.
pub(super) fn find(settings: &Plugins, base: &Path) -> Result<BTreeMap<String, PathBuf>, String> {
    let mut found = BTreeMap::new();
    for folder in &settings.folders {
        let folder = base.join(folder);
        let why = |e: &std::io::Error| {
            let folder = folder.display();
            format!("plugins: the folder {folder}: {}; correct it in econn.toml", words(e))
        };
        // A program runs in the folder of econn.toml, so its own path has to be whole.
        let whole = folder.canonicalize().map_err(|e| why(&e))?;
        gather(&whole, &mut found).map_err(|e| why(&e))?;
    }
    if settings.path {
        let path = std::env::var_os("PATH").unwrap_or_default();
        for folder in std::env::split_paths(&path).filter(|folder| folder.is_absolute()) {
            // A folder of PATH that is not there is nobody's mistake.
            drop(gather(&folder, &mut found));
        }
    }
    Ok(found)
}

fn gather(folder: &Path, found: &mut BTreeMap<String, PathBuf>) -> std::io::Result<()> {
    if is_anybodys(folder) {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str());
        let Some(name) = name.and_then(|name| name.strip_prefix(PREFIX)) else { continue };
        if is_name(name) && is_program(&path) && !is_anybodys(&path) {
            found.entry(name.to_owned()).or_insert(path);
        }
    }
    Ok(())
}

fn is_name(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '-' | '_'))
}

fn is_program(path: &Path) -> bool {
    path.metadata().is_ok_and(|it| it.is_file() && it.mode() & 0o111 != 0)
}

/// Whether everybody on the machine may change it. A sticky folder keeps others' hands off what lies in it.
fn is_anybodys(path: &Path) -> bool {
    path.metadata().is_ok_and(|it| it.mode() & 0o1002 == 0o002)
}
