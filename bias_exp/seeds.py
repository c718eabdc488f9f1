"""Seeds derived from exactly what a random choice depends on, never from a global state.

`seed_for(seed, "weights", backbone, *heads)` does not mention the loss, so two losses start from the same weights; the
draw of an arm does not mention the backbone. That is what makes comparisons between cells paired.
"""

import hashlib

import numpy as np

Word = str | int


def _text(*words: Word) -> bytes:
    # repr keeps 1 and "1" apart, and the lengths keep ("a", "bc") and ("ab", "c") apart.
    text = "".join([f"{len(said)}:{said}" for said in map(repr, words)])
    return text.encode("utf-8", "surrogateescape")


def _digest(seed: int, what: tuple[Word, ...]) -> bytes:
    return hashlib.sha256(_text(seed, *what)).digest()


def seed_for(seed: int, *what: Word) -> int:
    """A seed in [0, 2**63) that depends on `seed` and on each word of `what`, and on nothing else."""
    return int.from_bytes(_digest(seed, what)[:8], "big") >> 1


def rng_for(seed: int, *what: Word) -> np.random.Generator:
    """A generator whose stream depends on `seed` and `what` alone (Philox, the same on every platform)."""
    return np.random.Generator(np.random.Philox(seed_for(seed, *what)))


def hash_order(seed: int, ids: list[str], *what: Word) -> list[str]:
    """`ids` in the order of hash(seed, what, id): adding or removing an id moves no other relative to the rest."""
    start = _text(seed, *what)
    return sorted(ids, key=lambda image_id: hashlib.sha256(start + _text(image_id)).digest())
