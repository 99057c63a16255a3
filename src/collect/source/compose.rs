//! From a Compose file to the build context of a service, and to the line of a variable.

use super::expand::{Manner, Variable, expand};
use super::paths::clean;
use super::plan::Settings;
use super::yaml::{Node, Value};
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
pub(crate) fn build_of(working_dir: &Path, config_files: &str, service: &str) -> Result<Option<Build>, String> {
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
    let in_list = environment.items().iter().find(|item| {
        item.text().is_some_and(|text| text.split('=').next() == Some(variable))
    });
    in_list.map(|item| item.line).or_else(|| environment.entry(variable).map(|(line, _)| line))
}

fn parse(path: &Path) -> Result<Node, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("{} cannot be read: {error}", path.display()))?;
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
    fn service(&mut self, path: &Path, tree: &Node, service: &str, depth: usize) -> Result<(), String> {
        const DEEPEST: usize = 8;
        let Some(node) = tree.get("services").and_then(|services| services.get(service)) else { return Ok(()) };
        if let Some(extends) = node.get("extends").filter(|_| depth < DEEPEST) {
            let other = extends.text().or_else(|| extends.get("service")?.text()).unwrap_or(service);
            match extends.get("file").and_then(Node::text) {
                None => self.service(path, tree, other, depth + 1)?,
                Some(file) => {
                    let file = path.parent().unwrap_or(path).join(self.text(file, path, extends.line)?);
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
            if let Some((node, text)) = build.get(field).and_then(|node| Some((node, node.text()?))) {
                self.field(field, text, path, node.line)?;
            }
        }
        let Some(args) = build.get("args") else { return Ok(()) };
        for item in args.items() {
            let text = self.text(item.text().unwrap_or_default(), path, item.line)?;
            let (name, value) = text.split_once('=').map_or((text.as_str(), None), |(name, value)| (name, Some(value)));
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

    fn field(&mut self, field: &'static str, text: &str, path: &Path, line: usize) -> Result<(), String> {
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
            None if text.contains(&format!("${{{name}:-")) || text.contains(&format!("${{{name}-")) => Variable::Unset,
            None => Variable::Unknown(format!("variable {name}")),
        };
        let word = expand(text, Manner::Compose, &variable);
        word.map(|word| word.text).map_err(|why| format!("{}:{line}: {why}", path.display()))
    }

    fn build(mut self) -> Result<Option<Build>, String> {
        let Some((file, line)) = self.place else { return Ok(None) };
        let context = self.fields.remove("context").unwrap_or_else(|| self.working_dir.display().to_string());
        if is_address(&context) {
            return Err(format!("{}:{line}: the build context is no folder of this machine", file.display()));
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
        let quoted = ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.split(*quote).next());
        let plain = value.split(" #").next().unwrap_or(value).trim_end();
        (!name.starts_with('#')).then(|| (name.to_owned(), quoted.unwrap_or(plain).to_owned()))
    };
    text.lines().filter_map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::{Build, build_of, dotenv, environment_line};
    use proptest::prelude::*;
    use std::fs;

    fn build(files: &[(&str, &str)], config_files: &str) -> Result<Option<Build>, String> {
        let dir = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = dir.path().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        let root = dir.path().display().to_string();
        build_of(dir.path(), &config_files.replace("ROOT", &root), "web")
            .map(|found| {
                found.map(|build| Build {
                    context: build.context.strip_prefix(dir.path()).unwrap_or(&build.context).into(),
                    ..build
                })
            })
            .map_err(|error| error.replace(&format!("{root}/"), ""))
    }

    fn one(text: &str) -> Build {
        build(&[("compose.yaml", text), (".env", "DIR=from-env\nQ='a b' # no\n")], "ROOT/compose.yaml").unwrap().unwrap()
    }

    #[test]
    fn a_build_is_a_folder_or_a_mapping() {
        let build = one("services:\n  web:\n    build: ./app\n");
        assert_eq!((build.context.to_str(), build.line), (Some("app"), 3));
        assert!(build.settings.args_known && build.settings.dockerfile.is_none());
        let build = one(
            "services:\n  web:\n    image: x\n    build:\n      context: ${DIR}\n      dockerfile: D.${U:-prod}\n      \
             target: run\n      args:\n        A: 1\n        B:\n        DIR:\n",
        );
        assert_eq!((build.context.to_str(), build.line), (Some("from-env"), 4));
        assert_eq!(build.settings.dockerfile.unwrap().to_str(), Some("D.prod"));
        assert_eq!(build.settings.target.as_deref(), Some("run"));
        let args: Vec<_> = build.settings.args.into_iter().collect();
        let expected = [("A", Some("1")), ("B", None), ("DIR", Some("from-env"))];
        assert_eq!(args, expected.map(|(name, value)| (name.to_owned(), value.map(String::from))));
    }

    #[test]
    fn arguments_may_be_a_list() {
        let build = one("services: {web: {build: {args: [\"A=$Q\", B, \"C=$$x\"]}}}\n");
        let args: Vec<_> = build.settings.args.into_iter().collect();
        let expected = [("A", Some("a b")), ("B", None), ("C", Some("$x"))];
        assert_eq!(args, expected.map(|(name, value)| (name.to_owned(), value.map(String::from))));
        assert_eq!(build.context.to_str(), Some(""));
    }

    #[test]
    fn later_files_win_field_by_field() {
        let first = "services: {web: {build: {context: a, dockerfile: D, args: {X: 1, Y: 1}}}}\n";
        let second = "services:\n  web:\n    build:\n      context: b\n      args: [X=2]\n";
        let build = build(&[("1.yaml", first), ("sub/2.yaml", second)], "ROOT/1.yaml,ROOT/sub/2.yaml").unwrap().unwrap();
        assert_eq!((build.context.to_str(), build.line), (Some("b"), 3));
        assert_eq!(build.settings.dockerfile.unwrap().to_str(), Some("D"));
        assert_eq!(build.settings.args["X"].as_deref(), Some("2"));
        assert_eq!(build.settings.args["Y"].as_deref(), Some("1"));
    }

    #[test]
    fn anchors_and_extensions_are_followed() {
        let build_text = "x-b: &b\n  build: {context: shared}\nservices:\n  web:\n    <<: *b\n";
        assert_eq!(one(build_text).context.to_str(), Some("shared"));
        let base = "services: {base: {build: ./app}}\n";
        let main = "services: {web: {extends: {file: lib/base.yaml, service: base}}}\n";
        let found = build(&[("c.yaml", main), ("lib/base.yaml", base)], "c.yaml").unwrap().unwrap();
        assert_eq!(found.context.to_str(), Some("lib/app"));
    }

    #[test]
    fn what_cannot_be_used_is_one_line() {
        let error = |text: &str| build(&[("c.yaml", text)], "c.yaml").map(|found| found.is_some());
        assert_eq!(error("services: {web: {image: x}}\n"), Ok(false));
        assert_eq!(error("services: {other: {build: .}}\n"), Ok(false));
        assert_eq!(error("services:\n  web:\n    build: $NO\n"), Err("c.yaml:3: variable NO is not known".into()));
        assert_eq!(
            error("services: {web: {build: 'https://x/y.git'}}"),
            Err("c.yaml:1: the build context is no folder of this machine".into())
        );
        assert!(error("services: [\n").unwrap_err().starts_with("c.yaml:2: "));
        assert!(build(&[], "none.yaml").unwrap_err().starts_with("none.yaml cannot be read"));
    }

    #[test]
    fn lines_of_the_environment() {
        let text = "services:\n  web:\n    environment:\n      # why\n      A: 1\n      B:\n  api:\n    environment:\n      - A=2\n      - B\n";
        for (service, variable, line) in
            [("web", "A", Some(5)), ("web", "B", Some(6)), ("api", "A", Some(9)), ("api", "B", Some(10)), ("api", "C", None)]
        {
            assert_eq!(environment_line(text, service, variable), line, "{service} {variable}");
        }
        let anchored = "x: &e\n  A: 1\nservices:\n  web:\n    environment:\n      <<: *e\n";
        assert_eq!(environment_line(anchored, "web", "A"), Some(2));
    }

    #[test]
    fn variables_of_the_project() {
        let found = dotenv("A=1\n# B=2\nexport C = 'x # y'  \nD=\"q\" # z\nE=a b # c\nF=\nnonsense\n");
        let expected = [("A", "1"), ("C", "x # y"), ("D", "q"), ("E", "a b"), ("F", "")];
        assert_eq!(found.into_iter().collect::<Vec<_>>(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
    }

    proptest! {
        #[test]
        fn no_file_panics(text in "(services|web|build|: |\n|  |- |context|[${}\\[\\],x]){0,20}") {
            let _ = build(&[("c.yaml", &text)], "c.yaml");
            environment_line(&text, "web", "x");
            dotenv(&text);
        }
    }
}
