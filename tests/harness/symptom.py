"""What a plain client sees: prints an HTTP status, or one of econn's symptoms.

python3 - URL               one request
python3 - URL held          the same, while an idle connection is held open
python3 - URL 12            12 requests at once: "12 x 200", "10 x 200, 2 x read timeout"
"""

import collections
import concurrent.futures
import errno
import http.client
import socket
import ssl
import sys
import urllib.error
import urllib.parse
import urllib.request

TIMEOUT = 3


def name_of(trouble, connected):
    if isinstance(trouble, ssl.SSLError):
        return "tls error"
    if isinstance(trouble, socket.gaierror):
        return "name not found" if trouble.errno == socket.EAI_NONAME else "resolver failed"
    if isinstance(trouble, TimeoutError):
        return "read timeout" if connected else "connect timeout"
    if isinstance(trouble, ConnectionRefusedError):
        return "connection refused"
    if isinstance(trouble, (http.client.RemoteDisconnected, http.client.IncompleteRead)):
        return "closed without reply"
    if isinstance(trouble, ConnectionResetError):
        return "connection reset"
    if isinstance(trouble, OSError) and trouble.errno in (errno.EHOSTUNREACH, errno.ENETUNREACH):
        return "no route"
    return f"{type(trouble).__name__}: {trouble}"


def call(url):
    parts = urllib.parse.urlsplit(url)
    try:
        if parts.scheme not in ("http", "https"):
            socket.create_connection((parts.hostname, parts.port), TIMEOUT).close()
            return "connected"
        # Proxy variables count, as they do for most clients.
        with urllib.request.urlopen(url, timeout=TIMEOUT) as reply:
            reply.read()
            return str(reply.status)
    except urllib.error.HTTPError as status:
        return str(status.code)
    except urllib.error.URLError as wrapped:
        return name_of(wrapped.reason, connected=False)
    except (OSError, http.client.HTTPException) as trouble:
        return name_of(trouble, connected=True)
    except ValueError as trouble:
        return f"bad address: {trouble}"


def hold(url):
    parts = urllib.parse.urlsplit(url)
    port = parts.port or {"https": 443}.get(parts.scheme, 80)
    return socket.create_connection((parts.hostname, port), TIMEOUT)


url, *how = sys.argv[1:]
if how == ["held"]:
    try:
        with hold(url):
            print(call(url))
    except OSError as trouble:
        print(name_of(trouble, connected=False))
elif how:
    with concurrent.futures.ThreadPoolExecutor(int(how[0])) as clients:
        seen = collections.Counter(clients.map(call, [url] * int(how[0])))
    print(", ".join(f"{count} x {what}" for what, count in sorted(seen.items())))
else:
    print(call(url))
