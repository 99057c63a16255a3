use super::repair::quoted;
use crate::model::{Case, Found, Judgement, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC407",
    title: "the address cannot be dialled as it is written",
    explanation: "
## What it is
The address has an empty host, a variable that nobody expanded (`${HOST}`), or is no address at all. The quotes in a
file for `--env-file` and the line ends of Windows are a part of the value, and so of the name that is looked up.

## What proves it
The text itself.

## What disproves it
A program that expands the variable by itself, or takes the quotes away. Where the variable is set beside the address, or
has a default, that can't be told from outside.

## How to repair it
Write the address out, or let the tool that starts the container expand it.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let Some(why) = &case.link.endpoint.malformed else { return Ok(None) };
    if let Some(unless) = &case.link.endpoint.malformed_unless {
        let url = &case.link.endpoint.url;
        return Err(Undecided::Unknown(format!(
            "{} is told {url}: {why}, unless its program {unless}",
            case.link.client
        )));
    }
    let found = quoted(
        case,
        Found::fail(format!("{} is told {}: {why}", case.link.client, case.link.endpoint.url)),
    );
    let places: Vec<String> = case.link.endpoint.sources.iter().map(ToString::to_string).collect();
    if why.starts_with("its value ") {
        return Ok(Some(found.fix(format!(
            "write the value in {} ({}) without that: engines hand values on as they are, those of --env-file too",
            places.join(" and "),
            case.link.client
        ))));
    }
    Ok(Some(found.fix(format!(
        "write the server's name and port out in {} ({})",
        places.join(" and "),
        case.link.client
    ))))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{remedies, row, says};
    use crate::model::{Fact, Meant, Snapshot};

    fn unexpanded(it: &mut Snapshot) {
        it.told("${HOST}", 8080, Meant::Nobody);
        it.link().server = None;
        it.link().visit = Fact::Skipped("the endpoint is not dialled".into());
        it.link().endpoint.malformed = Some("it holds a variable that nobody expanded".into());
    }

    #[test]
    fn catches() {
        says(
            &RULE,
            unexpanded,
            "fail: hapi is told http://${HOST}:8080: it holds a variable that nobody expanded",
        );
        // It is one fault, and not also a name that nobody has.
        row("endpoint-config", unexpanded, "fail: EC407");
    }

    #[test]
    fn what_the_program_may_fill_in_is_left_open() {
        let open = |it: &mut Snapshot| {
            unexpanded(it);
            it.link().endpoint.malformed_unless =
                Some("fills in HOST, for which there is a value".into());
        };
        let why = "hapi is told http://${HOST}:8080: it holds a variable that nobody expanded, unless its program fills in HOST, for which there is a value";
        says(&RULE, open, &format!("unknown: {why}"));
        row("endpoint-config", open, &format!("unknown: {why}"));
    }

    #[test]
    fn quotes_are_to_be_taken_away() {
        let quoted = |it: &mut Snapshot| {
            unexpanded(it);
            it.link().endpoint.malformed = Some("its value has quotes around it".into());
        };
        assert_eq!(
            remedies(&RULE, quoted),
            "write the value in variable LLM_ENDPOINT (hapi) without that: engines hand values on as they are, those of \
             --env-file too"
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| it.told("mokc", 8080, Meant::Nobody), "nothing");
    }
}
