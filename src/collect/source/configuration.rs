//! What a Dockerfile says of the image beside its files, as far as it stands there in plain words: its variables, its command,
//! its user and its working folder.

use super::dockerfile::{Action, Argv, Script, Step};
use super::expand::{Manner, Variable, expand};
use super::past::bare;
use super::paths::{clean, join};
use std::collections::BTreeMap;

/// What the stages of an image say of its configuration; nothing where they do not say it in plain words.
#[derive(Clone, Debug, Default, Eq, PartialEq)]
pub(crate) struct Configuration {
    /// By name; without a value where that is not plain.
    env: BTreeMap<String, Option<String>>,
    /// CMD, with the stage that says it.
    command: Option<(usize, Argv)>,
    /// ENTRYPOINT.
    entrypoint: Option<Argv>,
    /// USER.
    user: Option<String>,
    /// The folder of all WORKDIRs.
    workdir: Option<String>,
}

/// The configuration of an image and what a container of it takes over, as the engine tells both.
#[derive(Clone, Debug, Default)]
pub(crate) struct Configured<'a> {
    /// `NAME=value` of the image.
    pub(crate) env: &'a [String],
    /// The image's CMD.
    pub(crate) command: &'a [String],
    /// The image's ENTRYPOINT.
    pub(crate) entrypoint: &'a [String],
    /// The image's user.
    pub(crate) user: &'a str,
    /// The image's working folder.
    pub(crate) workdir: &'a str,
    /// The container's variables.
    pub(crate) running_env: &'a [(String, String)],
    /// The container's command line.
    pub(crate) running_argv: &'a [String],
    /// The container's working folder.
    pub(crate) running_workdir: &'a str,
}

impl Argv {
    /// Whether an image starts this. Which shell reads a line is left open: the base image may have set it.
    fn is(&self, held: &[String]) -> bool {
        match (self, held) {
            (Self::Words(words), held) => words == held,
            (Self::Line(line), [_, .., flag, text]) => {
                (flag.starts_with(['-', '/'])) && bare(line) == bare(text)
            }
            (Self::Line(_), _) => false,
        }
    }
}

impl Configuration {
    /// What the stages of an image say, the lowest first.
    pub(super) fn of(script: &Script, stages: impl Iterator<Item = usize>) -> Self {
        let mut all = Self::default();
        for stage in stages {
            for step in &script.stages[stage].steps {
                all.step(stage, step, script.escape);
            }
        }
        all
    }

    fn step(&mut self, stage: usize, step: &Step, escape: char) {
        let is_plain = |text: &str| !text.contains(['$', '"', '\'', '\\', escape]);
        match &step.action {
            Action::Env(pairs) => self.env.extend(pairs.iter().map(|(name, text)| {
                let is_literal = !text.contains(['$', '\\', escape]);
                let value = expand(text, Manner::Word(escape), &|_| Variable::Unset);
                (name.clone(), value.ok().filter(|_| is_literal).map(|value| value.text))
            })),
            Action::Workdir(path) => {
                self.workdir = match self.workdir.take() {
                    _ if !is_plain(path) => None,
                    _ if path.starts_with('/') => Some(clean(path)),
                    before => before.map(|folder| join(&folder, path)),
                };
            }
            Action::User(user) => self.user = Some(user.clone()).filter(|user| is_plain(user)),
            Action::Command(argv) => self.command = argv.clone().map(|argv| (stage, argv)),
            Action::Entrypoint(argv) => {
                self.entrypoint.clone_from(argv);
                // It takes the command of what it is built on away.
                self.command.take_if(|(said, _)| *said != stage);
            }
            _ => {}
        }
    }

    /// The names of what an image has otherwise, and what a container of it takes over from it. Values stay here: they may be
    /// secrets.
    pub(crate) fn otherwise(&self, seen: &Configured<'_>) -> Vec<String> {
        let mut names = Vec::new();
        let mut name = |name: &str, is_otherwise: bool| {
            if is_otherwise {
                names.push(name.to_owned());
            }
        };
        let command = self.command.as_ref().is_some_and(|(_, argv)| !argv.is(seen.command));
        let is_as_made = seen.running_argv == [seen.entrypoint, seen.command].concat();
        name("CMD", command && is_as_made);
        let entrypoint = self.entrypoint.as_ref().is_some_and(|argv| !argv.is(seen.entrypoint));
        let begins = !seen.entrypoint.is_empty() && seen.running_argv.starts_with(seen.entrypoint);
        name("ENTRYPOINT", entrypoint && (is_as_made || begins));
        name("USER", self.user.as_ref().is_some_and(|user| user != seen.user));
        let folder = |path: &str| clean(&format!("/{path}"));
        let workdir = self.workdir.as_ref().is_some_and(|at| *at != folder(seen.workdir));
        name("WORKDIR", workdir && folder(seen.workdir) == folder(seen.running_workdir));
        for (variable, value) in &self.env {
            let Some(value) = value else { continue };
            let held = seen.env.iter().find_map(|pair| match pair.split_once('=') {
                Some((name, value)) if name == variable => Some(value),
                _ => None,
            });
            let running = seen.running_env.iter().find(|(name, _)| name == variable);
            let is_taken_over = running.map(|(_, value)| value.as_str()) == held;
            name(&format!("ENV {variable}"), held != Some(value) && is_taken_over);
        }
        names
    }
}

