//! Who owns a helper container: a run that is alive, never an age.

use std::fs;
use std::sync::atomic::{AtomicU32, Ordering};

/// The label that every container of ours carries; its value is the owner.
pub(crate) const HELPER_LABEL: &str = "io.econn.owner";

/// This run, so that another one can tell whether it is alive.
pub(crate) fn me() -> String {
    owner(std::process::id()).unwrap_or_else(|| "unknown".into())
}

/// A name for a helper of this run that no other one has.
pub(crate) fn helper_name() -> String {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let me = me();
    let began = me.rsplit('/').next().unwrap_or_default().to_owned();
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    format!("econn-{}-{began}-{number}", std::process::id())
}

/// Whether a name is that of a helper, of this run or of another.
pub(crate) fn is_helper(name: &str) -> bool {
    let numbers = name.strip_prefix("econn-").map(|rest| rest.split('-').map(str::parse::<u64>));
    numbers.is_some_and(|mut all| all.clone().count() == 3 && all.all(|number| number.is_ok()))
}

/// Whether an owner is out of sight: a process of another machine, or inside a container. Whether it lives can't be told.
pub(crate) fn is_elsewhere(owner_text: &str) -> bool {
    // Machine, boot and PID namespace. Of an earlier boot of this machine nobody lives.
    let place = |owner: &str| owner.split('/').take(3).map(str::to_owned).collect::<Vec<_>>();
    is_alive(owner_text) && place(owner_text) != place(&me())
}

/// Whether the owner may still be alive. What can't be told counts as alive: nothing of another run is ever removed.
pub(crate) fn is_alive(owner_text: &str) -> bool {
    let theirs: Vec<&str> = owner_text.split('/').collect();
    let mine = me();
    let mine: Vec<&str> = mine.split('/').collect();
    let ([machine, boot, space, pid, _], [my_machine, my_boot, my_space, ..]) =
        (theirs.as_slice(), mine.as_slice())
    else {
        return true;
    };
    if machine != my_machine {
        return true;
    }
    if boot != my_boot {
        return false;
    }
    if space != my_space {
        return true;
    }
    let now = pid.parse().ok().and_then(owner);
    now.as_deref() == Some(owner_text)
}

/// `machine/boot/pid namespace/pid/start time` of a process; `None` when it does not exist.
fn owner(pid: u32) -> Option<String> {
    let word = |path: &str| {
        fs::read_to_string(path).map_or_else(|_| "-".into(), |text| text.trim().to_owned())
    };
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let began = stat.rsplit_once(')')?.1.split_whitespace().nth(19)?.to_owned();
    let space = fs::read_link("/proc/self/ns/pid").ok()?;
    let space = space.to_string_lossy().chars().filter(char::is_ascii_digit).collect::<String>();
    Some(format!(
        "{}/{}/{space}/{pid}/{began}",
        word("/etc/machine-id"),
        word("/proc/sys/kernel/random/boot_id")
    ))
}

#[cfg(test)]
mod tests {
    use super::{helper_name, is_alive, is_elsewhere, is_helper, me};

    #[test]
    fn names_of_helpers_are_known() {
        assert!(is_helper(&helper_name()));
        for name in
            ["econn", "econn-1-2", "econn-1-2-3-4", "econn-a-1-2", "my-econn-1-2-3", "localhost"]
        {
            assert!(!is_helper(name), "{name}");
        }
    }

    #[test]
    fn this_run_is_alive() {
        assert!(is_alive(&me()));
    }

    #[test]
    fn a_run_of_the_same_number_and_another_start_is_dead() {
        let me = me();
        let (rest, start) = me.rsplit_once('/').unwrap();
        assert!(!is_alive(&format!("{rest}/{}", start.parse::<u64>().unwrap() + 1)));
    }

    #[test]
    fn an_owner_in_a_container_or_on_another_machine_is_out_of_sight() {
        let me = me();
        assert!(!is_elsewhere(&me));
        let parts: Vec<&str> = me.split('/').collect();
        let [machine, boot, _, pid, start] = parts[..] else { panic!("{me}") };
        assert!(is_elsewhere(&format!("{machine}/{boot}/1/{pid}/{start}")));
        assert!(is_elsewhere(&format!("other/{boot}/1/{pid}/{start}")));
        assert!(!is_elsewhere(&format!("{machine}/earlier/1/{pid}/{start}")), "known to be dead");
    }

    #[test]
    fn what_cannot_be_told_counts_as_alive() {
        assert!(is_alive("somebody else's label"));
        assert!(is_alive("other-machine/boot/1/2/3"));
    }
}
