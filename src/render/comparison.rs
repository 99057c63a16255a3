//! A comparison, for people and for programs.

use super::clean;
use checks::compare::{Comparison, FactChange, LinkChange, LoggedCount};
use checks::model::Outcome;
use comfy_table::{ContentArrangement, Table, presets};
use std::io::{self, Write};

/// For programs.
pub(crate) fn json(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, comparison)?;
    writeln!(out)
}

/// For people: what got worse first, the table of errors, then what else is different.
pub(crate) fn table(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    for (word, side) in [("before", &comparison.before), ("after", &comparison.after)] {
        let (links, outcome) = (side.links, upper(Some(side.outcome)));
        writeln!(out, "{word:<7}{} {outcome}, links: {links}", clean(&side.taken_at))?;
    }
    let mut links: Vec<&LinkChange> = comparison.links.iter().collect();
    links.sort_by_key(|link| !link.worse);
    for link in links {
        self::link(link, out)?;
    }
    errors(comparison, out)?;
    logged(comparison, out)?;
    match &comparison.facts {
        Some(facts) => facts.iter().try_for_each(|fact| self::fact(fact, out))?,
        None => writeln!(
            out,
            "\nonly outcomes are compared: what else changed is known from two snapshots"
        )?,
    }
    let verdict = if comparison.worse { "WORSE" } else { "NOT WORSE" };
    writeln!(out, "\n{verdict}")
}

fn link(link: &LinkChange, out: &mut dyn Write) -> io::Result<()> {
    let word = if link.worse { "worse" } else { "changed" };
    let (before, after) = (upper(link.before), upper(link.after));
    writeln!(out, "\n{word}: {}: {before} -> {after}", clean(&link.id))?;
    for check in &link.checks {
        let (before, after) = (upper(check.before), upper(check.after));
        let sign = if check.worse { '!' } else { ' ' };
        writeln!(out, "  {sign} {:<20} {before} -> {after}", clean(&check.check))?;
    }
    if link.chain_before != link.chain_after {
        let codes = |chain: &[String]| match chain {
            [] => "none".to_owned(),
            codes => clean(&codes.join(", ")),
        };
        let (before, after) = (codes(&link.chain_before), codes(&link.chain_after));
        writeln!(out, "    {:<20} {before} -> {after}", "faults")?;
    }
    Ok(())
}

fn errors(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    if comparison.errors.is_empty() {
        return Ok(());
    }
    let mut table = Table::new();
    table
        .load_style(presets::ASCII_FULL_CONDENSED)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(super::WIDTH)
        .force_no_tty();
    table.set_header(vec!["error", "links before", "links after"]);
    for count in &comparison.errors {
        let name = format!("{} {}", clean(&count.error), clean(&count.title));
        let [before, after] = [count.before, count.after].map(|n| n.to_string());
        table.add_row(vec![name.trim_end().to_owned(), before, after]);
    }
    writeln!(out, "\n{table}")
}

fn logged(comparison: &Comparison, out: &mut dyn Write) -> io::Result<()> {
    for LoggedCount { class, before, after } in &comparison.logged {
        writeln!(out, "logged: {class}, {before} times before, {after} after")?;
    }
    Ok(())
}

fn fact(fact: &FactChange, out: &mut dyn Write) -> io::Result<()> {
    writeln!(out, "\n{} {}", clean(&fact.subject), clean(&fact.what))?;
    for (sign, lines) in [('-', &fact.gone), ('+', &fact.new)] {
        for line in lines {
            writeln!(out, "  {sign} {}", clean(line))?;
        }
    }
    Ok(())
}

fn upper(outcome: Option<Outcome>) -> String {
    outcome.map_or_else(|| "none".into(), |outcome| format!("{outcome:?}").to_uppercase())
}
