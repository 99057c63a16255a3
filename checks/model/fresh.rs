//! What was seen of an image and of the source it should have been built from.

use super::Fact;
use serde::{Deserialize, Serialize};

/// All evidence on the freshness of one container.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Freshness {
    /// The running image against what its name means now.
    pub tag: Fact<Tag>,
    /// The running image's files against the build context.
    pub content: Fact<Content>,
    /// What a label of the running image says of its source; only asked where no file could be compared.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub claim: Option<Claim>,
    /// The image that the running one was built on, against what the Dockerfile's FROM means now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base: Option<Base>,
    /// What a build of the source gives now; only asked with `--verify-build`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rebuilt: Option<Fact<Rebuilt>>,
    /// What a registry holds under the name of the running image; only asked with `--registry`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published: Option<Fact<Published>>,
    /// What the engine was asked beside that and did not answer, a reason each: there may be more than what was found.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<String>,
}

/// The image that a container runs, and the image that its name means now.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    /// Files that the running container holds otherwise than its image, away from mounts, in order of their path.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edited: Vec<Edited>,
    /// Files under a mount that were written after the container was started, the newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub written_since: Vec<Rewrite>,
    /// Another folder from which Compose builds the image, where the user named this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub other_context: Option<String>,
    /// Why the image may be from before a change of the source though no file that was compared tells: a reason each.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub doubts: Vec<String>,
    /// What the build of the image was told beside its folder and its Dockerfile, or may have been: a stage, build arguments,
    /// another Dockerfile. Empty where a plain build makes the same image again.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub built_with: Vec<String>,
    /// Why the program that the container runs was not compared itself, where it was not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unseen_program: Option<String>,
}

/// A file that was changed in the container itself.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Edited {
    /// The path in the context.
    pub source: String,
    /// The path in the container.
    pub path: String,
    /// Whether the container holds the context's bytes there, and the image does not.
    pub is_newest: bool,
    /// Whether the container holds nothing there.
    pub is_gone: bool,
}

/// A file that was written while the container ran.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rewrite {
    /// The path in the container.
    pub path: String,
    /// Whole seconds between the container's start and the writing.
    pub seconds: u64,
}

/// A mount through which a file of the container is seen.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Mounted {
    /// The path inside the container.
    pub destination: String,
    /// The path on the engine's machine, or the volume's name; empty for memory.
    pub source: String,
    /// What kind it is.
    pub kind: MountKind,
    /// Whether the container may write to it.
    pub writable: bool,
    /// The path of the very file on the engine's machine, where that is a bind mount's.
    pub file: Option<String>,
    /// Whether that is the context's own file.
    pub is_source: bool,
    /// Whether the image's own file at that place, which the mount hides, is that of the context; `None` where it was not seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub image_is_newest: Option<bool>,
}

/// The kinds of mounts.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum MountKind {
    /// A file or folder of the engine's machine.
    Bind,
    /// A volume of the engine.
    Volume,
    /// Memory.
    Tmpfs,
}

/// What a label of an image says of the commit that it was built from.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Claim {
    /// The label's key.
    pub label: String,
    /// The commit that it names.
    pub revision: String,
    /// The base image that has the same value, so that it says nothing of this image.
    pub inherited_from: Option<String>,
    /// What git says of the files that the build copies.
    pub since: Fact<Since>,
}

/// What became of the files that a build copies since a commit.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Since {
    /// How many commits touch them.
    pub commits: u32,
    /// Those that changed; none where all are the same.
    pub changed: Vec<String>,
}

/// The base image that a Dockerfile names.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Base {
    /// Its name.
    pub name: String,
    /// The id that the name means now, without prefix.
    pub now: String,
    /// Whether it was made after the running image, which does not begin with its layers.
    pub is_newer: bool,
}

/// The image that a build of the source gives now, made with the engine's cache and without a name, beside the running one.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Rebuilt {
    /// Its id, without prefix.
    pub image: String,
    /// Whether it is the very image that the container runs.
    pub is_same: bool,
    /// Files that were compared at the places that the build copies to, where it is another image.
    pub compared: u32,
    /// Those of them that differ, by their path in the image.
    pub differing: Vec<String>,
    /// What could not be compared, a reason each.
    pub undecided: Vec<String>,
    /// The step, as `step 3 (COPY)`, that copied another content than the build of the running image did.
    pub changed_at: Option<String>,
    /// The first step that was not in the cache.
    pub first_made: Option<String>,
}

/// The image that a registry holds under the name of the running one, beside that.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Published {
    /// The name with its registry, as `ghcr.io/shop/api:1`.
    pub reference: String,
    /// The digest that the registry gives the name, with its algorithm.
    pub digest: String,
    /// Whether that is the running image, or one with the same layers.
    pub same_content: bool,
    /// Whether the registry holds the running image besides: then it once came from there, or was pushed there.
    pub holds_running: bool,
    /// Whether it was made after the running image; `None` where one of them has no time, or both have the same.
    pub is_newer: Option<bool>,
    /// Whether the registry is spoken to without TLS.
    pub is_plain: bool,
}

/// One file of the context that is not the same in the image.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Difference {
    /// The path in the context.
    pub source: String,
    /// The path in the image.
    pub image: String,
    /// How they differ.
    pub how: How,
    /// Why a later instruction may have changed the file, if one may.
    pub may_be_changed_by: Option<String>,
    /// The mount that shows it, where it is not the image's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mount: Option<Mounted>,
    /// The line of an ignore file that keeps the context's version out of every build.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub left_out_by: Option<String>,
    /// Whether size and time (in whole seconds) are the same on both sides, though the bytes differ.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub looks_unchanged: bool,
}

/// How a file in the image differs from the same file in the context.
#[derive(Clone, Debug, Default, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
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
    #[default]
    Differs,
    /// It is not in the image at all.
    Missing,
}
