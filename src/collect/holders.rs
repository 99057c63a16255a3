//! Whose a socket is. Containers of the machine's network, of a pod, or of another container's namespace see the same sockets;
//! the files that their processes hold open tell whose each is. Reads `/proc` of the processes in the container's control group
//! only, and of the proven one's descendants.

use super::halted::{MANY, processes};
use super::limits::members;
use super::probe::sockets_at;
use super::vantage::ProvenPid;
use crate::words::words;
use std::collections::BTreeSet;
use std::io::ErrorKind;

/// Whether a process of the container holds a socket that listens on this port.
///
/// # Errors
///
/// Says what could not be looked at: then it may be one of its, or not.
pub(crate) fn holds(main: &ProvenPid, id: &str, port: u16) -> Result<bool, String> {
    // A kernel without IPv6 has no such table.
    let (tcp, tcp6) = (main.read("net/tcp")?, main.read("net/tcp6").unwrap_or_default());
    let sockets = sockets_at(&tcp, &tcp6, port);
    let mut unseen = None;
    let (members, mut all) = (members(main, id), processes(main));
    if members.is_empty() && all.len() >= MANY {
        return Err("the container has more processes than are looked at".into());
    }
    all.extend(members);
    all.sort_unstable();
    all.dedup();
    for pid in all {
        match open_sockets(pid) {
            Ok(open) if !open.is_disjoint(&sockets) => return Ok(true),
            Ok(_) => {}
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => unseen = Some(format!("/proc/{pid}/fd: {}", words(&error))),
        }
    }
    main.still_valid()?;
    unseen.map_or(Ok(false), Err)
}

/// The numbers of the sockets that a process holds open.
fn open_sockets(pid: i32) -> std::io::Result<BTreeSet<u64>> {
    let files = std::fs::read_dir(format!("/proc/{pid}/fd"))?.flatten();
    // A file that was closed meanwhile is none.
    let links = files.filter_map(|file| std::fs::read_link(file.path()).ok());
    let number = |link: std::path::PathBuf| {
        let text = link.to_string_lossy();
        text.strip_prefix("socket:[")?.strip_suffix(']')?.parse().ok()
    };
    Ok(links.filter_map(number).collect())
}

#[cfg(test)]
mod tests {
    use super::{open_sockets, sockets_at};
    use std::net::TcpListener;

    #[test]
    fn a_listening_socket_is_among_the_open_files_of_its_process() {
        let server = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = server.local_addr().unwrap().port();
        let tcp = std::fs::read_to_string("/proc/thread-self/net/tcp").unwrap();
        let sockets = sockets_at(&tcp, "", port);
        let me = i32::try_from(std::process::id()).unwrap();
        assert_eq!(sockets.len(), 1);
        assert!(!open_sockets(me).unwrap().is_disjoint(&sockets));
        drop(server);
        assert!(open_sockets(me).unwrap().is_disjoint(&sockets));
        assert!(open_sockets(i32::MAX).is_err());
    }
}
