//! The command line. Help, usage errors and the tests of both come from these types.

use crate::collect::{Choice, Named};
use clap::{Args, Parser, Subcommand, ValueEnum};
use std::path::PathBuf;
use std::time::Duration;

/// Names every fault between two containers in one run: endpoint, network and DNS, server state, path, bind address,
/// concurrency, image freshness, each with evidence and a fix.
#[derive(Debug, Parser)]
#[command(
    name = "econn",
    version,
    max_term_width = 100,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What econn can do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run the checklist against live containers, or against a saved snapshot
    Diagnose(Diagnose),
    /// Save the redacted facts of one run, to be judged again with `diagnose --from`
    Snapshot(Save),
    /// Replay the recorded incident: five faults at once, no engine needed
    Demo(Judging),
    /// Print the text behind a finding or a check, offline
    Explain {
        /// A finding's code (EC401) or a check's id (bind-address); all of them when left out
        subject: Option<String>,
    },
    /// List the checks and the codes of their findings
    Checks,
}

/// `econn diagnose`
#[derive(Args, Debug)]
pub(crate) struct Diagnose {
    /// Keep the links whose client or server is one of these containers
    #[arg(value_name = "CONTAINER")]
    pub(crate) containers: Vec<String>,
    #[command(flatten)]
    pub(crate) looking: Looking,
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Judge a saved snapshot instead of live containers
    #[arg(long, value_name = "FILE", conflicts_with_all = ["engine", "host", "context", "link", "source", "probe", "passive"])]
    pub(crate) from: Option<PathBuf>,
}

/// `econn snapshot`
#[derive(Args, Debug)]
pub(crate) struct Save {
    /// Keep the links whose client or server is one of these containers
    #[arg(value_name = "CONTAINER")]
    pub(crate) containers: Vec<String>,
    #[command(flatten)]
    pub(crate) looking: Looking,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// Where and what to look at.
#[derive(Args, Debug)]
pub(crate) struct Looking {
    /// The engine to ask; auto asks every engine that answers
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) engine: Choice,
    /// Ask only the engine at this address: `unix:///path/to.sock` or `tcp://host:port`
    #[arg(long, value_name = "URL", conflicts_with = "context")]
    pub(crate) host: Option<String>,
    /// Ask only the engine of this Docker context, or of this Podman connection
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
    /// Keep the links of this Compose project
    #[arg(long, value_name = "NAME")]
    pub(crate) project: Option<String>,
    /// A link that is told nowhere: a container's name, or @host, and the address it dials
    #[arg(long, value_name = "CLIENT=URL")]
    pub(crate) link: Vec<Named>,
    /// The build context of a server's image
    #[arg(long, value_name = "SERVER=DIR", value_parser = pair)]
    pub(crate) source: Vec<(String, String)>,
    /// The path of HTTP probes of a server [default: GET /]
    #[arg(long, value_name = "SERVER=PATH", value_parser = pair)]
    pub(crate) probe: Vec<(String, String)>,
    /// Send no probe and create nothing
    #[arg(long)]
    pub(crate) passive: bool,
    /// The limit of the whole run: a number with ms, s, m or h
    #[arg(long, value_name = "DURATION", default_value = "60s", allow_hyphen_values = true, value_parser = Limit::parse)]
    pub(crate) timeout: Limit,
}

/// How strictly to judge, and how to print.
#[derive(Args, Debug)]
pub(crate) struct Judging {
    /// Judge by this check only (repeatable)
    #[arg(long, value_name = "CHECK", value_parser = check_id)]
    pub(crate) only: Vec<String>,
    /// Leave this check out (repeatable)
    #[arg(long, value_name = "CHECK", value_parser = check_id)]
    pub(crate) skip: Vec<String>,
    /// The form of the report on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: Format,
    /// Write the report to a file as well (repeatable)
    #[arg(long, value_name = "FORMAT=PATH", value_parser = Output::parse)]
    pub(crate) output: Vec<Output>,
    /// What counts as a fault in the exit code
    #[arg(long, value_enum, default_value = "fail")]
    pub(crate) fail_on: FailOn,
    /// Exit with 0 although something could not be determined
    #[arg(long)]
    pub(crate) allow_unknown: bool,
    /// Colour in the table
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) color: Color,
}

