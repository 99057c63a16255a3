//! A list of which only so much is kept, however long it is.

use serde::de::{Deserialize, Deserializer, IgnoredAny, SeqAccess, Visitor};
use std::marker::PhantomData;

/// At most `N` entries, and whether there were more.
pub(super) struct Few<T, const N: usize> {
    kept: Vec<T>,
    more: bool,
}

impl<T, const N: usize> Few<T, N> {
    /// All entries; `None` where there were more than can be kept.
    pub(super) fn all(self) -> Option<Vec<T>> {
        (!self.more).then_some(self.kept)
    }
}

impl<'de, T: Deserialize<'de>, const N: usize> Deserialize<'de> for Few<T, N> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct List<T, const N: usize>(PhantomData<T>);
        impl<'de, T: Deserialize<'de>, const N: usize> Visitor<'de> for List<T, N> {
            type Value = Few<T, N>;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a list")
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self::Value, A::Error> {
                let mut few = Few { kept: Vec::new(), more: false };
                while few.kept.len() < N {
                    match list.next_element()? {
                        Some(entry) => few.kept.push(entry),
                        None => return Ok(few),
                    }
                }
                while list.next_element::<IgnoredAny>()?.is_some() {
                    few.more = true;
                }
                Ok(few)
            }
        }
        deserializer.deserialize_seq(List(PhantomData))
    }
}

#[cfg(test)]
mod tests {
    use super::Few;

    #[test]
    fn more_than_can_be_kept_is_no_shorter_list() {
        let read = |text: &str| serde_json::from_str::<Few<u8, 3>>(text).map(Few::all);
        assert_eq!(read("[]").unwrap(), Some(vec![]));
        assert_eq!(read("[1,2,3]").unwrap(), Some(vec![1, 2, 3]));
        assert_eq!(read("[1,2,3,4]").unwrap(), None);
        assert!(read("[1,2,3,4").is_err());
        assert!(read("null").is_err());
    }
}
