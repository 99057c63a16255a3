//! The words that keys are made of, and what they say about a value.

use super::words::List;

/// Variables of well known programs that name the program itself.
pub(super) const OWN: List = List(
    "\
    aspnetcore_urls dotnet_urls urls nextauth_url auth_url_internal kc_hostname \
    kc_hostname_url kc_hostname_admin kc_hostname_admin_url n8n_host n8n_editor_base_url minio_server_url \
    minio_browser_redirect_url virtual_host letsencrypt_host server_name vault_api_addr \
    vault_cluster_addr phx_host nuxt_host nitro_host uvicorn_host gunicorn_bind flask_run_host \
    rabbitmq_nodename vercel_url hostname host port airflow__webserver__base_url airflow__api__base_url \
    coder_access_url woodpecker_host mm_servicesettings_siteurl paperless_url",
);
/// Variables that are the program's own public address with some (n8n, Auth.js), and a server to call with others.
pub(super) const OWN_OR_NOT: List = List("webhook_url auth_url");

/// Anywhere in a key: the program listens, or lets somebody in.
pub(super) const LISTENS: List = List(
    "\
    listen listens listener listeners listening bind binds binding bindings advertise \
    advertised advertisement announce announced allow allows allowed allowlist whitelist \
    whitelisted trust trusted cors csrf csp redirect redirects redirection callback callbacks \
    referer referrer useragent permitted denied denylist blocklist blacklist cookie noproxy \
    goproxy vhost vhosts",
);

/// Words of a path in a file that say nothing about who is meant.
pub(super) const GENERIC: List = List(
    "\
    config configuration settings setting global globals general common default defaults env \
    environment variables vars options opts params properties prod production dev development \
    staging test my the main data spec",
);

/// Parts of a program that itself listens: `server.host`, `http.port`, `management.address`.
pub(super) const OWN_PARTS: List = List(
    "\
    server servers http https web website webapp app application service admin management \
    metrics monitoring stats actuator health healthz status debug pprof grpc uvicorn \
    gunicorn hypercorn flask run django rails puma express node next nuxt vite spring \
    micronaut quarkus ktor daemon socket tcp udp tls ssl frontend ui gf \
    deployment host",
);

/// The last word, or the last before `url`: the value is a name for something, to be compared, that nobody calls.
pub(super) const IDENTIFIERS: List = List(
    "\
    audience audiences aud iss scope scopes namespace namespaces ns $schema $id attributes \
    entityid entityids",
);
/// The same, where it stands last: `SAML_ENTITY_ID`.
pub(super) const IDENTIFIERS_ALONE: List = List("id ids type realm subject");
/// The same, anywhere in the last component: `xmlns:xsi`.
pub(super) const XML: List = List("xmlns xsi");
/// Who issued a token is compared where one of these stands in the key; other issuers are asked for their keys.
pub(super) const TOKENS: List = List("jwt jwts token tokens saml claim claims valid expected");
pub(super) const ISSUERS: List = List("issuer issuers");

/// What a program calls itself, before `url`: `PUBLIC_URL`, `root_url`.
pub(super) const OWN_NAMES: List =
    List("public external root site canonical home self own advertised publicbase overwritecli");
/// The same, but with another name before it it is that one's: `OPENAI_BASE_URL`, `OIDC_ISSUER`.
pub(super) const BASE_NAMES: List = List("base issuer");
/// Anywhere in a key: a text from which addresses are made, or found.
pub(super) const PATTERNS: List =
    List("template templates pattern patterns format regex regexp replacement");
/// Behind `public` these are the public ones of somebody else, which are fetched.
pub(super) const KEYS: List = List("key keys cert certs certificate jwks");
/// Pages that browsers open: `FRONTEND_URL`.
pub(super) const PAGES: List =
    List("frontend ui website webapp app application web client portal dashboard console");

pub(super) const URLS: List = List("url urls uri uris");
pub(super) const PLACES: List = List("host hostname port domain fqdn address addr ip");

