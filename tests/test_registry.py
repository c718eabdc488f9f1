"""Registries: duplicates raise, a miss prints the choices, addresses lead to objects."""

from dataclasses import dataclass

import pytest

from bias_exp.ablate.rows import CONTROLS
from bias_exp.data.sources.rows import SOURCES
from bias_exp.errors import RequestError
from bias_exp.explain.rows import METHODS
from bias_exp.faces.rows import DETECTORS
from bias_exp.matrix.executors.rows import EXECUTORS
from bias_exp.models.loss_rows import LOSSES
from bias_exp.pixels.rows import FILLS
from bias_exp.registry import Registry, resolve
from bias_exp.train.rows import OPTIMISERS, SCHEDULES

ADDRESSED = (CONTROLS, SOURCES, METHODS, EXECUTORS, LOSSES, FILLS, DETECTORS, OPTIMISERS, SCHEDULES)


@dataclass(frozen=True)
class Thing:
    name: str


def test_a_miss_prints_the_choices() -> None:
    things = Registry("thing", Thing("one"), Thing("two"))
    with pytest.raises(RequestError, match="unknown thing 'three'; choose from: one, two"):
        things["three"]


def test_a_duplicate_raises() -> None:
    things = Registry("thing", Thing("one"))
    with pytest.raises(ValueError, match="'one' is registered already"):
        things.add(Thing("one"))


@pytest.mark.parametrize("registry", ADDRESSED, ids=lambda registry: registry.kind)
def test_every_address_leads_to_something_callable(registry: Registry) -> None:
    assert registry.names()
    for row in registry:
        assert callable(resolve(row.address)), row
