"""q values: closed forms of a family, families apart, and none where the draws do not suffice."""

import numpy as np
import pandas as pd
import pytest

from bias_exp.report.families import families
from bias_exp.report.family import families_note, with_q
from bias_exp.report.layout import Table
from tests.report.synthetic import make_study

STUDY = make_study()


def frame(p: list[float], least: float | None = None, **more: object) -> pd.DataFrame:
    facts = {"p": p, "smallest_p": np.nan if least is None else least, "p_flag": "", "draws": 1 / (least or 1) - 1}
    return pd.DataFrame(facts | {"measure": "gap"} | more)


def test_q_is_the_step_up_of_the_family() -> None:
    found = with_q(frame([0.01, 0.02, 0.03, 0.5]), ["measure"], STUDY)
    assert found["q"].tolist() == pytest.approx([0.04, 0.04, 0.04, 0.5])
    assert set(found["m"]) == {4}
    assert set(found["draws_needed"]) == {79}
    assert set(found["family"]) == {"gap"}


def test_undefined_p_are_in_no_family() -> None:
    given = frame([0.01, np.nan, 0.03]).assign(p_flag=["", "no_variance", ""])
    found = with_q(given, ["measure"], STUDY)
    assert found["q"].tolist() == pytest.approx([0.02, np.nan, 0.03], nan_ok=True)
    assert set(found["m"]) == {2}
    assert found["q_flag"].tolist() == ["", "no_variance", ""]


def test_families_do_not_touch_each_other() -> None:
    given = frame([0.01, 0.02, 0.01]).assign(measure=["a", "a", "b"], head=["x", "x", "y"])
    found = with_q(given, ["measure", "head"], STUDY)
    assert found["q"].tolist() == pytest.approx([0.02, 0.02, 0.01])
    assert found["family"].tolist() == ["a, x", "a, x", "b, y"]


def test_claimed_entries_are_a_family_of_their_own() -> None:
    claim = {"endpoint": "accuracy gap", "direction": "less", "family": "main"}
    study = make_study(claims={"hypothesis": claim})
    given = frame([0.04, 0.01, 0.02]).assign(claim=["hypothesis", "exploratory", "exploratory"])
    found = with_q(given, ["measure"], study)
    assert found["family"].tolist() == ["claimed: main", "gap", "gap"]
    assert found["q"].tolist() == pytest.approx([0.04, 0.02, 0.02])


@pytest.mark.parametrize(("draws", "given"), [(399, True), (398, False)])
def test_too_few_draws_give_no_q_and_say_how_many_are_needed(draws: int, given: bool) -> None:
    least = 1 / (draws + 1)
    found = with_q(frame([least] * 20, least), ["measure"], STUDY)
    assert found["q"].notna().all() == given
    assert set(found["draws_needed"]) == {399}
    assert all(("399 draws" in flag) != given for flag in found["q_flag"])
    assert ("no q" in families_note(found)) != given


def test_the_overview_has_a_row_for_each_family() -> None:
    given = frame([0.001, 0.9, np.nan, 0.5], 0.001).assign(measure=["a", "a", "a", "b"])
    table = Table("gaps", "Gaps", with_q(given, ["measure"], STUDY), (), ())
    found = families([table, Table("other", "Other", pd.DataFrame({"p": [1]}), (), ())])
    assert found is not None
    rows = found.frame.set_index("family")
    assert rows.loc["a", ["m", "left_out", "draws_needed", "below"]].tolist() == [2, 1, 39, 1]
    assert rows.loc["a", "least_q"] == pytest.approx(0.002)
    assert rows.loc["b", ["m", "left_out", "below"]].tolist() == [1, 0, 0]
    assert families([]) is None
