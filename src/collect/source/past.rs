//! The steps that made an image, as its engine remembers them, beside those of a Dockerfile.

use super::dockerfile::{Action, Run, Step};
use super::effect::joined;
use super::paths::clean;
use std::collections::BTreeSet;

/// What a history's lines begin with beside the commands of RUN.
const KEYWORDS: [&str; 17] = [
    "COPY",
    "ADD",
    "WORKDIR",
    "ENV",
    "ARG",
    "CMD",
    "LABEL",
    "EXPOSE",
    "USER",
    "VOLUME",
    "ENTRYPOINT",
    "HEALTHCHECK",
    "SHELL",
    "STOPSIGNAL",
    "ONBUILD",
    "MAINTAINER",
    "FROM",
];

/// A step that changes files or where they go.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Made {
    keyword: &'static str,
    /// The place that it names, if that stands there in plain words.
    place: Option<String>,
    /// What a RUN runs; nothing where that is a script of its own.
    command: Option<Command>,
    /// Its line in the Dockerfile.
    line: usize,
}

/// What a RUN runs.
#[derive(Clone, Debug, Eq, PartialEq)]
enum Command {
    /// A line for the shell, its words a blank apart.
    Line(String),
    /// Program and arguments, bare: engines write the list in ways of their own.
    Words(String),
    /// As a history has it: behind the shell where one stands there, and behind the build arguments.
    Told { whole: String, behind_the_shell: Option<String>, has_arguments: bool },
}

impl Made {
    /// What a step of a Dockerfile makes.
    pub(super) fn by(step: &Step, escape: char) -> Option<Self> {
        let made = |keyword, place: Option<&str>| {
            let place = place.and_then(plain);
            Some(Self { keyword, place, command: None, line: step.line })
        };
        match &step.action {
            Action::Transfer(transfer) => made(transfer.keyword(), Some(&transfer.destination)),
            Action::Workdir(place) => made("WORKDIR", Some(place)),
            Action::Env(_) => made("ENV", None),
            Action::Run(run, _) => {
                let command = match run {
                    Run::Shell(line) => Some(Command::Line(spaced(&joined(line, escape)))),
                    Run::Exec(words) => Some(Command::Words(bare(&words.join(" ")))),
                    Run::Script => None,
                };
                Some(Self { command, ..made("RUN", None)? })
            }
            Action::Arg(_)
            | Action::Command(_)
            | Action::Entrypoint(_)
            | Action::User(_)
            | Action::Nothing => None,
        }
    }

    /// A step as an engine's history tells it: `/bin/sh -c #(nop) COPY file:1c0ffee in /app`, `COPY a /app # buildkit`, or
    /// `|1 MODE=x /bin/sh -c make`.
    pub(super) fn told(line: &str) -> Option<Self> {
        let line = instruction(line);
        let word = line.split_whitespace().next()?;
        let made = |keyword, place| Some(Self { keyword, place, command: None, line: 0 });
        match KEYWORDS.into_iter().find(|keyword| *keyword == word) {
            Some(keyword @ ("COPY" | "ADD" | "WORKDIR")) => {
                made(keyword, line.split_whitespace().last().and_then(plain))
            }
            Some("ENV") => made("ENV", None),
            Some(_) => None,
            None => {
                let whole = line.strip_prefix("RUN ").unwrap_or(line).trim_start();
                let has_arguments = whole.starts_with('|');
                let shells = whole.match_indices("c ").map(|(at, _)| whole.split_at(at + 1));
                let behind =
                    shells.filter(|(before, _)| is_shell(before)).map(|(_, rest)| spaced(rest));
                let behind_the_shell = behind.into_iter().next();
                let command =
                    Command::Told { whole: spaced(whole), behind_the_shell, has_arguments };
                Some(Self { command: Some(command), ..made("RUN", None)? })
            }
        }
    }

    /// Whether a step of the Dockerfile can be one of the history, by what it does and where.
    pub(super) fn may_be(&self, past: &Self) -> bool {
        let places = self.place.as_ref().zip(past.place.as_ref());
        self.keyword == past.keyword && places.is_none_or(|(a, b)| a == b)
    }

