"""What arms can be drawn from: parts of every class and group, and tables that do not fit the data."""

from fractions import Fraction

import pytest

from bias_exp.columns import LABEL
from bias_exp.data.manifest import Manifest
from bias_exp.data.supply import PARTS, Supply, arm_parts, fractions_of
from bias_exp.errors import RequestError
from bias_exp.shares import Shares
from tests.data.pictures import cells, frame_of, manifest_of


def manifest(**counts: int) -> Manifest:
    """Bakers and nurses of both genders; `counts` such as nurse_male=3."""
    strata = {(job, sex): counts.get(f"{job}_{sex}", 5) for job in ("baker", "nurse") for sex in ("female", "male")}
    return manifest_of(frame_of(cells(strata)))


def test_shares_are_exact_fractions() -> None:
    assert fractions_of(Shares.female(1 / 3), "baker")["female"] == Fraction(1, 3)
    assert fractions_of(Shares.female(0.0), "baker") == {"male": Fraction(1)}
    with pytest.raises(RequestError, match="add up to exactly 1 in class 'x' of the arm fmix-.*, got female = 0.123"):
        fractions_of(Shares(shares={"female": 0.1234567, "male": 0.2345678, "nonbinary": 0.6419755}), "x")


def test_a_table_by_class_stands_for_its_classes_and_the_rest_for_the_others() -> None:
    arm = Shares(name="skewed", female_ratio=0.5, female_by_class={"nurse": 0.9})
    (table,) = [arm_parts(manifest(nurse_male=3), primaries=["profession"], arms=[arm])]
    assert list(table) == PARTS
    assert set(table["arm"]) == {"skewed"}
    found = {(row["class"], row["group"]): (row["part"], row["have"]) for row in table.to_dict("records")}
    assert found == {
        ("baker", "female"): (Fraction(1, 4), 5),
        ("baker", "male"): (Fraction(1, 4), 5),
        ("nurse", "female"): (Fraction(9, 20), 5),
        ("nurse", "male"): (Fraction(1, 20), 3),
    }


def test_every_primary_head_has_its_own_classes() -> None:
    table = arm_parts(manifest(), primaries=["profession", "gender", "profession"], arms=[Shares.female(0.5)])
    assert table.groupby("primary", sort=False)["class"].unique().map(list).to_dict() == {
        "profession": ["baker", "nurse"],
        "gender": ["all"],
    }
    assert table.groupby("primary")["part"].sum().tolist() == [1, 1]


def test_training_pictures_alone_are_counted() -> None:
    rows = cells({("baker", "female"): 6, ("baker", "male"): 6, ("unknown", "male"): 2, ("baker", "unknown"): 2})
    rows = [{**row, "split": ("train", "test")[n % 2]} for n, row in enumerate(rows)]
    supply = Supply.of(manifest_of(frame_of(rows)), "profession", "gender")
    assert {stratum: len(pictures) for stratum, pictures in supply.pictures.items()} == {
        ("baker", "female"): 3,
        ("baker", "male"): 3,
    }
    assert supply.of_stratum("baker", "nobody") == {}


@pytest.mark.parametrize(
    ("arm", "said"),
    [
        (
            Shares(name="a", female_ratio=0.5, female_by_class={"nurze": 0.9}),
            "arm a has shares of 'nurze' in by_class; classes of profession in the data: baker, nurse; name these",
        ),
        (
            Shares(name="a", female_by_class={"nurse": 0.9}),
            "arm a says nothing of 'baker'; .*give the others shares .or a female_ratio., or name every class",
        ),
        (
            Shares(name="a", shares={"woman": 0.5, "male": 0.5}),
            "arm a takes pictures of gender 'woman'; values of gender in the data: female, male; name these",
        ),
        (
            Shares(name="a", shares={"unknown": 0.5, "male": 0.5}),
            "takes pictures of gender 'unknown'; values of gender in the data: female, male",
        ),
        (
            Shares(name="a", female_ratio=0.5, female_by_class={"nurse": 0.9, "baker": 0.1}),
            "names every class in by_class and has shares of other classes; leave those out",
        ),
        (Shares(name="a", attribute="race", shares={"Black": 1}), "expected labels of 'race'.*found labels of: gender"),
        (Shares(), "the arm unknown says nothing of 'baker', 'nurse'"),
    ],
)
def test_a_table_that_does_not_fit_the_data_is_refused(arm: Shares, said: str) -> None:
    with pytest.raises(RequestError, match=said):
        arm_parts(manifest(), primaries=["profession"], arms=[arm])


def test_by_class_needs_classes() -> None:
    arm = Shares(name="a", female_ratio=0.5, female_by_class={"nurse": 0.9})
    with pytest.raises(RequestError, match="the primary head is gender itself, so there is one class, 'all'"):
        arm_parts(manifest(), primaries=["gender"], arms=[arm])


def test_a_group_without_pictures_may_have_no_share() -> None:
    rows = cells({("baker", "female"): 2}, **{LABEL + "age": "old"})
    table = arm_parts(manifest_of(frame_of(rows)), primaries=["profession"], arms=[Shares.female(1)])
    assert table[["group", "have"]].to_numpy().tolist() == [["female", 2]]
