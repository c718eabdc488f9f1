"""Who stays on one side of a split: near-duplicates may not look it any more once they have been treated."""

from collections import Counter

import pandas as pd


def kin_of(frame: pd.DataFrame) -> list[str]:
    """For each row of a manifest's frame the kin of its treated picture: near-duplicates and kin, joined as far as they
    hang together; '' for a picture that has neither. A name depends on the pictures alone, not on their order."""
    near, kin = list(frame["near_duplicates"]), list(frame["kin"])
    ids = list(frame["id"])
    parent = {image_id: image_id for image_id in ids}

    def top(one: str) -> str:
        while parent[one] != one:
            parent[one] = parent[parent[one]]
            one = parent[one]
        return one

    first: dict[tuple[str, str], str] = {}
    for image_id, group, family in zip(ids, near, kin, strict=True):
        for key in (("near", group), *((("kin", family),) if family else ())):
            one, other = sorted((top(first.setdefault(key, image_id)), top(image_id)))
            parent[other] = one
    roots = [top(image_id) for image_id in ids]
    counts = Counter(roots)
    return [root if counts[root] > 1 else family for root, family in zip(roots, kin, strict=True)]
