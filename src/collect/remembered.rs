//! What a client's own program dials in vain. A program that asked for a name long ago may still use the address of then; econn
//! asks anew, and would reach the server all the same.

use super::stand::{Connecting, Stand, Underway};
use checks::model::{Case, Tried};
use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

/// The pause between two looks.
const PAUSE: Duration = Duration::from_millis(200);
/// Looks at a program that dials an address of nobody, at most: such a connect fails after three seconds, and the next one may
/// come a moment later.
const LONG: usize = 30;
/// The same where nobody dials at the first look, and an address of nobody was dialled before.
const SHORT: usize = 5;

/// What a client may remember of its server.
pub(super) struct Memory<'a> {
    case: Case<'a>,
}

/// The own ends of connects, by the address that is dialled.
type Connects = BTreeMap<SocketAddr, BTreeSet<SocketAddr>>;

impl<'a> Memory<'a> {
    /// Of a client that runs for longer than its server; others can't remember another address.
    pub(super) fn of(case: Case<'a>) -> Option<Self> {
        case.may_remember().then_some(Self { case })
    }

    /// The addresses of nobody that the client's programs dial again and again. To be asked after the name was: what is begun
    /// later is begun with an address that the name has not. Nothing where the kernel can't be asked.
    pub(super) async fn tried(&self, stand: &Stand) -> Vec<Tried> {
        let is_vacant = |ip: IpAddr| self.case.is_vacant(ip);
        let look = || async {
            let port = self.case.link.endpoint.port;
            let seen: Underway = stand.run(Connecting { port }).await.ok()?.ok()?;
            let is_asked_for = seen.silent.iter().any(|ip| is_vacant(*ip));
            Some((by_address(seen.connects, is_vacant), is_asked_for))
        };
        let Some((first, is_asked_for)) = look().await else { return Vec::new() };
        let mut all = first.clone();
        for at in 0..LONG {
            let goes_on = !all.is_empty() || (is_asked_for && at < SHORT);
            if !goes_on || all.iter().any(|(to, own)| is_anew(&first, to, own)) {
                break;
            }
            tokio::time::sleep(PAUSE).await;
            for (to, own) in look().await.map(|(now, _)| now).unwrap_or_default() {
                all.entry(to).or_default().extend(own);
            }
        }
        all.retain(|to, own| is_anew(&first, to, own));
        all.into_iter().map(|(to, own)| Tried { to, connects: own.len() }).collect()
    }
}

/// Whether a second connect to the address was begun after the first look.
fn is_anew(first: &Connects, to: &SocketAddr, own: &BTreeSet<SocketAddr>) -> bool {
    own.len() > first.get(to).map_or(1, BTreeSet::len)
}

fn by_address(
    connects: Vec<(SocketAddr, SocketAddr)>,
    is_vacant: impl Fn(IpAddr) -> bool,
) -> Connects {
    let mut found = Connects::new();
    for (own, to) in connects.into_iter().filter(|(_, to)| is_vacant(to.ip())) {
        found.entry(to).or_default().insert(own);
    }
    found
}

#[cfg(test)]
mod tests {
    use super::{Connects, by_address, is_anew};
    use std::net::SocketAddr;

    fn at(text: &str) -> SocketAddr {
        text.parse().unwrap()
    }

    fn seen(own: &[&str]) -> Connects {
        let connects = own.iter().map(|own| (at(own), at("172.20.0.9:8080"))).collect();
        by_address(connects, |ip| ip == at("172.20.0.9:8080").ip())
    }

    #[test]
    fn only_another_connect_than_those_of_the_first_look_is_anew() {
        let is_new = |before: &[&str], now: &[&str]| {
            let (first, all) = (seen(before), seen(now));
            all.iter().any(|(to, own)| is_anew(&first, to, own))
        };
        let (a, b, c) = ("172.20.0.3:40001", "172.20.0.3:40002", "172.20.0.3:40003");
        assert!(is_new(&[a], &[a, b]) && is_new(&[a, b], &[a, b, c]) && is_new(&[], &[a, b]));
        assert!(!is_new(&[a], &[a]) && !is_new(&[a, b], &[a, b]) && !is_new(&[], &[a]));
        assert!(by_address(vec![(at(a), at("172.20.0.2:8080"))], |_| false).is_empty());
    }
}
