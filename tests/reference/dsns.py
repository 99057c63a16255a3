"""Reads addresses with the libraries that dial them: a question a line, {"kind", "text"}, and an answer a line: {"servers":
["host:port", ...]}, each port with the library's default where none is written, or {"refused": why}."""

import json
import sys

from kafka.conn import collect_hosts
from pika import URLParameters
from pymongo.uri_parser import parse_uri
from redis.connection import parse_url
from sqlalchemy.engine import make_url


def mysql(text):
    url = make_url(text)
    # A socket's path is given apart, and no machine is dialled then.
    return [] if not url.host or "unix_socket" in url.query else [(url.host, url.port or 3306)]


def amqp(text):
    url = URLParameters(text)
    return [(url.host, url.port)]


def redis(text):
    url = parse_url(text)
    return [(url.get("host", "localhost"), url.get("port", 6379))]


def kafka(text):
    # The order is left to chance there.
    return sorted((host, port) for host, port, _ in collect_hosts(text, randomize=False))


READERS = {"mongodb": lambda text: parse_uri(text)["nodelist"], "mysql": mysql, "amqp": amqp, "redis": redis, "kafka": kafka}


def read(kind, text):
    try:
        return {"servers": [f"{host}:{port}" for host, port in READERS[kind](text)]}
    except Exception as why:  # whatever a library says of what it does not take
        return {"refused": str(why)}


for line in sys.stdin:
    question = json.loads(line)
    print(json.dumps(read(question["kind"], question["text"])), flush=True)
