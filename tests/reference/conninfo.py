"""Reads connection strings and URIs of PostgreSQL with its own library: a question a line, {"text"}, and an answer a line:
{"host", "hostaddr", "port", ...} as far as they are set, or {"refused": why}."""

import ctypes
import json
import sys


class Option(ctypes.Structure):
    _fields_ = [(name, ctypes.c_char_p) for name in ("keyword", "envvar", "compiled", "val", "label", "dispchar")]
    _fields_ += [("dispsize", ctypes.c_int)]


libpq = ctypes.CDLL("libpq.so.5")
libpq.PQconninfoParse.restype = ctypes.POINTER(Option)
libpq.PQconninfoParse.argtypes = [ctypes.c_char_p, ctypes.POINTER(ctypes.c_char_p)]
libpq.PQconninfoFree.argtypes = [ctypes.POINTER(Option)]


def read(text):
    why = ctypes.c_char_p()
    options = libpq.PQconninfoParse(text.encode(), ctypes.byref(why))
    if not options:
        return {"refused": (why.value or b"").decode()}
    answer = {}
    for option in options:
        if option.keyword is None:
            break
        if option.val is not None:
            answer[option.keyword.decode()] = option.val.decode()
    libpq.PQconninfoFree(options)
    return answer


for question in sys.stdin:
    print(json.dumps(read(json.loads(question)["text"])), flush=True)
