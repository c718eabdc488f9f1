"""The gallery file: what goes in comes out, the same bytes each time, and other formats are refused."""

from io import BytesIO

import numpy as np
import pytest

from bias_exp.errors import IntegrityError
from bias_exp.explain.gallery import Exhibit, Gallery, Said


def gallery() -> Gallery:
    rng = np.random.default_rng(0)
    said = {"gender_probe": Said("female", 0.75, "male", ""), "profession": Said("nurse", 0.5, "", "zero")}
    exhibits = (Exhibit("a1", "nurse, male", True, said), Exhibit("b2", "baker, female", False, said))
    maps = {head: rng.integers(0, 256, (2, 6, 6)).astype(np.uint8) for head in said}
    return Gallery("gradcam", exhibits, rng.integers(0, 256, (2, 6, 6, 3)).astype(np.uint8), maps)


def test_a_gallery_comes_back_as_it_was() -> None:
    one = gallery()
    again = Gallery.from_bytes(one.to_bytes())
    assert (again.method, again.exhibits) == (one.method, one.exhibits)
    assert np.array_equal(again.pictures, one.pictures)
    assert list(again.maps) == list(one.maps)
    assert all(np.array_equal(again.maps[head], one.maps[head]) for head in one.maps)
    assert one.to_bytes() == gallery().to_bytes()


def test_wrong_is_another_class_than_the_known_one() -> None:
    wrong = [Said("female", 0.7, label, "").wrong for label in ("male", "female", "")]
    assert wrong == [True, False, False]


def test_another_format_is_refused() -> None:
    stream = BytesIO()
    np.savez(stream, about=np.array('{"format": 99}'))
    with pytest.raises(IntegrityError, match=r"expected a gallery.npz of format 1, found 99; explain the cell anew"):
        Gallery.from_bytes(stream.getvalue())
