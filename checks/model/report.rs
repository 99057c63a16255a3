//! The verdicts of one run, ready to print. Root cause and chain are decided here and nowhere else.

use super::{Check, Evidence, Fix, Server, Severity, Source, Symptom, Vantage};
use serde::{Deserialize, Serialize};

/// The version of the report's form.
pub const SCHEMA_VERSION: u32 = 1;

/// How a check, a link or a run came out. Ordered: the greatest decides.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It does not apply, or was left out by choice.
    Skip,
    /// It works.
    Pass,
    /// It works, and will not always.
    Warn,
    /// It could not be determined.
    Unknown,
    /// It does not work.
    Fail,
}

/// All verdicts of one run.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Report {
    /// See [`SCHEMA_VERSION`].
    pub schema_version: u32,
    /// Who made the report.
    pub tool: Tool,
    /// When the facts were taken, RFC 3339 in UTC.
    pub taken_at: String,
    /// The engines that were asked.
    pub engines: Vec<super::Engine>,
    /// The worst outcome of all links.
    pub outcome: Outcome,
    /// The exit code of a run with this report.
    pub exit_code: u8,
    /// What was looked at, and what could not be.
    pub notes: Vec<String>,
    /// One entry for each link, by id.
    pub links: Vec<LinkReport>,
    /// How many links came out how.
    pub summary: Summary,
    /// What the logs that were given say of no link that is known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logged_elsewhere: Vec<super::Logged>,
}

/// Who made a report.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Tool {
    /// Always `econn`.
    pub name: String,
    /// Its version.
    pub version: String,
}

/// The verdicts on one link.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct LinkReport {
    /// `engine:client->url`.
    pub id: String,
    /// The engine's name.
    pub engine: String,
    /// The client's container name, or `@host`.
    pub client: String,
    /// The client's service of Compose or of a Swarm, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_service: Option<String>,
    /// The server's service of Compose or of a Swarm, where it is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_service: Option<String>,
    /// The node of the Swarm that holds the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_node: Option<String>,
    /// The node of the Swarm that holds the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server_node: Option<String>,
    /// What the client is told.
    pub endpoint: EndpointReport,
    /// What the endpoint means, or most likely means.
    pub server: Option<Server>,
    /// The worst outcome of its checks.
    pub outcome: Outcome,
    /// What the client sees today.
    pub symptom: Option<Symptom>,
    /// The code of the finding that explains what the client sees today.
    pub root_cause: Option<String>,
    /// The codes of all faults, in the order in which the client would meet them.
    pub chain: Vec<String>,
    /// One row for each check.
    pub checks: Vec<Row>,
    /// What the project demands of it, where it demands anything.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub demand: Option<super::Demand>,
    /// The file that describes its containers, where no file tells the address: that of Compose, else the Dockerfile.
    #[serde(skip)]
    pub described_in: Option<String>,
    /// What may still come and make it better; `None` where waiting changes nothing.
    #[serde(skip)]
    pub awaits: Option<String>,
    /// What the logs that were given say of it. It decides nothing: a log says what was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub logged: Vec<super::Logged>,
    /// From where its ends were seen; missing when neither was looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen_from: Option<SeenFrom>,
}

/// From where the two ends of a link were seen.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SeenFrom {
    /// Where the probes stood that went the client's way.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client: Option<Vantage>,
    /// Where the server's sockets were seen and its port was probed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server: Option<Vantage>,
}

impl LinkReport {
    /// The client as people know it: its service, with the container beside it where that is called otherwise.
    #[must_use]
    pub fn client_shown(&self) -> String {
        shown(&self.client, self.client_service.as_deref())
    }

    /// The server's container as people know it, if one is meant.
    #[must_use]
    pub fn server_shown(&self) -> Option<String> {
        let container = self.server.as_ref()?.container.as_deref()?;
        Some(shown(container, self.server_service.as_deref()))
    }
}

