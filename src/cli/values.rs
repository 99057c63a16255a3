//! The values of flags, and what is said of one that is wrong.

use super::Format;
use clap::ValueEnum;
use std::path::PathBuf;
use std::time::Duration;

/// A file to write a report to.
#[derive(Clone, Debug)]
pub(crate) struct Output {
    pub(crate) format: Format,
    pub(crate) path: PathBuf,
}

impl Output {
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (format, path) = pair(text)?;
        let forms = || Format::value_variants().iter().filter_map(ValueEnum::to_possible_value);
        let known = Format::from_str(&format, false).map_err(|_| {
            let forms: Vec<String> = forms().map(|form| form.get_name().to_owned()).collect();
            format!("there is no such form; the forms are {}", forms.join(", "))
        })?;
        Ok(Self { format: known, path: PathBuf::from(path) })
    }
}

/// No run takes longer, and no clock has to count further.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// A limit of time, as the user gave it.
#[derive(Clone, Debug, serde::Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Limit {
    pub(crate) duration: Duration,
    pub(crate) text: String,
}

impl Limit {
    /// Clap would take `-5s` for a flag, so a minus is let through to here.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let limit = Self::parse_wait(text)?;
        if limit.duration.is_zero() {
            return Err(format!(
                "{text:?} leaves no time to look; give more than 0, as in 500ms or 60s"
            ));
        }
        Ok(limit)
    }

    /// The same, where no time at all has a meaning, too.
    pub(crate) fn parse_wait(text: &str) -> Result<Self, String> {
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
        if duration > LONGEST {
            return Err(format!("{text:?} is longer than a run may take; the most is 24h"));
        }
        Ok(Self { duration, text: text.to_owned() })
    }
}

/// The limit of a run of which nobody says more.
impl Default for Limit {
    fn default() -> Self {
        Self { duration: Duration::from_secs(60), text: "60s".into() }
    }
}

impl TryFrom<String> for Limit {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text)
    }
}

pub(super) fn pair(text: &str) -> Result<(String, String), String> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() && !value.is_empty() => {
            Ok((name.into(), value.into()))
        }
        _ => Err("it is not NAME=VALUE".into()),
    }
}

/// Whether there is such a check, of econn's or of one's own, or which one may be meant.
pub(crate) fn known_check(text: &str, own: &[String]) -> Result<(), String> {
    let mut ids: Vec<&str> = checks::ALL.iter().map(|c| c.id).collect();
    ids.extend(own.iter().map(String::as_str));
    if ids.contains(&text) {
        return Ok(());
    }
    let near =
        ids.iter().min_by_key(|id| strsim::damerau_levenshtein(id, text)).map_or("", |id| id);
    let text = crate::redact::shown(text);
    Err(format!("there is no check {text}; did you mean {near}? The checks are {}", ids.join(", ")))
}

#[cfg(test)]
mod tests {
    use super::Limit;

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
