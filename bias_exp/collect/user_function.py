"""A function that the user brings, by its address: `module:function`, or `path/to/file.py:function`."""

import sys
from collections.abc import Callable
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Any

from bias_exp.errors import RequestError
from bias_exp.registry import resolve


def function_at(address: str, option: str) -> Callable[..., Any]:
    """The function at an address, imported now.

    Raises:
        RequestError: there is none; says which option names it.
    """
    place, _, name = address.rpartition(":")
    try:
        found = getattr(_from_file(Path(place)), name) if place.endswith(".py") else resolve(address)
    except (ImportError, AttributeError, ValueError, OSError) as error:
        raise RequestError(
            f"expected {option} of the form module:function or file.py:function, found {address!r}, which gives: "
            f"{error}; check the name, and that the module can be imported"
        ) from None
    if not callable(found):
        raise RequestError(f"expected a function at {option} {address!r}, found a {type(found).__name__}; name another")
    function: Callable[..., Any] = found
    return function


def _from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise ImportError(f"no file at {path}")
    name = f"bias_exp_user_{path.stem}"
    spec = spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise ImportError(f"no Python file at {path}")
    module = module_from_spec(spec)
    sys.modules[name] = module  # dataclasses and pickling look their module up
    spec.loader.exec_module(module)
    return module
