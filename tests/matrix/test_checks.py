"""Requests that are refused before anything is made."""

from typing import Any

import pytest

from bias_exp.columns import LABEL
from bias_exp.config import Study
from bias_exp.data.manifest import Manifest
from bias_exp.errors import RequestError
from bias_exp.matrix.checks import check_data, check_heads, check_names, study_parts
from bias_exp.studies import build_study
from tests.data.pictures import cells, frame_of, manifest_of

BOTH = [["profession", "gender"], ["profession"]]


def study(matrix: dict[str, Any] | None = None, **changes: Any) -> Study:
    axes = {"backbones": ["quick_resnet"], "female_ratios": [0.5], "size": 8} | (matrix or {})
    return build_study({"name": "s", "data": {"path": "x"}, "matrix": axes} | changes, "test")


def manifest(n: int = 6, **columns: str) -> Manifest:
    strata = {(job, sex): n for job in ("baker", "nurse") for sex in ("female", "male")}
    rows = [
        {**row, "split": ("train", "test", "probe")[place % 3]} for place, row in enumerate(cells(strata, **columns))
    ]
    return manifest_of(frame_of(rows))


def test_what_fits_passes() -> None:
    check_heads(study({"heads": BOTH}, train={"head_weights": {"gender": 0.5}}))
    check_data(study({"heads": BOTH, "sizes": [4, 8]}), manifest())


def test_weights_of_no_head_are_refused() -> None:
    with pytest.raises(RequestError, match="head_weights names age; heads of this study: profession, gender; name"):
        check_heads(study({"heads": BOTH}, train={"head_weights": {"age": 0.5}}))


@pytest.mark.parametrize(
    ("train", "said"),
    [
        ({"optimiser": "lion"}, "unknown optimiser 'lion'; choose from: adamw"),
        ({"schedule": "cos"}, "unknown schedule 'cos'; choose from: cosine"),
        ({"frozen": True, "shift": 0.1}, "expected train.shift = 0 with train.frozen = true"),
    ],
)
def test_a_training_that_there_is_not_is_refused(train: dict[str, Any], said: str) -> None:
    with pytest.raises(RequestError, match=said):
        check_names(study(train=train))


def test_an_ablation_by_a_map_that_some_models_lack_is_refused() -> None:
    by_gender = {"map_head": "gender"}
    check_heads(study(ablate=by_gender))
    check_heads(study({"heads": BOTH}, ablate=by_gender, phases=["train"]))
    with pytest.raises(
        RequestError, match="found 'gender', which models of profession do not have; set it to gender_p"
    ):
        check_heads(study({"heads": BOTH}, ablate=by_gender))


@pytest.mark.parametrize(
    ("matrix", "changes", "said"),
    [
        ({"heads": [["profession"], ["profession", "race"]]}, {}, "expected labels of 'race' in .*found: gender, prof"),
        ({}, {"group": "race"}, "expected labels of 'race'"),
        ({"sizes": [4, 10]}, {}, r"an arm of 10 .* set matrix.sizes to 8 in place of 10 \(.*at most 8\)"),
        ({"female_ratios": [0.5, 1]}, {}, "at f100; .*need 4 training pictures, have 2"),
        ({"shares": [{"name": "a", "female_by_class": {"nurse": 0.5}}]}, {}, "the arm a says nothing of 'baker'"),
        ({}, {"train": {"early_stop": {"patience": 2}}}, "expected a validation split in .* for train.early_stop"),
        ({"heads": [["profession"], ["gender"]], "female_ratios": [0.25], "size": 8}, {}, None),
    ],
)
def test_what_the_data_cannot_give_is_refused(
    matrix: dict[str, Any], changes: dict[str, Any], said: str | None
) -> None:
    if said is None:
        assert study_parts(study(matrix, **changes), manifest())["primary"].unique().tolist() == [
            "profession",
            "gender",
        ]
        return
    with pytest.raises(RequestError, match=said):
        check_data(study(matrix, **changes), manifest())


def test_a_head_that_no_training_picture_knows_is_refused() -> None:
    data = manifest(**{LABEL + "age": "old"})
    data.frame.loc[data.frame["split"] == "train", LABEL + "age"] = "unknown"
    with pytest.raises(RequestError, match="expected a training picture with a label of 'age', found none"):
        check_data(study(heads=["profession", "age"]), data)


def test_one_known_group_and_the_unknown_are_no_two_groups() -> None:
    data = manifest()
    data.frame.loc[(data.frame["split"] == "test") & (data.frame[LABEL + "gender"] == "male"), LABEL + "gender"] = (
        "unknown"
    )
    with pytest.raises(RequestError, match="at least two values of 'gender' in the test split"):
        check_data(study(), data)


def test_a_backbone_of_which_heads_alone_are_trained_wants_a_frozen_trunk() -> None:
    frozen = {"backbones": ["dinov2_vit_small"]}
    with pytest.raises(RequestError, match="expected train.frozen = true with backbone dinov2_vit_small, found false"):
        check_names(study(frozen, image_size=56))
    check_names(study(frozen, image_size=56, train={"frozen": True}))


def test_map_methods_that_no_backbone_can_have_are_refused() -> None:
    token = {"backbones": ["vit_base_cls"]}
    with pytest.raises(
        RequestError, match="methods that vit_base_cls has, found cam: .* to some of gradcam, gradcampp"
    ):
        check_names(study(token))
    check_names(study(token, explain={"methods": ["gradcam"]}))
    check_names(study({"backbones": ["quick_resnet", "vit_base_cls"]}))
    check_names(study(token, phases=["train"]))


def test_the_map_that_ablates_must_exist_for_every_backbone() -> None:
    both = {"backbones": ["quick_resnet", "vit_tiny"]}
    asked = {"explain": {"methods": ["gradcam", "attnlrp"]}, "ablate": {"map_method": "attnlrp"}}
    with pytest.raises(RequestError, match="ablate.map_method to exist for every backbone, found that attnlrp"):
        check_names(study(both, image_size=32, **asked))
    check_names(study({"backbones": ["vit_tiny"]}, image_size=32, **asked))