    /// The same, and a RUN by what it runs.
    fn is(&self, past: &Self) -> bool {
        let commands = self.command.as_ref().zip(past.command.as_ref());
        self.may_be(past) && commands.is_none_or(|(ours, theirs)| ours.is(theirs))
    }
}

impl Command {
    fn is(&self, past: &Self) -> bool {
        let Self::Told { whole, behind_the_shell, has_arguments } = past else { return false };
        let forms = || std::iter::once(whole).chain(behind_the_shell);
        match self {
            Self::Line(line) => forms().any(|form| form == line),
            // Where the arguments end, nothing says.
            Self::Words(words) => forms()
                .map(|form| bare(form))
                .any(|form| form == *words || (*has_arguments && form.ends_with(words.as_str()))),
            Self::Told { .. } => false,
        }
    }
}

/// Whether a text ends in a shell and the option by which it takes a line: `|1 A=b /bin/bash -o pipefail -c`.
fn is_shell(text: &str) -> bool {
    let words: Vec<&str> = text.split_whitespace().collect();
    let is_option = |word: &&str| word.starts_with('-') && word.ends_with('c');
    words.last().is_some_and(is_option)
        && words.iter().any(|word| word.starts_with('/') && word.ends_with("sh"))
}

/// What a step of a Dockerfile says of the image beside its files: `ENV MODE`, `USER`.
pub(super) fn said(step: &Step) -> Vec<String> {
    match &step.action {
        Action::Env(pairs) => pairs.iter().map(|(name, _)| format!("ENV {name}")).collect(),
        Action::Command(_) => vec!["CMD".into()],
        Action::Entrypoint(_) => vec!["ENTRYPOINT".into()],
        Action::User(_) => vec!["USER".into()],
        _ => Vec::new(),
    }
}

/// The same of a step as a history tells it; of several variables the first.
fn told_beside_files(line: &str) -> Option<String> {
    let line = instruction(line);
    let (word, rest) = line.split_once(char::is_whitespace)?;
    match word {
        "ENV" => Some(format!("ENV {}", rest.trim_start().split(['=', ' ']).next()?)),
        "CMD" | "ENTRYPOINT" | "USER" => Some(word.to_owned()),
        _ => None,
    }
}

/// A line of a history without what its builder puts around it.
fn instruction(line: &str) -> &str {
    let line = line.trim_end().trim_end_matches("# buildkit").trim();
    match line.split_once("#(nop)") {
        Some((before, rest)) if is_shell(before) => rest.trim(),
        _ => line,
    }
}

/// What of the Dockerfile the image was made without, or the other way round. `base` is the history of the image that it
/// begins with; where that is not the beginning, the last steps count, and nothing that is [`said`]. A history that has nothing
/// of the Dockerfile's (of an image in one piece) tells neither.
pub(super) fn unlike(
    steps: &[Made],
    said: &BTreeSet<String>,
    history: &[String],
    base: &[String],
    dockerfile: &str,
) -> Option<String> {
    let all = |lines: &[String]| -> Vec<Made> {
        let made = lines.iter().filter_map(|line| Made::told(line));
        made.filter(Made::is_of_files).collect()
    };
    let own: Vec<&Made> = steps.iter().filter(|step| step.is_of_files()).collect();
    let whole = all(history);
    if !own.iter().any(|step| whole.iter().any(|past| step.is(past))) {
        return None;
    }
    let is_on_base = !base.is_empty() && history.starts_with(base);
    let from = if is_on_base { all(base).len() } else { whole.len().saturating_sub(own.len()) };
    let past = &whole[from.min(whole.len())..];
    let first = own.iter().zip(past).position(|(step, past)| !step.is(past));
    let other = match first {
        None if past.len() == own.len() => {
            let beyond = if is_on_base { &history[base.len()..] } else { &[] };
            let mut told = beyond.iter().filter_map(|line| told_beside_files(line));
            let more = told.find(|told| !said.contains(told))?;
            return Some(format!("it was made with {more}, which {dockerfile} does not have"));
        }
        // One more in the history.
        None if past.len() > own.len() => None,
        None => Some(past.len()),
        // Where the rest fits without it, that one is more.
        Some(at) if past[at + 1..].len() >= own[at..].len() => None,
        Some(at) => Some(at),
    };
    Some(match other.and_then(|at| own.get(at)) {
        Some(step) => {
            format!("it was made without {} at line {} of {dockerfile}", step.keyword, step.line)
        }
        None => format!("it was made with a step that {dockerfile} does not have"),
    })
}

