//! What was seen of an image and of the source it should have been built from.

use super::Fact;
use serde::{Deserialize, Serialize};

/// All evidence on the freshness of one container.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Freshness {
    /// The running image against what its name means now.
    pub tag: Fact<Tag>,
    /// The running image's files against the build context.
    pub content: Fact<Content>,
}

/// The image that a container runs, and the image that its name means now.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Tag {
    /// The name the container was started with.
    pub reference: String,
    /// The id of the image the container runs, without prefix.
    pub running: String,
    /// The id that the name means now, without prefix.
    pub now: String,
    /// Whether both images have the same layers.
    pub same_layers: bool,
    /// Whether the image that the name means now equals the build context; only asked when the ids differ.
    pub now_is_newest: Option<bool>,
}

/// The files of an image compared with the build context.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
pub struct Content {
    /// What named the context: `--source` or the Compose file.
    pub named_by: String,
    /// The folder of the context, as given.
    pub context: String,
    /// The Dockerfile, relative to the context where possible.
    pub dockerfile: String,
    /// Files that were compared.
    pub compared: u32,
    /// Files that were equal.
    pub equal: u32,
    /// Files that differ, in order of their path.
    pub differing: Vec<Difference>,
    /// What could not be compared, a reason each.
    pub undecided: Vec<String>,
}

/// One file of the context that is not the same in the image.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
pub struct Difference {
    /// The path in the context.
    pub source: String,
    /// The path in the image.
    pub image: String,
    /// How they differ.
    pub how: How,
    /// Why a later instruction may have changed the file, if one may.
    pub may_be_changed_by: Option<String>,
}

/// How a file in the image differs from the same file in the context.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum How {
    /// It equals an older version of the same path in the context's git history: proof.
    Older {
        /// The abbreviated commit whose version it equals.
        commit: String,
        /// How many commits that touch the file came after it.
        commits_behind: u32,
        /// Whether the context's file is also edited and not committed.
        edited_since: bool,
    },
    /// Its bytes differ, and no older version is known that it equals.
    Differs,
    /// It is not in the image at all.
    Missing,
}
