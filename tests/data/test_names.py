import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bias_exp.data.names import below, name_text, path_text, text_path
from bias_exp.errors import IntegrityError

names = st.binary(min_size=1, max_size=20).filter(
    lambda name: not set(name) & {0, ord("/")} and name not in (b".", b"..")
)


@given(st.lists(names, min_size=1, max_size=3))
def test_every_name_comes_back(parts: list[bytes]) -> None:
    path = Path(*(os.fsdecode(part) for part in parts))
    text = path_text(path)
    assert text_path(text) == path
    assert text.isprintable()
    assert text.encode().decode() == text


def test_what_is_readable_stays_so() -> None:
    assert path_text(Path("a b/Zoë (1),x.jpg")) == "a b/Zoë (1),x.jpg"
    assert name_text("100%\n\u202e") == "100%25%0A%E2%80%AE"
    assert name_text(os.fsdecode(b"caf\xe9.jpg")) == "caf%E9.jpg"


@pytest.mark.parametrize("text", ["/etc/passwd", "../x.png", "a/../../x.png", "a/%2E%2E/x.png"])
def test_a_path_out_of_the_root_is_refused(text: str) -> None:
    with pytest.raises(IntegrityError, match="expected a path below"):
        below(Path("root"), text)
