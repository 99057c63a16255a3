//! A Compose project as its files write it: the services, each in the layers that are laid over each other, and the
//! variables that the project's own `.env` sets.

use super::super::expand::{Manner, Variable, expand};
use super::super::paths::clean;
use super::super::yaml::Node;
use super::dotenv::{Setting, settings};
use super::is_address;
use crate::bounded;
use crate::words::words;
use checks::model::Compose;
use std::cell::RefCell;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Files that a service may extend, or that include each other, one behind the other.
const DEEPEST: usize = 8;
/// Files that a project may have, those that are included counted.
const MOST: usize = 64;

/// A project's files.
pub(crate) struct Project {
    /// The folder of the project.
    pub(super) folder: PathBuf,
    /// Whether podman-compose reads it: for that, files of variables always lie in the project's folder.
    pub(super) is_podmans: bool,
    files: Vec<File>,
    variables: BTreeMap<String, (PathBuf, Setting)>,
}

/// One of its files.
struct File {
    path: PathBuf,
    tree: Node,
    /// The folder that relative paths in it begin in.
    base: PathBuf,
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
        let is_podmans = labels.is_podmans();
        let mut project =
            Self { folder: folder.clone(), is_podmans, files: vec![], variables: BTreeMap::new() };
        let mut named = labels.variable_files();
        if named.is_empty() {
            named.push(folder.join(".env").display().to_string());
        }
        // Of several files, the last one that says something wins.
        for file in named.iter().rev() {
            project.learn(Path::new(file));
        }
        for file in labels.files() {
            project.add_file(Path::new(&file), &folder, 0)?;
        }
        Ok(project)
    }

    /// Takes the variables of a file that are not known yet.
    fn learn(&mut self, path: &Path) {
        for setting in settings(&bounded::text(path).unwrap_or_default()).into_iter().rev() {
            let name = setting.name.clone();
            self.variables.entry(name).or_insert_with(|| (path.to_owned(), setting));
        }
    }

    /// Reads a file, and those that it includes.
    fn add_file(&mut self, path: &Path, base: &Path, depth: usize) -> Result<(), String> {
        if self.files.len() == MOST || self.files.iter().any(|file| file.path == path) {
            return Ok(());
        }
        let tree = parse(path)?;
        let included = tree.get("include").map_or(&[][..], Node::items).to_vec();
        self.files.push(File { path: path.into(), tree, base: base.into() });
        let mut included = included.iter().filter(|_| depth < DEEPEST);
        included.try_for_each(|item| self.include(item, path, base, depth + 1))
    }

    /// Reads the files of one entry of `include`. Relative paths in them begin beside the first, and what their own `.env` sets
    /// is only heard where the project's does not.
    fn include(
        &mut self,
        item: &Node,
        path: &Path,
        base: &Path,
        depth: usize,
    ) -> Result<(), String> {
        let paths = item.get("path").unwrap_or(item);
        let texts = paths.text().into_iter().chain(paths.items().iter().filter_map(Node::text));
        // What is fetched from somewhere is no file of this machine.
        let local = texts.filter(|text| !is_address(text));
        let whole = |text: &str| {
            let text = self.filled(text, path, item.line)?.text;
            Ok(PathBuf::from(clean(&base.join(text).display().to_string())))
        };
        let files = local.map(whole).collect::<Result<Vec<PathBuf>, String>>()?;
        let named = item.get("project_directory").and_then(Node::text);
        let home = match (named, files.first().and_then(|first| first.parent())) {
            _ if self.is_podmans => self.folder.clone(),
            (Some(named), _) => base.join(named),
            (None, beside) => beside.unwrap_or(base).to_owned(),
        };
        self.learn(&home.join(".env"));
        files.iter().try_for_each(|file| self.add_file(file, &home, depth))
    }

    /// Where a service is described, and the profiles that it belongs to; `None` where no file knows it.
    pub(crate) fn service(&self, name: &str) -> Option<(&Path, usize, Vec<String>)> {
        let of = |file: &File| {
            let (line, node) = file.tree.get("services")?.entry(name)?;
            let profiles = node.get("profiles").map_or(&[][..], Node::items);
            let profiles: Vec<String> =
                profiles.iter().filter_map(|p| p.text().map(String::from)).collect();
            Some((line, profiles))
        };
        let mut found = self.files.iter().filter_map(|file| Some((file.path.as_path(), of(file)?)));
        let (path, (line, mut profiles)) = found.next()?;
        profiles.extend(found.flat_map(|(_, (_, more))| more));
        Some((path, line, profiles))
    }

    /// What the files say of a service; what comes later wins.
    pub(super) fn layers(&self, service: &str) -> Result<Vec<Layer>, String> {
        let mut layers = Vec::new();
        for File { path, tree, base } in &self.files {
            self.add(&mut layers, path, tree, service, base, 0)?;
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
        if node.replaces {
            layers.clear();
        }
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
    let text = bounded::text(path)
        .map_err(|error| format!("{} cannot be read: {}", path.display(), words(&error)))?;
    Node::parse(&text).map_err(|(line, why)| format!("{}:{line}: {why}", path.display()))
}
