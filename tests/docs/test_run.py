"""`make test-docs`: every command and program of the documentation is run, page by page, in a copy of the project.

A page may use what the README's quick study left; else pages go by themselves. See `declared` for what is run
differently from how it stands.
"""

from collections.abc import Iterator

import pytest

from tests.docs.declared import ELSEWHERE
from tests.docs.pages import BLOCKS, Block
from tests.docs.workplace import Workplace, make_copy

pytestmark = [pytest.mark.docs, pytest.mark.timeout(1200)]


def _is_run(block: Block) -> bool:
    if block.language == "console":
        return any(command.text not in ELSEWHERE for command in block.commands)
    return bool(block.path) or block.printed or block.language == "python"


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Workplace]:
    place = make_copy(tmp_path_factory.mktemp("docs") / "bias_exp")
    yield place
    place.close()


@pytest.mark.parametrize("block", [block for block in BLOCKS if _is_run(block)], ids=lambda block: block.name)
def test_a_block_does_what_the_page_says(workplace: Workplace, block: Block) -> None:
    workplace.run(block)
