"""What is printed, on a terminal and where there is none."""

from collections.abc import Callable
from io import StringIO

import pytest
from rich.console import Console

from bias_exp.progress import duration
from bias_exp.terminal import LONGEST_SILENCE, SILENCE_SECONDS, Terminal


class Clock:
    """Seconds that pass when told to."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def console(*, terminal: bool = False, width: int = 80, kind: str = "xterm") -> tuple[Console, Callable[[], str]]:
    """A console and what was printed on it."""
    file = StringIO()
    made = Console(
        file=file, force_terminal=terminal, width=width, soft_wrap=True, highlight=False, _environ={"TERM": kind}
    )
    return made, file.getvalue


def test_lines_are_plain_and_whole_in_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    line = "[1/2] quick_resnet-f50-ce-s0 done " + "x" * 200
    with Terminal() as terminal:
        terminal.update(1, 2, "working")
        terminal.say(line)
    assert capsys.readouterr().out == line + "\n"


@pytest.mark.parametrize(
    ("options", "printed"),
    [({"quiet": True}, "r"), ({}, "s r"), ({"verbose": True}, "s d r"), ({"quiet": True, "verbose": True}, "r")],
)
def test_how_much_is_printed(options: dict[str, bool], printed: str) -> None:
    screen, said = console()
    with Terminal(console=screen, **options) as terminal:
        terminal.say("s")
        terminal.detail("d")
        terminal.result("r")
    assert said().split() == printed.split()


def test_without_a_bar_no_silence_is_long() -> None:
    screen, said = console()
    clock = Clock()
    terminal = Terminal(console=screen, clock=clock)
    for second in range(1200):
        clock.now = float(second)
        terminal.update(second, 1200, "decoding the pictures")
    assert SILENCE_SECONDS == 20
    assert LONGEST_SILENCE == 300
    spoke = [20, 20 + 40, 60 + 80, 140 + 160, 300 + 300, 600 + 300]
    assert said().splitlines() == [f"decoding the pictures: {second} of 1200" for second in spoke]
    terminal.say("a line")
    clock.now += 19.0
    terminal.update(0, 0)
    clock.now += 1.0
    terminal.update(0, 0)
    assert said().splitlines()[len(spoke) :] == ["a line", "working"]


def test_nothing_stands_beside_a_result_that_programs_read(capsys: pytest.CaptureFixture[str]) -> None:
    """ID=$(bias-exp train ...)"""
    with Terminal(aside=True, verbose=True) as terminal:
        terminal.update(1, 2, "epoch 1")
        terminal.detail("a detail")
    assert capsys.readouterr() == ("", "epoch 1: 1 of 2\na detail\n")


def test_a_forced_colour_moves_no_cursor_in_a_pipe(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    with Terminal() as terminal:
        terminal.update(1, 2, "working")
        terminal.say("kept")
    assert capsys.readouterr().out == "kept\n"


def test_verbose_says_every_new_note_once() -> None:
    screen, said = console()
    terminal = Terminal(verbose=True, console=screen, clock=Clock())
    for done, note in ((1, "loss 2.1"), (1, "loss 2.1"), (2, "loss 1.9"), (0, "")):
        terminal.update(done, 2, note)
    assert said().splitlines() == ["loss 2.1: 1 of 2", "loss 1.9: 2 of 2"]


@pytest.mark.parametrize("width", [20, 60, 200])
def test_on_a_terminal_a_bar_of_one_line_that_is_gone_at_the_end(width: int) -> None:
    screen, said = console(terminal=True, width=width)
    with Terminal(console=screen) as terminal:
        terminal.update(1, 2, "quick_resnet-f25-focal-s0 [and brackets] " * 4)
        terminal.say("kept")
    lines = said().splitlines()
    assert any(line.endswith("kept") for line in lines)
    assert said().endswith("\x1b[2K")


def test_work_of_unknown_length_is_no_part_of_what_was_before() -> None:
    screen, said = console(terminal=True)
    with Terminal(console=screen) as terminal:
        terminal.update(1, 1, "cells")
        terminal.update(0, 0, "tables")
    last = said().rsplit("\r", 2)[1]
    assert "tables" in last
    assert "0/?" in last


def test_a_dumb_terminal_gets_plain_lines() -> None:
    screen, said = console(terminal=True, kind="dumb")
    with Terminal(console=screen) as terminal:
        terminal.update(1, 2, "working")
        terminal.say("kept")
    assert said() == "kept\n"


@pytest.mark.parametrize(("seconds", "said"), [(-1, "0 s"), (42.4, "42 s"), (185, "3 min 05 s"), (7620, "2 h 07 min")])
def test_durations_are_for_people(seconds: float, said: str) -> None:
    assert duration(seconds) == said
