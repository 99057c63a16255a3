//! Which C library resolves a container's names. Reads `/proc` of the proven process and its descendants only.

use super::halted::processes;
use super::links::proven;
use super::survey::Listed;
use super::vantage::ProvenPid;
use checks::model::{Link, Snapshot};
use std::collections::BTreeSet;
use std::fs::File;
use std::io::Read;

/// What is read of a program: the name of its loader stands close behind the headers.
const HEAD: u64 = 4096;
/// The loader of programs that use musl, behind the folder and before the processor's name.
const LOADER: &[u8] = b"/ld-musl-";

/// Notes the C library of clients whose name server denies a name for IPv6: it matters for those alone.
pub(super) fn note(all: &Listed, snapshot: &mut Snapshot) {
    let is_denied = |link: &Link| {
        let asked = link.lookup.value().map_or(&[][..], |lookup| &lookup.asked);
        asked.iter().any(|asked| asked.denied_for_ipv6.is_some())
    };
    let clients = snapshot.links.iter().filter(|link| is_denied(link));
    let clients: BTreeSet<usize> =
        clients.filter_map(|link| all.find(&link.engine, &link.client)).collect();
    for index in clients {
        let pid = proven(&all.seen[index].1).ok();
        snapshot.containers[index].uses_musl = pid.as_ref().and_then(uses_musl);
    }
}

/// Whether one of the container's programs uses musl; `None` where none of them can be read.
fn uses_musl(main: &ProvenPid) -> Option<bool> {
    let heads: Vec<Vec<u8>> = processes(main).into_iter().filter_map(head).collect();
    main.still_valid().ok()?;
    (!heads.is_empty()).then(|| heads.iter().any(|head| names_musl(head)))
}

fn head(pid: i32) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    File::open(format!("/proc/{pid}/exe")).ok()?.take(HEAD).read_to_end(&mut head).ok()?;
    Some(head)
}

fn names_musl(head: &[u8]) -> bool {
    head.windows(LOADER.len()).any(|text| text == LOADER)
}

#[cfg(test)]
mod tests {
    use super::{head, names_musl};

    #[test]
    fn the_loader_tells() {
        assert!(names_musl(b"\x7fELF..\0/lib/ld-musl-x86_64.so.1\0"));
        assert!(!names_musl(b"\x7fELF..\0/lib64/ld-linux-x86-64.so.2\0") && !names_musl(b""));
        let own = head(i32::try_from(std::process::id()).unwrap()).unwrap();
        assert!(own.starts_with(b"\x7fELF"));
    }
}
