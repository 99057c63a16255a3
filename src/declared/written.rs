//! A `[[check]]` as the file writes it, and what is wrong with one that can't be asked.

use super::{Declared, End, Kind};
use crate::plugin::{is_code, is_id, shown};
use checks::model::{Fix, Verdict};
use serde::Deserialize;

/// All keys of all kinds: which of them a kind takes is said by name when another is given.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Written {
    id: String,
    code: String,
    kind: Name,
    message: String,
    #[serde(default)]
    outcome: Outcome,
    fix: String,
    #[serde(default)]
    fix_command: Option<String>,
    #[serde(default)]
    client: Option<String>,
    #[serde(default)]
    server: Option<String>,
    #[serde(default)]
    on: Option<End>,
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    value: Option<String>,
    #[serde(default)]
    image: Option<String>,
    #[serde(default)]
    port: Option<u16>,
    #[serde(default)]
    status: Option<Vec<u16>>,
    #[serde(default)]
    command: Option<Vec<String>>,
}

#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(rename_all = "lowercase")]
enum Name {
    Tcp,
    Http,
    Dns,
    Listening,
    Image,
    Env,
    Label,
    Nagios,
}

#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Outcome {
    #[default]
    Fail,
    Warn,
}

impl Name {
    /// The keys that only some kinds take.
    fn takes(self) -> &'static [&'static str] {
        match self {
            Self::Tcp | Self::Dns => &[],
            Self::Http => &["status"],
            Self::Listening => &["port"],
            Self::Image => &["image", "on"],
            Self::Env => &["name", "on"],
            Self::Label => &["name", "value", "on"],
            Self::Nagios => &["command"],
        }
    }

    fn word(self) -> String {
        format!("{self:?}").to_lowercase()
    }
}

impl Written {
    fn given(&self) -> Vec<&'static str> {
        let all = [
            ("on", self.on.is_some()),
            ("name", self.name.is_some()),
            ("value", self.value.is_some()),
            ("image", self.image.is_some()),
            ("port", self.port.is_some()),
            ("status", self.status.is_some()),
            ("command", self.command.is_some()),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect()
    }

    fn kind(&self) -> Result<Kind, String> {
        let word = self.kind.word();
        let missing = |key: &str| format!("a check of kind {word} needs the key {key}");
        let name = || self.name.clone().filter(|n| !n.is_empty()).ok_or_else(|| missing("name"));
        Ok(match self.kind {
            Name::Tcp => Kind::Tcp,
            Name::Dns => Kind::Dns,
            Name::Http => {
                let status = self.status.clone().filter(|all| !all.is_empty());
                let status = status.ok_or_else(|| missing("status"))?;
                match status.iter().find(|one| !(100..=599).contains(*one)) {
                    Some(wrong) => return Err(format!("{wrong} is no status of HTTP")),
                    None => Kind::Http { status },
                }
            }
            Name::Listening => Kind::Listening { port: self.port },
            Name::Image => Kind::Image {
                pattern: self.image.clone().ok_or_else(|| missing("image"))?,
                on: self.on.unwrap_or(End::Server),
            },
            Name::Env => Kind::Env { name: name()?, on: self.on.unwrap_or(End::Client) },
            Name::Label => Kind::Label {
                name: name()?,
                value: self.value.clone(),
                on: self.on.unwrap_or(End::Server),
            },
            Name::Nagios => {
                let command = self.command.clone().filter(|words| !words.is_empty());
                Kind::Nagios { command: command.ok_or_else(|| missing("command"))? }
            }
        })
    }
}

impl TryFrom<Written> for Declared {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let (id, code) = (&written.id, &written.code);
        if !is_id(id) {
            let id = shown(id);
            return Err(format!(
                "the check's id {id:?} is no free one of a-z, 0-9 and - (econn's own are taken)"
            ));
        }
        if !is_code(code) {
            let code = shown(code);
            return Err(format!(
                "the code {code:?} is not 2 to 8 capitals, EC not first, and digits, as in DB1"
            ));
        }
        let word = written.kind.word();
        if let Some(key) = written.given().iter().find(|key| !written.kind.takes().contains(key)) {
            return Err(format!("a check of kind {word} has no key {key}"));
        }
        for (key, text) in [("message", &written.message), ("fix", &written.fix)] {
            if text.trim().is_empty() {
                return Err(format!("the check {id} needs words in {key}"));
            }
        }
        let any = |pattern: &Option<String>| pattern.clone().unwrap_or_else(|| "*".into());
        let command = written.fix_command.clone();
        Ok(Self {
            kind: written.kind()?,
            client: any(&written.client),
            server: any(&written.server),
            failing: match written.outcome {
                Outcome::Fail => Verdict::Fail,
                Outcome::Warn => Verdict::Warn,
            },
            fix: vec![Fix { say: written.fix, command, patch: None, proven: None }],
            message: written.message,
            id: written.id,
            code: written.code,
        })
    }
}
