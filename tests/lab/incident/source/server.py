"""A mock of a language model's API, as the tests of the incident used it.

Arguments: --host ADDRESS, --port PORT, --class HTTPServer or ThreadingHTTPServer, --delay SECONDS, --slow SECONDS (of a
completion).
"""

import argparse
import http.server
import json
import time

REVISION = "old"
MODEL = "mock-model"


class Handler(http.server.BaseHTTPRequestHandler):
    def answer(self, body):
        time.sleep(options.delay)
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_GET(self):
        self.answer({"status": "healthy", "revision": REVISION})

    def do_POST(self):
        time.sleep(options.slow)
        self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.answer({"model": MODEL, "choices": [{"message": {"role": "assistant", "content": "no tools"}}]})

    def log_message(self, *args):
        pass


parser = argparse.ArgumentParser()
parser.add_argument("--host", default="127.0.0.1")
parser.add_argument("--port", type=int, default=8080)
parser.add_argument("--class", dest="server", default="HTTPServer", choices=["HTTPServer", "ThreadingHTTPServer"])
parser.add_argument("--delay", type=float, default=0)
parser.add_argument("--slow", type=float, default=0)
options = parser.parse_args()

getattr(http.server, options.server)((options.host, options.port), Handler).serve_forever()
