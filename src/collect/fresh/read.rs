//! Reads everything that a plan needs from a container, by the engine's archive.

use crate::collect::engine::Connection;
use crate::collect::source::{self, ImageFiles, Plan};
use std::sync::{Arc, Mutex, PoisonError};

/// Everything of an image or a container that the plan needs.
pub(super) async fn read(
    engine: &Connection,
    container: &str,
    plan: &Plan,
) -> Result<ImageFiles, String> {
    let mut files = ImageFiles::default();
    loop {
        let roots = source::roots(plan, &files);
        if roots.is_empty() {
            return Ok(files);
        }
        for root in roots {
            files = with(engine, container, &root, files).await;
        }
    }
}

/// Everything at some places of an image, and below them.
pub(super) async fn read_all(engine: &Connection, container: &str, places: &[&str]) -> ImageFiles {
    let mut files = ImageFiles::default();
    for place in places {
        files = with(engine, container, place, files).await;
    }
    files
}

/// What was read so far, and what is at one more place.
async fn with(engine: &Connection, container: &str, root: &str, files: ImageFiles) -> ImageFiles {
    let path = root.to_owned();
    let shared = Arc::new(Mutex::new(files));
    let into = Arc::clone(&shared);
    let read = move |tar: &mut dyn std::io::Read| {
        into.lock().unwrap_or_else(PoisonError::into_inner).read_tar(&path, tar);
        Ok(())
    };
    let answer = engine.stream(container, root, read).await;
    let mut files = std::mem::take(&mut *shared.lock().unwrap_or_else(PoisonError::into_inner));
    match answer {
        Ok(Some(())) => {}
        Ok(None) => files.absent(root),
        Err(why) => files.fail(root, &why),
    }
    files
}
