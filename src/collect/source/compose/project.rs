//! A Compose project as its files write it: the services, each in the layers that are laid over each other, and the
//! variables that the project's own `.env` sets.

use super::super::expand::{Manner, Variable, expand};
use super::super::yaml::Node;
use super::dotenv::{Setting, settings};
use crate::words::words;
use checks::model::Compose;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Files that a service may extend, one behind the other.
const DEEPEST: usize = 8;

/// A project's files.
pub(crate) struct Project {
    /// The folder of the project.
    pub(super) folder: PathBuf,
    files: Vec<(PathBuf, Node)>,
    variables: BTreeMap<String, (PathBuf, Setting)>,
}

/// What one file says of a service.
pub(super) struct Layer {
    /// The file.
    pub(super) file: PathBuf,
    /// The service in it.
    pub(super) node: Node,
    /// The folder that relative paths begin in.
    pub(super) base: PathBuf,
}

/// A text with its variables filled in.
#[derive(Debug)]
pub(super) struct Filled {
    pub(super) text: String,
    /// Whether it holds any variable: then the shell may have said something else when the container was made.
    pub(super) has_variables: bool,
    /// The line of the project's `.env` that gives the first of them.
    pub(super) given_by: Option<(PathBuf, usize)>,
}

impl Project {
    /// Reads the files that the labels of a container name.
    ///
    /// # Errors
    ///
    /// Returns in one line which file cannot be used, and why.
    pub(crate) fn read(labels: &Compose) -> Result<Self, String> {
        let folder = PathBuf::from(labels.working_dir.as_deref().unwrap_or("/"));
        let read = |file: &String| {
            let path = folder.join(file);
            parse(&path).map(|tree| (path, tree))
        };
        let files = labels.config_files.iter().map(read).collect::<Result<_, _>>()?;
        let own = [".env".to_owned()];
        let named = &labels.environment_files;
        let mut variables = BTreeMap::new();
        for file in if named.is_empty() { &own[..] } else { named } {
            let path = folder.join(file);
            for setting in settings(&fs::read_to_string(&path).unwrap_or_default()) {
                variables.insert(setting.name.clone(), (path.clone(), setting));
            }
        }
        Ok(Self { folder, files, variables })
    }

    /// Where a service is described, and the profiles that it belongs to; `None` where no file knows it.
    pub(crate) fn service(&self, name: &str) -> Option<(&Path, usize, Vec<String>)> {
        let of = |(_, tree): &(PathBuf, Node)| {
            let (line, node) = tree.get("services")?.entry(name)?;
            let profiles = node.get("profiles").map_or(&[][..], Node::items);
            let profiles: Vec<String> =
                profiles.iter().filter_map(|p| p.text().map(String::from)).collect();
            Some((line, profiles))
        };
        let mut found = self.files.iter().filter_map(|file| Some((file.0.as_path(), of(file)?)));
        let (path, (line, mut profiles)) = found.next()?;
        profiles.extend(found.flat_map(|(_, (_, more))| more));
        Some((path, line, profiles))
    }

    /// What the files say of a service; what comes later wins.
    pub(super) fn layers(&self, service: &str) -> Result<Vec<Layer>, String> {
        let mut layers = Vec::new();
        for (path, tree) in &self.files {
            self.add(&mut layers, path, tree, service, &self.folder, 0)?;
        }
        Ok(layers)
    }

    /// Adds what one file says, and what it extends before that.
    fn add(
        &self,
        layers: &mut Vec<Layer>,
        path: &Path,
        tree: &Node,
        service: &str,
        base: &Path,
        depth: usize,
    ) -> Result<(), String> {
        let Some(node) = tree.get("services").and_then(|services| services.get(service)) else {
            return Ok(());
        };
        if let Some(extends) = node.get("extends").filter(|_| depth < DEEPEST) {
            let other =
                extends.text().or_else(|| extends.get("service")?.text()).unwrap_or(service);
            match extends.get("file").and_then(Node::text) {
                None => self.add(layers, path, tree, other, base, depth + 1)?,
                Some(file) => {
                    let file = self.filled(file, path, extends.line)?.text;
                    let file = path.parent().unwrap_or(path).join(file);
                    let base = file.parent().unwrap_or(&file);
                    self.add(layers, &file, &parse(&file)?, other, base, depth + 1)?;
                }
            }
        }
        layers.push(Layer { file: path.into(), node: node.clone(), base: base.into() });
        Ok(())
    }

    /// The value of a variable that only the project's `.env` can tell by now, with its place.
    pub(super) fn variable(&self, name: &str) -> Option<(&str, &Path, usize)> {
        let (path, setting) = self.variables.get(name)?;
        Some((setting.value.as_deref()?, path, setting.line))
    }

    /// Fills in the variables of a text.
    pub(super) fn filled(&self, text: &str, path: &Path, line: usize) -> Result<Filled, String> {
        let met = RefCell::new((false, None));
        let variable = |name: &str| {
            let mut met = met.borrow_mut();
            met.0 = true;
            match self.variable(name) {
                Some((value, path, line)) => {
                    met.1.get_or_insert((path.to_owned(), line));
                    Variable::Set(value.to_owned())
                }
                None if !self.variables.contains_key(name)
                    && (text.contains(&format!("${{{name}:-"))
                        || text.contains(&format!("${{{name}-"))) =>
                {
                    Variable::Unset
                }
                None => Variable::Unknown(format!("variable {name}")),
            }
        };
        let word = expand(text, Manner::Compose, &variable)
            .map_err(|why| format!("{}:{line}: {why}", path.display()))?;
        let (has_variables, given_by) = met.into_inner();
        Ok(Filled { text: word.text, has_variables, given_by })
    }
}

fn parse(path: &Path) -> Result<Node, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {}", path.display(), words(&error)))?;
    Node::parse(&text).map_err(|(line, why)| format!("{}:{line}: {why}", path.display()))
}
