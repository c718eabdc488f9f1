"""One request over HTTP, and nothing more: no redirect followed, no status taken for an error, no answer read unasked.

The rest of the crawler knows only `Transport`, so that its tests can give it answers of their own.
"""

import http.client
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from typing import Any, Protocol
from urllib.parse import urlsplit
from urllib.request import (
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
    UnknownHandler,
    getproxies,
    proxy_bypass,
)

from bias_exp.collect.address import AddressRefused, check_public, is_public


class Answer(Protocol):
    """An answer whose head has come, and whose body is read in pieces."""

    @property
    def status(self) -> int: ...

    def header(self, name: str) -> list[str]:
        """Every value of a header, in order; none where it is not there."""

    def read(self, most: int) -> bytes:
        """At most `most` bytes more of the body; empty at its end."""


class Transport(Protocol):
    """What sends requests: `with transport.get(url, headers, timeout) as answer`.

    `get` raises OSError or http.client.HTTPException where no answer comes.
    """

    def check(self, url: str) -> None:
        """Prove that a URL may be asked, as far as that is known before.

        Raises:
            AddressRefused: it may not.
        """

    def get(self, url: str, headers: Mapping[str, str], timeout: float) -> Any: ...


class HttpAnswer:
    """An answer of the standard library."""

    def __init__(self, response: http.client.HTTPResponse) -> None:
        self._response = response
        self.status = response.status

    def header(self, name: str) -> list[str]:
        """Every value of a header."""
        return [str(value) for value in self._response.headers.get_all(name, [])]

    def read(self, most: int) -> bytes:
        """At most `most` bytes more of the body, as soon as there are any."""
        return self._response.read1(most)


class _Guard(http.client.HTTPConnection):
    """A connection that is given up before anything is sent when it leads to a machine that is not on the internet.

    The name was looked up and checked before; a name server may say something else the second time.
    """

    def connect(self) -> None:
        super().connect()
        peer = str(self.sock.getpeername()[0])
        if not is_public(peer):
            self.close()
            raise AddressRefused(f"private address: {self.host} is {peer}")


class _GuardTls(http.client.HTTPSConnection, _Guard):
    """The same; TLS begins after the check, by the order of the bases."""


class _Http(HTTPHandler):
    def http_open(self, req: Request) -> Any:
        return self.do_open(_Guard, req)


class _Https(HTTPSHandler):
    def https_open(self, req: Request) -> Any:
        return self.do_open(_GuardTls, req)


class HttpTransport:
    """Requests by the standard library, through the proxies of the environment.

    With `allow_local` any machine may be asked. A proxy looks names up itself: then the name is checked as far as this
    machine knows it.
    """

    def __init__(self, *, allow_local: bool = False) -> None:
        self.allow_local = allow_local
        self._free = _opener(HTTPHandler(), HTTPSHandler())
        self._guarded = _opener(_Http(), _Https())

    def check(self, url: str) -> None:
        """Prove that the host is on the internet; a name that is not known here is left to the request itself."""
        if self.allow_local:
            return
        parts = urlsplit(url)
        with suppress(OSError):
            check_public(parts.hostname or "", parts.port or (443 if parts.scheme == "https" else 80))

    @contextmanager
    def get(self, url: str, headers: Mapping[str, str], timeout: float) -> Iterator[HttpAnswer]:
        """One GET request; `timeout` in seconds is that of every wait within it."""
        opener = self._free if self.allow_local or _is_proxied(url) else self._guarded
        with opener.open(Request(url, headers=dict(headers)), timeout=timeout) as response:  # noqa: S310 - http only
            yield HttpAnswer(response)


def _opener(*handlers: Any) -> OpenerDirector:
    opener = OpenerDirector()
    for handler in (*handlers, ProxyHandler(), UnknownHandler()):
        opener.add_handler(handler)
    return opener


def _is_proxied(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme in getproxies() and not proxy_bypass(parts.netloc)
