//! One named value: a variable, a flag with its value, or a scalar of a file.

use super::role::{Key, Setting};
use super::{Place, path};

/// A name and a value, and where they stand.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) key: Key,
    /// Entries with the same group may be halves of one address: those of one mapping, of one environment.
    pub(super) group: String,
    pub(super) value: String,
    pub(super) place: Place,
    /// What stands beside the value must not be shown. Of a file, this is found out later, by the line.
    pub(super) hidden: bool,
    /// The program gets the value as it stands here, quotes and all.
    pub(super) literal: bool,
}

impl Entry {
    /// A variable of the environment.
    pub(super) fn variable(name: &str, value: &str) -> Self {
        let place = Place::Env { name: name.to_owned() };
        Self {
            key: Key::name(name, Setting::Env),
            group: String::new(),
            value: value.to_owned(),
            place,
            hidden: path::holds_secret(value),
            literal: true,
        }
    }

    /// A flag, or an assignment among the arguments.
    pub(super) fn flag(name: &str, value: &str, index: usize, group: &str) -> Self {
        let place = Place::Arg { index };
        let (group, hidden) = (group.to_owned(), path::holds_secret(value));
        let (key, value) = (Key::name(name, Setting::Arg), value.to_owned());
        Self { key, group, value, place, hidden, literal: false }
    }
}
