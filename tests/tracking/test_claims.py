"""Claims: nobody can take one twice, and a dead owner's is open to all."""

import dataclasses
import os
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bias_exp.tracking import claims as module
from bias_exp.tracking.claims import Claim, Claims, Owner
from bias_exp.tracking.runs import StudyRuns


def dead_owner() -> Owner:
    """An owner whose process has ended."""
    code = "from bias_exp.tracking.claims import Owner; print(Owner.me())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return Owner.parse(done.stdout.strip())


@pytest.fixture
def runs(uri: str) -> StudyRuns:
    return StudyRuns.open("s", uri)


def fresh(runs: StudyRuns) -> Claims:
    """Claims as another process sees them."""
    return StudyRuns(runs.client, runs.study, runs.experiment_id).claims


def test_an_owner_survives_its_text() -> None:
    me = Owner.me()
    assert Owner.parse(str(me)) == me
    assert me.lives_here() is True
    assert dataclasses.replace(me, started="1").lives_here() is False
    assert dataclasses.replace(me, boot="another").lives_here() is False
    assert dataclasses.replace(me, host="elsewhere").lives_here() is None


def test_the_second_has_lost(runs: StudyRuns) -> None:
    one, two = Owner.me(), Owner.me()
    assert runs.claims.take("k", one)
    assert runs.claims.take("k", one), "one's own claim is still one's own"
    assert not runs.claims.take("k", two)
    assert not fresh(runs).take("k", two)
    assert fresh(runs).holder("k") == one


def test_who_read_before_the_first_claim_loses_too(runs: StudyRuns) -> None:
    one, two = Owner.me(), Owner.me()
    late = fresh(runs)
    assert runs.claims.take("k", one)
    assert not late.take("k", two)


def test_a_dead_owners_claim_is_open_once(runs: StudyRuns) -> None:
    one, two = Owner.me(), Owner.me()
    assert runs.claims.take("k", dead_owner())
    assert fresh(runs).take("k", one)
    assert not fresh(runs).take("k", two)


def test_what_is_given_back_is_open(runs: StudyRuns) -> None:
    one, two = Owner.me(), Owner.me()
    assert runs.claims.take("k", one)
    runs.claims.release("k", two)
    assert not fresh(runs).take("k", two), "only its owner can give a claim back"
    runs.claims.release("k", one)
    assert fresh(runs).take("k", two)
    runs.claims.refresh()
    assert not runs.claims.take("k", one)


def test_an_owner_elsewhere_lives_by_its_heartbeat(runs: StudyRuns) -> None:
    away = dataclasses.replace(Owner.me(), host="elsewhere")
    long_ago = int(time.time() - 10 * module.LEASE_SECONDS)
    runs.client.log_param(runs._one("claims", "", {}), "claim.k.0", str(Claim(away, long_ago)))
    beats = {away: time.time()}
    claims = Claims(runs.client, runs._one("claims", "", {}), beats.get)
    assert not claims.take("k", Owner.me())
    beats[away] -= module.LEASE_SECONDS + 1
    assert claims.take("k", Owner.me())


def test_an_owner_elsewhere_has_time_until_its_first_heartbeat(runs: StudyRuns) -> None:
    """The driver claims, and its worker beats only when it has imported torch."""
    away = dataclasses.replace(Owner.me(), host="elsewhere")
    assert runs.claims.take("k", away)
    assert not fresh(runs).take("k", Owner.me())


def test_of_many_at_once_one_wins(runs: StudyRuns) -> None:
    claims = [fresh(runs) for _ in range(4)]
    owners = [Owner.me() for _ in claims]
    with ThreadPoolExecutor(len(claims)) as pool:
        won = list(pool.map(lambda pair: pair[0].take("k", pair[1]), zip(claims, owners, strict=True)))
    assert won.count(True) == 1
    assert os.getpid() == owners[0].pid


def test_what_was_given_back_since_it_was_read_is_open(runs: StudyRuns) -> None:
    one, early = Owner.me(), fresh(runs)
    assert early.take("k", one)
    late = fresh(runs)
    early.release("k", one)
    assert late.take("k", Owner.me())
