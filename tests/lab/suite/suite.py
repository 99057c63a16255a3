"""Twelve client processes at once, as the tests of the incident had them. Ends with 7 when one of them fails."""

import json
import os
import subprocess
import sys
import time
import urllib.request

ENDPOINT = os.environ["LLM_ENDPOINT"]
CLIENTS = 12
TIMEOUT = 3


def ask():
    """One client: a request to the slow endpoint, and what the newest version of the server answers."""
    request = urllib.request.Request(ENDPOINT + "/v1/chat/completions", data=b"{}")
    with urllib.request.urlopen(request, timeout=TIMEOUT) as reply:
        content = json.load(reply)["choices"][0]["message"]["content"]
    if "tool calls" not in content:
        raise AssertionError("expected tool calls, got: " + content)


def wait():
    """What every suite does first: waits for the server, and goes on when it does not come."""
    for _ in range(20):
        try:
            return urllib.request.urlopen(ENDPOINT + "/health", timeout=TIMEOUT).read()
        except OSError:
            time.sleep(0.1)


if sys.argv[1:] == ["one"]:
    ask()
else:
    wait()
    clients = [subprocess.Popen([sys.executable, __file__, "one"]) for _ in range(CLIENTS)]
    failed = sum(client.wait() != 0 for client in clients)
    print(f"{CLIENTS - failed} of {CLIENTS} clients passed")
    sys.exit(7 if failed else 0)
