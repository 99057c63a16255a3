//! A Dockerfile as the steps that matter for what lands in the image, each with its line.

use super::expand::words;
use parse_dockerfile::{Command, Flag, HereDoc, Instruction, Source as Word, Span};

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
    /// Runs a command.
    Run(Run),
    /// Changes no file.
    Nothing,
}

/// The command of a RUN.
#[derive(Debug)]
pub(super) enum Run {
    /// A line for the shell, line continuations included.
    Shell(String),
    /// Program and arguments.
    Exec(Vec<String>),
    /// A script.
    Script,
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
        self.flags.iter().find(|(flag, _)| flag == name).map(|(_, value)| value.as_deref().unwrap_or(""))
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
        let parsed = parse_dockerfile::parse(text).map_err(|error| match error.line() {
            0 => format!("{name}: {error:#}"),
            line => format!("{name}:{line}: {error:#}"),
        })?;
        let escape = parsed.parser_directives.escape.as_ref().map_or('\\', |escape| escape.value.value);
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

struct Reader<'a> {
    text: &'a str,
    escape: char,
}

impl Reader<'_> {
    fn line(&self, span: &Span) -> usize {
        1 + self.text.as_bytes()[..span.start].iter().filter(|byte| **byte == b'\n').count()
    }

    fn step(&self, instruction: &Instruction<'_>) -> Step {
        let (span, action) = match instruction {
            Instruction::Arg(arg) => (&arg.arg.span, Action::Arg(self.arguments(&arg.arguments.value))),
            Instruction::Env(env) => (&env.env.span, Action::Env(self.variables(&env.arguments.value))),
            Instruction::Workdir(dir) => (&dir.workdir.span, Action::Workdir(dir.arguments.value.to_string())),
            Instruction::Copy(copy) => {
                let transfer = self.transfer(false, &copy.copy.span, &copy.options, &copy.src, &copy.dest.value);
                (&copy.copy.span, Action::Transfer(transfer))
            }
            Instruction::Add(add) => {
                let transfer = self.transfer(true, &add.add.span, &add.options, &add.src, &add.dest.value);
                (&add.add.span, Action::Transfer(transfer))
            }
            Instruction::Run(run) => (&run.run.span, Action::Run(command(&run.arguments, &run.here_docs))),
            _ => return Step { line: 0, action: Action::Nothing },
        };
        Step { line: self.line(span), action }
    }

    fn arguments(&self, line: &str) -> Vec<(String, Option<String>)> {
        let pair = |word: String| match word.split_once('=') {
            Some((name, default)) => (name.to_owned(), Some(default.to_owned())),
            None => (word, None),
        };
        words(line, self.escape).into_iter().map(pair).collect()
    }

    /// `A=1 B=2`, or the old form `A all the rest`.
    fn variables(&self, line: &str) -> Vec<(String, String)> {
        let words = words(line, self.escape);
        if words.first().is_some_and(|first| first.contains('=')) {
            let pair = |word: &String| word.split_once('=').map(|(name, value)| (name.into(), value.into()));
            return words.iter().filter_map(pair).collect();
        }
        let line = line.trim_start();
        let (name, value) = line.split_once(char::is_whitespace).unwrap_or((line, ""));
        vec![(name.into(), value.trim().into())]
    }

    fn transfer(
        &self,
        add: bool,
        keyword: &Span,
        flags: &[Flag<'_>],
        sources: &[Word<'_>],
        destination: &str,
    ) -> Transfer {
        let first_text = sources.iter().find_map(|source| match source {
            Word::HereDoc(text) => Some(text.span.start),
            _ => None,
        });
        let head = &self.text[keyword.end..first_text.unwrap_or(keyword.end)];
        let mut names = words(head, self.escape).into_iter().filter_map(|word| delimiter(&word));
        let flag = |flag: &Flag<'_>| (flag.name.value.to_string(), flag.value.as_ref().map(|v| v.value.to_string()));
        let source = |source: &Word<'_>| match source {
            Word::HereDoc(text) => Source::Text {
                name: names.next().unwrap_or_default(),
                text: text.value.to_string(),
                expand: text.expand,
            },
            Word::Path(path) => Source::Path(path.value.to_string()),
            _ => Source::Path(String::new()),
        };
        Transfer {
            add,
            flags: flags.iter().map(flag).collect(),
            sources: sources.iter().map(source).collect(),
            destination: destination.into(),
        }
    }
}

