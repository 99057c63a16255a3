//! Layer 2: does the running container hold the newest source, or an older build of it?

mod differs_between_nodes;
mod edited_inside;
mod labelled_older;
mod mounted;
mod newer_base;
mod not_pulled;
mod not_recreated;
mod older_content;
mod older_process;
mod other_build;
mod unreached;

use crate::model::{Case, Check, Content, Difference, Fact, Freshness, How, Need, Undecided};

pub(crate) const CHECK: Check = Check {
    id: "image-freshness",
    layer: Some(2),
    asks: "does the running container hold the newest source, or an older build of it?",
    needs: &[Need::Visit, Need::ListensItself, Need::Freshness],
    phase: 7,
    applies: |case| {
        case.server()?.container.freshness.known()?;
        Ok(())
    },
    rules: &[
        &older_content::RULE,
        &not_recreated::RULE,
        &not_pulled::RULE,
        &differs_between_nodes::RULE,
        &labelled_older::RULE,
        &other_build::RULE,
        &older_process::RULE,
        &edited_inside::RULE,
        &newer_base::RULE,
    ],
    healthy,
};

fn freshness<'a>(case: &Case<'a>) -> Result<&'a Freshness, Undecided> {
    case.server()?.container.freshness.known()
}

/// The differences that no later instruction of the build explains: those that prove an older content. Where a build of the
/// source gives the very same files now, only what is older all the same proves something: the ignore file, or the cache.
fn proofs<'a>(freshness: &Freshness, content: &'a Content) -> Vec<&'a Difference> {
    let is_of_now = other_build::agrees(freshness).is_some();
    let proves = |d: &&Difference| match (&d.how, &d.may_be_changed_by) {
        _ if d.mount.is_some() || !is_of_now => {
            matches!(d.how, How::Older { .. }) || d.may_be_changed_by.is_none()
        }
        (How::Older { .. }, None) => true,
        _ => false,
    };
    content.differing.iter().filter(proves).collect()
}

fn healthy(case: &Case<'_>) -> Result<String, Undecided> {
    let freshness = freshness(case)?;
    let content = match &freshness.content {
        Fact::Known(content) => content,
        Fact::Unknown(why) => return Err(Undecided::Unknown(why.clone())),
        Fact::Skipped(why) => {
            if let Some(word) = not_pulled::agrees(freshness) {
                return Ok(format!("{word}; {why}"));
            }
            return match &freshness.tag {
                Fact::Known(tag) if tag.running != tag.now => {
                    Ok(format!("{} moved to another image with the same content", tag.reference))
                }
                _ => Err(Undecided::Skip(match &freshness.published {
                    Some(Fact::Skipped(more)) => format!("{why}; --registry: {more}"),
                    _ => why.clone(),
                })),
            };
        }
    };
    let built = other_build::agrees(freshness);
    // What a step of the build may have changed, the build itself has answered for.
    let is_open =
        |d: &&Difference| built.is_none() || d.mount.is_some() || d.may_be_changed_by.is_none();
    if let Some(open) = content.differing.iter().find(is_open) {
        let why = open.may_be_changed_by.as_deref().unwrap_or("a later instruction");
        return Err(Undecided::Unknown(format!(
            "{} differs in the image, and may be changed by {why}",
            open.source
        )));
    }
    if let Some(why) = freshness.unanswered.first() {
        return Err(Undecided::Unknown(why.clone()));
    }
    other_build::doubts(freshness, content)?;
    if let Some(word) = built {
        return Ok(word);
    }
    if content.compared == 0 {
        let why = content
            .undecided
            .first()
            .map_or("the build copies no file that could be compared", String::as_str);
        return labelled_older::word(freshness, why);
    }
    if let Some(why) = content.doubts.first() {
        return Err(Undecided::Unknown(format!(
            "{} of {} files of the image equal {}, but {why}",
            content.equal, content.compared, content.context
        )));
    }
    if let Some(why) = &content.unseen_program {
        return Err(Undecided::Unknown(format!(
            "{} of {} files of the image equal {}, but {why}; --verify-build builds it to compare",
            content.equal, content.compared, content.context
        )));
    }
    let unseen = match content.undecided.as_slice() {
        [] => String::new(),
        [only] => format!("; not compared: {only}"),
        [first, rest @ ..] => format!("; not compared: {first}, and {} more", rest.len()),
    };
    let moved = matches!(&freshness.tag, Fact::Known(tag) if tag.running != tag.now);
    let tag_moved = if moved { ", and its tag moved to another image" } else { "" };
    let published =
        not_pulled::agrees(freshness).map_or_else(String::new, |word| format!(", and {word}"));
    Ok(format!(
        "{} of {} files of the image equal {}{tag_moved}{published}{unseen}",
        content.equal, content.compared, content.context
    ))
}
