"""What may be explained, and the logits that belong to it."""

import pytest
import torch
from torch import Tensor

from bias_exp.errors import RequestError
from bias_exp.explain.targets import check_targets, explained

N = 3
LOGITS = {"gender": torch.arange(6.0).reshape(N, 2), "profession": torch.arange(15.0).reshape(N, 5)}


def test_each_picture_has_its_own_class() -> None:
    found = explained(LOGITS, {"gender": torch.tensor([1, 0, 1])})
    assert list(found) == ["gender"]
    assert found["gender"].tolist() == [1.0, 2.0, 5.0]


@pytest.mark.parametrize("target", [torch.zeros(N), torch.zeros(N - 1, dtype=torch.int64), torch.zeros(N, 1).long()])
def test_targets_of_another_kind_or_shape_are_refused(target: Tensor) -> None:
    with pytest.raises(
        ValueError, match=r"targets\['gender'\] must be int64 of shape \(3,\), one class for each image"
    ):
        check_targets({"gender": target}, N)


def test_a_head_that_is_not_there_is_refused() -> None:
    with pytest.raises(RequestError, match="unknown head 'age' in targets; choose from: gender, profession"):
        explained(LOGITS, {"age": torch.zeros(N, dtype=torch.int64)})


@pytest.mark.parametrize(("classes", "found"), [([0, 1, 2], "0 to 2"), ([0, -1, 1], "-1 to 1")])
def test_a_class_that_is_not_there_is_refused(classes: list[int], found: str) -> None:
    with pytest.raises(ValueError, match=f"must be classes in 0 to 1, got {found}"):
        explained(LOGITS, {"gender": torch.tensor(classes)})
