//! What an image was built from: which files of the build context its Dockerfile copies to which
//! place, and how the files in the image compare with them. It looks; it does not judge.
//!
//! The way through the room: [`plan`] follows the Dockerfile and the ignore file over the context,
//! [`roots`] names the paths of the image that must be read, [`ImageFiles`] takes what the engine's
//! archive interface answers, and [`compare`] sets the two beside each other and asks git which
//! version of a file an image holds. Nothing of the context is ever executed.

mod archive;
mod blob;
mod built;
mod compare;
pub(crate) mod compose;
mod configuration;
mod context;
mod destination;
mod dockerfile;
mod edits;
mod effect;
mod expand;
mod glob;
mod held;
mod history;
mod ignore;
mod ignore_files;
mod local;
mod on_disk;
mod origin;
mod parcel;
mod past;
mod paths;
mod plan;
mod purpose;
mod recipes;
mod repository;
mod revision;
mod roots;
mod scope;
mod stage;
#[cfg(test)]
mod tests;
mod transfer;
mod twins;
mod yaml;

pub(crate) use archive::ImageFiles;
pub(crate) use compare::{compare, is_newest};
pub(crate) use configuration::Configured;
pub(crate) use edits::{edits, is_code, is_data, touched};
pub(crate) use parcel::{Parcel, parcel};
pub(crate) use paths::{is_within, join};
pub(crate) use plan::{Plan, Planned, Settings, plan};
pub(crate) use purpose::{is_a_test, is_beside_the_program};
pub(crate) use recipes::{Recipe, recipes};
pub(crate) use revision::since;
pub(crate) use roots::roots;
