from __future__ import annotations

import json
from pathlib import Path

import pytest

from autotuner_core.run.folder import RunFolder
from autotuner_tui.streams import StreamsNow, Wanted
from autotuner_tui.streams.attempt import Course
from autotuner_tui.streams.histogram import Histogram
from autotuner_tui.streams.live import LiveStreams
from autotuner_tui.streams.windows import MOST
from samples import Line, append, level, level_end, request, tick

FOCUS = Wanted(focus=(1, 1))


class Samples:
    """A run's folder in which samples are written, and what is read from it."""

    def __init__(self, root: Path) -> None:
        self.folder = RunFolder(root / "results" / "chat" / "ab12")
        self.attempt = self.folder.attempt(1, 1)
        self.attempt.mkdir(parents=True)
        self.streams = LiveStreams(self.folder)

    def write(self, *lines: Line | str) -> None:
        append(self.attempt / "samples.jsonl", *lines)

    def now(self, wanted: Wanted = FOCUS) -> StreamsNow:
        return self.streams.read(wanted)

    def course(self) -> Course:
        course = self.now().course
        assert course is not None
        return course


@pytest.fixture
def samples(tmp_path: Path) -> Samples:
    return Samples(tmp_path)


def test_a_second_shows_its_tokens_latencies_and_requests_in_flight(samples: Samples) -> None:
    samples.write(level(1), request(1, 100.0), request(1, 100.4), tick(1, 100.9, 1), request(1, 101.0))
    [point] = samples.course().points
    assert point.throughput == pytest.approx(20.0)
    assert point.ttft_p50 == pytest.approx(0.05, rel=0.01)
    assert point.tpot_p95 == pytest.approx(0.05, rel=0.01)
    assert point.in_flight == 1


def test_long_requests_that_go_on_do_not_look_like_a_fall_in_throughput(samples: Samples) -> None:
    samples.write(level(1), *(tick(1, 100.0 + n / 2, 2) for n in range(1, 21)))
    samples.write(request(1, 100.0, 10.0, tokens=1001))  # its like, started with it, goes on
    points = samples.course().points
    assert len(points) == 10
    for point in points[1:-1]:
        assert point.throughput == pytest.approx(2 * 100, rel=0.2)


def test_what_nobody_can_know_yet_is_left_open_and_not_shown_as_nothing(samples: Samples) -> None:
    samples.write(level(1), *(tick(1, 100.0 + n / 2, 2) for n in range(1, 9)))
    assert [(p.throughput, p.in_flight) for p in samples.course().points] == [(None, 2)] * 4


def test_several_load_generators_are_counted_together(samples: Samples) -> None:
    samples.write(level(1), tick(1, 100.2, 3), tick(1, 100.3, 4, worker=1))
    samples.write(tick(1, 101.2, 3), tick(1, 101.3, 4, worker=1), tick(1, 102.1, 3))
    assert samples.course().points[1].in_flight == 7


def test_failed_requests_stand_in_their_second(samples: Samples) -> None:
    samples.write(level(1), request(1, 100.1), request(1, 101.2, error=500), request(1, 102.0, 1.5))
    course = samples.course()
    assert [point.errors for point in course.points] == [0, 1, 0]
    assert (course.ok, course.failed) == (2, 1)


def test_a_level_that_is_begun_again_starts_anew(samples: Samples) -> None:
    samples.write(level(1), request(1, 100.0), request(1, 101.0), tick(1, 103.0, 1))
    first = samples.course()
    samples.write(level(1, mono=200.0), request(1, 200.0, 1.5))
    again = samples.course()
    assert (len(first.points), len(again.points)) == (3, 1)
    assert first.key != again.key
    assert again.ok == 1


def test_an_ended_level_keeps_its_picture_until_the_next_begins(samples: Samples) -> None:
    samples.write(level(1), request(1, 100.0), request(1, 101.0), level_end(1, 101.8))
    ended = samples.course()
    assert ended.ended
    assert len(ended.points) == 2  # its last part second too
    assert samples.course() is ended
    samples.write(level(2, mono=110.0))
    assert samples.course().level == 2


