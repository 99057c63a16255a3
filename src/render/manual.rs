//! The manual of the checks and of the notes, from the texts that stand beside them.

use crate::declared::Declared;
use crate::plugin::Plugin;
use checks::ALL;
use checks::model::{Check, Rule};
use checks::notes::{NOTES, Note};
use std::fmt::Write;

/// What is said of the notes all together: no check, so nothing can be asked for or left out by this name.
const OF_NOTES: &str = "notes";
const SAY: &str = "what a report says of the run itself; no fault, and never judged";

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

/// The list of notes.
pub(crate) fn notes() -> String {
    let mut text = format!("-  ({OF_NOTES})  {SAY}\n");
    for note in NOTES {
        let _ = writeln!(text, "     {}  {}", note.code, note.title);
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

/// The page of a finding, of a note or of a check; of all of them without a subject.
pub(crate) fn explain(subject: Option<&str>) -> Option<String> {
    let Some(subject) = subject else {
        let pages = ALL.iter().map(|check| page(check));
        return Some(pages.chain([page_of_notes()]).collect());
    };
    if let Some(check) = ALL.iter().find(|check| check.id == subject) {
        return Some(page(check));
    }
    if subject == OF_NOTES {
        return Some(page_of_notes());
    }
    if let Some(found) = NOTES.iter().find(|note| note.code.eq_ignore_ascii_case(subject)) {
        return Some(note(found));
    }
    let rules = ALL.iter().flat_map(|check| check.rules.iter().map(move |rule| (check, rule)));
    rules
        .into_iter()
        .find(|(_, rule)| rule.code.eq_ignore_ascii_case(subject))
        .map(|(check, rule)| finding(check, rule))
}

/// What is known of one's own check or finding: all that its program or `econn.toml` says.
pub(crate) fn explain_own(
    plugins: &[Plugin],
    declared: &[Declared],
    subject: &str,
) -> Option<String> {
    let is = |word: &str| word.eq_ignore_ascii_case(subject);
    let known = plugins.iter().filter_map(|plugin| Some((plugin, plugin.metadata.as_ref().ok()?)));
    let mut checks = known.flat_map(|(plugin, metadata)| {
        metadata.checks.iter().map(move |check| (&plugin.name, &metadata.version, check))
    });
    if let Some((name, version, check)) =
        checks.find(|(_, _, check)| is(&check.id) || check.codes.iter().any(|code| is(code)))
    {
        let (id, title, codes) = (&check.id, &check.title, check.codes.join(", "));
        return Some(format!(
            "# {id}\n\n{title}\n\nIts findings: {codes}. It is a check of the plug-in econn-check-{name} {version}, \
             whose own page says more.\n"
        ));
    }
    let check = declared.iter().find(|check| is(&check.id) || is(&check.code))?;
    let mut text = format!(
        "# {}\n\nIts finding: {}, {}. It is declared in econn.toml.\n",
        check.id,
        check.code,
        super::clean(&check.message)
    );
    for fix in &check.fix {
        let command = fix.command.iter().map(|command| format!(": {command}"));
        let _ =
            writeln!(text, "\n{}", super::clean(&(fix.say.clone() + &command.collect::<String>())));
    }
    Some(text)
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
    below(rule.code, rule.title, check.id, rule.explanation)
}

fn page_of_notes() -> String {
    let notes = NOTES.iter().map(|found| note(found));
    format!("# Notes\n\nThey are {SAY}.\n\n{}", notes.collect::<String>())
}

fn note(note: &Note) -> String {
    below(note.code, note.title, "a note on the run", note.explanation)
}

/// A text whose headings stand one level below its own.
fn below(code: &str, title: &str, of: &str, text: &str) -> String {
    let text = text.replace("\n## ", "\n### ");
    format!("## {code}: {title} ({of})\n{text}\n")
}
