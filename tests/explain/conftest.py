"""How often a gradient is asked for."""

import pytest
import torch


@pytest.fixture
def vjps(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """A list that grows by one with every call of `torch.autograd.grad`."""
    calls: list[int] = []
    original = torch.autograd.grad

    def counted(*args, **kwargs):
        calls.append(1)
        return original(*args, **kwargs)

    monkeypatch.setattr(torch.autograd, "grad", counted)
    return calls
