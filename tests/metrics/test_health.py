import json
import random

import pytest

from tests.metrics.handmade import plain
from workbench.events import RunInfo, RunRequest
from workbench.metrics import measure
from workbench.metrics.health import Point, health, point

HOUR = 3600.0


def some() -> list[Point]:
    return [
        Point(at=10, status="completed", first_sign_s=0.5, done_s=2.0, characters=10),
        Point(at=20, status="completed", first_sign_s=1.5, done_s=4.0, interruptions=2, outage_s=3),
        Point(at=HOUR + 1, status="failed", error="rate_limit"),
        Point(at=HOUR + 2, status="interrupted", first_sign_s=1.0, characters=5, interruptions=1),
        Point(at=HOUR + 3, status="cancelled", characters=5),
        Point(at=HOUR + 4, status="in_progress", first_sign_s=9.0),
    ]


def test_success_is_a_share_of_the_runs_that_nobody_stopped() -> None:
    shares = health(some(), now=0)["shares"]
    assert shares["success"] == 0.5
    assert shares["completed"] == 0.4
    assert shares["cancelled"] == 0.2


def test_what_did_not_complete_is_counted_apart() -> None:
    found = health(some(), now=0)
    assert (found["runs"], found["active"]) == (6, 1)
    assert found["errors"] == {"rate_limit": 1}
    assert found["interrupted_and_recovered"] == 1
    assert found["partial"] == 2
    assert found["done_s"]["samples"] == 2
    assert found["done_s"]["p50"] == 3.0


def test_distributions_mark_percentiles_of_too_few_runs() -> None:
    found = health(some(), now=0)["first_sign_s"]
    assert (found["samples"], found["p50"]) == (3, 1.0)
    assert found["few"] == ["p90", "p99"]


def test_time_is_cut_into_stretches() -> None:
    first, second = health(some(), now=0, bucket_s=HOUR)["over_time"]
    assert (first["from"], first["runs"], first["completed"]) == (0, 2, 2)
    assert (second["failed"], second["interrupted"], second["cancelled"]) == (1, 1, 1)
    assert second["done_s"] is None


def test_the_order_of_runs_changes_nothing() -> None:
    points = some()
    expected = health(points, now=0)
    random.Random(1).shuffle(points)
    assert health(points, now=0) == expected


def test_no_runs_have_no_shares_and_no_zero() -> None:
    found = health([], now=0)
    assert set(found["shares"].values()) == {None}
    assert found["first_sign_s"] == {
        "samples": 0, "few": [], "p50": None, "p90": None, "p99": None,
    }  # fmt: skip
    assert json.loads(json.dumps(found)) == found


def test_a_point_is_made_from_a_run() -> None:
    info = RunInfo(id="r", created_at=7.0, status="completed", request=RunRequest(input="x"))
    made = point(info, measure(plain().entries))
    assert (made.at, made.status, made.interruptions) == (7.0, "completed", 0)
    assert made.done_s == pytest.approx(1.5)
