"""Two steady clients, each with one short request after the other: load.py URL [what to say where it is not HTTP]

They go on until standard input ends, for two minutes at most, and print how many answers they got.
"""

import os
import select
import socket
import ssl
import sys
import threading
import time
import urllib.parse

url, *words = sys.argv[1:]
parts = urllib.parse.urlsplit(url)
is_http = parts.scheme in ("http", "https")
says = b"GET / HTTP/1.1\r\nHost: load\r\nConnection: close\r\n\r\n" if is_http else "".join(words).encode().decode("unicode_escape").encode("latin-1")
context = ssl.create_default_context(cafile="/etc/lab/cert.pem") if parts.scheme == "https" else None
end = time.monotonic() + 120
answers = 0


def ask():
    with socket.create_connection((parts.hostname, parts.port), 3) as raw:
        with context.wrap_socket(raw, server_hostname=parts.hostname) if context else raw as talk:
            talk.sendall(says)
            first = talk.recv(4096) if says else b"connected"
            while is_http and talk.recv(4096):
                pass
    return bool(first)


def client():
    global answers
    while time.monotonic() < end:
        try:
            answers += ask()
        except OSError:
            pass
        time.sleep(0.02)


for _ in range(2):
    threading.Thread(target=client, daemon=True).start()
while time.monotonic() < end:
    if select.select([sys.stdin], [], [], 0.2)[0] and not os.read(0, 4096):
        break
print(answers)
