//! Which mounts may hold a program's configuration.

use std::path::Path;

/// Folders of the system itself. Below `/usr` many images keep their configuration, too: `/usr/local/etc/haproxy`.
const SYSTEM: [&str; 22] = [
    "/proc",
    "/sys",
    "/dev",
    "/var/run/docker.sock",
    "/run/podman",
    "/etc/localtime",
    "/etc/ssl",
    "/usr/bin",
    "/usr/include",
    "/usr/lib",
    "/usr/lib64",
    "/usr/libexec",
    "/usr/sbin",
    "/usr/share/ca-certificates",
    "/usr/share/fonts",
    "/usr/share/locale",
    "/usr/share/zoneinfo",
    "/usr/local/bin",
    "/usr/local/lib",
    "/usr/local/sbin",
    "/usr/local/share/ca-certificates",
    "/usr/src/linux",
];

/// Whether a mount at this place in the container is searched.
pub(super) fn is_searched(to: &str) -> bool {
    !matches!(to, "" | "/" | "/usr" | "/usr/local" | "/usr/share")
        && Path::new(to).extension().is_none_or(|ending| ending != "sock")
        && !SYSTEM.iter().any(|s| to == *s || to.starts_with(&format!("{s}/")))
}

#[cfg(test)]
mod tests {
    use super::is_searched;

    #[test]
    fn configuration_may_stand_below_usr() {
        for at in [
            "/etc/app",
            "/usr/local/etc/haproxy",
            "/usr/share/kibana/config/kibana.yml",
            "/usr/src/app",
        ] {
            assert!(is_searched(at), "{at}");
        }
        for at in ["", "/", "/usr", "/usr/lib/python3", "/proc", "/usr/local/bin/x", "/run/a.sock"]
        {
            assert!(!is_searched(at), "{at}");
        }
    }
}
