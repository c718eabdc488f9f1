"""Which part of the work is this process's, where several do it side by side."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pandas as pd

from bias_exp.collect.prompt_table import PAIR
from bias_exp.errors import RequestError


@dataclass(frozen=True)
class Share:
    """Process `rank` of `world`, from 0."""

    rank: int
    world: int

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> "Share":
        """By RANK and WORLD_SIZE, as torchrun sets them; without them all of the work.

        Raises:
            RequestError: they are no rank and number of processes.
        """
        rank, world = environment.get("RANK", "0"), environment.get("WORLD_SIZE", "1")
        if not (rank.isdecimal() and world.isdecimal() and int(rank) < int(world)):
            raise RequestError(
                f"expected RANK from 0 to WORLD_SIZE - 1, found RANK={rank} and WORLD_SIZE={world}; start with "
                f"torchrun, or unset both"
            )
        return cls(int(rank), int(world))

    def rows(self, table: pd.DataFrame) -> list[Any]:
        """The prompts of every `world`-th pair: dealt one by one, the genders would come from different devices."""
        mine = table.groupby(PAIR, sort=False).ngroup() % self.world == self.rank
        return list(table[mine].itertuples(index=False, name="Prompt"))
