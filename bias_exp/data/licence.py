"""What licences are called."""

_HOSTS = ("creativecommons.org/licenses/", "creativecommons.org/publicdomain/")


def licence_name(url: str) -> str:
    """`CC BY-SA 4.0` from a licence's address at Creative Commons; '' for any other."""
    for host in _HOSTS:
        _, found, rest = url.lower().partition(host)
        kind, version = [*rest.split("/"), "", ""][:2]
        if found and kind == "zero":
            return f"CC0 {version}".strip()
        if found and kind == "mark":
            return f"Public Domain Mark {version}".strip()
        if found and kind:
            return f"CC {kind.upper()} {version}".strip()
    return ""
