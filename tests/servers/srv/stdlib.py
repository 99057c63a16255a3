"""Servers of Python's standard library: stdlib.py CLASS [HTTP version] [tls | tls-in-thread] [port]"""

import http.server
import ssl
import sys
import time
from wsgiref.simple_server import make_server

from app import wsgi

name, version, tls, port, *_ = sys.argv[1:] + ["HTTP/1.0", "plain", "8080"][len(sys.argv) - 2 :]


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = version

    def do_GET(self):
        if self.path == "/slow":
            time.sleep(0.15)
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"ok\n")

    def log_message(self, *_):
        pass


if name == "wsgiref":
    server = make_server("0.0.0.0", int(port), wsgi)
else:
    server = getattr(http.server, name)(("0.0.0.0", int(port)), Handler)
if tls != "plain":
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain("/etc/lab/cert.pem", "/etc/lab/key.pem")
    # By default `accept` itself shakes hands; else the first read does.
    server.socket = context.wrap_socket(
        server.socket, server_side=True, do_handshake_on_connect=tls == "tls"
    )
server.serve_forever()
