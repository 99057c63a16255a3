//! A Compose file as a tree in which every value knows its line. Anchors and merge keys are resolved.

use saphyr_parser::{Event, Parser, Span, Tag};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// Nodes that a file may have, aliases counted with all they stand for.
const MOST: usize = 100_000;
/// Levels that a file may have.
const DEEPEST: usize = 64;

/// One value.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) struct Node {
    /// The line of its first character, from 1.
    pub(super) line: usize,
    /// What it is.
    pub(super) value: Value,
    /// Whether it takes the place of what files before said, by `!reset` or `!override`, where others are laid over it.
    pub(super) replaces: bool,
}

/// What a value is.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(super) enum Value {
    /// A scalar as it is written, without its quotes.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping in its order: key, the key's line, value.
    Map(Vec<(String, usize, Node)>),
}

impl Node {
    /// The first document of a text.
    ///
    /// # Errors
    ///
    /// Returns the line of what is malformed, and why.
    pub(super) fn parse(text: &str) -> Result<Self, (usize, String)> {
        let mut tree = Tree::default();
        for event in Parser::new_from_str(text) {
            let (event, span) =
                event.map_err(|error| (error.marker().line(), error.info().to_owned()))?;
            if event == Event::DocumentEnd {
                break;
            }
            let line = span.start.line();
            tree.read(event, &span).map_err(|why| (line, why))?;
        }
        tree.root.ok_or_else(|| (1, "there is nothing in it".into()))
    }

    /// The value of a key, with the key's line; a merged mapping answers where the mapping itself does not.
    pub(super) fn entry(&self, key: &str) -> Option<(usize, &Self)> {
        let Value::Map(entries) = &self.value else { return None };
        let own = entries
            .iter()
            .rev()
            .find(|(name, ..)| name == key)
            .map(|(_, line, node)| (*line, node));
        own.or_else(|| self.merged().find_map(|node| node.entry(key)))
    }

    /// The value of a key.
    pub(super) fn get(&self, key: &str) -> Option<&Self> {
        self.entry(key).map(|(_, node)| node)
    }

    /// All entries of a mapping, those of merged mappings first.
    pub(super) fn entries(&self) -> Vec<(&str, &Self)> {
        let Value::Map(own) = &self.value else { return Vec::new() };
        let own = own
            .iter()
            .filter(|(name, ..)| name != "<<")
            .map(|(name, _, node)| (name.as_str(), node));
        let merged: Vec<&Self> = self.merged().collect();
        merged.into_iter().rev().flat_map(Self::entries).chain(own).collect()
    }

    /// The items of a list.
    pub(super) fn items(&self) -> &[Self] {
        if let Value::List(items) = &self.value { items } else { &[] }
    }

    /// A scalar's text.
    pub(super) fn text(&self) -> Option<&str> {
        if let Value::Text(text) = &self.value { Some(text) } else { None }
    }

    fn merged(&self) -> impl Iterator<Item = &Self> {
        let Value::Map(entries) = &self.value else { return [].iter().chain(&[]) };
        let merge = entries.iter().find(|(name, ..)| name == "<<").map(|(.., node)| node);
        let one = merge.filter(|node| matches!(node.value, Value::Map(_)));
        one.map_or(&[][..], std::slice::from_ref).iter().chain(merge.map_or(&[][..], Self::items))
    }

    fn size(&self) -> usize {
        1 + match &self.value {
            Value::Text(_) => 0,
            Value::List(items) => items.iter().map(Self::size).sum(),
            Value::Map(entries) => entries.iter().map(|(.., node)| node.size()).sum(),
        }
    }
}

/// A list or mapping that is not closed yet.
struct Open {
    node: Node,
    key: Option<(String, usize)>,
    anchor: usize,
}

#[derive(Default)]
struct Tree {
    open: Vec<Open>,
    anchors: BTreeMap<usize, Node>,
    root: Option<Node>,
    nodes: usize,
}

