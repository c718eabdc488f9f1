"""A small web of pictures on loopback, and a clock that nobody waits for."""

import io
import json
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread

import numpy as np
from PIL import Image

from bias_exp.collect.politeness import Clock


def body_of(pixels: np.ndarray, kind: str = "PNG", **options: object) -> bytes:
    """A picture file."""
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, kind, **options)
    return file.getvalue()


@dataclass
class Reply:
    """What a path answers: bytes, type, status, further headers."""

    body: bytes = b""
    kind: str = "image/png"
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)


@dataclass
class Site:
    """Paths and what they answer; `asked` are the requests in order, `agents` who asked."""

    replies: dict[str, Reply | Callable[[int], Reply]] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    agents: set[str] = field(default_factory=set)
    base: str = ""

    @property
    def counts(self) -> Counter[str]:
        return Counter(self.asked)

    def url(self, path: str) -> str:
        return self.base + path

    def reply(self, path: str) -> Reply:
        self.asked.append(path)
        found = self.replies.get(path) or self.replies.get(path.partition("?")[0])
        if found is None:
            return Reply(b"nothing here", "text/plain", 404)
        return found(self.counts[path]) if callable(found) else found

    def search(self, query: str, items: list[dict[str, str]]) -> None:
        """Have /search?q=<query>&page=1 give these links, and later pages none."""
        for page, content in ((1, items), (2, [])):
            text = json.dumps({"results": content})
            self.replies[f"/search?q={query}&page={page}"] = Reply(text.encode(), "application/json")


class _Handler(BaseHTTPRequestHandler):
    site: Site

    def do_GET(self) -> None:
        self.site.agents.add(self.headers["User-Agent"])
        reply = self.site.reply(self.path)
        self.send_response(reply.status)
        headers = {"Content-Length": str(len(reply.body)), "Content-Type": reply.kind, **reply.headers}
        for name, value in headers.items():
            if value:
                self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(reply.body)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True  # whoever asked had seen enough

    def log_message(self, *unused: object) -> None:
        pass


@contextmanager
def serving(site: Site) -> Iterator[Site]:
    """The site at a free port of loopback, in a thread."""
    handler = type("Handler", (_Handler,), {"site": site})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.005}, daemon=True)
    thread.start()
    site.base = f"http://127.0.0.1:{server.server_address[1]}"
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class StillClock:
    """A clock that goes on only when somebody sleeps; `slept` are these sleeps in seconds."""

    def __init__(self) -> None:
        self.at = 0.0
        self.slept: list[float] = []

    def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        self.at += seconds

    def clock(self) -> Clock:
        start = datetime(2030, 1, 1, tzinfo=UTC)
        return Clock(now=lambda: start + timedelta(seconds=self.at), seconds=lambda: self.at, sleep=self.sleep)
