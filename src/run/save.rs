//! How a snapshot stands in a file: JSON with a line for each field, in gzip where the file's name ends in `.gz`. The bytes
//! depend on nothing but the snapshot.

use crate::exit::Failure;
use crate::words::words;
use checks::model::Snapshot;
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;
use std::path::Path;

/// The bytes of the file.
pub(super) fn bytes(snapshot: &Snapshot, file: &Path) -> Result<Vec<u8>, Failure> {
    let mut text =
        serde_json::to_vec_pretty(snapshot).map_err(|e| Failure::incomplete(e.to_string()))?;
    text.push(b'\n');
    if file.extension().is_none_or(|ending| ending != "gz") {
        return Ok(text);
    }
    // The header holds neither a name nor a time.
    let mut packed = GzEncoder::new(Vec::new(), Compression::default());
    packed.write_all(&text).and_then(|()| packed.finish()).map_err(|e| {
        Failure::incomplete(format!("{} can't be packed: {}", file.display(), words(&e)))
    })
}
