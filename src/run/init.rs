//! Writes an `econn.toml` from what is seen, without sending a probe.

use super::look::{Task, look};
use crate::cli::Init;
use crate::collect::Over;
use crate::config::{self, Config, FILE};
use crate::exit::{Code, Failure, INCOMPLETE};
use crate::tell::tell;
use crate::words::words;
use std::fs::OpenOptions;
use std::io::Write;
use std::path::Path;

/// Looks, and writes the file into the current folder.
pub(super) fn init(mut init: Init) -> Result<Code, Failure> {
    let folder = std::env::current_dir()
        .map_err(|e| Failure::usage(format!("the current folder: {}", words(&e))))?;
    let path = folder.join(FILE);
    // Said before the containers are looked at.
    if !init.force && path.symlink_metadata().is_ok() {
        return Err(there_already(&path));
    }
    init.looking.passive = true;
    let task =
        Task::new("init", &init.looking, &init.kept.containers, &Config::default(), Over::None)?;
    let facts = look(&task)?;
    if facts.engines.iter().all(|engine| engine.error.is_some()) {
        return Err(Failure {
            code: INCOMPLETE,
            message: format!("no engine answers, so no {FILE} is written"),
        });
    }
    let (text, links) = config::written(&facts, &folder);
    let mut options = OpenOptions::new();
    options.write(true).truncate(true);
    if init.force {
        options.create(true)
    } else {
        options.create_new(true)
    };
    let done = options.open(&path).and_then(|mut file| file.write_all(text.as_bytes()));
    done.map_err(|e| match e.kind() {
        std::io::ErrorKind::AlreadyExists => there_already(&path),
        _ => Failure::usage(format!("{} can't be written: {}", path.display(), words(&e))),
    })?;
    let count = match links {
        0 => "no link was seen, so it demands none".to_owned(),
        1 => "1 link that must work".to_owned(),
        n => format!("{n} links that must work"),
    };
    tell(&format!("wrote {}: {count}; look through it before you rely on it", path.display()));
    Ok(Code(0))
}

fn there_already(path: &Path) -> Failure {
    Failure::usage(format!(
        "{} is there already; econn init --force writes it anew",
        path.display()
    ))
}
