//! What the files of a project say of a service's environment now, each variable with its place.

use super::super::yaml::{Node, Value};
use super::dotenv::settings;
use super::project::{Layer, Project};
use crate::bounded;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What the files say of one variable now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Assigned {
    /// The file that sets it: a Compose file, or one that `env_file` names.
    pub(crate) file: PathBuf,
    /// The line in it.
    pub(crate) line: usize,
    /// The value; `None` where it can't be told from the files.
    pub(crate) value: Option<String>,
    /// The line of the project's `.env` that gives the value, or a part of it.
    pub(crate) given_by: Option<(PathBuf, usize)>,
    /// Whether a variable of the shell may have said something else when the container was made.
    pub(crate) by_shell: bool,
}

impl Project {
    /// The environment of a service: `environment` wins over `env_file`, and later files over earlier ones.
    ///
    /// # Errors
    ///
    /// Returns in one line which file cannot be used, and why.
    pub(crate) fn environment(&self, service: &str) -> Result<BTreeMap<String, Assigned>, String> {
        let (mut found, mut own) = (BTreeMap::new(), BTreeMap::new());
        for layer in &self.layers(service)? {
            self.files_of(layer, &mut found)?;
            self.own_of(layer, &mut own);
        }
        found.extend(own);
        Ok(found)
    }

    /// What a file says itself.
    fn own_of(&self, layer: &Layer, found: &mut BTreeMap<String, Assigned>) {
        let Some(environment) = layer.node.get("environment") else { return };
        if environment.replaces {
            found.clear();
        }
        for item in environment.items() {
            let (name, value) = match item.text().unwrap_or_default().split_once('=') {
                Some((name, value)) => (name, Some(value)),
                None => (item.text().unwrap_or_default(), None),
            };
            found.insert(name.into(), self.assigned(name, value, &layer.file, item.line));
        }
        for (name, _) in environment.entries() {
            let Some((line, node)) = environment.entry(name) else { continue };
            let value = node.text().filter(|text| !matches!(*text, "" | "~" | "null"));
            found.insert(name.into(), self.assigned(name, value, &layer.file, line));
        }
    }

    fn assigned(&self, name: &str, value: Option<&str>, file: &Path, line: usize) -> Assigned {
        let place = |value, given_by, by_shell| Assigned {
            file: file.into(),
            line,
            value,
            given_by,
            by_shell,
        };
        let Some(text) = value else {
            let given = self.variable(name);
            let by = given.map(|(_, path, line)| (path.to_owned(), line));
            return place(given.map(|(value, ..)| value.to_owned()), by, true);
        };
        match self.filled(text, file, line) {
            Ok(filled) => place(Some(filled.text), filled.given_by, filled.has_variables),
            Err(_) => place(None, None, true),
        }
    }

    /// What the files say that `env_file` names.
    fn files_of(
        &self,
        layer: &Layer,
        found: &mut BTreeMap<String, Assigned>,
    ) -> Result<(), String> {
        let Some((line, named)) = layer.node.entry("env_file") else { return Ok(()) };
        if named.replaces {
            found.clear();
        }
        let one = matches!(named.value, Value::Text(_) | Value::Map(_))
            .then(|| std::slice::from_ref(named));
        for item in one.unwrap_or_else(|| named.items()) {
            let Some(path) = item.text().or_else(|| item.get("path").and_then(Node::text)) else {
                continue;
            };
            let base = if self.is_podmans { &self.folder } else { &layer.base };
            let path = base.join(self.filled(path, &layer.file, line)?.text);
            let Ok(text) = bounded::text(&path) else { continue };
            for setting in settings(&text) {
                let assigned = Assigned {
                    file: path.clone(),
                    line: setting.line,
                    by_shell: setting.value.is_none(),
                    value: setting.value,
                    given_by: None,
                };
                found.insert(setting.name, assigned);
            }
        }
        Ok(())
    }
}
