//! What a registry says of an image: its manifest, or a list of them for several machines, and its configuration.

use serde::Deserialize;

/// For which machines an image is.
#[derive(Debug, Default, Deserialize, Eq, PartialEq)]
#[serde(default)]
pub(super) struct Platform {
    pub(super) os: String,
    pub(super) architecture: String,
    pub(super) variant: Option<String>,
}

/// What is in an image.
#[derive(Debug)]
pub(super) struct Manifest {
    pub(super) digest: String,
    /// The digest of its configuration: the image's id, for most engines.
    pub(super) config: String,
}

/// The configuration of an image, as far as it tells of its making.
#[derive(Debug, Deserialize)]
pub(super) struct Configuration {
    created: Option<String>,
    #[serde(default)]
    rootfs: RootFs,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RootFs {
    diff_ids: Vec<String>,
}

impl Configuration {
    /// When it was made.
    pub(super) fn created(&self) -> Option<jiff::Timestamp> {
        self.created.as_ref()?.parse().ok()
    }

    /// The ids of its layers, the lowest first.
    pub(super) fn layers(&self) -> &[String] {
        &self.rootfs.diff_ids
    }
}

/// A manifest, or a list of them.
#[derive(Deserialize)]
pub(super) struct Document {
    pub(super) config: Option<Part>,
    pub(super) manifests: Option<Vec<Part>>,
}

#[derive(Deserialize)]
pub(super) struct Part {
    pub(super) digest: String,
    #[serde(default)]
    platform: Option<Platform>,
}

/// The image for a platform. Where a variant is not told, the only one there is.
pub(super) fn fitting(parts: &[Part], wanted: &Platform) -> Option<String> {
    let fits = |part: &&Part| {
        part.platform
            .as_ref()
            .is_some_and(|p| p.os == wanted.os && p.architecture == wanted.architecture)
    };
    let fitting: Vec<&Part> = parts.iter().filter(fits).collect();
    let is_same = |part: &&&Part| part.platform.as_ref() == Some(wanted);
    let found = match fitting.as_slice() {
        [only] => Some(*only),
        several => several.iter().find(is_same).copied(),
    };
    found.map(|part| part.digest.clone()).filter(|digest| is_digest(digest))
}

/// A registry is a stranger: what is no digest is neither asked for nor kept.
pub(super) fn is_digest(text: &str) -> bool {
    text.strip_prefix("sha256:").is_some_and(|hex| {
        hex.len() == 64 && hex.bytes().all(|b| b.is_ascii_digit() || (b'a'..=b'f').contains(&b))
    })
}

#[cfg(test)]
mod tests {
    use super::{Part, Platform, fitting, is_digest};

    fn part(digit: &str, os: &str, architecture: &str, variant: Option<&str>) -> Part {
        let platform = Platform {
            os: os.into(),
            architecture: architecture.into(),
            variant: variant.map(Into::into),
        };
        Part { digest: format!("sha256:{}", digit.repeat(64)), platform: Some(platform) }
    }

    #[test]
    fn the_image_of_the_platform_is_taken_out_of_a_list() {
        let list = [
            part("a", "linux", "amd64", None),
            part("b", "linux", "arm", Some("v6")),
            part("c", "linux", "arm", Some("v7")),
            part("d", "unknown", "unknown", None),
            Part { digest: "sha256:x".into(), platform: None },
        ];
        let fits = |architecture: &str, variant: Option<&str>| {
            let wanted = part("", "linux", architecture, variant).platform.unwrap_or_default();
            fitting(&list, &wanted).map(|digest| digest[7..8].to_owned()).unwrap_or_default()
        };
        assert_eq!(fits("amd64", None), "a");
        assert_eq!(fits("amd64", Some("v1")), "a");
        assert_eq!(fits("arm", Some("v7")), "c");
        assert_eq!(fits("arm", None), "");
        assert_eq!(fits("arm64", None), "");
    }

    #[test]
    fn a_digest_is_told_from_other_texts() {
        assert!(is_digest(&format!("sha256:{}", "0a".repeat(32))));
        for text in [
            "",
            "sha256:",
            "sha256:../../x",
            &"a".repeat(71),
            &format!("sha256:{}", "0A".repeat(32)),
        ] {
            assert!(!is_digest(text), "{text}");
        }
    }
}
