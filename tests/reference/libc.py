"""Asks the C library and the kernel, in namespaces of its own in which resolv.conf, hosts and nsswitch.conf are files that
the questions write. A question a line, and an answer a line:

{"resolv": TEXT, "name": NAME, "fails": bool}  -> {"asked": [[server, name], ...]}: every query that the name servers met, which
                                                  know no name, or fail with all
{"hosts": TEXT, "name": NAME}                  -> {"addresses": [...]}
{"listen": [[address, port], ...]}             -> {"tcp": TEXT, "tcp6": TEXT}: the kernel's tables while they are listened on
"""

import json
import os
import socket
import struct
import subprocess
import sys
import tempfile
import threading

SERVERS = [f"127.0.0.{n}" for n in range(1, 6)]


def child(act):
    """What `act` returns in a process of its own, whose C library has read no file yet."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        try:
            said = json.dumps(act())
        except Exception as error:
            said = json.dumps({"error": repr(error)})
        os.write(write, said.encode())
        os._exit(0)
    os.close(write)
    with os.fdopen(read) as pipe:
        said = pipe.read()
    os.waitpid(pid, 0)
    return json.loads(said)


def put(file, text):
    with open(file, "w") as out:
        out.write(text)


def queried(packet):
    at, labels = 12, []
    while packet[at]:
        labels.append(packet[at + 1 : at + 1 + packet[at]].decode())
        at += 1 + packet[at]
    return ".".join(labels), packet[12 : at + 5]


def serve(server, state):
    met = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    met.bind((server, 53))
    while True:
        packet, sender = met.recvfrom(4096)
        name, question = queried(packet)
        state["asked"].append([server, name])
        code = 2 if state["fails"] else 3
        met.sendto(packet[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, 0, 0, 0) + question, sender)


def lookup(name):
    def act():
        try:
            found = socket.getaddrinfo(name, None, type=socket.SOCK_STREAM, family=FAMILY[0])
        except socket.gaierror:
            return []
        return [entry[4][0] for entry in found]

    return child(act)


FAMILY = [socket.AF_INET]


def main():
    folder = tempfile.mkdtemp()
    files = {}
    for path in ("resolv.conf", "hosts", "nsswitch.conf"):
        files[path] = f"{folder}/{path}"
        put(files[path], "hosts: files dns\n" if path == "nsswitch.conf" else "")
        subprocess.run(["mount", "--bind", files[path], f"/etc/{path}"], check=True)
    state = {"asked": [], "fails": False}
    for server in SERVERS:
        threading.Thread(target=serve, args=(server, state), daemon=True).start()
    for question in sys.stdin:
        question = json.loads(question)
        if "resolv" in question:
            put(files["hosts"], "")
            put(files["resolv.conf"], question["resolv"])
            state["asked"], state["fails"] = [], question["fails"]
            FAMILY[0] = socket.AF_INET
            lookup(question["name"])
            answer = {"asked": state["asked"]}
        elif "hosts" in question:
            put(files["resolv.conf"], "nameserver 127.0.0.1\n")
            put(files["hosts"], question["hosts"])
            state["fails"] = False
            FAMILY[0] = socket.AF_INET
            four = lookup(question["name"])
            FAMILY[0] = socket.AF_INET6
            answer = {"addresses": [four, lookup(question["name"])]}
        else:
            sockets = []
            for address, port in question["listen"]:
                family = socket.AF_INET6 if ":" in address else socket.AF_INET
                one = socket.socket(family, socket.SOCK_STREAM)
                one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                if family == socket.AF_INET6:
                    one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
                try:
                    one.bind((address, port))
                    one.listen(1)
                except OSError:
                    one.close()
                    continue
                sockets.append(one)
            tables = {n: open(f"/proc/self/net/{n}").read() for n in ("tcp", "tcp6") if os.path.exists(f"/proc/self/net/{n}")}
            answer = {"open": [s.getsockname()[:2] for s in sockets], **tables}
            for one in sockets:
                one.close()
        print(json.dumps(answer), flush=True)


main()
