use crate::model::{Case, Found, Judgement, Rule, Severity};

pub(crate) const RULE: Rule = Rule {
    code: "EC106",
    title: "the server is at a limit of its container",
    explanation: "
## What it is
The container may have so many processes and threads, so many open files, so much memory, and the server needs more: it
closes connections for which it gets no thread, leaves those waiting for which it has no file, or loses a worker.

## What proves it
The kernel's own count of refusals (`pids.events`) or of processes killed for memory (`memory.events`) of the container's
control group; or fewer files left to open than clients that may come at once.

## What disproves it
A count of zero, and room below the limit.

## How to repair it
Raise the limit (`--pids-limit`, `--ulimit nofile`, `--memory`), or let the server need less.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let Some(limits) = server.container.limits else { return Ok(None) };
    let name = &server.container.name;
    let clients = u64::from(case.facts.settings.parallel_clients);
    let mut said = Vec::new();
    let mut found = Found::warn("");
    if let Some(tasks) = limits.tasks.filter(|tasks| tasks.refused > 0) {
        said.push(format!(
            "may have {} processes and threads, and was refused one more",
            tasks.most
        ));
        found = found
            .evidence(
                format!("processes and threads of {name}"),
                format!(
                    "{} of {}; refused {} times since its start, {} during this run",
                    tasks.now, tasks.most, tasks.refused, tasks.refused_meanwhile
                ),
            )
            .fix(format!("let {name} have more processes and threads (--pids-limit, `pids_limit:` in Compose)"));
    }
    if let Some(files) = limits.files.filter(|files| files.room() < clients) {
        said.push(format!(
            "may open {} more files, one for each connection, and {clients} clients may come at once",
            files.room()
        ));
        found = found
            .evidence(format!("open files of {name}"), format!("{} of {}", files.open, files.most))
            .fix(format!(
                "let {name} open more files (--ulimit nofile=65536:65536, `ulimits:` in Compose)"
            ));
    }
    if let Some(kills) = limits.memory_kills.filter(|kills| *kills > 0) {
        said.push(format!("lost {kills} processes to its memory limit"));
        found = found
            .evidence(format!("processes of {name} killed for memory"), kills.to_string())
            .fix(format!("give {name} more memory (--memory), or mend what takes it"));
    }
    if said.is_empty() {
        return Ok(None);
    }
    if case.closes_for_want_of_tasks() {
        found.severity = Severity::Fail;
    }
    found.seen = format!("{name} {}", said.join(", and "));
    Ok(Some(found))
}

#[cfg(test)]
mod tests {
    use super::RULE;
    use crate::fixture::{row, says};
    use crate::model::{Fact, Files, Limits, Reply, Snapshot, Tasks};

    fn tasks(it: &mut Snapshot, refused: u64, refused_meanwhile: u64) {
        let tasks = Tasks { now: 5, most: 5, refused, refused_meanwhile };
        it.mock().limits = Some(Limits { tasks: Some(tasks), ..Limits::default() });
    }

    fn files(it: &mut Snapshot, open: u64, most: u64) {
        it.mock().limits = Some(Limits { files: Some(Files { open, most }), ..Limits::default() });
    }

    fn closes(it: &mut Snapshot) {
        let Fact::Known(visit) = &mut it.link().visit else { return };
        visit.reply = Some(Reply::Closed);
    }

    #[test]
    fn catches() {
        let refused = "mock may have 5 processes and threads, and was refused one more";
        says(&RULE, |it| tasks(it, 3, 0), &format!("warn: {refused}"));
        says(
            &RULE,
            |it| {
                tasks(it, 3, 2);
                closes(it);
            },
            &format!("fail: {refused}"),
        );
        says(
            &RULE,
            |it| files(it, 6, 12),
            "warn: mock may open 6 more files, one for each connection, and 12 clients may come at once",
        );
        says(
            &RULE,
            |it| it.mock().limits = Some(Limits { memory_kills: Some(2), ..Limits::default() }),
            "warn: mock lost 2 processes to its memory limit",
        );
        row("server-concurrency", |it| tasks(it, 3, 0), "warn: EC106");
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        // All its places are taken, and it never asked for one more.
        says(&RULE, |it| tasks(it, 0, 0), "nothing");
        says(&RULE, |it| files(it, 12, 1024), "nothing");
        says(
            &RULE,
            |it| it.mock().limits = Some(Limits { memory_kills: Some(0), ..Limits::default() }),
            "nothing",
        );
    }

    /// The handler is in order: it got no thread.
    #[test]
    fn a_connection_closed_for_want_of_a_thread_is_no_fault_of_the_handler() {
        row(
            "server-state",
            |it| {
                tasks(it, 3, 2);
                closes(it);
                it.probed().path = None;
                it.probed().status = None;
                it.probed().holds.clear();
            },
            "pass: mock is running",
        );
    }
}
