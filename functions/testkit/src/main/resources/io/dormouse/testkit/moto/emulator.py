"""moto on a free port of the loopback, one request at a time. Prints the port; ends when its standard input does."""
import io
import os
import sys
import threading

from moto.moto_server.werkzeug_app import DomainDispatcherApplication, MotoRequestHandler, create_backend_app
from werkzeug.serving import make_server

app = DomainDispatcherApplication(create_backend_app)
lock = threading.Lock()


def one_at_a_time(environ, start_response):
    # Read before the turn is taken, so that a slow client holds nobody up; of what was cut off, nothing is done.
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length) if length else b""
    if len(body) < length:
        start_response("400 Bad Request", [("Content-Length", "0"), ("Connection", "close")])
        return []
    if length:
        environ["wsgi.input"] = io.BytesIO(body)
    # The service applies a condition and its write at once. moto checks, then writes, and would let two threads in between.
    with lock:
        return app(environ, start_response)


class Quiet(MotoRequestHandler):
    def log(self, type, message, *args):
        pass


server = make_server("127.0.0.1", 0, one_at_a_time, threaded=True, request_handler=Quiet)
print(server.server_port, flush=True)
threading.Thread(target=server.serve_forever, daemon=True).start()
sys.stdin.read()
os._exit(0)
