//! The endpoint that the user names, names of files, and proxies.

use super::super::{
    from_text, is_config_name, is_of_another_environment, is_of_another_profile, no_proxy,
    profiles, proxies,
};
use super::vars;

#[test]
fn reads_what_the_user_names() {
    let table = [
        ("http://127.0.0.1:18141", "http://127.0.0.1:18141"),
        ("http://api:80/x/?y=1", "http://api/x"),
        ("http://api/x;v=2?next=http://ui:3000", "http://api/x"),
        ("db:5432", "tcp://db:5432"),
        ("[::1]:80", "tcp://[::1]:80"),
        ("postgres://u:p@db", "postgres://db"),
        ("jdbc:mysql://db/x", "mysql://db/x"),
        ("localhost:8080", "tcp://localhost:8080"),
    ];
    for (text, url) in table {
        assert_eq!(from_text(text).map(|told| told.url()), Ok(url.to_owned()), "{text}");
    }
}

#[test]
fn refuses_what_is_no_endpoint() {
    for text in [
        "",
        " ",
        "db",
        "http://",
        "http://:80",
        "http://${HOST}:80",
        "unix:///x",
        "0.0.0.0:80",
        "http://a:x",
        "a:1,b:2",
        "http://a:99999",
        "tcp://db",
        "a b",
        "http://u:hunter2/x@y:1",
    ] {
        let Err(error) = from_text(text) else { panic!("{text:?} is taken") };
        assert!(!error.contains('\n') && !error.contains("hunter2"), "{error}");
    }
}

#[test]
fn knows_configuration_by_its_name() {
    for path in [
        "/etc/holmesgpt/config.yaml",
        "a.yml",
        "A.JSON",
        "x.toml",
        "x.ini",
        "x.cfg",
        "nginx.conf",
        "application.properties",
        "/app/.env",
        ".env.production",
        "prod.env",
        "x.jsonc",
        "/etc/caddy/Caddyfile",
        "/var/www/html/.env",
        "/app/config/test.yaml",
    ] {
        assert!(is_config_name(path), "{path}");
    }
    for path in [
        "/app/main.py",
        "package.json",
        "/x/package-lock.json",
        "yaml",
        "/etc/hosts",
        "data.csv",
        "",
        "env",
        "/etc/resolv.conf",
        "/app/.env.example",
        "/app/config.sample.yaml",
        "/app/node_modules/x/config.json",
        "/app/.github/workflows/ci.yml",
        "/usr/share/nginx/html/assets/config.json",
        ".gitlab-ci.yml",
        "/app/chart/templates/deployment.yaml",
    ] {
        assert!(!is_config_name(path), "{path}");
    }
}

#[test]
fn knows_the_files_of_another_environment() {
    let production = vars(&[("NODE_ENV", "production"), ("MAIL_TEMPLATE", "mail-dev.yaml")]);
    let spring = vars(&[("SPRING_PROFILES_ACTIVE", "prod,eu")]);
    let none = vars(&[("NODE_ENV", "blue"), ("ENVIRONMENTAL", "prod")]);
    for (path, vars, other) in [
        (".env.development", &production, true),
        ("/app/config/development.json", &production, true),
        ("appsettings.Development.json", &production, true),
        (".env.production", &production, false),
        ("/app/config/production.json", &production, false),
        ("/app/config/default.json", &production, false),
        ("/app/device.json", &production, false),
        ("application-dev.yml", &spring, true),
        ("application-prod.yml", &spring, false),
        ("application.yml", &spring, false),
        ("application-dev.yml", &none, false),
        // Somebody asks for it by its name.
        ("/etc/mail-dev.yaml", &production, false),
    ] {
        assert_eq!(is_of_another_environment(path, vars, &[]), other, "{path} {vars:?}");
    }
    let argv = ["app".to_owned(), "--config=/app/dev.yaml".to_owned()];
    assert!(!is_of_another_environment("/app/dev.yaml", &production, &argv));
}

