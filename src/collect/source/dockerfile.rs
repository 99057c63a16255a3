//! A Dockerfile as the steps that matter for what lands in the image, each with its line.

mod read;

use parse_dockerfile::Instruction;
use read::Reader;

/// A whole Dockerfile.
#[derive(Debug)]
pub(super) struct Script {
    /// The escape character of its words.
    pub(super) escape: char,
    /// The arguments before the first stage.
    pub(super) globals: Vec<Step>,
    /// The stages in order.
    pub(super) stages: Vec<Stage>,
}

/// One stage.
#[derive(Debug)]
pub(super) struct Stage {
    /// Its name, if it has one.
    pub(super) name: Option<String>,
    /// What it begins with, not expanded.
    pub(super) base: String,
    /// The line of its FROM.
    #[cfg_attr(not(test), expect(dead_code, reason = "only the tests ask where a stage begins"))]
    pub(super) line: usize,
    /// What it does.
    pub(super) steps: Vec<Step>,
}

/// One instruction.
#[derive(Debug)]
pub(super) struct Step {
    /// Its line, from 1.
    pub(super) line: usize,
    /// What it does.
    pub(super) action: Action,
}

/// What an instruction does, its words not expanded.
#[derive(Debug)]
pub(super) enum Action {
    /// Declares build arguments, with their defaults.
    Arg(Vec<(String, Option<String>)>),
    /// Sets variables.
    Env(Vec<(String, String)>),
    /// Changes the working folder.
    Workdir(String),
    /// COPY or ADD.
    Transfer(Transfer),
    /// Runs a command, with what is mounted meanwhile.
    Run(Run, Vec<Mount>),
    /// CMD, where it can be read.
    Command(Option<Argv>),
    /// ENTRYPOINT, likewise.
    Entrypoint(Option<Argv>),
    /// USER.
    User(String),
    /// Changes no file.
    Nothing,
}

/// The command of a RUN.
#[derive(Debug, Eq, PartialEq)]
pub(super) enum Run {
    /// A line for the shell, line continuations included.
    Shell(String),
    /// Program and arguments.
    Exec(Vec<String>),
    /// A script.
    Script,
}

impl Run {
    /// What it says; a script is told by its contents, which are not kept.
    pub(super) fn text(&self) -> String {
        match self {
            Self::Shell(line) => line.clone(),
            Self::Exec(words) => words.join(" "),
            Self::Script => String::new(),
        }
    }
}

/// What a CMD or an ENTRYPOINT starts.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Argv {
    /// Program and arguments.
    Words(Vec<String>),
    /// A line for the shell, line continuations included.
    Line(String),
}

/// A `--mount` of a RUN, as it is written.
#[derive(Debug)]
pub(super) struct Mount(pub(super) String);

impl Mount {
    /// The path of the context that it shows, not expanded; `None` where it shows another stage, a cache or a secret.
    pub(super) fn of_context(&self) -> Option<String> {
        let value = |keys: &[&str]| {
            let pairs = self.0.split(',').filter_map(|pair| pair.split_once('='));
            pairs.into_iter().find(|(key, _)| keys.contains(key)).map(|(_, value)| value)
        };
        let is_bind = value(&["type"]).is_none_or(|kind| kind == "bind");
        let source = value(&["source", "src"]).unwrap_or(".").trim_matches('/');
        let source = source.strip_prefix("./").unwrap_or(source);
        (is_bind && value(&["from"]).is_none())
            .then(|| if source.is_empty() { ".".into() } else { source.into() })
    }
}

/// A COPY or an ADD.
#[derive(Debug)]
pub(super) struct Transfer {
    /// Whether it is an ADD.
    pub(super) add: bool,
    /// Its flags, without the dashes.
    pub(super) flags: Vec<(String, Option<String>)>,
    /// What is copied.
    pub(super) sources: Vec<Source>,
    /// Where to.
    pub(super) destination: String,
}

/// What a COPY or an ADD copies.
#[derive(Debug)]
pub(super) enum Source {
    /// A path, pattern or address.
    Path(String),
    /// A here-document.
    Text {
        /// Its delimiter, which names the file in a folder.
        name: String,
        /// Its lines.
        text: String,
        /// Whether variables are filled in.
        expand: bool,
    },
}

impl Transfer {
    /// The value of a flag; empty for one without a value.
    pub(super) fn flag(&self, name: &str) -> Option<&str> {
        self.flags
            .iter()
            .find(|(flag, _)| flag == name)
            .map(|(_, value)| value.as_deref().unwrap_or(""))
    }

    /// The instruction's name.
    pub(super) fn keyword(&self) -> &'static str {
        if self.add { "ADD" } else { "COPY" }
    }
}

impl Script {
    /// Reads a Dockerfile.
    ///
    /// # Errors
    ///
    /// Returns the name with the line, and what is wrong there.
    pub(super) fn parse(text: &str, name: &str) -> Result<Self, String> {
        let text = text.trim_start_matches('\u{feff}');
        // Only where it can't be read as it is: what stands in a here-document is not to be changed.
        let filled;
        let (text, parsed) = match parse_dockerfile::parse(text) {
            Ok(parsed) => (text, parsed),
            Err(error) => {
                filled = without_empty_lists(text);
                let told = || match error.line() {
                    0 => format!("{name}: {error:#}"),
                    line => format!("{name}:{line}: {error:#}"),
                };
                (filled.as_str(), parse_dockerfile::parse(&filled).map_err(|_| told())?)
            }
        };
        let escape =
            parsed.parser_directives.escape.as_ref().map_or('\\', |escape| escape.value.value);
        let reader = Reader { text, escape };
        let mut script = Self { escape, globals: Vec::new(), stages: Vec::new() };
        for instruction in &parsed.instructions {
            if let Instruction::From(from) = instruction {
                script.stages.push(Stage {
                    name: from.as_.as_ref().map(|(_, name)| name.value.to_string()),
                    base: from.image.value.to_string(),
                    line: reader.line(&from.from.span),
                    steps: Vec::new(),
                });
                continue;
            }
            let step = reader.step(instruction);
            match script.stages.last_mut() {
                Some(stage) => stage.steps.push(step),
                None => script.globals.push(step),
            }
        }
        Ok(script)
    }
}

/// The same with a list of one empty word where `CMD` or `ENTRYPOINT` takes back what the base image says: the library knows no
/// empty list there, and the builders do.
fn without_empty_lists(text: &str) -> String {
    let is_empty = |line: &str| {
        let (word, rest) = line.trim().split_once([' ', '\t', '[']).unwrap_or_default();
        let rest: String = rest.chars().filter(|c| !c.is_whitespace()).collect();
        ["CMD", "ENTRYPOINT"].iter().any(|one| word.eq_ignore_ascii_case(one))
            && matches!(rest.as_str(), "[]" | "]")
    };
    let line = |line: &str| match line.find('[') {
        Some(at) if is_empty(line) => format!("{} [\"\"]\n", &line[..at]),
        _ => format!("{line}\n"),
    };
    text.lines().map(line).collect()
}

#[cfg(test)]
mod tests;