impl Tree {
    fn read(&mut self, event: Event<'_>, span: &Span) -> Result<(), String> {
        let line = span.start.line();
        match event {
            Event::Scalar(text, _, anchor, tag) => {
                let value = Value::Text(text.into_owned());
                self.add(Node { line, value, replaces: replaces(tag) }, anchor)
            }
            Event::SequenceStart(anchor, tag) => {
                let value = Value::List(Vec::new());
                self.begin(Node { line, value, replaces: replaces(tag) }, anchor)
            }
            Event::MappingStart(anchor, tag) => {
                let value = Value::Map(Vec::new());
                self.begin(Node { line, value, replaces: replaces(tag) }, anchor)
            }
            Event::SequenceEnd | Event::MappingEnd => match self.open.pop() {
                Some(open) => self.add(open.node, open.anchor),
                None => Ok(()),
            },
            Event::Alias(anchor) => match self.anchors.get(&anchor).cloned() {
                Some(node) => self.add(node, 0),
                None => Err("an alias for nothing".into()),
            },
            _ => Ok(()),
        }
    }

    fn begin(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        if self.open.len() == DEEPEST {
            return Err(format!("more than {DEEPEST} levels"));
        }
        self.open.push(Open { node, key: None, anchor });
        Ok(())
    }

    fn add(&mut self, node: Node, anchor: usize) -> Result<(), String> {
        self.nodes += node.size();
        if self.nodes > MOST {
            return Err(format!("more than {MOST} values"));
        }
        if anchor > 0 {
            self.anchors.insert(anchor, node.clone());
        }
        let Some(parent) = self.open.last_mut() else {
            self.root.get_or_insert(node);
            return Ok(());
        };
        match (&mut parent.node.value, parent.key.take()) {
            (Value::List(items), _) => items.push(node),
            (Value::Map(entries), Some((key, line))) => entries.push((key, line, node)),
            (Value::Map(_), None) => {
                parent.key = Some((node.text().unwrap_or("?").to_owned(), node.line));
            }
            (Value::Text(_), _) => {}
        }
        Ok(())
    }
}

/// Whether a tag is one of those with which Compose leaves out what was said before.
fn replaces(tag: Option<Cow<'_, Tag>>) -> bool {
    tag.is_some_and(|tag| tag.handle == "!" && matches!(tag.suffix.as_str(), "reset" | "override"))
}

#[cfg(test)]
mod tests {
    use super::Node;
    use proptest::prelude::*;

    #[test]
    fn values_know_their_lines() {
        let tree = Node::parse("a:\n  b: 1\n  c:\n    - x\n    - 'y z'\n").unwrap();
        let list = tree.get("a").unwrap().get("c").unwrap().items();
        assert_eq!((list[1].line, list[1].text()), (5, Some("y z")));
        assert_eq!(tree.get("a").unwrap().entry("b").unwrap().0, 2);
    }

    #[test]
    fn merged_mappings_answer_last() {
        let text = "x: &x {a: 1, b: 1}\ny: &y {b: 2, c: 2}\nz:\n  <<: [*x, *y]\n  c: 3\n";
        let tree = Node::parse(text).unwrap();
        let z = tree.get("z").unwrap();
        let found: Vec<_> =
            ["a", "b", "c"].iter().map(|key| z.get(key).unwrap().text().unwrap()).collect();
        assert_eq!(found, ["1", "1", "3"]);
        let last: std::collections::BTreeMap<_, _> = z.entries().into_iter().collect();
        assert_eq!(last["b"].text(), Some("1"));
    }

    #[test]
    fn what_is_malformed_or_endless_is_refused() {
        assert_eq!(Node::parse("a: [\n").unwrap_err().0, 2);
        assert!(Node::parse("").is_err());
        let lines: Vec<String> =
            (1..30).map(|n| format!("a{n}: &a{n} [*a{}, *a{}]", n - 1, n - 1)).collect();
        let bomb = format!("a0: &a0 x\n{}\n", lines.join("\n"));
        assert_eq!(Node::parse(&bomb).unwrap_err().1, "more than 100000 values");
        assert!(Node::parse(&"[".repeat(100)).is_err());
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[ab:&*<{}\\[\\],\n '\"|>-]{0,40}") {
            let _ = Node::parse(&text);
        }
    }
}
