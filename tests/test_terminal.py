"""What is printed where there is no terminal."""

import pytest

from bias_exp.progress import duration
from bias_exp.terminal import Terminal


def test_lines_are_plain_and_whole_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    line = "[1/2] quick_resnet-f50-ce-s0 done " + "x" * 200
    with Terminal() as terminal:
        terminal.update(1, 2, "working")
        terminal.say(line)
    assert capsys.readouterr().out == line + "\n"


def test_quiet_prints_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    with Terminal(quiet=True) as terminal:
        terminal.update(1, 2, "working")
        terminal.say("a line")
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(("seconds", "said"), [(-1, "0 s"), (42.4, "42 s"), (185, "3 min 05 s"), (7620, "2 h 07 min")])
def test_durations_are_for_people(seconds: float, said: str) -> None:
    assert duration(seconds) == said
