//! The image that a sidecar is made from: the running program, alone in one layer, in the form that `docker save` writes and
//! every engine loads. It needs no registry, and holds nothing of the user's.

use super::binary;
use crate::collect::owner::{self, HELPER_LABEL};
use hyper::body::Bytes;
use serde_json::json;
use sha2::{Digest, Sha256};

/// The name of every image of ours, before the tag.
pub(crate) const NAME: &str = "localhost/econn-agent";
/// The beginning of time: nobody asks when it was.
const CREATED: &str = "1970-01-01T00:00:00Z";

/// An image that no engine has yet.
#[derive(Clone)]
pub(crate) struct Image {
    /// Its name and tag, which are this run's alone.
    pub(crate) tag: String,
    /// The archive to load.
    pub(crate) archive: Bytes,
}

/// The word that images use for the processor that this program is made for.
pub(crate) fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// The image of the running program.
///
/// # Errors
///
/// Says why the program can't stand alone in a container.
pub(crate) fn own() -> Result<Image, String> {
    pack(&binary::own()?, &owner::me()).map_err(|e| format!("its image can't be written: {e}"))
}

/// Packs a program. The owner is part of the image and of its layer, so that no two runs ever share anything: engines are not
/// good at keeping what one of them loads while another removes the same.
fn pack(program: &[u8], owner: &str) -> std::io::Result<Image> {
    let layer = archive(&[("econn", 0o755, program), ("owner", 0o444, owner.as_bytes())])?;
    let layer_id = hex(&Sha256::digest(&layer));
    let config = json!({
        "architecture": architecture(),
        "os": "linux",
        "created": CREATED,
        "config": { "Entrypoint": ["/econn", "agent"], "Labels": { HELPER_LABEL: owner } },
        "rootfs": { "type": "layers", "diff_ids": [format!("sha256:{layer_id}")] },
        "history": [{ "created": CREATED, "created_by": "econn" }],
    });
    let config = config.to_string();
    let id = hex(&Sha256::digest(config.as_bytes()));
    let tag = format!("{NAME}:{}", &id[..12]);
    let (config_name, layer_name) = (format!("{id}.json"), format!("{layer_id}/layer.tar"));
    let manifest = json!([{ "Config": config_name, "RepoTags": [tag], "Layers": [layer_name] }]);
    let archive = archive(&[
        (&config_name, 0o644, config.as_bytes()),
        (&layer_name, 0o644, &layer),
        ("manifest.json", 0o644, manifest.to_string().as_bytes()),
    ])?;
    Ok(Image { tag, archive: archive.into() })
}

/// A tar archive of these files: path, mode, content.
fn archive(files: &[(&str, u32, &[u8])]) -> std::io::Result<Vec<u8>> {
    let size = files.iter().map(|(_, _, content)| content.len() + 1024).sum::<usize>() + 1024;
    let mut archive = tar::Builder::new(Vec::with_capacity(size));
    for (path, mode, content) in files {
        let mut header = tar::Header::new_ustar();
        header.set_size(content.len() as u64);
        header.set_mode(*mode);
        header.set_entry_type(tar::EntryType::Regular);
        archive.append_data(&mut header, path, *content)?;
    }
    archive.into_inner()
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::{HELPER_LABEL, hex, pack};
    use serde_json::Value;
    use sha2::{Digest, Sha256};
    use std::collections::HashMap;
    use std::io::Read;

    fn files(archive: &[u8]) -> HashMap<String, (u32, Vec<u8>)> {
        let mut archive = tar::Archive::new(archive);
        let entries = archive.entries().unwrap().map(|entry| {
            let mut entry = entry.unwrap();
            let mut content = Vec::new();
            entry.read_to_end(&mut content).unwrap();
            let path = entry.path().unwrap().to_string_lossy().into_owned();
            (path, (entry.header().mode().unwrap(), content))
        });
        entries.collect()
    }

    #[test]
    fn an_image_is_one_layer_with_one_program_that_carries_its_owner() {
        let image = pack(b"program", "machine/boot/1/2/3").unwrap();
        let outer = files(&image.archive);
        let json = |name: &str| serde_json::from_slice::<Value>(&outer[name].1).unwrap();
        let manifest = &json("manifest.json")[0];
        assert_eq!(manifest["RepoTags"][0], image.tag);
        let config = json(manifest["Config"].as_str().unwrap());
        assert_eq!(config["config"]["Labels"][HELPER_LABEL], "machine/boot/1/2/3");
        let layer = &outer[manifest["Layers"][0].as_str().unwrap()].1;
        let digest = format!("sha256:{}", hex(&Sha256::digest(layer)));
        assert_eq!(config["rootfs"]["diff_ids"][0], digest);
        assert_eq!(files(layer)["econn"], (0o755, b"program".to_vec()));
        let other = files(&pack(b"program", "another").unwrap().archive);
        assert!(outer.keys().all(|name| name == "manifest.json" || !other.contains_key(name)));
    }

    #[test]
    fn no_two_runs_share_an_image_and_one_run_makes_the_same_again() {
        let tag = |owner| pack(b"program", owner).unwrap().tag;
        assert_ne!(tag("one"), tag("two"));
        assert_eq!(tag("one"), tag("one"));
    }
}
