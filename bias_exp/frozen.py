"""What every piece of configuration is made of: frozen models with unknown keys refused, and names."""

from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_+-]*$", max_length=80)]


def _each_once(names: tuple[str, ...]) -> tuple[str, ...]:
    if len(set(names)) < len(names):
        raise ValueError(f"each name may stand once, got {list(names)}")
    return names


Names = Annotated[tuple[Name, ...], Field(min_length=1), AfterValidator(_each_once)]
Probability = Annotated[float, Field(ge=0, le=1)]


class Frozen(BaseModel):
    """A value: made once, checked when made, compared by content."""

    model_config = ConfigDict(frozen=True, extra="forbid")
