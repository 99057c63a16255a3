//! The manual of the checks, from the texts that stand beside them.

use crate::declared::Declared;
use crate::plugin::Plugin;
use checks::ALL;
use checks::model::{Check, Rule};
use std::fmt::Write;

/// The list of checks and codes.
pub(crate) fn checks() -> String {
    let mut text = String::new();
    for check in ALL {
        let layer = check.layer.map_or_else(|| "-".to_owned(), |layer| layer.to_string());
        let _ = writeln!(text, "{layer}  {}  {}", check.id, check.asks);
        for rule in check.rules {
            let _ = writeln!(text, "     {}  {}", rule.code, rule.title);
        }
    }
    text
}

/// The list of one's own checks: those of programs, then those that are declared.
pub(crate) fn own<'a>(plugins: &[Plugin], declared: impl Iterator<Item = &'a Declared>) -> String {
    let mut text = String::new();
    for plugin in plugins {
        let name = &plugin.name;
        match &plugin.metadata {
            Ok(metadata) => {
                for check in &metadata.checks {
                    let by = format!("econn-check-{name} {}", metadata.version);
                    let _ = writeln!(text, "-  {}  {} ({by})", check.id, check.title);
                    for code in &check.codes {
                        let _ = writeln!(text, "     {code}");
                    }
                }
            }
            Err(why) => {
                let _ = writeln!(text, "-  {name}  can't be used: {}", super::clean(why));
            }
        }
    }
    for check in declared {
        let message = super::clean(&check.message);
        let _ = writeln!(text, "-  {}  (econn.toml)\n     {}  {message}", check.id, check.code);
    }
    text
}

/// The page of a finding or of a check; of all of them without a subject.
pub(crate) fn explain(subject: Option<&str>) -> Option<String> {
    let Some(subject) = subject else {
        let pages = ALL.iter().map(|check| page(check));
        return Some(pages.collect());
    };
    if let Some(check) = ALL.iter().find(|check| check.id == subject) {
        return Some(page(check));
    }
    let rules = ALL.iter().flat_map(|check| check.rules.iter().map(move |rule| (check, rule)));
    rules
        .into_iter()
        .find(|(_, rule)| rule.code.eq_ignore_ascii_case(subject))
        .map(|(check, rule)| finding(check, rule))
}

fn page(check: &Check) -> String {
    let needs: Vec<String> = check.needs.iter().map(ToString::to_string).collect();
    let (id, asks, needs) = (check.id, check.asks, needs.join("; "));
    let mut text = format!("# {id}\n\nIt asks: {asks}\n\nIt looks at: {needs}.\n\n");
    for rule in check.rules {
        text.push_str(&finding(check, rule));
    }
    text
}

fn finding(check: &Check, rule: &Rule) -> String {
    // A finding's headings stand one level below its own.
    let text = rule.explanation.replace("\n## ", "\n### ");
    format!("## {}: {} ({})\n{text}\n", rule.code, rule.title, check.id)
}
