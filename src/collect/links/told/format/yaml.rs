//! YAML, with several documents, anchors and merge keys.

use std::collections::{HashMap, HashSet};

use saphyr_parser::{Event, Parser, Span};

use super::item::{DEEPEST, Item, Items, Step};

/// Reads all documents. A value that an alias repeats has the line where it is written.
pub(super) fn items(text: &str) -> Result<Vec<Item>, String> {
    let mut reader = Reader::default();
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| {
            let at = error.marker();
            format!("malformed YAML at line {}, column {}", at.line(), at.col() + 1)
        })?;
        reader.read(event, span)?;
    }
    Ok(reader.finish())
}

/// A mapping or a list that is still open.
struct Frame {
    mapping: bool,
    path: Vec<Step>,
    /// The key whose value comes next.
    key: Option<Step>,
    index: usize,
    anchor: usize,
    first: usize,
    /// It stands where a key belongs, or below such a one: nothing of it is read.
    ignored: bool,
}

/// The items that an anchor names, and how long the path to it is.
struct Anchor {
    items: std::ops::Range<usize>,
    depth: usize,
}

#[derive(Default)]
struct Reader {
    frames: Vec<Frame>,
    items: Items,
    anchors: HashMap<usize, Anchor>,
    /// Which items came through a merge key.
    merged: HashSet<usize>,
    /// Documents that are done.
    documents: usize,
}

impl Reader {
    fn read(&mut self, event: Event<'_>, span: Span) -> Result<(), String> {
        match event {
            Event::Scalar(value, _, anchor, _) => self.scalar(&value, span.start.line(), anchor),
            Event::MappingStart(anchor, _) => self.open(true, anchor, span.start.line()),
            Event::SequenceStart(anchor, _) => self.open(false, anchor, span.start.line()),
            Event::MappingEnd | Event::SequenceEnd => {
                self.close();
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor),
            Event::DocumentEnd => {
                self.documents += 1;
                Ok(())
            }
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentStart(_) => {
                Ok(())
            }
        }
    }

    /// Does a key come next?
    fn wants_key(&self) -> bool {
        self.frames.last().is_some_and(|frame| frame.mapping && frame.key.is_none())
    }

    /// The path of the node that comes next, and whether it is left out.
    fn place(&mut self) -> (Vec<Step>, bool) {
        let Some(frame) = self.frames.last_mut() else { return (Vec::new(), false) };
        let mut path = frame.path.clone();
        if frame.mapping {
            path.extend(frame.key.take());
        } else {
            path.push(Step::Index(frame.index));
            frame.index += 1;
        }
        (path, frame.ignored)
    }

    fn scalar(&mut self, value: &str, line: usize, anchor: usize) -> Result<(), String> {
        if self.wants_key() {
            if let Some(frame) = self.frames.last_mut() {
                frame.key = Some(Step::key(value));
            }
            return Ok(());
        }
        let (path, ignored) = self.place();
        if ignored {
            return Ok(());
        }
        let at = self.items.all.len();
        self.anchors.insert(anchor, Anchor { items: at..at + 1, depth: path.len() });
        self.items.push(Item { path, value: value.to_owned(), line, block: self.documents })
    }

    fn open(&mut self, mapping: bool, anchor: usize, line: usize) -> Result<(), String> {
        if self.frames.len() >= DEEPEST {
            return Err(format!("nested deeper than {DEEPEST} levels at line {line}"));
        }
        let as_key = self.wants_key();
        let (path, ignored) = if as_key { (Vec::new(), true) } else { self.place() };
        if as_key && let Some(frame) = self.frames.last_mut() {
            frame.key = Some(Step::key("?"));
        }
        let first = self.items.all.len();
        self.frames.push(Frame { mapping, path, key: None, index: 0, anchor, first, ignored });
        Ok(())
    }

    fn close(&mut self) {
        if let Some(frame) = self.frames.pop() {
            let items = frame.first..self.items.all.len();
            self.anchors.insert(frame.anchor, Anchor { items, depth: frame.path.len() });
        }
    }

    fn alias(&mut self, anchor: usize) -> Result<(), String> {
        if self.wants_key() {
            if let Some(frame) = self.frames.last_mut() {
                frame.key = Some(Step::key("?"));
            }
            return Ok(());
        }
        let (mut path, ignored) = self.place();
        let Some(Anchor { items, depth }) =
            self.anchors.get(&anchor).filter(|_| anchor > 0 && !ignored)
        else {
            return Ok(());
        };
        let merge = path.iter().rposition(|step| *step == Step::Key("<<".to_owned()));
        if let Some(at) = merge {
            path.truncate(at);
        }
        for at in items.clone() {
            let item = &self.items.all[at];
            let path = path.iter().chain(item.path.iter().skip(*depth)).cloned().collect();
            let repeated = Item { path, ..item.clone() };
            if merge.is_some() {
                self.merged.insert(self.items.all.len());
            }
            self.items.push(repeated)?;
        }
        Ok(())
    }

    /// What is merged gives way to what is written.
    fn finish(self) -> Vec<Item> {
        let Self { items, merged, .. } = self;
        if merged.is_empty() {
            return items.all;
        }
        let mut seen: HashSet<Vec<Step>> = items
            .all
            .iter()
            .enumerate()
            .filter(|(at, _)| !merged.contains(at))
            .map(|(_, item)| item.path.clone())
            .collect();
        let keep = |(at, item): (usize, Item)| {
            (!merged.contains(&at) || seen.insert(item.path.clone())).then_some(item)
        };
        items.all.into_iter().enumerate().filter_map(keep).collect()
    }
}