impl Made {
    /// Whether it brings or changes files.
    fn is_of_files(&self) -> bool {
        !matches!(self.keyword, "WORKDIR" | "ENV")
    }
}

/// A line with one blank between its words.
fn spaced(line: &str) -> String {
    line.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// A command without what writes of it and engines' records differ in: blanks, quotes, continued lines, comments between them,
/// the form of a list.
pub(super) fn bare(command: &str) -> String {
    let is_comment = |(at, line): &(usize, &str)| *at > 0 && line.trim_start().starts_with('#');
    let lines = command.lines().enumerate().filter(|line| !is_comment(line));
    let is_kept = |c: &char| !c.is_whitespace() && !"\\'\",[]".contains(*c);
    lines.flat_map(|(_, line)| line.chars().filter(is_kept)).collect()
}

/// An absolute path without variables.
fn plain(path: &str) -> Option<String> {
    (path.starts_with('/') && !path.contains('$')).then(|| clean(path))
}

#[cfg(test)]
mod tests {
    use super::super::dockerfile::Script;
    use super::{Made, unlike};

    /// What an image with this history lacks of a Dockerfile, or has beside it.
    fn says_on(dockerfile: &str, history: &[&str], base: &[&str]) -> Option<String> {
        let script = Script::parse(dockerfile, "Dockerfile").unwrap();
        let steps = script.stages[0].steps.iter();
        let steps: Vec<Made> = steps.filter_map(|step| Made::by(step, script.escape)).collect();
        let said = script.stages[0].steps.iter().flat_map(super::said).collect();
        let lines =
            |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        unlike(&steps, &said, &lines(history), &lines(base), "Dockerfile")
    }

    fn says(dockerfile: &str, history: &[&str]) -> Option<String> {
        says_on(dockerfile, history, &[])
    }

    const DOCKERFILE: &str = "FROM x\nARG MODE\nCOPY . /app\nRUN pip install \\\n  # the pin\n  'flask==2'\nRUN [\"touch\", \"/y\"]\n";

    #[test]
    fn what_an_engine_remembers_is_the_dockerfiles_own() {
        for history in [
            // Docker's own builder, BuildKit, Podman.
            &[
                "|1 MODE=x /bin/sh -c make base",
                "/bin/sh -c #(nop) COPY dir:1 in /app ",
                "|1 MODE=x /bin/sh -c pip install   'flask==2'",
                "|1 MODE=x touch /y",
                "/bin/sh -c #(nop)  CMD [\"x\"]",
            ][..],
            &[
                "COPY . /app # buildkit",
                "RUN |1 MODE=x /bin/sh -c pip install   'flask==2' # buildkit",
                "RUN |1 MODE=x touch /y # buildkit",
            ],
            &[
                "",
                "/bin/sh -c #(nop) COPY dir:1 in /app ",
                "|1 MODE=x /bin/sh -c pip install   'flask==2'",
                "|1 MODE=x /bin/sh -c [\"touch\", \"/y\"]",
            ],
            // In one piece.
            &["", "merge sha256:1 to sha256:2"],
            &[],
        ] {
            assert_eq!(says(DOCKERFILE, history), None, "{history:?}");
        }
        assert_eq!(
            says("FROM x\nCOPY a /a\nRUN <<EOF\nmake\nEOF\n", &["COPY a /a", "RUN y"]),
            None
        );
    }

    #[test]
    fn a_step_that_was_changed_is_seen() {
        let old = ["COPY . /app", "RUN /bin/sh -c pip install flask==1", "RUN touch /y"];
        let without = |line: usize| format!("it was made without RUN at line {line} of Dockerfile");
        let more = "it was made with a step that Dockerfile does not have";
        assert_eq!(says(DOCKERFILE, &old).unwrap(), without(4));
        let base = "FROM x\nCOPY a /app\nRUN touch /b\nCOPY b /app\n";
        let copy = "/bin/sh -c #(nop) COPY file:1 in /app ";
        for (history, on, told) in [
            // Half of a line is another line; blanks and quotes count within one.
            (&[copy, "/bin/sh -c touch /a && touch /b", copy][..], &[][..], without(3)),
            (&[copy, "/bin/sh -c touch '/b'", copy], &[], without(3)),
            // One step more, before, between and behind them, the base's own beside.
            (&["/bin/sh -c make", copy, "/bin/sh -c touch /b", copy], &[], String::new()),
            (
                &["/bin/sh -c make", copy, "/bin/sh -c touch /b", copy],
                &["/bin/sh -c make"],
                String::new(),
            ),
            (&["/bin/sh -c make", copy, "/bin/sh -c touch /b", copy], &["base"], String::new()),
            (&["", "/bin/sh -c make", copy, "/bin/sh -c touch /b", copy], &[""], more.into()),
            (&["", copy, "/bin/sh -c touch /b", "/bin/sh -c make", copy], &[""], more.into()),
            (&["", copy, "/bin/sh -c touch /b", copy, "python3 /s.py"], &[""], more.into()),
            // One less.
            (
                &["", "/bin/sh -c touch /b", copy],
                &[""],
                "it was made without COPY at line 2 of Dockerfile".into(),
            ),
            (
                &["", copy, "/bin/sh -c touch /b"],
                &[""],
                "it was made without COPY at line 4 of Dockerfile".into(),
            ),
            // What the base did is not done again.
            (&["/bin/sh -c touch /b", copy, copy], &["/bin/sh -c touch /b"], without(3)),
        ] {
            assert_eq!(
                says_on(base, history, on).unwrap_or_default(),
                told,
                "{history:?} on {on:?}"
            );
        }
    }

    #[test]
    fn what_was_taken_out_of_the_dockerfile_is_seen() {
        let made = "COPY a /a # buildkit";
        let says = |more: &str, line: &str| {
            let base = ["ENV PATH=/bin", "CMD [\"base\"]"];
            let history = [&base[..], &[made, line]].concat();
            says_on(&format!("FROM x\nCOPY a /a\n{more}\n"), &history, &base)
        };
        for (line, more, told) in [
            ("/bin/sh -c #(nop)  ENV MODE=a b", "ENV MODE=new", "ENV MODE"),
            ("ENV MODE=a", "ENV X=1 MODE=$Y", "ENV MODE"),
            ("CMD [\"x\"]", "CMD x", "CMD"),
            ("/bin/sh -c #(nop) USER app", "USER $U", "USER"),
            ("ENTRYPOINT [\"x\"]", "ENTRYPOINT y", "ENTRYPOINT"),
        ] {
            let without = format!("it was made with {told}, which Dockerfile does not have");
            assert_eq!((says("", line), says(more, line)), (Some(without), None), "{line}");
        }
        for line in ["LABEL a=b", "EXPOSE 80", "ARG A"] {
            assert_eq!(says("", line), None, "{line}");
        }
        // Of an unknown base anything may be.
        assert_eq!(says_on("FROM x\nCOPY a /a\n", &["USER app", made], &[]), None);
    }

    #[test]
    fn the_shell_and_the_arguments_stand_before_a_command() {
        let bash = "/bin/bash -o pipefail -c make";
        for (run, history) in [
            ("RUN make", bash),
            ("RUN make", "|1 A=b c /bin/sh -ec make"),
            ("RUN echo '#(nop) c x'", "/bin/sh -c echo '#(nop) c x'"),
            ("RUN [\"sh\", \"-c\", \"make\"]", "sh -c make"),
            ("# escape=`\nFROM x\nRUN make `\n  all", "/bin/sh -c make   all"),
        ] {
            let dockerfile =
                if run.starts_with('#') { run.to_owned() } else { format!("FROM x\n{run}\n") };
            assert_eq!(
                says(&format!("{dockerfile}\nCOPY a /a\n"), &[history, "COPY a /a"]),
                None,
                "{run}"
            );
        }
    }
}
