//! Whether a client says somewhere that it verifies no certificate.

/// What a key holds that turns verification off where it is true.
const OFF: [&str; 9] = [
    "insecure",
    "skipverify",
    "skiptls",
    "skipssl",
    "noverify",
    "ignorecert",
    "ignoressl",
    "trustall",
    "allowinvalid",
];
/// What a key holds that turns verification off where it is false.
const ON: [&str; 8] = [
    "verify",
    "rejectunauthorized",
    "checkcert",
    "validatecert",
    "certvalidation",
    "certcheck",
    "checkhostname",
    "certreqs",
];
/// Arguments, and pieces of programs in arguments, that turn it off.
const SAID: [&str; 13] = [
    "--insecure",
    "--no-check-certificate",
    "--no-verify-ssl",
    "--no-verify",
    "--tls-skip-verify",
    "--insecure-skip-verify",
    "--insecure-skip-tls-verify",
    "--skip-tls-verify",
    "verify=False",
    "CERT_NONE",
    "_create_unverified_context",
    "rejectUnauthorized",
    "InsecureSkipVerify",
];

/// The variable or the argument that says so: its name, never its value.
pub(crate) fn unverified(vars: &[(String, String)], args: &[String]) -> Option<String> {
    let variable = vars.iter().find(|(name, value)| turns_off(name, value) || asks_not_to(value));
    variable.map(|(name, _)| name.clone()).or_else(|| {
        if let Some(at) = args.iter().position(|arg| asks_not_to(arg)) {
            return Some(format!("argument {at}"));
        }
        let text = args.join(" ");
        let said = SAID.iter().find(|piece| text.contains(**piece));
        said.map(ToString::to_string).or_else(|| curl(&text).then(|| "-k".to_owned()))
    })
}

/// The same of a configuration file: its key, never its value.
pub(crate) fn unverified_in(path: &str, text: &str) -> Option<String> {
    let says = |(key, _, value): &(String, String, String)| {
        is_about_certificates(key) && turns_off(key, value) || asks_not_to(value)
    };
    let found = super::format::values(path, text).into_iter().find(says);
    found.map(|(_, shown, _)| format!("{shown} in {path}"))
}

/// Other things are verified as well: addresses of mail, say.
fn is_about_certificates(key: &str) -> bool {
    let key = key.to_ascii_lowercase();
    ["tls", "ssl", "cert", "insecure", "unauthorized"].iter().any(|word| key.contains(word))
}

/// Whether the query of an address turns it off: `rediss://cache:6379/0?ssl_cert_reqs=none`.
fn asks_not_to(value: &str) -> bool {
    let query = value.split_once("://").and_then(|(_, rest)| rest.split_once('?'));
    let mut pairs =
        query.map_or("", |(_, query)| query).split('&').filter_map(|p| p.split_once('='));
    pairs.any(|(name, value)| is_about_certificates(name) && turns_off(name, value))
}

fn turns_off(name: &str, value: &str) -> bool {
    let name: String = name.chars().filter(char::is_ascii_alphanumeric).collect();
    let name = name.to_ascii_lowercase();
    let holds = |words: &[&str]| words.iter().any(|word| name.contains(word));
    match value.trim().to_ascii_lowercase().as_str() {
        "1" | "true" | "yes" | "on" => holds(&OFF),
        "0" | "false" | "no" | "off" | "none" => holds(&ON),
        _ => false,
    }
}

/// `curl -sk`: one letter among others.
fn curl(text: &str) -> bool {
    let mut words = text.split_whitespace().skip_while(|word| !word.ends_with("curl"));
    words.any(|word| {
        word.strip_prefix('-').is_some_and(|letters| {
            letters.contains('k') && letters.chars().all(|c| c.is_ascii_alphabetic())
        })
    })
}

#[cfg(test)]
mod tests {
    use super::{unverified, unverified_in};

    #[test]
    fn addresses_and_files_say_it_too() {
        assert_eq!(of("REDIS_URL=rediss://cache:6379/0?ssl_cert_reqs=none", ""), "REDIS_URL");
        assert_eq!(of("", "app|mongodb://db/x?tls=true&tlsInsecure=true"), "argument 1");
        assert_eq!(of("REDIS_URL=rediss://cache:6379/0?ssl_cert_reqs=required", ""), "");
        for (text, key) in [
            (
                "llm:\n  endpoint: https://mock\n  insecure_skip_verify: true\n",
                "llm.insecure_skip_verify",
            ),
            ("client:\n  tls:\n    verify: false\n", "client.tls.verify"),
            ("url: amqps://q/?verify=verify_none&ssl_verify=false\n", "url"),
        ] {
            let found = unverified_in("/etc/app/config.yaml", text);
            assert_eq!(found, Some(format!("{key} in /etc/app/config.yaml")));
        }
        for text in [
            "verify_email: false\n",
            "email_verify: off\n",
            "u: https://m/?email_verify=0\n",
            "tls:\n  verify: true\n",
            "tls: [\n",
        ] {
            assert_eq!(unverified_in("/etc/app/config.yaml", text), None, "{text}");
        }
    }

    fn of(variable: &str, args: &str) -> String {
        let vars = variable.split_once('=').map(|(n, v)| (n.to_owned(), v.to_owned()));
        let args: Vec<String> = args.split('|').map(str::to_owned).collect();
        unverified(vars.as_slice(), &args).unwrap_or_default()
    }

    #[test]
    fn says_what_turns_verification_off() {
        for off in [
            "NODE_TLS_REJECT_UNAUTHORIZED=0",
            "PYTHONHTTPSVERIFY=0",
            "GIT_SSL_NO_VERIFY=true",
            "VAULT_SKIP_VERIFY=1",
            "LLM_INSECURE_SKIP_VERIFY=True",
            "VERIFY_SSL=false",
        ] {
            assert_eq!(Some(of(off, "").as_str()), off.split('=').next());
        }
        assert_eq!(of("", "sh|-c|while :; do curl -fsSk https://x; done"), "-k");
        assert_eq!(of("", "app|--tls-skip-verify"), "--tls-skip-verify");
        assert_eq!(of("", "python3|-c|requests.get(u, verify=False)"), "verify=False");
    }

    #[test]
    fn says_nothing_of_others() {
        for on in
            ["NODE_TLS_REJECT_UNAUTHORIZED=1", "VERIFY_SSL=true", "INSECURE=0", "VERIFY_TOKEN=abc"]
        {
            assert_eq!(of(on, ""), "");
        }
        assert_eq!(of("", "curl|--keepalive-time|2|https://x"), "");
        assert_eq!(of("", "tar|-k"), "");
    }
}
