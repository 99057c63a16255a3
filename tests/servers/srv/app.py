"""The same small answer for every interface that Python's servers know."""

import asyncio
import sys
import time


def wsgi(environ, start_response):
    if environ["PATH_INFO"] == "/slow":
        time.sleep(0.15)
    start_response("200 OK", [("Content-Type", "text/plain"), ("Content-Length", "3")])
    return [b"ok\n"]


application = wsgi


async def asgi(scope, receive, send):
    if scope["type"] != "http":
        return
    if scope["path"] == "/slow":
        await asyncio.sleep(0.15)
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"3")]})
    await send({"type": "http.response.body", "body": b"ok\n"})


def flask():
    from flask import Flask

    app = Flask("app")
    app.add_url_rule("/", view_func=lambda: "ok\n")
    return app


def serve_tornado():
    from tornado import ioloop, web

    class Main(web.RequestHandler):
        def get(self):
            self.write("ok\n")

    web.Application([("/", Main)]).listen(8080)
    ioloop.IOLoop.current().start()


def serve_aiohttp():
    from aiohttp import web

    async def get(request):
        return web.Response(text="ok\n")

    app = web.Application()
    app.router.add_get("/", get)
    web.run_app(app, port=8080)


def serve_cheroot():
    from cheroot.wsgi import Server

    Server(("0.0.0.0", 8080), wsgi).start()


if __name__ == "__main__":
    globals()[f"serve_{sys.argv[1]}"]()
