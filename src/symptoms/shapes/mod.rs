//! What clients say, a file for each family. A new one is a line here and an excerpt in `tests/logs`.

mod go;
mod http;
mod jvm;
mod native;
mod node;
mod proxy;
mod python;
mod rpc;
mod system;

use super::shape::Shape;
use checks::model::Symptom as S;

/// Every shape. The first that names the failure is taken, so the general words of the system stand last.
pub(super) const ALL: &[&[Shape]] = &[
    python::SHAPES,
    go::SHAPES,
    jvm::SHAPES,
    node::SHAPES,
    rpc::SHAPES,
    proxy::SHAPES,
    native::SHAPES,
    http::SHAPES,
    system::SHAPES,
];

/// Libraries by the names of their classes; one that calls another stands before it.
pub(super) const LIBRARIES: &[(&str, &str)] = &[
    ("litellm", r"\blitellm\.|OpenAIException - "),
    ("openai", r"\bopenai\."),
    ("requests", r"\brequests\.(?:exceptions|packages)|\brequests\.\w+Error"),
    ("httpx", r"\bhttpx2?\.|\bHTTP Request: [A-Z]+ "),
    ("aiohttp", r"\baiohttp\.|ClientConnector\w*Error"),
    ("urllib", r"\burllib\.error\.|<urlopen error "),
    ("httpcore", r"\bhttpcore2?\."),
    ("urllib3", r"\burllib3\.|\bHTTPS?ConnectionPool\("),
    ("sqlalchemy", r"\bsqlalchemy\.exc\."),
    ("psycopg", r"\bpsycopg2?\."),
    ("asyncpg", r"\basyncpg\."),
    ("redis-py", r"\bredis\.exceptions\."),
    ("pika", r"\bpika\.exceptions\."),
    ("grpc", r"\bgrpc\.|_InactiveRpcError|StatusCode\.|rpc error: code = |\bUNAVAILABLE: "),
    ("reactor-netty", r"\breactor\.netty\.|WebClientRequestException"),
    ("lettuce", r"\bio\.lettuce\."),
    ("jedis", r"\bredis\.clients\.jedis\."),
    ("mysql-connector-j", r"\bcom\.mysql\.cj\."),
    ("redisson", r"\borg\.redisson\."),
    ("mongodb", r"\bcom\.mongodb\."),
    ("netty", r"\bio\.netty\."),
    ("okhttp", r"\bokhttp3\."),
    ("apache-httpclient", r"\borg\.apache\.http"),
    ("spring", r"\borg\.springframework\."),
    ("kafka", r"\borg\.apache\.kafka\.|\bkafka\."),
    ("jdbc-postgresql", r"\borg\.postgresql\."),
    ("java", r"\bjavax?\.(?:net|nio|io)\b"),
    ("prisma", r"\bPrismaClient\w*Error\b"),
    ("axios", r"\bAxiosError\b"),
    ("node-fetch", r"\bFetchError: "),
    ("ioredis", r"\[ioredis\]"),
    ("reqwest", r"\breqwest::|error sending request for url"),
    ("guzzle", r"GuzzleHttp|cURL error \d+:"),
    ("npgsql", r"\bNpgsql\."),
    ("sqlclient", r"\bSqlClient\.Sql"),
    ("stackexchange-redis", r"\bStackExchange\.Redis\."),
    ("curl", r"^\s*curl: \(\d+\)"),
    ("wget", r"^\s*wget: "),
    ("psql", r"^\s*psql: "),
];
