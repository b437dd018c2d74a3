"""A real HTTP server on 127.0.0.1 that answers as an OpenAI-compatible server does, and misbehaves.

    with ScriptedServer(reply=lambda body: "an answer to " + body["prompt"]) as server:
        with client(server) as …                  # or Server(ServerSettings(server.base_url, "tiny"))
    assert server.requests[0].body["max_tokens"] == 5

    # The first request gets a 429, the second half a body, all later ones `reply`:
    ScriptedServer([status(429, retry_after=1), half_a_body()])

A behaviour is a function of (handler, body of the request). The script may be endless
(`itertools.repeat(close_at_once())`); it counts POST requests in the order they come in. `GET
/v1/models` is not part of it.
"""

import contextlib
import json
import os
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from masterkey.servers.client import Server, ServerSettings

PATHS = ("/v1/completions", "/v1/chat/completions")
KEY_REFUSED = "Incorrect API key provided: {key}."


@dataclass(frozen=True)
class Received:
    """A POST request as it came in, names of headers in lower case; `at` is time.monotonic()."""

    path: str
    headers: dict[str, str]
    body: dict
    at: float


class ScriptedServer:
    """Use it in a `with` block. Keeps what it received in `requests`, and the most requests that it
    had at one time in `most_at_once`.

    `reply(body)` gives the text of an answer (by default a fixed one), `models` what /v1/models
    lists (None: 404), `key` the only Bearer token taken, `seconds` how long each answer takes.
    """

    def __init__(
        self,
        script: Iterable[Callable] = (),
        *,
        reply: Callable[[dict], str] = lambda body: "an answer",
        models: tuple[str, ...] | None = ("tiny",),
        key: str | None = None,
        seconds: float = 0.0,
    ):
        self.reply, self.models, self.key, self.seconds = reply, models, key, seconds
        self.requests: list[Received] = []
        self.most_at_once = 0
        self._at_once = 0
        self._script = iter(script)
        self._lock = threading.Lock()
        self.closing = threading.Event()
        self._http = _Http(("127.0.0.1", 0), _Handler)
        self._http.scripted = self
        self._thread = threading.Thread(target=self._http.serve_forever, args=(0.01,), daemon=True)

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self._http.server_port}/v1"

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *exception) -> None:
        self.stop()

    def stop(self) -> None:
        """Close the port and every connection: from now on nobody answers there."""
        if self.closing.is_set():
            return
        self.closing.set()
        self._http.shutdown()
        self._http.server_close()
        self._http.close_connections()

    def answer(self, handler, body: dict, headers: dict[str, str]) -> None:
        """Record one POST request and answer it as the script says."""
        with self._lock:
            self.requests.append(Received(handler.path, headers, body, time.monotonic()))
            behaviour = next(self._script, None) or answered()
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        try:
            self.closing.wait(self.seconds)
            behaviour(handler, body)
        finally:
            with self._lock:
                self._at_once -= 1


class _Http(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def __init__(self, *arguments):
        self._connections: set[socket.socket] = set()
        super().__init__(*arguments)

    def process_request(self, request, client_address):
        self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        self._connections.discard(request)
        super().shutdown_request(request)

    def close_connections(self) -> None:
        for connection in list(self._connections):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def handle_error(self, request, client_address):
        pass  # a client that went away, which the tests do on purpose


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self):
        scripted = self.server.scripted
        if self._refuses_key():
            return
        if self.path != "/v1/models" or scripted.models is None:
            send_json(self, 404, {"error": {"message": f"no {self.path} here"}})
            return
        data = [{"id": name, "object": "model"} for name in scripted.models]
        send_json(self, 200, {"object": "list", "data": data})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if self.path not in PATHS:
            send_json(self, 404, {"error": {"message": f"no {self.path} here"}})
        elif not self._refuses_key():
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.server.scripted.answer(self, body, headers)

    def _refuses_key(self) -> bool:
        scripted, sent = self.server.scripted, self.headers.get("Authorization", "")
        if scripted.key is None or sent == f"Bearer {scripted.key}":
            return False
        # Echoes the whole key, as careless servers do.
        message = KEY_REFUSED.format(key=sent.removeprefix("Bearer "))
        send_json(self, 401, {"error": {"message": message, "code": "invalid_api_key"}})
        return True

    def log_message(self, *arguments):
        pass


