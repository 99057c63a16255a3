//! The command line. Help, usage errors and the tests of both come from these types. The flags of a command stand in a file
//! of its own where they are more than a few.

mod cleanup;
mod init;
mod preflight;
mod values;

use crate::collect::{Choice, Extra, Named, Stance};
use clap::{Args, Parser, Subcommand, ValueEnum};
pub(crate) use cleanup::Cleanup;
pub(crate) use init::Init;
pub(crate) use preflight::{MOST_CLIENTS, Preflight};
use std::ffi::OsString;
use std::path::PathBuf;
use values::pair;
pub(crate) use values::{Limit, Output, known_check};

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
    /// The same as a gate before the tests: waits for what is only "not yet", and holds what econn.toml demands
    Preflight(Preflight),
    /// Write a commented econn.toml from what is seen, into the current folder
    Init(Init),
    /// Save the redacted facts of one run, to be judged again with `diagnose --from`
    Snapshot(Save),
    /// Replay the recorded incident: five faults at once, no engine needed
    Demo(Judging),
    /// Print the text behind a finding or a check, offline
    Explain {
        /// A finding's code (EC401) or a check's id (bind-address), one's own included; all of econn's when left out
        subject: Option<String>,
        #[command(flatten)]
        configured: Configured,
    },
    /// List the checks and the codes of their findings, one's own included
    Checks(Configured),
    /// Record what happens to the containers while COMMAND runs, and diagnose when it fails
    #[command(after_help = "Example: econn run -- make test")]
    Run(Record),
    /// Carry one stream of COMMAND
    #[command(hide = true, name = RELAY)]
    Relay,
    /// Say what changed between two reports or snapshots, and whether anything got worse
    Compare(Compare),
    /// Print the JSON Schema of what econn writes, and of what it reads from programs of one's own
    Schema {
        /// The document that it describes
        #[arg(value_enum, default_value = "report")]
        document: Document,
    },
    /// Remove what killed runs have left on the engines
    Cleanup(Cleanup),
    /// Print the version
    Version {
        /// Say what is compiled in, and whether the program can stand alone in a container
        #[arg(long)]
        verbose: bool,
    },
    /// Print the completions of a shell, to be put where that shell looks for them
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write the manual pages, one for each command
    Man {
        /// The folder to write them to
        #[arg(value_name = "DIR")]
        folder: PathBuf,
    },
    /// Serve errands on standard input; econn starts itself so in its sidecars
    #[command(hide = true)]
    Agent {
        /// When it ends in any case, in seconds
        seconds: u64,
    },
}

/// The documents that have a schema.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum Document {
    /// The JSON report
    Report,
    /// A saved snapshot
    Snapshot,
    /// What a program of one's own prints: its metadata, or its list of findings
    Plugin,
}

/// Which engines are asked.
#[derive(Args, Debug)]
pub(crate) struct Asked {
    /// The engine to ask; auto asks every engine that answers
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) engine: Choice,
    /// Ask only the engine at this address: `unix:///path/to.sock`, `tcp://host:port` or `ssh://user@host`
    #[arg(long, value_name = "URL", conflicts_with = "context")]
    pub(crate) host: Option<String>,
    /// Ask only the engine of this Docker context, or of this Podman connection
    #[arg(long, value_name = "NAME")]
    pub(crate) context: Option<String>,
}

/// Which links are kept.
#[derive(Args, Debug)]
pub(crate) struct Kept {
    /// Keep the links whose client or server is one of these containers
    #[arg(value_name = "CONTAINER")]
    pub(crate) containers: Vec<String>,
}

/// Which configuration holds.
#[derive(Args, Debug)]
pub(crate) struct Configured {
    /// The configuration to use instead of the project's own econn.toml
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
}

/// What was written while the containers ran.
#[derive(Args, Debug)]
pub(crate) struct Logs {
    /// Count what this log says of failed connections, and which link it means (repeatable)
    #[arg(long = "log", value_name = "FILE")]
    pub(crate) files: Vec<PathBuf>,
}