fn shown(container: &str, service: Option<&str>) -> String {
    match service {
        Some(service) if service != container => format!("{service} ({container})"),
        _ => container.to_owned(),
    }
}

/// An endpoint as the report shows it.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct EndpointReport {
    /// The normalized address.
    pub url: String,
    /// The first place that says it.
    pub source: Option<Source>,
    /// Every place that says it.
    pub sources: Vec<Source>,
}

/// One check on one link.
#[derive(Clone, Debug, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Row {
    /// The check's id.
    pub check: String,
    /// The layer of the checklist; `None` for the neighbours and for plug-ins.
    pub layer: Option<u8>,
    /// How it came out.
    pub outcome: Outcome,
    /// What was seen for a pass, why for unknown and skip.
    pub reason: Option<String>,
    /// What was found.
    pub findings: Vec<Finding>,
}

/// One defect and its remedies.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Finding {
    /// The code.
    pub code: String,
    /// How bad it is.
    pub severity: Severity,
    /// The defect in one sentence.
    pub title: String,
    /// What was seen, with real names.
    pub seen: String,
    /// What shows it.
    pub evidence: Vec<Evidence>,
    /// The root cause's code on every other fault.
    pub masked_by: Option<String>,
    /// What to do.
    pub fix: Vec<Fix>,
    /// Why it does not count, where the project says so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub suppressed: Option<Suppressed>,
    /// What may still come and end it; `None` for what will never be.
    #[serde(skip)]
    pub awaits: Option<String>,
}

/// Why a finding does not count, and for how long.
#[derive(Clone, Debug, Deserialize, Eq, PartialEq, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Suppressed {
    /// The project's reason.
    pub reason: String,
    /// The last day on which it does not count, as in 2026-06-30.
    pub until: String,
}

/// To stand beside the finding.
impl std::fmt::Display for Suppressed {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "suppressed until {}: {}", self.until, self.reason)
    }
}

impl Finding {
    /// Whether it decides about outcomes and the exit code.
    #[must_use]
    pub fn counts(&self) -> bool {
        self.suppressed.is_none()
    }
}

/// How many links came out how.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Summary {
    /// All links.
    pub links: usize,
    /// Links that work.
    pub pass: usize,
    /// Links that work, and will not always.
    pub warn: usize,
    /// Links that do not work.
    pub fail: usize,
    /// Links that could not be judged.
    pub unknown: usize,
    /// Links that were left out, or are not ours to judge.
    pub skip: usize,
}

impl Summary {
    /// Counts outcomes.
    #[must_use]
    pub fn of(outcomes: impl Iterator<Item = Outcome>) -> Self {
        let mut summary = Self::default();
        for outcome in outcomes {
            summary.links += 1;
            *match outcome {
                Outcome::Pass => &mut summary.pass,
                Outcome::Warn => &mut summary.warn,
                Outcome::Fail => &mut summary.fail,
                Outcome::Unknown => &mut summary.unknown,
                Outcome::Skip => &mut summary.skip,
            } += 1;
        }
        summary
    }
}

/// The codes of all faults in `rows`, in the order in which the client would meet them if each was repaired in turn.
///
/// `phase` gives a check's place in that order. Freshness has no symptom of its own, so it stands last and is the root
/// cause only when it is alone.
pub(crate) fn chain(rows: &[(&'static Check, Row)]) -> Vec<String> {
    let mut faults: Vec<(u8, &str)> = rows
        .iter()
        .flat_map(|(check, row)| row.findings.iter().map(|f| (check.phase, f)))
        .filter(|(_, finding)| finding.severity == Severity::Fail && finding.counts())
        .map(|(phase, finding)| (phase, finding.code.as_str()))
        .collect();
    faults.sort_by_key(|(phase, _)| *phase);
    let mut codes: Vec<String> = faults.into_iter().map(|(_, code)| code.to_owned()).collect();
    codes.dedup();
    codes
}
