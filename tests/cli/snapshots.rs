//! Files of snapshots: every earlier one is read, packed or not, and what is read is written as it was.

use super::{econn, refused};
use std::io::Write;
use std::path::{Path, PathBuf};

/// Every snapshot that was kept, each as an earlier econn wrote it.
fn kept() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/snapshots");
    let files = std::fs::read_dir(folder).unwrap().flatten().map(|entry| entry.path());
    let found: Vec<PathBuf> = files.collect();
    assert!(!found.is_empty());
    found
}

fn judged(file: &Path) -> Vec<u8> {
    let output = econn(&["diagnose", "--from", file.to_str().unwrap(), "--format", "json"]);
    assert_eq!(output.status.code(), Some(1), "{}: {output:?}", file.display());
    output.stdout
}

#[test]
fn every_earlier_file_is_read() {
    for file in kept() {
        let report: serde_json::Value = serde_json::from_slice(&judged(&file)).unwrap();
        let chain = &report["links"][0]["chain"];
        assert_eq!(*chain, serde_json::json!(["EC401", "EC501", "EC301", "EC101", "EC201"]));
    }
}

#[test]
fn a_packed_file_is_known_by_its_bytes_and_gives_the_same_report() {
    let folder = tempfile::tempdir().unwrap();
    for file in kept() {
        let packed = folder.path().join("a.snapshot");
        let mut gzip = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
        gzip.write_all(&std::fs::read(&file).unwrap()).unwrap();
        let bytes = gzip.finish().unwrap();
        std::fs::write(&packed, &bytes).unwrap();
        assert_eq!(judged(&packed), judged(&file));
        std::fs::write(&packed, &bytes[..bytes.len() / 2]).unwrap();
        refused(
            &["diagnose", "--from", packed.to_str().unwrap()],
            2,
            "it is in gzip, and truncated or damaged",
        );
    }
}