/// `econn diagnose`
#[derive(Args, Debug)]
pub(crate) struct Diagnose {
    #[command(flatten)]
    pub(crate) kept: Kept,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) looking: Looking,
    #[command(flatten)]
    pub(crate) judging: Judging,
    #[command(flatten)]
    pub(crate) logs: Logs,
    /// Judge a saved snapshot instead of live containers
    #[arg(long, value_name = "FILE", conflicts_with_all = ["engine", "host", "context", "node", "link", "source", "probe", "passive", "vantage", "verify_build", "registry"])]
    pub(crate) from: Option<PathBuf>,
}

/// `econn snapshot`
#[derive(Args, Debug)]
pub(crate) struct Save {
    #[command(flatten)]
    pub(crate) kept: Kept,
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) looking: Looking,
    /// The file to write
    #[arg(short, long, value_name = "FILE")]
    pub(crate) output: PathBuf,
}

/// The hidden command that carries a stream of `econn run`.
pub(crate) const RELAY: &str = "relay";

/// `econn run`
#[derive(Args, Debug)]
pub(crate) struct Record {
    #[command(flatten)]
    pub(crate) configured: Configured,
    #[command(flatten)]
    pub(crate) logs: Logs,
    #[command(flatten)]
    pub(crate) looking: Looking,
    #[command(flatten)]
    pub(crate) judging: Judging,
    /// Where the recording goes, in gzip where it ends in .gz [default: last-run.json in the user's state folder]
    #[arg(long = "record", value_name = "FILE")]
    pub(crate) to: Option<PathBuf>,
    /// The command, with its arguments
    #[arg(last = true, required = true, value_name = "COMMAND")]
    pub(crate) command: Vec<OsString>,
}

/// `econn compare`
#[derive(Args, Debug)]
pub(crate) struct Compare {
    /// A JSON report or a snapshot of the run before
    pub(crate) before: PathBuf,
    /// A JSON report or a snapshot of the run after
    pub(crate) after: PathBuf,
    /// The form of the comparison
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: ComparisonFormat,
    #[command(flatten)]
    pub(crate) configured: Configured,
}

/// The forms of a comparison.
#[derive(Clone, Copy, Debug, Eq, PartialEq, ValueEnum)]
pub(crate) enum ComparisonFormat {
    /// For people
    Table,
    /// For programs
    Json,
}

/// Where and what to look at.
#[derive(Args, Debug)]
pub(crate) struct Looking {
    #[command(flatten)]
    pub(crate) asked: Asked,
    /// The engine of another node of the Swarm, under a name of yours, best the node's (repeatable)
    #[arg(long, value_name = "NAME=URL", value_parser = pair)]
    pub(crate) node: Vec<(String, String)>,
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
    #[command(flatten)]
    pub(crate) extra: Extra,
    /// From where to look: auto reads /proc, enters the network namespace where that is allowed, and starts a sidecar where
    /// it is not; the others go no further than they say
    #[arg(long, value_enum, default_value = "auto")]
    pub(crate) vantage: Stance,
    /// The limit of the whole run: a number with ms, s, m or h [default: 60s]
    #[arg(long, value_name = "DURATION", allow_hyphen_values = true, value_parser = Limit::parse)]
    pub(crate) timeout: Option<Limit>,
    /// Tell every call to an engine on stderr: what it is for, method, path, status, time and size
    #[arg(long)]
    pub(crate) trace_api: bool,
}

/// How strictly to judge, and how to print.
#[derive(Args, Debug)]
pub(crate) struct Judging {
    /// Judge by this check only (repeatable)
    #[arg(long, value_name = "CHECK")]
    pub(crate) only: Vec<String>,
    /// Leave this check out (repeatable)
    #[arg(long, value_name = "CHECK")]
    pub(crate) skip: Vec<String>,
    /// The form of the report on stdout
    #[arg(long, value_enum, default_value = "table")]
    pub(crate) format: Format,
    /// Write the report to a file as well (repeatable)
    #[arg(long, value_name = "FORMAT=PATH", value_parser = Output::parse)]
    pub(crate) output: Vec<Output>,
    /// What counts as a fault in the exit code [default: fail]
    #[arg(long, value_enum)]
    pub(crate) fail_on: Option<FailOn>,
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
#[derive(Clone, Copy, Debug, Eq, PartialEq, serde::Deserialize, ValueEnum)]
#[serde(rename_all = "lowercase")]
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

#[cfg(test)]
mod tests {
    use super::Cli;
    use clap::CommandFactory;

    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }
}
