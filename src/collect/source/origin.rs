//! COPY --from: what another stage had from the context can be followed, what it made cannot.

use super::dockerfile::{Source, Transfer};
use super::glob::{go_pattern, has_wildcard, literal, matches};
use super::paths::{below, clean, is_within, join, name, parent};
use super::plan::Planned;
use super::stage::{Builder, State};
use super::transfer::Destination;

impl Builder<'_> {
    /// Follows a COPY from another stage or image.
    pub(super) fn from_elsewhere(
        &mut self,
        state: &mut State,
        stage: usize,
        transfer: &Transfer,
        from: &str,
        to: Destination,
    ) {
        let by = format!("COPY --from={from} at line {}", to.by.rsplit(' ').next().unwrap_or_default());
        state.obscure(&to.path, &by);
        let other = state.scope.word(from).ok().and_then(|from| self.stage_named(&from.text, stage));
        let Some(other) = other.map(|other| self.evaluate(other)) else {
            self.undecided.push(format!("{by}: what is in another image cannot be compared"));
            return;
        };
        let parents = transfer.flag("parents").is_some();
        for source in &transfer.sources {
            let Source::Path(source) = source else { continue };
            let paths = match state.scope.word(source) {
                Ok(word) if word.assumed.is_empty() => sources(&other, &word.text),
                Ok(word) => Err(format!("build argument {} is not known", word.assumed[0])),
                Err(why) => Err(why),
            };
            match paths {
                Ok(paths) => {
                    let to = Destination { by: by.clone(), ..to.clone() };
                    for path in paths {
                        self.copy_over(state, &other, &path, &to, parents, !has_wildcard(source));
                    }
                }
                Err(why) => self.undecided.push(format!("{by}: {why}")),
            }
        }
    }

    /// Copies a file or the content of a folder of another stage, as far as it came from the context.
    fn copy_over(
        &mut self,
        state: &mut State,
        other: &State,
        path: &str,
        to: &Destination,
        parents: bool,
        explicit: bool,
    ) {
        let base = if parents { "/" } else { path };
        let mut followed = 0;
        for file in other.files.values() {
            let image = if file.image == path && !parents {
                let image = if to.is_folder { join(&to.path, name(path)) } else { to.path.clone() };
                let or_below = !to.is_folder && !state.from_scratch && !file.or_below;
                Some((image, or_below, file.explicit && explicit))
            } else if is_within(&file.image, path) {
                below(&file.image, base).map(|rest| (join(&to.path, rest), false, false))
            } else if file.or_below && parent(path) == file.image && name(path) == name(&file.source) {
                let image = if to.is_folder { join(&to.path, name(path)) } else { to.path.clone() };
                Some((image, false, file.explicit && explicit))
            } else {
                None
            };
            let Some((image, or_below, explicit)) = image else { continue };
            followed += 1;
            let assumed = to.assumed.first().map(|argument| format!("another value of build argument {argument}"));
            let copy = Planned {
                image,
                explicit,
                or_below,
                is_replaced_if_file: false,
                certain: file.certain && !file.or_below && to.assumed.is_empty(),
                may_be_changed_by: file.may_be_changed_by.clone().or(assumed),
                ..file.clone()
            };
            state.put(copy, &to.by);
        }
        if followed == 0 {
            self.undecided.push(format!("{}: {path} is no copy of the context", to.by));
        }
    }
}

/// The paths that a source names in another stage.
fn sources(other: &State, source: &str) -> Result<Vec<String>, String> {
    let rooted = clean(&format!("/{source}"));
    if !has_wildcard(source) {
        return Ok(vec![literal(&rooted)]);
    }
    let tokens = go_pattern(&rooted).map_err(|_| format!("{source} is not a pattern"))?;
    let depth = rooted.split('/').count();
    let at_depth = |path: &String| {
        let cut: Vec<&str> = path.split('/').take(depth).collect();
        (cut.len() == depth).then(|| cut.join("/"))
    };
    let mut paths: Vec<String> = other.files.keys().filter_map(at_depth).filter(|path| matches(&tokens, path)).collect();
    paths.dedup();
    if paths.is_empty() {
        return Err(format!("{source} names no copy of the context"));
    }
    Ok(paths)
}
