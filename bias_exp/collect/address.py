"""Which addresses a crawler may ask: web addresses of machines on the internet, and of no other machine.

A link in a search result may lead to this machine, to its network or to a cloud's own services; whoever wrote the page
must not be able to have them asked from here.
"""

import ipaddress
import re
import socket
from urllib.parse import quote, urlsplit, urlunsplit

_UNQUOTED = "%/:=&?~#+!$,;'@()*[]"
_HOST = re.compile(r"[A-Za-z0-9._-]+|[0-9A-Fa-f:.]+")
LONGEST = 4096
"""Characters of a URL; longer ones are `data:` pictures and traps."""


class AddressRefused(Exception):
    """A URL that is not asked; the message says why."""


def web_address(url: str) -> str:
    """`url` as it is sent: without fragment and spaces, other letters than ASCII encoded.

    Raises:
        AddressRefused: it is no http or https URL, or holds a user's name.
    """
    text = url.strip()
    if len(text) > LONGEST:
        raise AddressRefused(f"URL of more than {LONGEST} characters")
    try:
        parts = urlsplit(text)
        host, port = parts.hostname or "", parts.port
        if parts.scheme not in ("http", "https") or not host:
            raise AddressRefused(f"not an http or https URL: {text[:60]!r}")
        if parts.username is not None or parts.password is not None:
            raise AddressRefused("URL with a user's name")
        name = host if ":" in host else host.encode("idna").decode()
        if not _HOST.fullmatch(name):
            raise AddressRefused(f"not a host: {host[:60]!r}")
    except ValueError as error:  # UnicodeError is one
        raise AddressRefused(f"not a URL: {error}") from None
    netloc = (f"[{name}]" if ":" in name else name) + (f":{port}" if port else "")
    path, query = (quote(part, safe=_UNQUOTED) for part in (parts.path or "/", parts.query))
    return urlunsplit((parts.scheme, netloc, path, query, ""))


def origin_of(url: str) -> str:
    """Scheme, host and port: what has one robots.txt, and one delay."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def is_public(address: str) -> bool:
    """Whether an IP address is one of a machine on the internet."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = found.ipv4_mapped or found.sixtofour
        if inner is not None:
            return is_public(str(inner))
    return found.is_global and not found.is_multicast


def check_public(host: str, port: int) -> None:
    """Prove that all addresses of a host are those of machines on the internet.

    Raises:
        AddressRefused: one is not.
        OSError: the name is not known.
    """
    found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)}
    if inside := sorted(address for address in found if not is_public(address)):
        raise AddressRefused(f"private address: {host} is {inside[0]}")
