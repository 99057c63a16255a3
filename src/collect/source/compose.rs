//! From a Compose file to the build context of a service, to what it says of an environment, and to the services that a
//! project has.

mod dotenv;
mod environment;
mod project;

pub(crate) use environment::Assigned;
pub(crate) use project::Project;

use super::paths::clean;
use super::plan::Settings;
use super::yaml::{Node, Value};
use std::collections::BTreeMap;
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

impl Project {
    /// How a service is built. Nothing if it is not built at all.
    ///
    /// # Errors
    ///
    /// Returns in one line which file cannot be used, and why.
    pub(crate) fn build_of(&self, service: &str) -> Result<Option<Build>, String> {
        let mut reader = Reader::new(self);
        for layer in self.layers(service)? {
            reader.base = layer.base;
            reader.service(&layer.file, &layer.node)?;
        }
        reader.build()
    }
}

/// What the files say together; what is said later wins.
struct Reader<'a> {
    project: &'a Project,
    place: Option<(PathBuf, usize)>,
    fields: BTreeMap<&'static str, String>,
    /// The folder that relative paths of the context begin in.
    base: PathBuf,
    args: BTreeMap<String, Option<String>>,
}

impl<'a> Reader<'a> {
    fn new(project: &'a Project) -> Self {
        Self {
            project,
            place: None,
            fields: BTreeMap::new(),
            base: project.folder.clone(),
            args: BTreeMap::new(),
        }
    }

    /// Takes what one file says of the service.
    fn service(&mut self, path: &Path, node: &Node) -> Result<(), String> {
        let Some((line, build)) = node.entry("build") else { return Ok(()) };
        if build.replaces {
            self.fields.clear();
            self.args.clear();
        }
        self.place = Some((path.into(), line));
        match &build.value {
            Value::Text(text) if matches!(text.as_str(), "" | "~" | "null") => self.place = None,
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
            let value = value.map(String::from).or_else(|| self.variable(name));
            self.args.insert(name.to_owned(), value);
        }
        for (name, node) in args.entries() {
            let value = match node.text() {
                None | Some("" | "~" | "null") => self.variable(name),
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

    fn text(&self, text: &str, path: &Path, line: usize) -> Result<String, String> {
        self.project.filled(text, path, line).map(|filled| filled.text)
    }

    fn variable(&self, name: &str) -> Option<String> {
        self.project.variable(name).map(|(value, ..)| value.to_owned())
    }

    fn build(mut self) -> Result<Option<Build>, String> {
        let Some((file, line)) = self.place else { return Ok(None) };
        let context = self
            .fields
            .remove("context")
            .unwrap_or_else(|| self.project.folder.display().to_string());
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

#[cfg(test)]
mod tests;