@pytest.mark.parametrize(
    "bad",
    ['{"kind":"request","lev\n', "no json\n", "[]\n", '{"kind":"tick","level":1,"mono":1e999,"running":2}\n',
     '{"kind":"request","level":1,"start":"x"}\n', '{"kind":"tick","level":1,"mono":1e12,"running":2}\n', "{}\n",
     '{"kind":"request","level":1,"start":100.1,"first":1e12,"end":100.2,"chunks":[100.1,1e12],"in":1,"out":2,"error":null}\n',
     '{"kind":"request","level":1,"start":-1e999,"first":100.1,"end":100.2,"chunks":[],"in":1,"out":2,"error":null}\n'],
)  # fmt: skip
def test_a_damaged_line_costs_no_more_than_itself(samples: Samples, bad: str) -> None:
    samples.write(level(1), request(1, 100.0), bad, request(1, 100.4))
    samples.write(tick(1, 101.0, 1))
    [point] = samples.course().points
    assert point.throughput == pytest.approx(20.0, abs=2.1)
    assert point.ttft_p50 == pytest.approx(0.05, rel=0.01)


def test_a_line_that_is_half_written_is_taken_once_it_is_whole(samples: Samples) -> None:
    whole = json.dumps(request(1, 100.5), separators=(",", ":"))
    samples.write(level(1), request(1, 100.0), tick(1, 101.0, 1), whole[:40])
    assert samples.course().ok == 1
    samples.write(whole[40:] + "\n")
    assert samples.course().ok == 2


def test_an_hour_takes_no_more_room_than_some_minutes(samples: Samples) -> None:
    samples.write(level(1), *(request(1, 100.0 + n / 2) for n in range(7200)))
    course = samples.course()
    assert MOST / 2 <= len(course.points) <= MOST
    assert course.seconds * len(course.points) == pytest.approx(3600, rel=0.02)
    assert course.points[100].throughput == pytest.approx(20.0)


def test_a_viewer_that_comes_late_reads_the_level_under_way_alone(samples: Samples) -> None:
    samples.write(level(1), *(request(1, 100.0 + n / 2) for n in range(50)), level_end(1, 125.5))
    samples.write(level(2, mono=130.0), request(2, 130.0, 1.2))
    course = samples.course()
    assert (course.level, course.ok) == (2, 1)


def test_the_level_under_way_of_every_attempt_is_counted_and_usage_read(samples: Samples) -> None:
    samples.write(level(1), request(1, 100.0), request(1, 100.5, error=500))
    (samples.attempt / "usage.jsonl").write_text('{"cpu":0.5,"rss":1}\n{"cpu":1.25,"rss":1048576}\n{"cpu":9')
    now = samples.now(Wanted(levels=((1, 1, 1),), engines=((1, 1), (2, 1))))
    assert (now.tails[1].ok, now.tails[1].failed) == (1, 1)
    assert (now.usage[1].cpu, now.usage[1].memory, now.usage[1].gpu_memory) == (1.25, 1048576, None)
    assert 2 not in now.usage
    assert now.course is None


def test_what_the_engine_tells_of_itself_is_read_for_the_level_that_is_charted(samples: Samples) -> None:
    metrics = samples.attempt / "engine_metrics.jsonl"
    samples.write(level(1), request(1, 100.0))
    append(metrics, {"ts": 1.0, "level": 0, "requests_waiting": 9.0})
    assert samples.now().gauges is None
    append(metrics, {"ts": 2.0, "level": 1, "requests_waiting": 3.0, "kv_cache_usage": 0.87}, '{"ts": 3.0, "lev')
    gauges = samples.now().gauges
    assert gauges is not None
    assert (gauges.waiting, gauges.kv_cache) == (3.0, 0.87)


def test_percentiles_are_right_within_half_a_percent() -> None:
    histogram = Histogram()
    for n in range(1, 1001):
        histogram.add(n / 1000)
    assert histogram.percentile(50) == pytest.approx(0.5, rel=0.006)
    assert histogram.percentile(95) == pytest.approx(0.95, rel=0.006)
    assert Histogram().percentile(50) is None
