"""Training sets drawn at given shares of the groups, of one size whatever the shares.

Every class gives the same number of pictures, and in it every group exactly its share of them. The pictures of a class
and group stand in one order, by hash of (seed, id), with the sources interleaved; an arm takes the first so many. So
the women at 25 % are among those at 50 %, those of a smaller arm among those of a larger one, and every arm has the
sources in the same mix, to a picture or so. The heads beside the primary one have no say in it.
"""

from collections import Counter
from collections.abc import Sequence

import pandas as pd

from bias_exp.columns import ARM
from bias_exp.data.manifest import Manifest
from bias_exp.data.sizes import check_sizes
from bias_exp.data.supply import Supply
from bias_exp.seeds import hash_order
from bias_exp.shares import Shares


def draw_arm(manifest: Manifest, *, heads: Sequence[str], shares: Shares, size: int, seed: int) -> pd.DataFrame:
    """The pictures of an arm, by class and group and in each in the order of the draw; columns as in `columns.ARM`.

    Raises:
        RequestError: the data cannot give it.
    """
    supply = Supply.of(manifest, heads[0], shares.attribute)
    parts = supply.parts(shares)
    check_sizes(parts, [size])
    rows = [
        (image_id, label, group, supply.pictures[label, group][image_id])
        for label, group, part in zip(parts["class"], parts["group"], parts["part"], strict=True)
        for image_id in _draw_order(supply.pictures[label, group], seed)[: int(part * size)]
    ]
    return ARM.check(pd.DataFrame(rows, columns=ARM.names, dtype="str"))


def _draw_order(sources: dict[str, str], seed: int) -> list[str]:
    """Ids of one class and group in the order of the draw, of which every beginning has the sources' mix."""
    sizes, seen = Counter(sources.values()), Counter[str]()
    rank = {}
    for image_id in hash_order(seed, list(sources), "arm"):
        source = sources[image_id]
        rank[image_id] = (seen[source] + 0.5) / sizes[source]
        seen[source] += 1
    return sorted(rank, key=rank.__getitem__)
