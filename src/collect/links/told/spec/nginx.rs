//! Files of nginx: whom it passes requests on to.

use super::super::{from_file, groups};
use super::{Joint, Known, all, check, placed};

#[test]
fn directives() {
    check(
        "nginx.conf",
        &[
            (
                "http {\n  server {\n    listen 80;\n    server_name api;\n    location / {\n      proxy_pass http://nobody:8080/;\n    }\n  }\n}\n",
                "6 http.server.location.proxy_pass = http://nobody:8080",
            ),
            (
                "upstream back {\n  server nobody:8080 weight=1;\n  server b:1; server c:2;\n}\nserver { location / { proxy_pass http://back; } }\n",
                "2 upstream.server = tcp://nobody:8080 | 3 upstream.server = tcp://b:1 | 3 upstream.server = tcp://c:2",
            ),
            (
                "location / {\n  fastcgi_pass php:9000;\n  proxy_set_header Host api:1;\n  return 301 http://api:1/;\n}\n",
                "2 location.fastcgi_pass = tcp://php:9000",
            ),
            ("set $up http://nobody:1;\nproxy_pass http://$up:1;\n", "1 set = http://nobody:1"),
            ("# proxy_pass http://no:1;\n", ""),
            (
                "upstream two\n{\n  server b:1;\n}\nlocation /\n{\n  proxy_pass http://two;\n}\n",
                "3 upstream.server = tcp://b:1",
            ),
            (
                "http{ upstream x {\nserver b:1; } }\nproxy_pass http://x/y;\n",
                "2 http.upstream.server = tcp://b:1",
            ),
            (
                "map $http_origin $cors {\n  default \"\";\n  \"http://localhost:3000\" \"http://localhost:3000\";\n  http://localhost:1 1;\n}\n",
                "",
            ),
            ("map $uri $cors_origin\n{\n  default http://localhost:3000;\n}\n", ""),
            ("set $cors_origin http://localhost:3000;\n", ""),
            (
                "map $host $backend {\n  default http://nobody:1;\n  shop.net http://b:1;\n}\n",
                "2 map.default = http://nobody:1 | 3 map.shop.net = http://b:1",
            ),
            ("location / {\n  proxy_pass http://unix:/run/app.sock:/;\n}\n", ""),
            ("location / {\n  sub_filter 'http://api:8080' 'https://x';\n}\n", ""),
            (
                "llm {\n  url = \"http://x:1\"\n  db { host = nobody, port = 1 }\n}\n",
                "2 llm.url = http://x:1",
            ),
        ],
    );
}

#[test]
fn a_group_of_servers_is_no_host_in_whatever_file_it_is_named() {
    let known = |groups: &[String]| {
        let known = Known {
            is_name: &|_| false,
            vars: &[],
            exported: &[],
            joint: Joint { groups, ..Joint::default() },
        };
        let text = "location / {\n  proxy_pass http://back/x;\n  proxy_pass http://back:1;\n}\n";
        from_file("site.conf", text, &known).map(|told| all(&told, placed))
    };
    let ported = "3 location.proxy_pass = http://back:1";
    let both = format!("2 location.proxy_pass = http://back/x | {ported}");
    assert_eq!(known(&groups("nginx.conf", "http {\n upstream Back {\n }\n}")), Ok(ported.into()));
    assert_eq!(known(&groups("nginx.yaml", "upstream back {\n")), Ok(both));
}

#[test]
fn what_a_file_may_define_that_was_not_read_is_no_host() {
    let told = |is_partial| {
        let joint = Joint { is_partial, ..Joint::default() };
        let known = Known { is_name: &|it| it == "api", vars: &[], exported: &[], joint };
        let text = "proxy_pass http://back/x;\nproxy_pass http://back:1;\nproxy_pass http://api;\n\
                    proxy_pass http://back.example;\nproxy_pass http://localhost;\n\
                    upstream_url http://other;\n";
        from_file("site.conf", text, &known).map(|told| all(&told, placed))
    };
    let rest = "2 proxy_pass = http://back:1 | 3 proxy_pass = http://api | \
                4 proxy_pass = http://back.example | 5 proxy_pass = http://localhost | \
                6 upstream_url = http://other";
    assert_eq!(told(true), Ok(rest.to_owned()));
    assert_eq!(told(false), Ok(format!("1 proxy_pass = http://back/x | {rest}")));
}
