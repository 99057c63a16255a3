//! From a Compose file to the build context of a service, and to the line of a variable.

use super::expand::{Manner, Variable, expand};
use super::paths::clean;
use super::plan::Settings;
use super::yaml::{Node, Value};
use crate::words::words;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// How a Compose project builds a service.
#[derive(Clone, Debug)]
pub(crate) struct Build {
    /// The folder of the build context.
    pub(crate) context: PathBuf,
    /// The rest of what the file says.
    pub(crate) settings: Settings,
    /// The Compose file that says so, the last one if there are several.
    pub(crate) file: PathBuf,
    /// The line of its `build`.
    pub(crate) line: usize,
}

/// Reads how a service is built from the files that its labels name. Nothing if it is not built at all.
///
/// # Errors
///
/// Returns in one line which file cannot be used, and why.
pub(crate) fn build_of(
    working_dir: &Path,
    config_files: &str,
    service: &str,
) -> Result<Option<Build>, String> {
    let mut reader = Reader::new(working_dir);
    for file in config_files.split(',').map(str::trim).filter(|file| !file.is_empty()) {
        let path = working_dir.join(file);
        let tree = parse(&path)?;
        reader.service(&path, &tree, service, 0)?;
    }
    reader.build()
}

/// The line at which a service's environment names a variable.
pub(crate) fn environment_line(text: &str, service: &str, variable: &str) -> Option<usize> {
    let tree = Node::parse(text).ok()?;
    let environment = tree.get("services")?.get(service)?.get("environment")?;
    let in_list = environment
        .items()
        .iter()
        .find(|item| item.text().is_some_and(|text| text.split('=').next() == Some(variable)));
    in_list.map(|item| item.line).or_else(|| environment.entry(variable).map(|(line, _)| line))
}

fn parse(path: &Path) -> Result<Node, String> {
    let text = fs::read_to_string(path)
        .map_err(|error| format!("{} cannot be read: {}", path.display(), words(&error)))?;
    Node::parse(&text).map_err(|(line, why)| format!("{}:{line}: {why}", path.display()))
}

/// What the files say together; what is said later wins.
struct Reader {
    working_dir: PathBuf,
    variables: BTreeMap<String, String>,
    place: Option<(PathBuf, usize)>,
    fields: BTreeMap<&'static str, String>,
    /// The folder that relative paths of the context begin in.
    base: PathBuf,
    args: BTreeMap<String, Option<String>>,
}

impl Reader {
    fn new(working_dir: &Path) -> Self {
        Self {
            working_dir: working_dir.into(),
            variables: dotenv(&fs::read_to_string(working_dir.join(".env")).unwrap_or_default()),
            place: None,
            fields: BTreeMap::new(),
            base: working_dir.into(),
            args: BTreeMap::new(),
        }
    }

    /// Takes what one file says on the service, and what it extends before that.
    fn service(
        &mut self,
        path: &Path,
        tree: &Node,
        service: &str,
        depth: usize,
    ) -> Result<(), String> {
        const DEEPEST: usize = 8;
        let Some(node) = tree.get("services").and_then(|services| services.get(service)) else {
            return Ok(());
        };
        if let Some(extends) = node.get("extends").filter(|_| depth < DEEPEST) {
            let other =
                extends.text().or_else(|| extends.get("service")?.text()).unwrap_or(service);
            match extends.get("file").and_then(Node::text) {
                None => self.service(path, tree, other, depth + 1)?,
                Some(file) => {
                    let file =
                        path.parent().unwrap_or(path).join(self.text(file, path, extends.line)?);
                    self.base = file.parent().unwrap_or(&file).into();
                    let tree = parse(&file)?;
                    self.service(&file, &tree, other, depth + 1)?;
                }
            }
        }
        let Some((line, build)) = node.entry("build") else { return Ok(()) };
        if depth == 0 {
            self.base.clone_from(&self.working_dir);
        }
        self.place = Some((path.into(), line));
        match &build.value {
            Value::Text(context) => self.field("context", context, path, build.line)?,
            Value::Map(_) => self.mapping(build, path)?,
            Value::List(_) => return Err(format!("{}:{line}: build is a list", path.display())),
        }
        Ok(())
    }

    fn mapping(&mut self, build: &Node, path: &Path) -> Result<(), String> {
        for field in ["context", "dockerfile", "dockerfile_inline", "target"] {
            if let Some((node, text)) = build.get(field).and_then(|node| Some((node, node.text()?)))
            {
                self.field(field, text, path, node.line)?;
            }
        }
        let Some(args) = build.get("args") else { return Ok(()) };
        for item in args.items() {
            let text = self.text(item.text().unwrap_or_default(), path, item.line)?;
            let (name, value) = text
                .split_once('=')
                .map_or((text.as_str(), None), |(name, value)| (name, Some(value)));
            let value = value.map(String::from).or_else(|| self.variables.get(name).cloned());
            self.args.insert(name.to_owned(), value);
        }
        for (name, node) in args.entries() {
            let value = match node.text() {
                None | Some("" | "~" | "null") => self.variables.get(name).cloned(),
                Some(text) => Some(self.text(text, path, node.line)?),
            };
            self.args.insert(name.to_owned(), value);
        }
        Ok(())
    }

    fn field(
        &mut self,
        field: &'static str,
        text: &str,
        path: &Path,
        line: usize,
    ) -> Result<(), String> {
        let mut text = self.text(text, path, line)?;
        if field == "context" && !is_address(&text) {
            text = self.base.join(&text).display().to_string();
        }
        self.fields.insert(field, text);
        Ok(())
    }

    /// Fills in variables, which only the project's `.env` can tell by now.
    fn text(&self, text: &str, path: &Path, line: usize) -> Result<String, String> {
        let variable = |name: &str| match self.variables.get(name) {
            Some(value) => Variable::Set(value.clone()),
            None if text.contains(&format!("${{{name}:-"))
                || text.contains(&format!("${{{name}-")) =>
            {
                Variable::Unset
            }
            None => Variable::Unknown(format!("variable {name}")),
        };
        let word = expand(text, Manner::Compose, &variable);
        word.map(|word| word.text).map_err(|why| format!("{}:{line}: {why}", path.display()))
    }

    fn build(mut self) -> Result<Option<Build>, String> {
        let Some((file, line)) = self.place else { return Ok(None) };
        let context =
            self.fields.remove("context").unwrap_or_else(|| self.working_dir.display().to_string());
        if is_address(&context) {
            return Err(format!(
                "{}:{line}: the build context is no folder of this machine",
                file.display()
            ));
        }
        let settings = Settings {
            dockerfile: self.fields.remove("dockerfile").map(PathBuf::from),
            inline: self.fields.remove("dockerfile_inline"),
            target: self.fields.remove("target"),
            args: self.args,
            args_known: true,
            ..Settings::default()
        };
        Ok(Some(Build { context: clean(&context).into(), settings, file, line }))
    }
}

/// Whether a context is fetched from somewhere.
fn is_address(context: &str) -> bool {
    context.contains("://") || context.starts_with("git@") || context.starts_with("github.com/")
}

/// The variables of a `.env` file.
fn dotenv(text: &str) -> BTreeMap<String, String> {
    let line = |line: &str| {
        let line = line.trim();
        let (name, value) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let (name, value) = (name.trim(), value.trim());
        let quoted =
            ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.split(*quote).next());
        let plain = value.split(" #").next().unwrap_or(value).trim_end();
        (!name.starts_with('#')).then(|| (name.to_owned(), quoted.unwrap_or(plain).to_owned()))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests;