/// The forms of a report.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Format {
    /// For people
    Table,
    /// For programs; see the report format in the book
    Json,
    /// For a job's summary or a merge request
    Markdown,
    /// `JUnit` XML: a suite for each link, a case for each check
    Junit,
    /// SARIF 2.1.0, for code scanning
    Sarif,
    /// GitLab's code quality report
    Gitlab,
    /// Annotations of a GitHub workflow
    Github,
    /// One page for a browser
    Html,
    /// Metrics for a textfile collector
    Prometheus,
}

/// The level that makes the exit code 1.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum FailOn {
    /// Faults
    Fail,
    /// Faults and warnings
    Warn,
}

/// When to use colour.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Color {
    /// On a terminal, unless `NO_COLOR` says otherwise
    Auto,
    /// Always
    Always,
    /// Never
    Never,
}

/// A file to write a report to.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) path: PathBuf,
}

impl Output {
    fn parse(text: &str) -> Result<Self, String> {
        let (format, path) = pair(text)?;
        Ok(Self { format: Format::from_str(&format, false)?, path: PathBuf::from(path) })
    }
}

/// No run takes longer, and no clock has to count further.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A limit of time, as the user gave it.
#[derive(Clone, Debug)]
pub(crate) struct Limit {
    pub(crate) duration: Duration,
    pub(crate) text: String,
}

impl Limit {
    /// Clap would take `-5s` for a flag, so a minus is let through to here.
    fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("{text:?} is not a number with ms, s, m or h, as in 500ms or 60s");
        let at = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(wrong)?;
        let (number, unit) = text.split_at(at);
        let number: f64 = number.parse().map_err(|_| wrong())?;
        let seconds = match unit {
            "ms" => number / 1000.0,
            "s" => number,
            "m" => number * 60.0,
            "h" => number * 3600.0,
            _ => return Err(wrong()),
        };
        let duration = Duration::try_from_secs_f64(seconds).map_err(|_| wrong())?;
        if duration.is_zero() {
            return Err(format!(
                "{text:?} leaves no time to look; give more than 0, as in 500ms or 60s"
            ));
        }
        if duration > LONGEST {
            return Err(format!("{text:?} is longer than a run may take; the most is 24h"));
        }
        Ok(Self { duration, text: text.to_owned() })
    }
}

fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.into(), value.into()))
        }
        _ => Err("it is not NAME=VALUE".into()),
    }
}

fn check_id(text: &str) -> Result<String, String> {
    if checks::ALL.iter().any(|check| check.id == text) {
        return Ok(text.to_owned());
    }
    let ids: Vec<&str> = checks::ALL.iter().map(|c| c.id).collect();
    let near =
        ids.iter().min_by_key(|id| strsim::damerau_levenshtein(id, text)).map_or("", |id| id);
    Err(format!("there is no check {text}; did you mean {near}? The checks are {}", ids.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::{Cli, Limit};
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    #[test]
    fn a_duration_is_a_number_with_a_unit() {
        for (text, ms) in
            [("500ms", 500), ("60s", 60_000), ("2m", 120_000), ("1h", 3_600_000), ("1.5s", 1500)]
        {
            assert_eq!(Limit::parse(text).unwrap().duration.as_millis(), ms, "{text}");
        }
        for text in [
            "60",
            "s",
            "",
            "ms",
            "5 s",
            "-1s",
            "1d",
            "1e3s",
            "1e400s",
            "0s",
            "0.0ms",
            "0.0000000001ms",
            "25h",
            "99999999999999999999h",
            "infs",
            "NaNs",
            ".s",
            "1.2.3s",
            "+1s",
            "1S",
        ] {
            assert!(Limit::parse(text).is_err(), "{text}");
        }
    }
}
