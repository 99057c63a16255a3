//! COPY --from: what another stage had from the context can be followed, what it made cannot.

use super::built::Built;
use super::destination::{Destination, Shape};
use super::dockerfile::{Source, Transfer};
use super::glob::{go_pattern, has_wildcard, literal, matches};
use super::paths::{below, clean, is_within, join, name};
use super::plan::{Place, Planned};
use super::stage::Builder;

impl Builder<'_> {
    /// Follows a COPY from another stage or image.
    pub(super) fn elsewhere(
        &mut self,
        built: &mut Built,
        number: usize,
        transfer: &Transfer,
        from: &str,
        to: &Destination,
    ) {
        let line = to.by.rsplit(' ').next().unwrap_or_default();
        let by = format!("COPY --from={from} at line {line}");
        built.obscure(&to.path, &by);
        let other =
            built.scope.word(from).ok().and_then(|from| self.stage_named(&from.text, number));
        let Some(other) = other.map(|other| self.evaluate(other)) else {
            self.undecided.push(format!("{by}: what is in another image cannot be compared"));
            return;
        };
        let to = Destination { by, ..to.clone() };
        for source in &transfer.sources {
            let Source::Path(source) = source else { continue };
            let copied = built.scope.word(source).and_then(|word| match word.assumed.first() {
                None => followed(&other, &word.text, &to, transfer.flag("parents").is_some()),
                Some(argument) => Err(format!("build argument {argument} is not known")),
            });
            match copied {
                Ok(files) => files.into_iter().for_each(|file| built.put(file, &to.by)),
                Err(why) => self.undecided.push(format!("{}: {why}", to.by)),
            }
        }
    }
}

/// The files of another stage that a source names, at their new places, as far as they came from the context.
fn followed(
    other: &Built,
    source: &str,
    to: &Destination,
    parents: bool,
) -> Result<Vec<Planned>, String> {
    let paths = sources(other, source)?;
    let mut copies = Vec::new();
    for path in &paths {
        copies.extend(other.files.values().filter_map(|file| {
            let is_named = file.image == *path || file.inner() == *path;
            let (image, place) = if parents && is_within(&file.image, path) {
                (join(&to.path, &file.image), Place::Exact)
            } else if is_named && to.shape == Shape::Folder {
                (join(&to.path, name(path)), Place::Exact)
            } else if is_named {
                (to.path.clone(), to.shape.place())
            } else {
                (join(&to.path, below(&file.image, path)?), Place::Exact)
            };
            let assumed = to
                .assumed
                .first()
                .map(|argument| format!("another value of build argument {argument}"));
            Some(Planned {
                image,
                place,
                name: name(path).to_owned(),
                explicit: file.explicit && is_named && !has_wildcard(source),
                certain: file.certain && file.place == Place::Exact && assumed.is_none(),
                may_be_changed_by: file.may_be_changed_by.clone().or(assumed),
                ..file.clone()
            })
        }));
    }
    if copies.is_empty() {
        return Err(format!("{} is no copy of the context", paths.join(", ")));
    }
    Ok(copies)
}

/// The paths that a source names in another stage.
fn sources(other: &Built, source: &str) -> Result<Vec<String>, String> {
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
    let mut paths: Vec<String> =
        other.files.keys().filter_map(at_depth).filter(|path| matches(&tokens, path)).collect();
    paths.dedup();
    if paths.is_empty() {
        return Err(format!("{source} names no copy of the context"));
    }
    Ok(paths)
}
