//! What git says of the files that differ, and of those that only one side has.

use super::{Comparison, Different};
use crate::collect::source::history::{History, history, history_of_all, removed};
use crate::collect::source::local::Local;
use crate::collect::source::plan::{Plan, Planned};
use checks::model::How;

/// What git says on the files that differ, and on those that only the image has.
#[derive(Default)]
pub(super) struct Witness {
    /// The versions that led to what is checked out.
    pub(super) history: History,
    /// Those of all branches, where that is not enough.
    all: History,
}

impl Witness {
    pub(super) fn new(plan: &Plan, comparison: &Comparison<'_>, removed: Vec<String>) -> Self {
        let left_out = comparison.different.iter().map(|different| different.file);
        let left_out = left_out.filter(|file| file.left_out_by.is_some());
        let files = plan.files.iter().chain(left_out).filter_map(|file| tracked(plan, file));
        let files: Vec<String> = files.chain(removed).collect();
        let files: Vec<&str> = files.iter().map(String::as_str).collect();
        let Ok(history) = history(&plan.context, &files) else { return Self::default() };
        let unexplained = comparison.different.iter().filter_map(|different| {
            let source = tracked(plan, different.file)?;
            let is_old = history.version(&source, different.held).is_some();
            (!is_old && history.newest(&source).is_some()).then_some(source)
        });
        let unexplained: Vec<String> = unexplained.collect();
        let names: Vec<&str> = unexplained.iter().map(String::as_str).collect();
        let all = if names.is_empty() { None } else { history_of_all(&plan.context, &names).ok() };
        Self { history, all: all.unwrap_or_default() }
    }
}

impl Comparison<'_> {
    /// The files that only the image has, and that a commit has removed from the source.
    pub(super) fn removed(&self) -> Vec<String> {
        if self.extra.is_empty() {
            return Vec::new();
        }
        let removed = removed(&self.plan.context);
        let extra = self.extra.iter().map(|(_, source, _)| source);
        extra.filter(|source| removed.contains(*source)).cloned().collect()
    }

    /// What kind of difference it is; an error says why it may be none.
    pub(super) fn how(&self, different: &Different<'_>, witness: &Witness) -> Result<How, String> {
        let Witness { history, all } = witness;
        let Different { file, held, local, .. } = different;
        let Some(source) = tracked(self.plan, file) else { return Ok(How::Differs) };
        if let Some(found) = history.version(&source, *held) {
            if let Some(by) = &file.may_be_brought_by {
                return Err(by.clone());
            }
            let newest = history.newest(&source).map(|(blob, _)| blob);
            let edited_since = newest != Some(local.blob) && newest != file.local.with_line_feeds();
            return Ok(How::Older {
                commit: found.commit,
                commits_behind: found.commits_behind,
                edited_since,
            });
        }
        if history.is_ignored(&source) && !file.explicit {
            return Err("whatever makes the files that git is told to ignore".into());
        }
        if let Some(found) = all.version(&source, *held) {
            return Err(format!(
                "a build of another branch: it is the version of {}",
                found.commit
            ));
        }
        Ok(How::Differs)
    }

    /// Whether a file that is not in the image should be. A file that came with its folder is only called
    /// missing if it is younger than all that the image holds.
    pub(super) fn is_missing(
        &self,
        file: &Planned,
        history: &History,
        newest_held: Option<usize>,
    ) -> Result<bool, String> {
        if !file.certain {
            return Ok(false);
        }
        if file.explicit {
            return Ok(true);
        }
        let Some(source) = tracked(self.plan, file) else { return Ok(true) };
        if history.is_ignored(&source) {
            return Ok(false);
        }
        match (history.added(&source), newest_held) {
            (Some(added), Some(held)) if added < held && file.may_be_changed_by.is_none() => {
                Ok(true)
            }
            (Some(_), _) => Err("not in the image, but not younger than what is".into()),
            (None, _) => Err("not in the image, and not known to git".into()),
        }
    }

    /// The age of the youngest version of any file that the image holds: 0 is the newest commit.
    pub(super) fn newest_held(&self, history: &History) -> Option<usize> {
        let equal = self.equal.iter().filter_map(|(file, held)| {
            let (blob, age) = history.newest(&tracked(self.plan, file)?)?;
            (*held == blob).then_some(age)
        });
        let older = self.different.iter().filter_map(|different| {
            Some(history.version(&tracked(self.plan, different.file)?, different.held)?.age)
        });
        equal.chain(older).min()
    }
}

/// The path by which git knows a file of the context.
fn tracked(plan: &Plan, file: &Planned) -> Option<String> {
    let (Local::File(path) | Local::Link(path)) = &file.local else { return None };
    Some(path.strip_prefix(&plan.context).ok()?.to_str()?.to_owned())
}
