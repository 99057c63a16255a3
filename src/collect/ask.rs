//! What the project's own checks ask of every container: whether a variable or a label is there. Only yes or no is kept.

use super::engine::Raw;

/// One question.
#[derive(Clone, Debug)]
pub(crate) enum Ask {
    /// Whether the container was started with this variable.
    Variable {
        /// The check's id.
        id: String,
        /// The variable's name.
        name: String,
    },
    /// Whether it has this label.
    Label {
        /// The check's id.
        id: String,
        /// The label's name.
        name: String,
        /// The value that it must have; any when left out.
        value: Option<String>,
    },
}

impl Ask {
    /// The check's id, and the answer.
    pub(super) fn of(&self, raw: &Raw) -> (String, bool) {
        match self {
            Self::Variable { id, name } => (id.clone(), raw.env.iter().any(|(n, _)| n == name)),
            Self::Label { id, name, value } => {
                let found = raw.labels.get(name);
                (id.clone(), found.is_some_and(|it| value.as_ref().is_none_or(|v| v == it)))
            }
        }
    }
}