/// The last word, or the last before `url`: a page or a file for people, not something to be called.
pub(super) const READ_PAGES: List = List(
    "\
    homepage documentation docs doc license licence icon logo avatar favicon picture photo \
    thumbnail banner author authors maintainer maintainers contact bugs issues changelog \
    releases help about terms privacy tos funding sponsor donate download downloads tarball tgz \
    asc checksum sha sha1 sha256 sha512 md5 gpg keyserver mirror mirrors runbook success cancel \
    failure return logout image",
);

/// The last word before `url`, `endpoint` or a place, `base` left out: what browsers fetch, or a page that a mail leads them to.
/// What is the name of a container all the same may be dialled.
pub(super) const BROWSED: List = List(
    "\
    absolute frontend asset assets static media cdn acs gui reset invite invitation share link links",
);
/// Anywhere in a key: a debugger that is dialled only while somebody debugs.
pub(super) const DEBUGGERS: List = List("xdebug debugpy pydevd jdwp");
/// Anywhere in a key: a page in which people try an interface out.
pub(super) const TRIED_OUT: List = List("swagger playground");
/// The same where both stand in it: links in mails, and those from one page of Grafana to another.
pub(super) const MAILED: &[List] = &[
    List("mail link"),
    List("email link"),
    List("exemplar trace destinations"),
    List("derived fields url"),
];

/// The last word before `url` or `endpoint`: where a browser is sent to sign in. Beside a word of the second list, `auth` is
/// another of the first: `GF_AUTH_GENERIC_OAUTH_AUTH_URL`.
pub(super) const SIGN_IN: List = List("login signin signup authorize authorization");
pub(super) const OPEN_ID: List = List("oauth oauth2 oidc openid sso saml");

/// The last word: the address is mentioned, or is a name for something.
pub(super) const MENTIONS: List = List(
    "\
    schema $ref ref repository repo href link links comment comments description desc title \
    summary note notes message text example examples sample copyright context generator vendor \
    registry domain policy info legal",
);

/// The last word: `redis:7` is no port of redis, and `redis:999` neither, but a user and a group.
pub(super) const NO_PORTS: List =
    List("image images tag tags version versions user users owner uid gid chown");

/// Anywhere in the path of a file: what stands below is mentioned.
pub(super) const MENTIONING: List =
    List("annotations labels headers header examples licenses contributors messages i18n prompts");

/// Anywhere in a key: usually asks the program itself how it is.
pub(super) const PROBES: List =
    List("probe probes healthcheck healthchecks readiness liveness startupprobe");

/// Words that together say that a program listens, wherever they stand in a key.
pub(super) const LISTENS_TOGETHER: &[List] = &[
    List("receivers protocols"),
    List("exporters prometheus endpoint"),
    List("extensions endpoint"),
    List("kestrel url"),
    List("entry points address"),
    List("inet http server port"),
    List("user agent"),
    List("service telemetry metrics address"),
    List("readers pull exporter prometheus"),
    List("supervisorctl"),
];

/// Values of these lead to services over UDP, which nothing here can judge.
pub(super) const UDP: List =
    List("udp statsd dogstatsd gelf snmp ntp netflow sflow radius tftp wireguard");

/// Something to be called.
pub(super) const DESTINATIONS: List = List(
    "\
    endpoint endpoints url urls uri uris addr addrs address addresses server servers upstream \
    upstreams target targets backend backends broker brokers bootstrap host hosts hostname \
    hostnames dsn peer peers connect connection connections node nodes seed seeds sentinel \
    sentinels remote remotes destination destinations dest gateway gateways collector \
    collectors forward forwards forwarder sink sinks master masters primary replica replicas \
    replicaof slaveof location webhook webhooks pass balancermember contactpoints members join \
    reverse discovery exporter api wait waitfor hostport instances instance provider base conninfo",
);

/// Words whose value may be a name alone, without a port.
pub(super) const ALONE: List = List(
    "\
    host hosts hostname hostnames addr addrs address addresses ip server servers endpoint \
    endpoints brokers bootstrap nodes peers",
);