/// The name behind `<<`, `<<-` or `<<"`.
fn delimiter(word: &str) -> Option<String> {
    let name = word.strip_prefix("<<")?;
    let name = name.strip_prefix('-').unwrap_or(name);
    Some(name.chars().filter(|c| !matches!(c, '"' | '\'' | '\\')).collect())
}

fn command(command: &Command<'_>, here_docs: &[HereDoc<'_>]) -> Run {
    match command {
        _ if !here_docs.is_empty() => Run::Script,
        Command::Exec(words) => Run::Exec(words.value.iter().map(|word| word.value.to_string()).collect()),
        Command::Shell(line) => Run::Shell(line.value.to_owned()),
        _ => Run::Script,
    }
}

#[cfg(test)]
mod tests {
    use super::{Action, Script, Source};

    #[test]
    fn a_file_becomes_stages_and_steps_with_their_lines() {
        let text = "# syntax=docker/dockerfile:1\nARG V=1\nFROM a:${V} AS Build\nCOPY . /src\n\nFROM scratch\n\
                    env A=1 B=\"x y\"\nENV OLD all  the rest\nCOPY --from=Build --chown=1:1 \\\n  # why\n  /src /app/\n\
                    HEALTHCHECK NONE\nRUN [\"true\"]\n";
        let script = Script::parse(text, "Dockerfile").unwrap();
        assert!(matches!(&script.globals[0].action, Action::Arg(args) if args[0] == ("V".into(), Some("1".into()))));
        let [build, last] = &script.stages[..] else { panic!() };
        assert_eq!((build.name.as_deref(), build.base.as_str(), build.line), (Some("Build"), "a:${V}", 3));
        assert_eq!(build.steps[0].line, 4);
        let Action::Env(env) = &last.steps[0].action else { panic!() };
        assert_eq!(env[1], ("B".into(), "\"x y\"".into()));
        let Action::Env(env) = &last.steps[1].action else { panic!() };
        assert_eq!(env[0], ("OLD".into(), "all  the rest".into()));
        let Action::Transfer(copy) = &last.steps[2].action else { panic!() };
        assert_eq!((last.steps[2].line, copy.flag("from"), copy.flag("link")), (9, Some("Build"), None));
        assert_eq!(copy.destination, "/app/");
    }

    #[test]
    fn here_documents_have_name_and_text() {
        let text = "FROM x\nCOPY <<\"a.txt\" <<-b.txt /d/\nA $X\na.txt\n\tB\nb.txt\nRUN <<EOF\ntouch x\nEOF\n";
        let script = Script::parse(text, "Dockerfile").unwrap();
        let Action::Transfer(copy) = &script.stages[0].steps[0].action else { panic!() };
        let [Source::Text { name, text, expand }, Source::Text { name: name2, text: text2, expand: expand2 }] =
            &copy.sources[..]
        else {
            panic!()
        };
        assert_eq!((name.as_str(), text.as_str(), *expand), ("a.txt", "A $X\n", false));
        assert_eq!((name2.as_str(), text2.as_str(), *expand2), ("b.txt", "B\n", true));
    }

    #[test]
    fn what_does_not_parse_is_one_line_with_its_place() {
        for (text, error) in [
            ("FROM x\nFOO bar\n", "D:2: unknown instruction 'FOO'"),
            ("FROM x\n\nCOPY a\n", "D:3: COPY instruction requires at least two arguments"),
            ("", "D: expected at least one FROM instruction"),
            ("RUN x\n", "D:1: expected FROM"),
        ] {
            assert_eq!(Script::parse(text, "D").err().as_deref(), Some(error));
        }
    }
}
