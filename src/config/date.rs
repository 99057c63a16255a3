//! A day of the calendar, as TOML writes it or in quotes.

use serde::Deserialize;
use std::fmt;

/// A day.
#[derive(Clone, Copy, Debug, Deserialize, Eq, PartialEq)]
#[serde(try_from = "Written")]
pub(crate) struct Date(jiff::civil::Date);

#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Own(toml::value::Datetime),
    Text(String),
}

impl TryFrom<Written> for Date {
    type Error = String;

    fn try_from(written: Written) -> Result<Self, String> {
        let text = match written {
            Written::Own(date) => date.to_string(),
            Written::Text(text) => text,
        };
        let shaped = text.len() == 10 && text.bytes().all(|b| b.is_ascii_digit() || b == b'-');
        let date = text.parse().ok().filter(|_| shaped);
        date.map(Self).ok_or_else(|| format!("{text:?} is no date as in 2026-06-30"))
    }
}

/// As in 2026-06-30: the order of the texts is that of the days.
impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
