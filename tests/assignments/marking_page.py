"""The page for marking, served for a test by a thread of its own."""

import asyncio
import contextlib
import http.client
import json
import threading

from tornado import httpserver, netutil

from assignments.marking.server import application

TOKEN = "a-token-of-this-test"


@contextlib.contextmanager
def serving(desk):
    """Serve the page of a desk; yields the port."""
    started, end = threading.Event(), asyncio.Event()
    known = {}

    async def serve():
        known["loop"] = asyncio.get_running_loop()
        (socket,) = netutil.bind_sockets(0, "127.0.0.1")
        known["port"] = socket.getsockname()[1]
        server = httpserver.HTTPServer(application(desk, TOKEN, known["port"]))
        server.add_socket(socket)
        started.set()
        await end.wait()
        server.stop()
        await server.close_all_connections()

    thread = threading.Thread(target=lambda: asyncio.run(serve()), daemon=True)
    thread.start()
    assert started.wait(60)
    try:
        yield known["port"]
    finally:
        known["loop"].call_soon_threadsafe(end.set)
        thread.join(60)


def ask(port, path, method="GET", body=None, **headers):
    """A request as the page itself sends it, but for `headers`: status, text and headers of it."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    if isinstance(body, dict):
        body, headers = json.dumps(body), {"Content-Type": "application/json"} | headers
    connection.request(method, path, body, headers)
    answer = connection.getresponse()
    try:
        return answer.status, answer.read().decode("utf-8"), answer.headers
    finally:
        connection.close()
