//! From the parser's instructions to steps.

use super::super::expand::words;
use super::{Action, Argv, Mount, Run, Source, Step, Transfer};
use parse_dockerfile::{Command, Flag, HereDoc, Instruction, Source as Word, Span};

/// Reads instructions of one text.
pub(super) struct Reader<'a> {
    /// The whole text.
    pub(super) text: &'a str,
    /// The escape character of its words.
    pub(super) escape: char,
}

impl Reader<'_> {
    /// The line at which something begins.
    pub(super) fn line(&self, span: &Span) -> usize {
        1 + self.text[..span.start].matches('\n').count()
    }

    /// What an instruction does.
    pub(super) fn step(&self, instruction: &Instruction<'_>) -> Step {
        let (span, action) = match instruction {
            Instruction::Arg(arg) => {
                (&arg.arg.span, Action::Arg(self.arguments(&arg.arguments.value)))
            }
            Instruction::Env(env) => {
                (&env.env.span, Action::Env(self.variables(&env.arguments.value)))
            }
            Instruction::Workdir(dir) => {
                (&dir.workdir.span, Action::Workdir(dir.arguments.value.to_string()))
            }
            Instruction::Copy(copy) => {
                let transfer = self.transfer(
                    false,
                    &copy.copy.span,
                    &copy.options,
                    &copy.src,
                    &copy.dest.value,
                );
                (&copy.copy.span, Action::Transfer(transfer))
            }
            Instruction::Add(add) => {
                let transfer =
                    self.transfer(true, &add.add.span, &add.options, &add.src, &add.dest.value);
                (&add.add.span, Action::Transfer(transfer))
            }
            Instruction::Run(run) => {
                let mounts = run.options.iter().filter(|flag| flag.name.value == "mount");
                let mounts = mounts.filter_map(|flag| flag.value.as_ref());
                let mounts = mounts.map(|value| Mount(value.value.to_string())).collect();
                (&run.run.span, Action::Run(command(&run.arguments, &run.here_docs), mounts))
            }
            Instruction::Cmd(cmd) => (&cmd.cmd.span, Action::Command(argv(&cmd.arguments))),
            Instruction::Entrypoint(entry) => {
                (&entry.entrypoint.span, Action::Entrypoint(argv(&entry.arguments)))
            }
            Instruction::User(user) => {
                (&user.user.span, Action::User(user.arguments.value.to_string()))
            }
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
            let pair = |word: &String| {
                word.split_once('=').map(|(name, value)| (name.into(), value.into()))
            };
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
        let flag = |flag: &Flag<'_>| {
            (flag.name.value.to_string(), flag.value.as_ref().map(|v| v.value.to_string()))
        };
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

/// What starts: the words of a list, or a shell with the line. A list with an escape in it is left alone.
fn argv(command: &Command<'_>) -> Option<Argv> {
    match command {
        Command::Exec(words) => {
            let words = words.value.iter().map(|word| word.value.to_string());
            let mut words: Vec<String> = words.collect();
            // An empty list: no program is without a name.
            if words == [""] {
                words.clear();
            }
            let is_plain = words.iter().all(|word| !word.contains('\\'));
            is_plain.then_some(Argv::Words(words))
        }
        Command::Shell(line) => Some(Argv::Line(line.value.to_owned())),
        _ => None,
    }
}

fn command(command: &Command<'_>, here_docs: &[HereDoc<'_>]) -> Run {
    match command {
        _ if !here_docs.is_empty() => Run::Script,
        Command::Exec(words) => {
            Run::Exec(words.value.iter().map(|word| word.value.to_string()).collect())
        }
        Command::Shell(line) => Run::Shell(line.value.to_owned()),
        _ => Run::Script,
    }
}
