"""q values: closed forms of a family, families apart, and none where the draws do not suffice."""

import numpy as np
import pandas as pd
import pytest

from bias_exp.report.families import families
from bias_exp.report.family import families_note, together, with_q
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


def test_one_entry_of_few_pictures_takes_q_from_no_other() -> None:
    given = frame([0.01, 0.02, 0.5]).assign(smallest_p=[0.001, 0.001, 0.25], draws=[999, 999, 3])
    found = with_q(given, ["measure"], STUDY)
    assert found["q"].tolist() == pytest.approx([0.03, 0.03, np.nan], nan_ok=True)
    assert set(found["m"]) == {3}
    assert [bool(flag) for flag in found["q_flag"]] == [False, False, True]
    assert "no q for 1 of them: p of this test cannot go as low" in families_note(found)
    table = families([Table("gaps", "Gaps", found, (), ())])
    assert table is not None
    assert table.frame.loc[0, ["m", "no_q", "below", "flag"]].tolist() == [3, 1, 2, ""]


def test_a_p_below_what_its_test_can_give_counts_as_the_least_it_can_give() -> None:
    """Of 50 arrangements drawn at random, fewer than one in 50 may by luck be the observed one."""
    found = with_q(frame([0.015, 0.5], 0.02), ["measure"], STUDY)
    assert found["q"].tolist() == pytest.approx([0.04, 0.5])


def test_claims_of_one_family_are_corrected_together_over_all_tables() -> None:
    claim = {"endpoint": "accuracy gap", "family": "main"}
    study = make_study(
        claims={"one": claim, "two": {**claim, "endpoint": "ablation net"}, "alone": claim | {"family": "x"}}
    )
    made = []
    for name, claims, p in (
        ("gaps", ["one", "exploratory", "alone"], [0.04, 0.01, 0.03]),
        ("ablation", ["two"], [0.01]),
    ):
        found = with_q(frame(p).assign(claim=claims), ["measure"], study)
        made.append(Table(name, name, found, ("first", families_note(found)), ()))
    gaps, ablation = together([*made, Table("other", "Other", pd.DataFrame({"p": [1]}), (), ())])[:2]
    assert gaps.frame["q"].tolist() == pytest.approx([0.04, 0.01, 0.03])
    assert ablation.frame["q"].tolist() == pytest.approx([0.02])
    assert (gaps.frame["m"].tolist(), ablation.frame["m"].tolist()) == ([2, 1, 1], [2])
    assert gaps.notes == ("first", families_note(gaps.frame))
    assert "claimed: main: m = 2 in all tables, draws needed 39" in ablation.notes[1]
    assert "claimed: x: m = 1, draws needed 19" in gaps.notes[1]
    overview = families([gaps, ablation])
    assert overview is not None
    rows = overview.frame.set_index("family")
    assert rows["table"].to_dict() == {"claimed: main": "gaps, ablation", "gap": "gaps", "claimed: x": "gaps"}
    assert rows["m"].to_dict() == {"claimed: main": 2, "gap": 1, "claimed: x": 1}


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
