//! How many scenes are set up or taken down on one engine at a time. An engine does most of it one after the other anyway, and
//! with six at once Podman 4.3 kept a container that could not be removed any more; diagnoses need no turn.

use super::Engine;
use std::collections::BTreeMap;
use std::sync::{Condvar, Mutex, PoisonError};

/// So many at a time.
const AT_ONCE: usize = 2;

static TAKEN: Mutex<BTreeMap<Engine, usize>> = Mutex::new(BTreeMap::new());
static FREED: Condvar = Condvar::new();

/// A turn on an engine, until this is dropped. Who has one must not wait for another.
pub(crate) struct Turn(Engine);

impl Turn {
    pub(crate) fn on(engine: Engine) -> Self {
        let taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |taken: &mut BTreeMap<_, _>| taken.get(&engine).is_some_and(|n| *n >= AT_ONCE);
        let mut taken = FREED.wait_while(taken, full).unwrap_or_else(PoisonError::into_inner);
        *taken.entry(engine).or_default() += 1;
        Self(engine)
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        let mut taken = TAKEN.lock().unwrap_or_else(PoisonError::into_inner);
        taken.entry(self.0).and_modify(|n| *n -= 1);
        FREED.notify_all();
    }
}
