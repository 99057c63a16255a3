//! The steps that made an image, as its engine remembers them, beside those of a Dockerfile.

use super::dockerfile::{Action, Run, Step};
use super::paths::clean;

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
    /// What a RUN runs, bare; `None` where that is a script of its own.
    text: Option<String>,
    /// Its line in the Dockerfile.
    line: usize,
}

impl Made {
    /// What a step of a Dockerfile makes.
    pub(super) fn by(step: &Step) -> Option<Self> {
        let made = |keyword, place: Option<&str>| {
            let place = place.and_then(plain);
            Some(Self { keyword, place, text: None, line: step.line })
        };
        match &step.action {
            Action::Transfer(transfer) => made(transfer.keyword(), Some(&transfer.destination)),
            Action::Workdir(place) => made("WORKDIR", Some(place)),
            Action::Env(_) => made("ENV", None),
            Action::Run(run, _) => {
                let text = (*run != Run::Script).then(|| bare(&run.text()));
                Some(Self { text, ..made("RUN", None)? })
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
        let line = line.trim_end().trim_end_matches("# buildkit").trim();
        let line = line.split_once("#(nop)").map_or(line, |(_, rest)| rest).trim();
        let word = line.split_whitespace().next()?;
        let made = |keyword, place| Some(Self { keyword, place, text: None, line: 0 });
        match KEYWORDS.into_iter().find(|keyword| *keyword == word) {
            Some(keyword @ ("COPY" | "ADD" | "WORKDIR")) => {
                made(keyword, line.split_whitespace().last().and_then(plain))
            }
            Some("ENV") => made("ENV", None),
            Some(_) => None,
            None => Some(Self { text: Some(bare(line)), ..made("RUN", None)? }),
        }
    }

    /// Whether a step of the Dockerfile can be one of the history, by what it does and where.
    pub(super) fn may_be(&self, past: &Self) -> bool {
        let places = self.place.as_ref().zip(past.place.as_ref());
        self.keyword == past.keyword && places.is_none_or(|(a, b)| a == b)
    }

    /// The same, and a RUN by its words: the history has the shell and the build arguments in front of them.
    fn is(&self, past: &Self) -> bool {
        let texts = self.text.as_ref().zip(past.text.as_ref());
        self.may_be(past) && texts.is_none_or(|(ours, theirs)| theirs.ends_with(ours.as_str()))
    }
}

/// What the Dockerfile runs and the image was made without, or the other way round. A history that has nothing of the
/// Dockerfile's (of an image in one piece) tells neither.
pub(super) fn unlike(steps: &[Made], history: &[String], dockerfile: &str) -> Option<String> {
    let past: Vec<Made> = history.iter().filter_map(|line| Made::told(line)).collect();
    let is_file_or_run = |step: &&Made| !matches!(step.keyword, "WORKDIR" | "ENV");
    let mut own = steps.iter().filter(is_file_or_run);
    if !own.any(|step| past.iter().any(|one| step.is(one))) {
        return None;
    }
    let is_run = |step: &&Made| step.keyword == "RUN";
    if let Some(new) = steps.iter().filter(is_run).find(|step| !past.iter().any(|p| step.is(p))) {
        return Some(format!("it was made without RUN at line {} of {dockerfile}", new.line));
    }
    // A base image has steps of its own, up to where the Dockerfile's begin.
    let first = steps.iter().find(is_file_or_run)?;
    let begin = past.iter().rposition(|one| first.is(one))?;
    let is_known = |one: &Made| steps.iter().any(|step| step.is(one));
    let is_more = past[begin..].iter().filter(is_run).any(|one| !is_known(one));
    is_more.then(|| format!("it was made with a RUN that {dockerfile} does not have"))
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
    fn says(dockerfile: &str, history: &[&str]) -> Option<String> {
        let script = Script::parse(dockerfile, "Dockerfile").unwrap();
        let steps: Vec<Made> = script.stages[0].steps.iter().filter_map(Made::by).collect();
        let history: Vec<String> = history.iter().map(|line| (*line).to_owned()).collect();
        unlike(&steps, &history, "Dockerfile")
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
    fn a_run_that_was_changed_is_seen() {
        let old = ["COPY . /app", "RUN /bin/sh -c pip install flask==1", "RUN touch /y"];
        assert_eq!(
            says(DOCKERFILE, &old).unwrap(),
            "it was made without RUN at line 4 of Dockerfile"
        );
        let more =
            ["RUN base", "COPY . /app", "RUN pip install flask==2", "RUN touch /y", "RUN rm /y"];
        assert_eq!(
            says(DOCKERFILE, &more).unwrap(),
            "it was made with a RUN that Dockerfile does not have"
        );
    }
}
