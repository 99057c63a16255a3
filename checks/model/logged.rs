//! What logs say of connections: recognised classes with address and count, and never a line of the log.

use super::Symptom;
use serde::{Deserialize, Serialize};
use std::fmt;

/// One kind of failure in the logs, and how often it stands there.
#[derive(Clone, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub struct Logged {
    /// What the client said.
    pub class: LogClass,
    /// The status, where the class is an HTTP error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// The host that it dialled, as the log has it; `None` where it does not say.
    pub host: Option<String>,
    /// The port that it dialled.
    pub port: Option<u16>,
    /// The client library that said so, where its words tell.
    pub library: Option<String>,
    /// How many failures, each counted once however many lines it takes.
    pub count: u64,
}

/// The class of a failure.
#[derive(Clone, Copy, Debug, Deserialize, Eq, Ord, PartialEq, PartialOrd, Serialize)]
pub enum LogClass {
    /// The client says that its connection failed, and not how.
    #[serde(rename = "connection error")]
    Unnamed,
    /// One of the symptoms.
    #[serde(untagged)]
    Symptom(Symptom),
}

impl LogClass {
    /// The symptom, where the log names one.
    #[must_use]
    pub fn symptom(self) -> Option<Symptom> {
        match self {
            Self::Symptom(symptom) => Some(symptom),
            Self::Unnamed => None,
        }
    }

    /// Whether it is no answer at all that the client complains of: any status of HTTP is an answer.
    #[must_use]
    pub fn is_connectivity(self) -> bool {
        self != Self::Symptom(Symptom::HttpError)
    }
}

impl fmt::Display for LogClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unnamed => f.write_str("connection error"),
            Self::Symptom(symptom) => symptom.fmt(f),
        }
    }
}

impl fmt::Display for Logged {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.class)?;
        if let Some(status) = self.status {
            write!(f, " {status}")?;
        }
        let times = if self.count == 1 { "time" } else { "times" };
        write!(f, " {} {times}", self.count)?;
        if let Some(host) = &self.host {
            match self.port {
                Some(port) => write!(f, " at {}", super::authority(host, port))?,
                None => write!(f, " at {host}")?,
            }
        }
        self.library.iter().try_for_each(|library| write!(f, ", by {library}"))
    }
}

#[cfg(test)]
mod tests {
    use super::{LogClass, Logged};
    use crate::model::Symptom;

    #[test]
    fn it_reads_the_same_in_text_and_json() {
        let mut logged = Logged {
            class: LogClass::Symptom(Symptom::ConnectionRefused),
            status: None,
            host: Some("::1".into()),
            port: Some(8080),
            library: Some("requests".into()),
            count: 12,
        };
        assert_eq!(logged.to_string(), "connection refused 12 times at [::1]:8080, by requests");
        let json = serde_json::to_value(&logged).unwrap();
        assert_eq!(json["class"], "connection refused");
        assert_eq!(serde_json::from_value::<Logged>(json).unwrap(), logged);
        logged.class = LogClass::Unnamed;
        (logged.host, logged.count) = (None, 1);
        let json = serde_json::to_value(&logged).unwrap();
        assert_eq!(json["class"], "connection error");
        assert_eq!(serde_json::from_value::<Logged>(json).unwrap(), logged);
        assert_eq!(logged.to_string(), "connection error 1 time, by requests");
    }
}
