use super::{probed, replayed};
use crate::model::{Case, Found, Judgement, Rule, Undecided};

pub(crate) const RULE: Rule = Rule {
    code: "EC103",
    title: "the server works on one request at a time",
    explanation: "
## What it is
The server accepts every connection, yet its handler works on one request after the other. Parallel clients wait in turn.

## What proves it
Four requests sent at once finish as a staircase, one step per request, each step as long as a single request takes;
twice. It can only be seen on a path that takes 40 ms or more.

## What disproves it
All four finish together: in parallel, or sharing a processor.

## How to repair it
More workers or threads for the handler, or no blocking calls in an event loop.
",
    judge,
};

fn judge(case: &Case<'_>) -> Judgement {
    let server = case.server()?;
    let seen = probed(case)?;
    let mut baseline = seen.baseline_us.clone();
    baseline.sort_unstable();
    let Some(&median) = baseline.get(baseline.len() / 2) else { return Ok(None) };
    let base = median / 1000;
    if seen.staircases.len() < 2
        || base < 40
        || seen.staircases.iter().any(|times| overlaps(times, base))
    {
        return Ok(None);
    }
    let name = &server.container.name;
    let steps = |times: &Vec<u64>| times.iter().map(u64::to_string).collect::<Vec<_>>().join(", ");
    if seen.staircases.iter().filter(|times| is_staircase(times, base)).count() < 2 {
        let rounds: Vec<String> = seen.staircases.iter().map(steps).collect();
        return Err(Undecided::Unknown(format!(
            "four requests at once to {name}:{} ended neither together nor in even steps of a single one ({base} ms), but \
             after {} ms",
            server.port,
            rounds.join(" and ")
        )));
    }
    let mut found = Found::warn(format!(
        "{name}:{} answers four requests at once one after the other",
        server.port
    ))
    .evidence("a single request", format!("{base} ms"));
    for times in &seen.staircases {
        found =
            found.evidence("four requests at once finished after", format!("{} ms", steps(times)));
    }
    Ok(Some(replayed(case, found).fix(format!("give the handler of {name} more workers or threads, or take the blocking call out of its event loop"))))
}

/// Whether some of the requests ended so close together that they cannot have been worked on one after the other.
fn overlaps(times: &[u64], base: u64) -> bool {
    times.windows(2).any(|pair| pair[1].saturating_sub(pair[0]) * 10 < base * 4)
}

/// Whether each of four requests took its own turn: even steps of about one baseline.
fn is_staircase(times: &[u64], base: u64) -> bool {
    let within = |step: u64| step * 10 >= base * 6 && step * 10 <= base * 16;
    times.len() == 4
        && times[0] * 10 <= base * 16
        && times.windows(2).all(|pair| within(pair[1].saturating_sub(pair[0])))
}

#[cfg(test)]
mod tests {
    use super::{RULE, is_staircase};
    use crate::fixture::says;
    use crate::model::Snapshot;

    fn slow(it: &mut Snapshot, rounds: &[[u64; 4]]) {
        it.probed().baseline_us = vec![149_000, 150_000, 151_000];
        it.probed().staircases = rounds.iter().map(|round| round.to_vec()).collect();
    }

    const STEPS: [u64; 4] = [150, 301, 452, 603];

    #[test]
    fn catches() {
        says(
            &RULE,
            |it| slow(it, &[STEPS, STEPS]),
            "warn: mock:8080 answers four requests at once one after the other",
        );
    }

    #[test]
    fn catches_not() {
        says(&RULE, |_| (), "nothing");
        says(&RULE, |it| slow(it, &[STEPS]), "nothing");
        says(
            &RULE,
            |it| slow(it, &[STEPS, [150, 301, 700, 1100], STEPS]),
            "warn: mock:8080 answers four requests at once one after the other",
        );
        says(&RULE, |it| slow(it, &[STEPS, [150, 151, 152, 153]]), "nothing");
        // Threads that share a processor finish together.
        says(&RULE, |it| slow(it, &[[580, 590, 600, 610], [580, 590, 600, 610]]), "nothing");
        // Slow, and for everybody alike.
        says(&RULE, |it| slow(it, &[[150, 151, 152, 160], [150, 151, 152, 160]]), "nothing");
        // A machine that is busy with something else: who waited for whom can't be told.
        says(
            &RULE,
            |it| slow(it, &[STEPS, [150, 301, 700, 1100]]),
            "unknown: four requests at once to mock:8080 ended neither together nor in even steps of a single one (150 ms), \
             but after 150, 301, 452, 603 and 150, 301, 700, 1100 ms",
        );
        // Too fast to be told from noise.
        says(
            &RULE,
            |it| {
                slow(it, &[[20, 40, 60, 80], [20, 40, 60, 80]]);
                it.probed().baseline_us = vec![20_000];
            },
            "nothing",
        );
        says(&RULE, Snapshot::sends_nothing, "skip: --passive");
    }

    #[test]
    fn a_staircase_has_even_steps_of_one_request() {
        assert!(is_staircase(&STEPS, 150));
        assert!(!is_staircase(&[151, 152, 153, 160], 150), "in parallel");
        assert!(!is_staircase(&[150, 151, 300, 301], 150), "two at a time");
        assert!(!is_staircase(&[150, 300, 450], 150), "one request got lost");
    }
}