#[cfg(test)]
mod tests {
    use super::{Configuration, Configured, Script};

    fn otherwise(dockerfile: &str, change: impl FnOnce(&mut Configured<'_>)) -> String {
        let script = Script::parse(dockerfile, "Dockerfile").unwrap();
        let all = Configuration::of(&script, 0..script.stages.len());
        let words = |text: &str| text.split(' ').map(String::from).collect::<Vec<_>>();
        let (env, argv) = (words("PATH=/bin MODE=old"), words("python3 /app/s.py --old"));
        let running: Vec<_> = [("PATH", "/bin"), ("MODE", "old")]
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect();
        let mut seen = Configured {
            env: &env,
            command: &argv[1..],
            entrypoint: &argv[..1],
            user: "app",
            workdir: "/app",
            running_env: &running,
            running_argv: &argv,
            running_workdir: "/app",
        };
        change(&mut seen);
        all.otherwise(&seen).join(", ")
    }

    #[test]
    fn what_the_dockerfile_says_in_plain_words_is_what_the_image_has() {
        let same = "FROM x\nENV MODE=old\nWORKDIR /\nWORKDIR app\nUSER app\nENTRYPOINT [\"python3\"]\nCMD [\"/app/s.py\", \"--old\"]\n";
        assert_eq!(otherwise(same, |_| ()), "");
        for (line, name) in [
            ("ENV MODE=\"new\"", "ENV MODE"),
            ("ENV MODE new", "ENV MODE"),
            ("ENV LATE=1 MODE=old", "ENV LATE"),
            ("USER other", "USER"),
            ("WORKDIR sub", "WORKDIR"),
            ("CMD [\"/app/s.py\"]", "CMD"),
            ("ENTRYPOINT [\"python3\", \"-u\"]", "ENTRYPOINT"),
            // What depends on more than the Dockerfile is left alone.
            ("ARG M=new\nENV MODE=$M", ""),
            ("ENV MODE=$OF_THE_BASE", ""),
            ("ARG U=other\nUSER $U", ""),
            ("WORKDIR $HOME", ""),
            ("CMD /app/s.py", "CMD"),
        ] {
            assert_eq!(otherwise(&format!("{same}{line}\n"), |_| ()), name, "{line}");
        }
    }

    #[test]
    fn a_line_for_the_shell_is_compared_word_by_word() {
        let held = ["/bin/sh", "-c", "exec python3  /app/s.py --x $A"].map(String::from);
        let says = |line: &str| {
            let script = Script::parse(&format!("FROM x\nCMD {line}\n"), "Dockerfile").unwrap();
            let seen = Configured { command: &held, running_argv: &held, ..Configured::default() };
            Configuration::of(&script, 0..1).otherwise(&seen).join(", ")
        };
        assert_eq!(says("exec python3 \\\n  /app/s.py --x $A"), "");
        assert_eq!(says("exec python3 /app/s.py --y $A"), "CMD");
        assert_eq!(says("[\"python3\", \"/app/s.py\"]"), "CMD");
    }

    #[test]
    fn what_the_container_has_from_elsewhere_is_no_matter_of_the_image() {
        let new = "FROM x\nENV MODE=new\nWORKDIR /new\nENTRYPOINT [\"sh\"]\nCMD [\"new\"]\n";
        assert_eq!(otherwise(new, |_| ()), "CMD, ENTRYPOINT, WORKDIR, ENV MODE");
        let elsewhere = otherwise(new, |seen| {
            (seen.running_argv, seen.running_env, seen.running_workdir) = (&[], &[], "/mine");
        });
        assert_eq!(elsewhere, "");
    }

    #[test]
    fn an_entrypoint_takes_the_command_of_the_stage_below_away() {
        let below = "FROM x AS below\nCMD [\"new\"]\nFROM below\n";
        assert_eq!(otherwise(below, |_| ()), "CMD");
        assert_eq!(otherwise(&format!("{below}ENTRYPOINT [\"python3\"]\n"), |_| ()), "");
    }
}
