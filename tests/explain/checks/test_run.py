"""All checks as one table: contract of the registry, what they cost, and a model that is given back as it was."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
import torch
from torch import Tensor, nn

from bias_exp import columns
from bias_exp.columns import PROBE_HEAD
from bias_exp.config import ChecksConfig
from bias_exp.errors import RequestError
from bias_exp.explain.checks.rows import CHECKS
from bias_exp.explain.checks.run import cost, run_checks
from bias_exp.explain.checks.trial import Maps, Trial, Verdict
from bias_exp.registry import resolve
from tests.explain.checks.trials import tiny_trial
from tests.explain.tiny import Tiny

NAMES = CHECKS.names()


def whole(n: int = 3, names: tuple[str, ...] = NAMES) -> Trial:
    """A trial that every check has something to say of."""
    mask = np.zeros((n, 32, 32), dtype=bool)
    mask[:, 8:20, 10:22] = True
    trial = tiny_trial(n, names=names)
    prior = {("centre_prior", head): torch.rand(8, 8).expand(n, 8, 8) for head in trial.targets}
    return replace(trial, masks={"face": mask}, known={"face": np.ones(n, dtype=bool)}, maps=trial.maps | prior)


def test_the_defaults_name_every_check_that_there_is() -> None:
    assert ChecksConfig().names == NAMES


@pytest.mark.parametrize("row", list(CHECKS), ids=lambda row: row.name)
def test_every_check_keeps_the_contract(row) -> None:
    trial = whole()
    verdicts = resolve(row.address)(trial)
    assert verdicts
    keys = [(one.check, one.at, one.method, one.head) for one in verdicts]
    assert len(set(keys)) == len(keys)
    for one in verdicts:
        assert isinstance(one, Verdict)
        assert one.values.shape == (3,)
        assert len(one.reasons) == 3
        assert np.isnan(one.values).tolist() == [reason != "" for reason in one.reasons]
        assert one.baselines is None or one.baselines.shape == (3,)
        assert one.head in trial.targets


@pytest.mark.parametrize("row", list(CHECKS), ids=lambda row: row.name)
def test_every_check_says_the_same_again_and_costs_no_more_than_it_says(row, monkeypatch: pytest.MonkeyPatch) -> None:
    trial, forward, counted = whole(names=(row.name,)), Tiny.trunk, []

    def watched(model: Tiny, images: Tensor) -> Tensor:
        # Batches are filled up with their last picture, which costs time but is no more of anything asked for.
        counted.append(len(images.flatten(1).unique(dim=0)))
        return forward(model, images)

    monkeypatch.setattr(Tiny, "trunk", watched)
    first = run_checks(trial)
    assert sum(counted) <= 3 * cost(trial.settings, n_methods=3, n_heads=2)
    pd.testing.assert_frame_equal(first, run_checks(trial))


def test_inference_mode_changes_nothing() -> None:
    trial = whole(names=("faithfulness", "randomisation", "invariance", "precision"))
    plain = run_checks(trial)
    with torch.inference_mode():
        pd.testing.assert_frame_equal(run_checks(trial), plain)


def test_what_checks_cost() -> None:
    asked = {"n_methods": 2, "n_heads": 2}
    assert cost(ChecksConfig(names=("localisation", "random_logit")), **asked) == 0
    assert cost(ChecksConfig(names=("faithfulness",), steps=10), **asked) == 3 + 4 * 3 * 9
    assert cost(ChecksConfig(names=("road",)), **asked) == 4 * 10
    assert cost(ChecksConfig(names=("randomisation", "invariance", "precision")), **asked) == 8 + 4 + 2
    assert cost(ChecksConfig(names=("precision",)), explaining=50, **asked) == 100
    with pytest.raises(RequestError, match="unknown check of maps 'fidelity'; choose from: localisation"):
        cost(ChecksConfig(names=("fidelity",)), **asked)


def test_the_table_has_the_pictures_facts() -> None:
    trial = whole(names=("random_logit", "localisation"))
    facts = pd.DataFrame(
        {"id": list(trial.ids), "class": ["nurse", "cook", "cook"], "group": ["female", "male", "female"]}
    )
    table = run_checks(trial, facts)
    assert list(table.columns) == columns.CHECKS.names
    assert table.groupby("id")["class"].unique().map(list).to_dict() == {
        "p0": ["nurse"],
        "p1": ["cook"],
        "p2": ["cook"],
    }
    assert set(run_checks(trial)["class"]) == {""}
    with pytest.raises(ValueError, match="in their order"):
        run_checks(trial, facts.iloc[::-1].reset_index(drop=True))


def test_a_check_of_all_pictures_together_has_no_id(monkeypatch: pytest.MonkeyPatch) -> None:
    together = Verdict("precision", "gradcam", PROBE_HEAD, np.array([0.5]))
    monkeypatch.setattr("bias_exp.explain.checks.precision.precision", lambda trial: [together])
    table = run_checks(whole(names=("precision",)))
    assert table[["id", "class", "group", "value", "reason"]].to_numpy().tolist() == [["", "", "", 0.5, ""]]
    assert table["baseline"].isna().all()


def test_a_nan_without_a_reason_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    silent = Verdict("precision", "gradcam", PROBE_HEAD, np.array([1, np.nan, 1]))
    monkeypatch.setattr("bias_exp.explain.checks.precision.precision", lambda trial: [silent])
    with pytest.raises(ValueError, match="NaN without a reason"):
        run_checks(whole(names=("precision",)))


def test_no_pictures_or_no_checks_give_an_empty_table() -> None:
    trial = whole()
    none = replace(
        trial, images=trial.images[:0], ids=[], targets={head: one[:0] for head, one in trial.targets.items()}
    )
    for asked in (none, replace(trial, settings=ChecksConfig(names=()))):
        table = run_checks(asked)
        assert len(table) == 0
        assert list(columns.CHECKS.check(table).columns) == columns.CHECKS.names


def snapshot(model: nn.Module) -> tuple[list, dict[str, Tensor], list]:
    for parameter in model.parameters():
        parameter.grad = torch.ones_like(parameter)
    flags = [module.training for module in model.modules()]
    hooks = [len(module._forward_hooks) + len(module._backward_hooks) for module in model.modules()]
    return flags, {name: tensor.clone() for name, tensor in model.state_dict().items()}, hooks


def assert_as_it_was(model: nn.Module, before: tuple[list, dict[str, Tensor], list]) -> None:
    flags, state, hooks = before
    assert [module.training for module in model.modules()] == flags
    assert [len(module._forward_hooks) + len(module._backward_hooks) for module in model.modules()] == hooks
    assert all(torch.equal(tensor, state[name]) for name, tensor in model.state_dict().items())
    assert all((parameter.grad == 1).all() for parameter in model.parameters())


def test_the_model_is_given_back_as_it_was() -> None:
    trial = whole(names=NAMES)
    trial.model.train()
    trial.model.body[1].eval()
    before = snapshot(trial.model)
    run_checks(trial)
    assert_as_it_was(trial.model, before)


@pytest.mark.parametrize("name", ["faithfulness", "road", "randomisation", "invariance", "precision"])
def test_the_model_is_given_back_as_it_was_after_an_error(name: str) -> None:
    trial = whole(names=(name,))
    trial.model.train()
    before = snapshot(trial.model)

    def broken(*inputs: object) -> Maps:
        raise RuntimeError("not today")

    broken_trial = replace(trial, explain=broken)
    trial.model.trunk = broken
    with pytest.raises(RuntimeError, match="not today"):
        run_checks(broken_trial)
    assert_as_it_was(trial.model, before)