#[test]
fn knows_the_files_of_another_profile() {
    let said = |text: &str| -> Vec<String> { text.split_whitespace().map(Into::into).collect() };
    for (path, profiles, argv, other) in [
        ("/config/application-test.yml", "", "", true),
        ("/config/application-dev.properties", "", "", true),
        ("application-local.yaml", "prod eu", "", true),
        ("bootstrap-dev.yml", "", "", true),
        ("application-dev.yml", "eu Dev", "", false),
        ("application-dev.yml", "", "app --config=/config/application-dev.yml", false),
        ("application-dev.yml", "${PROFILE:x}", "", false),
        ("application-docker.yml", "", "", false),
        ("application-prod.yml", "", "", false),
        ("application.yml", "", "", false),
        ("app-test.yml", "", "", false),
        ("application-test.json", "", "", false),
    ] {
        let found = is_of_another_profile(path, &said(profiles), &[], &said(argv));
        assert_eq!(found, other, "{path} {profiles} {argv}");
    }
}

#[test]
fn profiles_are_told_by_arguments_variables_or_files() {
    let file = ("application.yml", "spring:\n  profiles:\n    active: a, b\n    group: {c: [d]}\n");
    let flat = ("application.properties", "spring.profiles.include=e\n");
    for (argv, var, expected) in [
        ("", ("X", "y"), "a b d e"),
        ("", ("SPRING_PROFILES_ACTIVE", "f,g"), "f g"),
        ("", ("JAVA_OPTS", "-Xmx1g -Dspring.profiles.active=h -Dx=y"), "h"),
        ("", ("SPRING_APPLICATION_JSON", "{\"spring.profiles.active\": \"i,j\"}"), "i j"),
        ("--spring.profiles.active=k,l", ("SPRING_PROFILES_ACTIVE", "f"), "k l"),
    ] {
        let found = profiles(&[argv.to_owned()], &[&vars(&[var])], [file, flat].into_iter());
        assert_eq!(found.join(" "), expected, "{argv} {var:?}");
    }
}

#[test]
fn reads_proxies() {
    let vars = vars(&[
        ("HTTP_PROXY", "http://user:pw@squid:3128"),
        ("https_proxy", "squid:3128"),
        ("ALL_PROXY", ""),
        ("NO_PROXY", "localhost, .Internal,10.0.0.0/8"),
        ("no_proxy", "*"),
        ("GOPROXY", "https://proxy.golang.org"),
        ("PATH", "/bin"),
    ]);
    let shown: Vec<String> = proxies(&vars)
        .iter()
        .map(|proxy| {
            format!(
                "{} {}",
                proxy.name,
                proxy.told.as_ref().map(super::super::Told::url).unwrap_or_default()
            )
        })
        .collect();
    assert_eq!(shown, ["HTTP_PROXY http://squid:3128", "https_proxy tcp://squid:3128"]);
    // Programs differ at one that is empty beside another.
    let names = |pairs: &[(&str, &str)]| {
        let found = proxies(&super::vars(pairs));
        found.iter().map(|it| format!("{} {}", it.name, it.is_empty)).collect::<Vec<_>>().join(", ")
    };
    assert_eq!(
        names(&[("http_proxy", ""), ("HTTP_PROXY", "http://a:1")]),
        "http_proxy true, HTTP_PROXY false"
    );
    assert_eq!(names(&[("http_proxy", ""), ("HTTP_PROXY", "")]), "");
    assert_eq!(names(&[("HTTP_PROXY", ""), ("http_proxy", "http://a:1")]), "http_proxy false");
    let exceptions: Vec<String> = no_proxy(&vars)
        .iter()
        .map(|list| format!("{} {}", list.name, list.entries.join(" ")))
        .collect();
    assert_eq!(exceptions, ["NO_PROXY localhost .internal 10.0.0.0/8", "no_proxy *"]);
}
