use super::{Effect, Run};
use proptest::prelude::*;

fn reaches(line: &str, path: &str) -> bool {
    Effect::of(&Run::Shell(line.into()), '\\').reaches(path)
}

#[test]
fn well_known_commands_leave_the_source_alone() {
    for line in [
        "apt-get update && apt-get install -y --no-install-recommends curl && rm -rf /var/lib/apt/lists/*",
        "apk add --no-cache git",
        "pip install --no-cache-dir -r requirements.txt",
        "python3 -m pip install flask==3.0",
        "mkdir -p /data && chown -R app:app /app /data",
        "useradd -m app || true",
        "echo hello > /etc/motd",
        "apt-get update \\\n  # why\n  && apt-get install -y \\\n    curl",
        "DEBIAN_FRONTEND=noninteractive apt-get install -y tzdata 2>/dev/null",
        "touch /app/.built",
        "command -v curl",
        "rm -rf /tmp/*",
        "apt-get update > /dev/null 2>&1",
    ] {
        assert!(!reaches(line, "/app/server.py"), "{line}");
        assert!(!reaches(line, "/usr/src/app/server.py"), "{line}");
    }
}

#[test]
fn what_may_write_the_file_is_not_taken_for_harmless() {
    for line in [
        "sed -i s/a/b/ /app/server.py",
        "make",
        "npm ci",
        "pip install .",
        "pip install -e /app",
        "pip install -t /app flask",
        "rm -rf /app/*",
        "rm server.py",
        "rm /*",
        "cp /x /app/server.py",
        "echo x > server.py",
        "echo x >>/app/server.py",
        "cd /app && touch server.py",
        "if true; then make; fi",
        "echo $(make)",
        "python -c 'open(1)'",
        "python manage.py collectstatic",
        "cat <<EOF > /app/server.py",
        "echo x | tee /app/server.py",
        "true & make",
        "command rm -r /app",
    ] {
        assert!(reaches(line, "/app/server.py"), "{line}");
    }
    assert!(reaches("apt-get install -y nginx", "/etc/nginx/nginx.conf"));
    assert!(reaches("pip install x", "/usr/local/lib/python3/site-packages/x.py"));
    assert!(Effect::of(&Run::Script, '\\').reaches("/app/x"));
    assert!(
        Effect::of(&Run::Exec(vec!["sh".into(), "-c".into(), "true".into()]), '\\')
            .reaches("/app/x")
    );
    assert!(!Effect::of(&Run::Exec(vec!["/bin/true".into()]), '\\').reaches("/app/x"));
}

proptest! {
    #[test]
    fn no_line_panics(line in "[a-z$&|;<>'\"\\\\ /\\n#.=*-]{0,40}") {
        let _ = reaches(&line, "/app/x");
    }

    #[test]
    fn an_unknown_program_anywhere_in_the_line_may_do_anything(
        before in prop::sample::select(vec!["", "true && ", "apt-get update; ", "X=1 "]),
        after in prop::sample::select(vec!["", " && true", " | cat", " > /dev/null"]),
    ) {
        let line = format!("{before}frobnicate{after}");
        prop_assert!(reaches(&line, "/app/x"), "{}", line);
    }
}
