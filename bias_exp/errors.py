"""The exceptions of the project, by what the person who meets them can do.

BiasExpError
├── RequestError      the request is wrong: exit 2, one sentence (expected, found, what to do)
├── IntegrityError    a file is not what its manifest says: it is not used
├── ClaimLost         somebody else works on this cell
├── TrackingGone      the tracking server did not answer, or refused: exit 1, what is complete stays so
└── CellFailed        a phase of a cell ended without its result: exit 1, the others go on
    └── NotFinite     ... because a loss is not finite

Stopped stands apart: the process was told to stop (SIGTERM), and nothing may mistake that for its own failure.
"""


class BiasExpError(Exception):
    """Anything that this project raises on purpose."""


class RequestError(BiasExpError):
    """What was asked for cannot be done; the message says what was expected, what was found and what to do."""


class IntegrityError(BiasExpError):
    """A file differs from the size or hash in its manifest, or is missing."""


class ClaimLost(BiasExpError):
    """Another process holds the claim on a cell."""


class TrackingGone(BiasExpError):
    """The tracking server did not answer, or refused what should have been possible; the message names it."""


class CellFailed(BiasExpError):
    """A phase could not be completed; the message is the recorded cause."""


class NotFinite(CellFailed):
    """A loss is not finite: the same cell would end so again."""


class Stopped(BaseException):
    """The process was told to stop; the message names the signal."""
