//! Whether two ways lead to one engine, by what answers at their ends.

use checks::model::EngineKind;
use serde::Deserialize;

/// How far two looks at the time of a start may differ, in seconds: engines round, and looks take time.
const SLACK: f64 = 3.0;

/// What an engine says of itself.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Itself {
    #[serde(rename = "ID")]
    id: String,
    name: String,
    kernel_version: String,
    server_version: String,
    docker_root_dir: String,
    mem_total: u64,
    system_time: String,
    uptime: String,
}

impl Itself {
    /// Whether both are one. What can't be told is two: better one engine twice than one of two left out.
    pub(super) fn is(&self, other: &Self, kind: EngineKind) -> bool {
        match kind {
            // Machines that were copied share an id, but hardly a name.
            EngineKind::Docker => {
                !self.id.is_empty() && self.id == other.id && self.name == other.name
            }
            // Podman makes an id up for each answer. One store on one machine since one start is one engine.
            EngineKind::Podman => self.store() == other.store() && self.started_with(other),
        }
    }

    fn store(&self) -> (&str, &str, &str, &str, u64) {
        (
            &self.name,
            &self.kernel_version,
            &self.server_version,
            &self.docker_root_dir,
            self.mem_total,
        )
    }

    fn started_with(&self, other: &Self) -> bool {
        self.start().zip(other.start()).is_some_and(|(one, two)| (one - two).abs() <= SLACK)
    }

    /// When the machine was started, in seconds since 1970.
    fn start(&self) -> Option<f64> {
        let now: jiff::Timestamp = self.system_time.parse().ok()?;
        // `25h 3m 2.00s (Approximately 1.04 days)`
        let words = self.uptime.split(" (").next()?.split_whitespace();
        let up: Option<f64> = words
            .map(|word| {
                let (number, unit) = word.split_at(word.len().checked_sub(1)?);
                let number: f64 = number.parse().ok()?;
                match unit {
                    "h" => Some(number * 3600.0),
                    "m" => Some(number * 60.0),
                    "s" => Some(number),
                    _ => None,
                }
            })
            .sum();
        Some(now.as_duration().as_secs_f64() - up?)
    }
}

#[cfg(test)]
mod tests {
    use super::Itself;
    use checks::model::EngineKind::{Docker, Podman};

    fn itself(text: &str) -> Itself {
        serde_json::from_str(text).unwrap()
    }

    #[test]
    fn docker_is_known_by_its_id() {
        let one = itself(r#"{"ID":"A:B","Name":"vm"}"#);
        assert!(one.is(&itself(r#"{"ID":"A:B","Name":"vm","ServerVersion":"x"}"#), Docker));
        assert!(!one.is(&itself(r#"{"ID":"A:C","Name":"vm"}"#), Docker));
        assert!(!one.is(&itself(r#"{"ID":"A:B","Name":"its-copy"}"#), Docker));
        assert!(!itself("{}").is(&itself("{}"), Docker));
    }

    #[test]
    fn podman_is_known_by_its_store_and_the_start_of_its_machine() {
        let at = |root: &str, time: &str, up: &str| {
            itself(&format!(
                r#"{{"ID":"{time}","Name":"vm","DockerRootDir":"{root}","SystemTime":"{time}","Uptime":"{up}"}}"#
            ))
        };
        let one = at("/var/lib", "2026-01-13T10:00:00.5Z", "1h 2m 3.00s");
        assert!(one.is(&at("/var/lib", "2026-01-13T10:00:02Z", "1h 2m 4.00s"), Podman));
        assert!(one.is(
            &at("/var/lib", "2026-01-13T11:00:00Z", "2h 2m 3.00s (Approximately 0.08 days)"),
            Podman
        ));
        assert!(!one.is(&at("/home/me", "2026-01-13T10:00:00.5Z", "1h 2m 3.00s"), Podman));
        assert!(!one.is(&at("/var/lib", "2026-01-13T10:00:00Z", "5h 2m 3.00s"), Podman));
        assert!(!one.is(&at("/var/lib", "yesterday", "1h 2m 3.00s"), Podman));
        assert!(!itself("{}").is(&itself("{}"), Podman));
    }
}