def send_json(handler, code: int, value, headers: dict[str, str] | None = None) -> None:
    send(handler, code, json.dumps(value).encode(), headers)


def send(handler, code: int, content: bytes, headers: dict[str, str] | None = None) -> None:
    handler.send_response(code)
    for name, text in {"Content-Length": str(len(content)), **(headers or {})}.items():
        handler.send_header(name, text)
    handler.end_headers()
    handler.wfile.write(content)


def reply_json(text, endpoint: str, **more) -> dict:
    """A reply as a server writes it, for the path it was asked at."""
    chat = endpoint.endswith("/chat/completions")
    choice = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
    return {
        "id": "1",
        "model": "tiny",
        "choices": [{"index": 0, "finish_reason": "stop", **choice}],
        "usage": {"prompt_tokens": 7, "completion_tokens": 3, "total_tokens": 10},
        **more,
    }


def answered(text: str | None = None, **more) -> Callable:
    """A good answer: `text`, else what the server's `reply` says."""

    def behaviour(handler, body):
        words = handler.server.scripted.reply(body) if text is None else text
        send_json(handler, 200, reply_json(words, handler.path, **more))

    return behaviour


def status(
    code: int, message: str = "so it is", retry_after: float | str | None = None
) -> Callable:
    """An error with the server's own sentence."""
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return lambda handler, body: send_json(handler, code, {"error": {"message": message}}, headers)


def body_of(content: bytes, code: int = 200, **headers: str) -> Callable:
    """These bytes as the whole body: garbage, an empty body, an error in a proxy's HTML …"""
    headers = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda handler, body: send(handler, code, content, headers)


def json_of(value, code: int = 200) -> Callable:
    """Valid JSON of any shape."""
    return body_of(json.dumps(value).encode(), code)


def half_a_body(declare_length: bool = True) -> Callable:
    """The first half of a good answer, then the connection is closed; without a declared length
    the end of the connection looks like the end of the body."""

    def behaviour(handler, body):
        content = json.dumps(reply_json("an answer that breaks off", handler.path)).encode()
        handler.send_response(200)
        if declare_length:
            handler.send_header("Content-Length", str(len(content)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(content[: len(content) // 2])
        handler.close_connection = True

    return behaviour


def close_at_once(reset: bool = False) -> Callable:
    """No answer at all: the connection is closed, or reset."""

    def behaviour(handler, body):
        handler.close_connection = True
        if reset:
            linger = struct.pack("ii", 1, 0)
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            os.close(handler.connection.detach())
        else:
            handler.connection.shutdown(socket.SHUT_RDWR)

    return behaviour


def not_http(content: bytes = b"SSH-2.0-OpenSSH_9.6\r\n") -> Callable:
    """Bytes that are no HTTP, then the connection is closed."""

    def behaviour(handler, body):
        handler.wfile.write(content)
        handler.close_connection = True

    return behaviour


def hang(seconds: float = 60.0) -> Callable:
    """Nothing for so long (or until the server is stopped), then the connection is closed."""

    def behaviour(handler, body):
        handler.server.scripted.closing.wait(seconds)
        handler.close_connection = True

    return behaviour


def drip(pause: float = 0.05, seconds: float = 3.0) -> Callable:
    """A byte of a body now and then for so long: no single read ever times out."""

    def behaviour(handler, body):
        handler.send_response(200)
        handler.send_header("Content-Length", "1000000")
        handler.end_headers()
        end = time.monotonic() + seconds
        while time.monotonic() < end and not handler.server.scripted.closing.wait(pause):
            handler.wfile.write(b" ")
        handler.close_connection = True

    return behaviour


def client(scripted: ScriptedServer, key: str | None = None, **settings) -> Server:
    """A client that asks again at once, and soon gives up."""
    quick = {"timeout": 5.0, "max_retries": 3, "first_wait": 0.01}
    return Server(ServerSettings(scripted.base_url, "tiny", **{**quick, **settings}), key)
