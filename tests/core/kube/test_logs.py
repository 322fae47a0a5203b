"""An engine's log, read in pieces: no line is lost, none comes twice."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from autotuner_core.kube.log_position import MARK, Position, Written


def stamped(moments: list[tuple[int, int]]) -> list[bytes]:
    """Lines as the API gives them: nanoseconds without their last zeros."""
    lines = []
    for number, (second, nanos) in enumerate(moments):
        fraction = f".{nanos:09d}".rstrip("0").rstrip(".")
        lines.append(f"2026-01-01T00:00:{second:02d}{fraction}Z line {number}".encode())
    return lines


def since(lines: list[bytes], start: str | None) -> list[bytes]:
    """What the API gives from a whole second on."""
    return [line for line in lines if start is None or line[:19] + b"Z" >= start.encode()]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.sampled_from([0, 5, 500_000_000, 123_456_789])), max_size=30),
    st.sets(st.integers(0, 29)),
    st.lists(st.integers(0, 30), max_size=6),
)
def test_a_log_that_is_read_in_pieces_is_whole_and_has_no_line_twice(
    moments: list[tuple[int, int]], swaps: set[int], cuts: list[int]
) -> None:
    """Two threads of the runtime write down what comes over the two outputs: neighbours may have changed places."""
    moments.sort()
    at = 0
    while at < len(moments) - 1:
        if at in swaps and moments[at + 1][0] - moments[at][0] <= 1:
            moments[at], moments[at + 1] = moments[at + 1], moments[at]
        at += 2 if at in swaps else 1
    lines, position, read = stamped(moments), Position(), list[bytes]()
    for written in [*sorted(cuts), len(lines)]:
        position.ask_again()
        answer = since(lines[:written], position.since)
        read += [text for line in answer if (text := position.take(line)) is not None]
    assert read == [f"line {number}".encode() for number in range(len(lines))]


def test_equal_lines_of_one_moment_are_all_kept() -> None:
    line, position = b"2026-01-01T00:00:00.5Z same", Position()
    assert [position.take(line), position.take(line)] == [b"same", b"same"]
    position.ask_again()
    assert [position.take(line), position.take(line), position.take(line)] == [None, None, b"same"]


def test_what_the_host_wrote_before_it_died_is_not_written_again(tmp_path: Path) -> None:
    file = tmp_path / "engine.log"
    file.write_bytes(b"first\n" + MARK % 1 + b"a\nb\nb\nto")
    written = Written(file)
    assert written.restarts == 1
    assert [written.has(line) for line in (b"a", b"b", b"b", b"torn", b"a")] == [True, True, True, False, False]
    assert Written(tmp_path / "absent").has(b"a") is False


def test_what_an_engine_writes_is_kept_as_it_is() -> None:
    position = Position()
    texts = [b"", b"  spaces  ", b"\x1b[31mred\x1b[0m", b"2026-01-01T00:00:00Z nested", b"\xff\xfe"]
    lines = [b"2026-01-01T00:00:0%d.1Z %b" % (number, text) for number, text in enumerate(texts)]
    assert [position.take(line) for line in lines] == texts


def test_a_message_of_the_kubelet_is_not_taken_for_the_engines() -> None:
    assert Position().take(b"unable to retrieve container logs for containerd://f520") is None
