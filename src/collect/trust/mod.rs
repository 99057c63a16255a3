//! Whether anything that a client holds vouches for the certificate that a server showed it: the authorities of its system,
//! the files that its variables and arguments name, and those among its mounts and beside its program; and whether a key of its
//! own is among them. What the program carries inside itself is not seen; a key store of Java is not read.

mod held;
mod vouch;

use super::engine::{Connection, Seen};
use checks::model::{Certificate, Fact, Trust, Validity};
use held::held;
use rustls::pki_types::UnixTime;

/// A client, whose files are looked through only once a certificate was shown to it.
#[derive(Clone, Copy)]
pub(crate) struct Verifier<'a> {
    pub(crate) engine: &'a Connection,
    pub(crate) seen: &'a Seen,
}

impl Verifier<'_> {
    /// What the client's files say of a chain, its first certificate being `shown`. `None` where another fault comes before.
    pub(crate) async fn trust(self, shown: &Certificate, chain: &[Vec<u8>]) -> Option<Fact<Trust>> {
        if shown.validity != Validity::Now || self.seen.facts.unverified.is_some() {
            return None;
        }
        let name = &self.seen.facts.name;
        let held = held(self.engine, self.seen).await;
        let vouches = |is_one: &dyn Fn(&held::Store) -> bool| {
            let mut stores = held.stores.iter().filter(|store| is_one(store));
            stores
                .find(|store| vouch::vouches(&store.certificates, chain, UnixTime::now()))
                .map(|store| store.path.clone())
        };
        let named = vouches(&|store| !store.waits && store.is_named);
        let unnamed = named.is_none();
        let by = named.or_else(|| vouches(&|store| !store.waits));
        if by.is_none() {
            if let Some(why) = held.unread {
                return Some(Fact::Unknown(format!(
                    "whether {name} trusts the server's certificate was not seen: {why}"
                )));
            }
            // A public authority's may be known to the program itself. One that signed itself is known to nobody unasked.
            if !held.has_system && !shown.self_signed {
                return Some(Fact::Unknown(format!(
                    "{name} holds no authorities of its system: whether its program knows who signed the server's certificate was not seen"
                )));
            }
        }
        let waiting = if by.is_none() { vouches(&|store| store.waits) } else { None };
        let looked = held.stores.iter().map(|store| store.path.clone()).collect();
        let seen = self.seen;
        let unnamed = unnamed && by.as_ref().is_some_and(|path| !held::is_mentioned(seen, path));
        Some(Fact::Known(Trust { by, unnamed, waiting, looked, key: held.has_key }))
    }
}
