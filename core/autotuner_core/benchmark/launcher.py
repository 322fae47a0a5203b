"""Runs genai-bench 0.0.5 the way a tuner needs it: one self-contained file for every place where it runs.

    python launcher.py warm                              the warm process of a run: imports once, forks per level
    python launcher.py level SETTINGS.json ARGUMENT...   one invocation of `genai-bench benchmark ARGUMENT...`
    genai-bench ARGUMENT...                              with this file on PYTHONPATH as sitecustomize.py: a `Pod`

It is executed by the interpreter that has genai-bench (Python 3.8 syntax, standard library only, nothing of ours is
imported) and changes genai-bench in memory, never on disk. What `patch` gives:

- limits of a level in seconds and as an exact number of requests;
- a level by several load generators, each a process (a `Team`), that begin and end together and are one measurement;
- one JSON line in `samples` for each request with the times of its start, first token, chunks and end, also for those
  that were cut at the end of the level; ticks with the lag of the event loop and the CPU share;
- prompts in the same order for the same seed, however many load generators send them;
- an end on SIGUSR1, with the data saved; no reports, no pauses at the end;
- the endpoint's API key from the environment, and no secret in what is written.

Settings: {"samples": PATH, "levels": [{"index", "scenario", "concurrency", "max_seconds", "max_requests", "seed"}...],
"secrets": [names of environment variables], "api_key": name of one}; of the warm process also {"log": PATH,
"workers": how many load generators share the level (1), at most its concurrency}.

Protocol of the warm process: one JSON object a line. Commands on stdin: {"cmd": "tokenizer", "id", "name"},
{"cmd": "level", "id", "arguments", "settings"}, {"cmd": "end", "id", "kill": bool}, {"cmd": "exit"}. Reports on stdout:
`loaded` (once), `tokenizer`, then for each load generator of a level `forked` (pid and start time, before the first
request) and `exited` (status as waitpid gives it; where it is not 0 the others of the level are killed). When stdin
ends, the levels under way are killed and it exits.

Protocol of a `Pod` (a BenchmarkJob's, whose arguments are OME's): it is a warm process too, once the variable
AUTOTUNER_POD says {"port": P}. Commands come through connections to 127.0.0.1:P, each with a `key`; one that came
twice is carried out once, and answered each time by {"taken": key}. A level's `arguments` are laid over OME's, its
files go to OME's folder of results, or to `folder` in it. Reports go to the log, each behind MARK. Whoever reads that
from its beginning can take over from one who is dead: a level is told before it is forked (`order`, with its
settings), and {"cmd": "answer", "id"} is answered by a report `answer`, behind all that came before. What is appended
to samples.jsonl there comes in the log as well, as reports `piece`: name, `at` (offset), `crc` (of the bytes), `data`
(compressed, base64); before a level's `exited` comes `whole` with the size and the crc of the file so far. Who misses
pieces asks {"cmd": "again", "id", "at"}: all from that offset on is told once more, and `whole` of that level. The
first report of all is `begun`, before anything is imported. Where this genai-bench is not the one known, `loaded` says
so, and it does what OME asked for.
"""

import base64
import contextlib
import gc
import inspect
import json
import math
import os
import random
import select
import signal
import sys
import tempfile
import time
import traceback
import zlib

# Kept before genai-bench replaces them with gevent's: the warm process must not start an event loop of its own.
# (gevent's close waits for its event loop, which never runs here.)
_fork, _waitpid, _close, _select, _signal = os.fork, os.waitpid, os.close, select.select, signal.signal
_monotonic = time.monotonic

TICK_SECONDS = 0.5
PROBES_PER_TICK = 10
MESSAGE_CHARACTERS = 500
INVALID_ANSWER = -1  # the error code of an answer that is no completion, as genai-bench's for errors inside a stream
OFFLINE_ERRORS = {
    "OfflineModeIsEnabled",
    "ConnectionError",
    "ConnectError",
    "LocalEntryNotFoundError",
    "TimeoutException",
}
MISSING_ERRORS = {"RepositoryNotFoundError", "EntryNotFoundError", "HFValidationError"}
EXIT_NO_FORK = 71  # EX_OSERR: the load generator could not be forked
EXIT_IO_ERROR = 74  # EX_IOERR: the samples could not be written
POD_VARIABLE = "AUTOTUNER_POD"
MARK = "@autotuner "
PIECE_BYTES = 9000  # a line of the log stays below the 16 KiB at which container runtimes cut it, incompressible or not
LOOK_SECONDS = 0.1  # between two looks at the samples of a level under way
IDLE_SECONDS = 30.0
EXIT_TEAM_LOST = 75  # EX_TEMPFAIL: another load generator of the same level ended before its time

# What `patch` relies on: (module, attribute path, parameters that must be there in this order; None: just be there).
INTERNALS = (
    ("genai_bench.cli.cli", "cli.main", None),
    ("genai_bench.cli.cli", "manage_run_time", ("max_time_per_run", "max_requests_per_run", "environment")),
    ("genai_bench.cli.cli", "validate_tokenizer", ("model_tokenizer",)),
    ("genai_bench.cli.cli", "plot_single_scenario_inference_speed_vs_throughput", None),
    ("genai_bench.cli.cli", "plot_experiment_data_flexible", None),
    ("genai_bench.cli.cli", "create_workbook", None),
    ("genai_bench.cli.cli", "load_one_experiment", None),
    ("genai_bench.cli.cli", "gevent.sleep", None),
    ("genai_bench.cli.validation", "validate_tokenizer", ("model_tokenizer",)),
    ("genai_bench.user.openai_user", "json.loads", None),
    (
        "genai_bench.user.openai_user",
        "OpenAIUser.send_request",
        ("self", "stream", "endpoint", "payload", "parse_strategy", "num_prefill_tokens"),
    ),
    ("genai_bench.user.openai_user", "OpenAIUser.collect_metrics", ("self", "user_response", "endpoint")),
    (
        "genai_bench.user.openai_user",
        "OpenAIUser.parse_chat_response",
        ("self", "response", "start_time", "num_prefill_tokens"),
    ),
    ("genai_bench.user.openai_user", "OpenAIUser.on_start", ("self",)),
    ("genai_bench.user.openai_user", "OpenAIUser.sample", ("self",)),
    ("locust.runners", "LocalRunner.start", ("self", "user_count", "spawn_rate")),
    ("genai_bench.protocol", "UserResponse.model_fields", ("status_code", "error_message", "end_time")),
    ("genai_bench.protocol", "UserChatResponse.model_fields", ("tokens_received", "time_at_first_token")),
    (
        "genai_bench.metrics.aggregated_metrics_collector",
        "AggregatedMetricsCollector.aggregate_metrics_data",
        ("self", "start_time", "end_time"),
    ),
    (
        "genai_bench.metrics.aggregated_metrics_collector",
        "AggregatedMetricsCollector.save",
        ("self", "file_path"),
    ),
    (
        "genai_bench.metrics.aggregated_metrics_collector",
        "AggregatedMetricsCollector.add_single_request_metrics",
        ("self", "metrics"),
    ),
    ("genai_bench.metrics.metrics", "RequestLevelMetrics.model_validate_json", None),
    ("genai_bench.sampling.text", "random.shuffle", None),
    ("genai_bench.sampling.text", "TextSampler._generate_text_from_dataset", ("self", "num_tokens")),
    ("genai_bench.scenarios.text", "np.random.seed", None),
)


# ---- checking what is there


def missing_internals():
    """What `patch` relies on and this genai-bench does not have, in words. Empty where all is as expected."""
    import importlib

    missing = []
    for module, path, parameters in INTERNALS:
        try:
            found = importlib.import_module(module)
            for name in path.split("."):
                found = getattr(found, name)
        except (ImportError, AttributeError) as error:
            missing.append(f"{module}.{path}: {error}")
            continue
        if parameters and not _has_parameters(found, parameters):
            missing.append(f"{module}.{path} does not take ({', '.join(parameters)})")
    return missing


def _has_parameters(found, parameters):
    if isinstance(found, dict):
        return set(parameters) <= set(found)
    try:
        names = list(inspect.signature(found).parameters)
    except (TypeError, ValueError):
        return False
    return tuple(names[: len(parameters)]) == tuple(parameters)


# ---- secrets


class Redactor:
    """Replaces the values of the named environment variables by ***."""

    def __init__(self, names):
        values = {os.environ.get(name, "") for name in names}
        self.values = sorted((value for value in values if len(value) >= 4), key=len, reverse=True)

    def __call__(self, text):
        for value in self.values:
            text = text.replace(value, "***")
        return text


class RedactedStream:
    """A text stream to a descriptor, without secrets; for what is printed and for tracebacks."""

    encoding, errors = "utf-8", "replace"

    def __init__(self, descriptor, redact):
        self.descriptor, self.redact = descriptor, redact

    def write(self, text):
        _write_all(self.descriptor, self.redact(text).encode("utf-8", "replace"))
        return len(text)

    def flush(self):
        pass

    def isatty(self):
        return False

    def fileno(self):
        return self.descriptor


def _write_all(descriptor, data):
    while data:
        data = data[os.write(descriptor, data) :]


def _redact_logging(redact):
    """Every log line, in whichever handler."""
    import logging

    original = logging.Formatter.format
    logging.Formatter.format = lambda self, record: redact(original(self, record))


# ---- the load generators of a level


class Alone:
    """The one load generator of a level: what it counts and says is what a Team agrees on."""

    size, rank = 1, 0

    def __init__(self):
        self.counts, self.agreed = {}, None

    def join(self, rank):
        """In the child: which of them it is, from 0."""

    def dismiss(self):
        """In the parent: let go of all, so that only the load generators have it."""

    def share(self, clients):
        """How many of the level's clients are this load generator's."""
        return clients

    def start_together(self):
        """Wait until all are ready to begin."""

    def count(self, what):
        """One more request is `begun` or `done` in this level: how many that makes, from 1."""
        self.counts[what] = self.counts.get(what, 0) + 1
        return self.counts[what]

    def end(self, why, at):
        """The level is over, by this reason at this moment (monotonic). Returns the first ones that were said."""
        self.agreed = self.agreed or (why, at)
        return self.agreed

    def watch(self, ended):
        """Call `ended` when another one has ended the level."""

    def hand_over(self, measured):
        """Give what was measured (lines of text) to the first of the team: this one's part is done."""

    def handed_over(self):
        """For the first: what the others measured, when they have all handed it over."""
        return []


class Team(Alone):
    """Several load generators of one level, each a process. Made before they are forked, for that one level.

    What they must agree on is in a file that no folder has (`board`), changed under a record lock, which the system
    takes away from one that dies. What they wait for is the end of a pipe, which comes too where one dies.
    """

    PLACES = {"begun": 0, "done": 8}
    OVER = 16

    def __init__(self, size):
        self.size = size
        self.board, self.measured = _unnamed_file(), _unnamed_file()
        self.ready, self.finished, self.over = os.pipe(), os.pipe(), os.pipe()

    def join(self, rank):
        self.rank = rank

    def dismiss(self):
        for descriptor in (self.board, self.measured, *self.ready, *self.finished, *self.over):
            _close(descriptor)

    def share(self, clients):
        return clients // self.size + (self.rank < clients % self.size)

    def start_together(self):
        _close(self.ready[1])
        _read_all(self.ready[0])

    @contextlib.contextmanager
    def _locked(self):
        import fcntl

        fcntl.lockf(self.board, fcntl.LOCK_EX)
        try:
            yield
        finally:
            fcntl.lockf(self.board, fcntl.LOCK_UN)

    def count(self, what):
        place = self.PLACES[what]
        with self._locked():
            count = int.from_bytes(os.pread(self.board, 8, place), "little") + 1
            os.pwrite(self.board, count.to_bytes(8, "little"), place)
        return count

    def end(self, why, at):
        with self._locked():
            said = os.pread(self.board, 4096, self.OVER)
            if not said:
                os.pwrite(self.board, json.dumps([why, at]).encode("utf-8"), self.OVER)
                os.write(self.over[1], b".")  # nobody reads it: it stays for all to see
        return tuple(json.loads(said.decode("utf-8"))) if said else (why, at)

    def watch(self, ended):
        from gevent.socket import wait_read

        wait_read(self.over[0])
        ended()

    def hand_over(self, measured):
        with self._locked():  # one place of writing for all: the end
            _write_all(self.measured, "".join(line + "\n" for line in measured).encode("utf-8"))
        os.write(self.finished[1], b".")

    def handed_over(self):
        _close(self.finished[1])
        if len(_read_all(self.finished[0])) != self.size - 1:
            sys.stderr.write("autotuner: another load generator of this level ended before its time\n")
            os._exit(EXIT_TEAM_LOST)
        os.lseek(self.measured, 0, os.SEEK_SET)
        return _read_all(self.measured).decode("utf-8").splitlines()


def _unnamed_file():
    """The descriptor of a file that no folder has: in memory where the system can."""
    if hasattr(os, "memfd_create"):
        return os.memfd_create("autotuner")
    with tempfile.TemporaryFile() as file:
        return os.dup(file.fileno())


def _read_all(descriptor):
    data = b""
    while True:
        piece = os.read(descriptor, 65536)
        if not piece:
            return data
        data += piece


# ---- one level


class Samples:
    """The file of samples: each line in one write, appended. Load generators that share a level write to the same
    file: they are on one host, whose kernel keeps their appends apart, on a network file system too."""

    def __init__(self, path):
        self.descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
        size = os.fstat(self.descriptor).st_size
        if size and os.pread(self.descriptor, 1, size - 1) != b"\n":  # a writer was killed in the middle of a line
            os.write(self.descriptor, b"\n")

    def write(self, record):
        data = (json.dumps(record, separators=(",", ":"), allow_nan=False) + "\n").encode("utf-8")
        try:
            _write_all(self.descriptor, data)
        except OSError as error:
            # Inside a client's greenlet an exception would only be logged, and the level go on without its data.
            try:
                sys.stderr.write(f"autotuner: the samples cannot be written: {error}\n")
            finally:
                os._exit(EXIT_IO_ERROR)  # also where the log cannot be written either


class Request:
    """One request under way."""

    __slots__ = ("chunks", "level", "number", "prefill", "start", "written")

    def __init__(self, level, prefill):
        self.number = 0  # in the order of their ends
        self.level, self.prefill, self.chunks, self.written = level, prefill, [], False
        self.start = _monotonic()


class Level:
    """One level under way: counts its requests, writes their rows, and says when it is over.

    The level is over at one moment (`over_at`): at its last request, at its time limit, or when it was asked to end.
    A request under way at that moment counts as cut, whatever still comes of it.
    """

    def __init__(self, settings, samples, redact, team):
        from gevent.event import Event

        self.index, self.team = settings["index"], team
        self.max_seconds, self.max_requests = settings["max_seconds"], settings["max_requests"]
        self.samples, self.redact = samples, redact
        self.running, self.done, self.errors = set(), 0, 0
        self.over, self.over_at, self.ended_by, self.closed = Event(), None, None, False
        random.seed(settings["seed"])
        if team.rank == 0:
            header = {"scenario": settings["scenario"], "concurrency": settings["concurrency"], "workers": team.size}
            self._write("level", mono=_seconds(_monotonic()), wall=time.time(), **header)
        team.start_together()
        self.begun = _monotonic()

    def _write(self, kind, **fields):
        record = {"kind": kind, "level": self.index}
        record.update(fields)
        self.samples.write(record)

    def begin(self, prefill):
        request = Request(self, prefill)
        self.running.add(request)
        return request

    def end(self, why):
        """The level is over now. Only the first reason counts, whichever load generator gave it."""
        if self.ended_by is None:
            self.ended_by, self.over_at = self.team.end(why, _monotonic())
            self.over.set()

    def wait(self):
        """Until it is over, at the latest after its seconds."""
        if not self.over.wait(max(0.0, self.begun + self.max_seconds - _monotonic())):
            self.end("time")
        return max(0.0, self.over_at - self.begun)

    def take(self, request):
        """Whether a request that came to its end counts: it does not when the level was over before."""
        if self.ended_by is None:
            request.number = self.team.count("done")
            if request.number > self.max_requests:
                self.end("requests")
        return self.ended_by is None

    def finished(self, request, end, tokens_in, tokens_out, first, error, message):
        """A request came to its end, well or not."""
        chunks = request.chunks
        if error is None and first is not None and not chunks:
            chunks = [first]
        self._row(request, chunks, end, tokens_in, tokens_out, error, message)
        self.done += 1
        self.errors += error is not None

    def cut(self, request):
        """A request was under way when the level was over."""
        if not request.written:
            limit = _monotonic() if self.over_at is None else self.over_at
            chunks = [chunk for chunk in request.chunks if chunk <= limit]
            self._row(request, chunks, None, request.prefill or 0, len(chunks), None, "")

    def _row(self, request, chunks, end, tokens_in, tokens_out, error, message):
        request.written = True
        self.running.discard(request)
        times = [_seconds(chunk) for chunk in chunks]
        self._write(
            "request",
            start=_seconds(request.start),
            first=times[0] if times else None,
            end=None if end is None else _seconds(end),
            chunks=times,
            **{"in": tokens_in, "out": tokens_out, "error": error, "message": message},
        )

    def tick_for_ever(self):
        """Twice a second: what is under way, how late the event loop came to ten probes, the CPU share, and the share
        of the time that it waited for a core that others had."""
        import gevent

        cpu, wall, waited = time.process_time(), _monotonic(), _waited_for_core()
        while True:
            lags = []
            for _ in range(PROBES_PER_TICK):
                due = _monotonic() + TICK_SECONDS / PROBES_PER_TICK
                gevent.sleep(TICK_SECONDS / PROBES_PER_TICK)
                lags.append(max(0.0, _monotonic() - due))
            cpu_now, now, waited_now = time.process_time(), _monotonic(), _waited_for_core()
            self._write(
                "tick",
                worker=self.team.rank,
                mono=_seconds(now),
                running=len(self.running),
                done=self.done,
                errors=self.errors,
                lag=_seconds(sum(lags) / len(lags)),
                lag_max=_seconds(max(lags)),
                cpu=round((cpu_now - cpu) / (now - wall), 4),
                wait=round((waited_now - waited) / (now - wall), 4),
            )
            cpu, wall, waited = cpu_now, now, waited_now

    def close(self):
        """Nothing more comes: the last line, by the first of the team. Returns what the others handed over to it."""
        if self.closed:
            return []
        self.closed = True
        for request in list(self.running):
            self.cut(request)
        if self.team.rank:
            return []
        measured = self.team.handed_over()
        self._write("level_end", mono=_seconds(self.over_at or _monotonic()), ended_by=self.ended_by or "asked")
        return measured


def _seconds(value):
    return round(value, 6)


def _waited_for_core():
    """Seconds that this process (its one thread) was ready to run and had no core; 0 where the system does not tell."""
    try:
        with open("/proc/self/schedstat", "rb") as file:
            return int(file.read().split()[1]) / 1e9
    except (OSError, IndexError, ValueError):
        return 0.0


# ---- genai-bench, changed in memory


class Session:
    """The levels of one invocation of genai-bench, one after the other (for a Team: one)."""

    def __init__(self, settings, team=None):
        self.team = team or Alone()
        self.levels = list(settings["levels"])
        self.samples = Samples(settings["samples"])
        self.redact = Redactor(settings.get("secrets", ()))
        self.api_key = os.environ.get(settings.get("api_key") or "")
        self.level = None
        self.requests = {}  # greenlet -> Request
        self.seed, self.prompts = 0, SeededRandom()

    def begin_level(self):
        settings = self.levels.pop(0)
        self.seed = settings["seed"]
        if self.team.size == 1:
            self.team = Alone()
        self.level = Level(settings, self.samples, self.redact, self.team)
        return self.level

    @property
    def is_whole(self):
        """Whether the data of all levels are there."""
        return not self.levels and self.level is not None and self.level.closed

    def seed_next(self):
        """What is random in a request depends on its number in the level alone, not on who sends it."""
        number = self.team.count("begun")
        self.prompts.seed(self.seed << 32 | number)
        __import__("numpy").random.seed([self.seed % 2**32, number % 2**32])

    def end_level(self):
        if self.level is not None:
            self.level.end("asked")


class SeededRandom(random.Random):
    """In the place of the module `random` where prompts are drawn: nothing else draws from it."""

    Random = random.Random


def patch(settings, tokenizers=None, team=None):
    """Change genai-bench in this process by `settings`; `tokenizers` are those already loaded, by name."""
    session = Session(settings, team)
    _redact_logging(session.redact)
    _patch_limits(session)
    _patch_requests(session)
    _patch_chunks(session)
    _patch_prompts(session)
    _patch_ending(session)
    _patch_tokenizer(tokenizers or {})
    return session


def _patch_limits(session):
    import gevent
    import locust.runners
    from genai_bench.cli import cli
    from locust.runners import LocalRunner

    start = LocalRunner.start

    def start_share(self, user_count, *arguments, **options):
        return start(self, session.team.share(user_count), *arguments, **options)

    LocalRunner.start = start_share
    # Stopping the clients first looks, for a debug line, at every source file of the stack: 0.2 s and more.
    locust.runners.inspect = None

    def manage_run_time(max_time_per_run, max_requests_per_run, environment):  # noqa: ARG001
        level = session.begin_level()
        beside = [gevent.spawn(level.tick_for_ever), gevent.spawn(level.team.watch, lambda: level.end("asked"))]
        seconds = level.wait()
        gevent.killall(beside)
        return math.ceil(seconds)

    cli.manage_run_time = manage_run_time


def _patch_requests(session):
    import gevent
    from genai_bench.protocol import UserResponse
    from genai_bench.user.openai_user import OpenAIUser

    send, collect, on_start = OpenAIUser.send_request, OpenAIUser.collect_metrics, OpenAIUser.on_start

    def send_request(self, stream, endpoint, payload, parse_strategy, num_prefill_tokens=None):
        level, greenlet = session.level, gevent.getcurrent()
        if level is None or level.ended_by is not None:
            gevent.sleep(86400)  # the clients are about to be killed
        request = session.requests[greenlet] = level.begin(num_prefill_tokens)
        try:
            return send(self, stream, endpoint, payload, parse_strategy, num_prefill_tokens)
        except gevent.GreenletExit:
            level.cut(request)
            raise
        except Exception as error:
            if request.written:
                raise
            # genai-bench would count it neither as a request nor as an error, and go on till the time is over.
            message = f"invalid answer: {type(error).__name__}: {error}"
            return self.collect_metrics(UserResponse(status_code=INVALID_ANSWER, error_message=message), endpoint)
        finally:
            session.requests.pop(greenlet, None)

    def collect_metrics(self, user_response, endpoint):
        request, now = session.requests.get(gevent.getcurrent()), _monotonic()
        if request is None or request.written:
            return collect(self, user_response, endpoint)
        if not request.level.take(request):
            return request.level.cut(request)
        response = _without_secrets(_checked(user_response), session.redact)
        _write_row(request, response, now)
        collect(self, response, endpoint)
        if request.number >= request.level.max_requests:
            request.level.end("requests")
        return None

    def start(self):
        on_start(self)
        if session.api_key:
            self.headers["Authorization"] = "Bearer " + session.api_key

    OpenAIUser.send_request, OpenAIUser.collect_metrics, OpenAIUser.on_start = send_request, collect_metrics, start


def _checked(response):
    """The response, or an error in its place where it is a success only by its status."""
    from genai_bench.protocol import UserResponse

    if response.status_code != 200:
        return response
    if getattr(response, "time_at_first_token", None) is not None and getattr(response, "tokens_received", 0):
        return response
    return UserResponse(status_code=INVALID_ANSWER, error_message="invalid answer: no text came")


def _without_secrets(response, redact):
    if response.error_message:
        response.error_message = redact(str(response.error_message))
    return response


def _write_row(request, response, now):
    level, failed = request.level, response.status_code != 200
    if failed:
        message = " ".join((response.error_message or "").split())[:MESSAGE_CHARACTERS]
        level.finished(request, now, request.prefill or 0, len(request.chunks), None, response.status_code, message)
    else:
        tokens_in = response.num_prefill_tokens or request.prefill or 0
        tokens_out, first = response.tokens_received, response.time_at_first_token
        level.finished(request, response.end_time, tokens_in, tokens_out, first, None, "")


def _patch_chunks(session):
    import gevent
    from genai_bench.user import openai_user

    class TimedJson:
        """In the place of the module `json`: each piece of a stream is parsed once, and its time kept."""

        def __getattr__(self, name):
            return getattr(json, name)

        @staticmethod
        def loads(data, *arguments, **options):
            now = _monotonic()
            parsed = json.loads(data, *arguments, **options)
            request = session.requests.get(gevent.getcurrent())
            if request is not None and _has_text(parsed):
                request.chunks.append(now)
            return parsed

    openai_user.json = TimedJson()


def _has_text(parsed):
    try:
        delta = parsed["choices"][0]["delta"]
        return bool(delta.get("content") or delta.get("reasoning") or delta.get("reasoning_content"))
    except (AttributeError, IndexError, KeyError, TypeError):
        return False


def _patch_prompts(session):
    from genai_bench.sampling import text
    from genai_bench.user.openai_user import OpenAIUser

    sample = OpenAIUser.sample

    def seeded_sample(self):
        session.seed_next()
        return sample(self)

    OpenAIUser.sample = seeded_sample
    text.random = session.prompts


def _patch_ending(session):
    """No reports and no pauses; level files appear whole; leave when the last one is saved."""
    import logging

    from genai_bench.cli import cli
    from genai_bench.metrics.aggregated_metrics_collector import AggregatedMetricsCollector
    from genai_bench.metrics.metrics import RequestLevelMetrics

    # At INFO it says for every single request that there was no audio.
    logging.getLogger(AggregatedMetricsCollector.__module__).setLevel(logging.WARNING)
    aggregate, save = AggregatedMetricsCollector.aggregate_metrics_data, AggregatedMetricsCollector.save

    def aggregate_metrics_data(self, *arguments, **options):
        others = session.level.close()
        if session.team.rank:
            session.team.hand_over(metrics.model_dump_json() for metrics in self.all_request_metrics)
            leave(0)
        for metrics in others:
            self.add_single_request_metrics(RequestLevelMetrics.model_validate_json(metrics))
        return aggregate(self, *arguments, **options)

    def save_whole(self, file_path, *arguments, **options):
        part = str(file_path) + ".part"
        save(self, part, *arguments, **options)
        if os.path.exists(part):
            os.replace(part, file_path)
        if not session.levels and not os.path.basename(file_path).startswith("debug_for_run_"):
            leave(0)

    AggregatedMetricsCollector.aggregate_metrics_data = aggregate_metrics_data
    AggregatedMetricsCollector.save = save_whole
    nothing = lambda *arguments, **options: (None, {})  # noqa: E731
    for name in ("plot_single_scenario_inference_speed_vs_throughput", "plot_experiment_data_flexible"):
        setattr(cli, name, nothing)
    cli.create_workbook = cli.load_one_experiment = nothing


def _patch_tokenizer(tokenizers):
    from genai_bench.cli import cli

    original = cli.validate_tokenizer
    cli.validate_tokenizer = lambda name: tokenizers[name] if name in tokenizers else original(name)


def leave(code):
    """End this process now: what genai-bench still wants to do is of no use to us."""
    import logging

    logging.shutdown()
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except (OSError, ValueError):
            pass
    os._exit(code)


# ---- running genai-bench


_asked_to_end = []


def _note_signal():
    """SIGUSR1 may come before there is an event loop: then it is noted."""
    _signal(signal.SIGUSR1, lambda number, frame: _asked_to_end.append(number))


def run_benchmark(arguments, settings, tokenizers=None, team=None):
    """Patch, then `genai-bench benchmark ARGUMENTS` in this process. Never returns. The exit code is 0 where the
    samples are whole, also where genai-bench itself found nothing that it could aggregate."""
    code, session = 1, None
    try:
        session = patch(settings, tokenizers, team)
        sys.stdout = sys.stderr = RedactedStream(2, session.redact)
        _end_on_signal(session)
        code = _call(arguments)
    except BaseException:
        traceback.print_exc()
    finally:
        leave(0 if session is not None and session.is_whole else code)


def _fork_keeping_signals():
    """Fork; a SIGUSR1 that reaches the child in its very first moments waits. Python forgets, right after a fork, the
    signals that it has noted and not handled yet, and the child would never hear that it was asked to end."""
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGUSR1})
    try:
        return _fork()
    finally:
        signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGUSR1})


def _end_on_signal(session):
    """SIGUSR1 ends the level under way; one that came too early ends the first level as it begins."""
    import gevent

    begin = session.begin_level

    def begin_level():
        level = begin()
        if _asked_to_end:
            session.end_level()
        return level

    session.begin_level = begin_level
    gevent.signal_handler(signal.SIGUSR1, lambda: (_asked_to_end.append(0), session.end_level()))


def _call(arguments):
    import click
    from genai_bench.cli.cli import cli

    sys.argv = ["genai-bench", "benchmark", *arguments]
    try:
        cli.main(args=sys.argv[1:], prog_name="genai-bench", standalone_mode=False)
    except click.ClickException as error:
        error.show(file=sys.stderr)
        return error.exit_code
    except click.exceptions.Abort:
        sys.stderr.write("Aborted!\n")
        return 1
    except SystemExit as error:
        return error.code if isinstance(error.code, int) else 1
    return 0


# ---- the warm process


class Warm:
    """Has genai-bench imported, and does nothing but fork."""

    def __init__(self, commands, reports):
        self.commands, self.reports = commands, reports
        self.tokenizers = {}
        self.children = {}  # pid -> id of the level
        self.wake, wake_in = os.pipe()
        for descriptor in (self.wake, wake_in):
            os.set_blocking(descriptor, False)
        self.wake_in = wake_in

    def own_descriptors(self):
        """What a child must let go of."""
        return [self.commands, self.reports]

    def report(self, report, **fields):
        """One line to the tuner."""
        fields["report"] = report
        _write_all(self.reports, (json.dumps(fields) + "\n").encode("utf-8"))

    def load(self):
        """Import genai-bench, see whether it is what we know, and say so. Returns what is missing, in words."""
        start = _monotonic()
        missing, version = [], None
        try:
            import genai_bench.cli.cli  # noqa: F401
            from genai_bench.version import __version__ as version

            missing = missing_internals()
        except Exception as error:
            traceback.print_exc()
            missing = [f"genai_bench cannot be imported: {type(error).__name__}: {error}"]
        python = ".".join(str(part) for part in sys.version_info[:3])
        seconds = round(_monotonic() - start, 3)
        facts = {"genai_bench": version, "python": python, "seconds": seconds}
        self.report("loaded", patched=not missing, missing=missing, **facts)
        return missing

    def serve(self):
        """Commands, and children that end, until there are no more commands."""
        _note_signal()  # for the children: one may be asked to end before it runs
        signal.set_wakeup_fd(self.wake_in, warn_on_full_buffer=False)
        _signal(signal.SIGCHLD, lambda number, frame: None)
        pending = b""
        while True:
            ready = _select([self.commands, self.wake], [], [])[0]
            if self.wake in ready:
                _drain(self.wake)
                self.reap()
            if self.commands in ready:
                data = os.read(self.commands, 65536)
                if not data:
                    return
                lines = (pending + data).split(b"\n")
                pending = lines.pop()
                for line in lines:
                    if not self.handle(json.loads(line.decode("utf-8"))):
                        return

    def handle(self, command):
        """False when it is time to go."""
        kind = command["cmd"]
        if kind == "tokenizer":
            self.load_tokenizer(command["id"], command["name"])
        elif kind == "level":
            self.fork_level(command)
        elif kind == "end":
            self.signal_level(command["id"], signal.SIGKILL if command.get("kill") else signal.SIGUSR1)
        return kind != "exit"

    def load_tokenizer(self, identity, name):
        """Kept for all forks. What must come over the network is fetched by a fork: no connection is left here."""
        start, failure = _monotonic(), None
        if name not in self.tokenizers:
            if not os.path.exists(name):
                failure = self.fetch_tokenizer(name)
            if failure is None:
                try:
                    self.tokenizers[name] = self._tokenizer(name, local=True)
                    self.tokenizers[name].encode("warm", add_special_tokens=False)
                except Exception as error:
                    failure = _describe(error)
        gc.collect()
        gc.freeze()  # forks share these pages as long as nobody writes to them
        self.report(
            "tokenizer", id=identity, ok=failure is None, seconds=round(_monotonic() - start, 3), **(failure or {})
        )

    @staticmethod
    def _tokenizer(name, local):
        from transformers import AutoTokenizer

        if local:
            return AutoTokenizer.from_pretrained(name, local_files_only=True)
        return AutoTokenizer.from_pretrained(name, token=os.environ.get("HF_TOKEN"))

    def fetch_tokenizer(self, name):
        reading, writing = os.pipe()
        pid = _fork()
        if pid == 0:
            code = 1
            try:
                self.become_child()
                self._tokenizer(name, local=False)
                code = 0
            except Exception as error:
                traceback.print_exc()
                _write_all(writing, json.dumps(_describe(error)).encode("utf-8"))
            finally:
                os._exit(code)
        _close(writing)
        with os.fdopen(reading, "rb") as answer:
            said = answer.read()
        status = _waitpid(pid, 0)[1]
        if status == 0:
            return None
        return json.loads(said.decode("utf-8")) if said else {"kind": "failed", "message": f"exit status {status}"}

    def signal_level(self, identity, number):
        for pid in [pid for pid, level in self.children.items() if level == identity]:
            os.kill(pid, number)

    def fork_level(self, command):
        size = command["settings"].get("workers", 1)
        team = Team(size) if size > 1 else Alone()
        hold, go = os.pipe()
        for rank in range(size):
            try:
                pid = _fork_keeping_signals()
            except OSError as error:
                self.refuse(command, size - rank, error)
                break
            if pid == 0:
                self.run_child(command, team, rank, hold, go)
            self.children[pid] = command["id"]
            self.report("forked", id=command["id"], worker=rank, pid=pid, started=_start_time(pid))
        team.dismiss()
        _close(hold)
        _close(go)

    def refuse(self, command, missing, error):
        """The last ones of a level cannot be forked: then none is to go on."""
        with open(command["settings"].get("log") or os.devnull, "a", encoding="utf-8") as log:
            log.write(f"autotuner: a load generator cannot be forked: {error}\n")
        self.signal_level(command["id"], signal.SIGKILL)
        for _ in range(missing):
            self.report("exited", id=command["id"], pid=0, status=EXIT_NO_FORK << 8)

    def run_child(self, command, team, rank, hold, go):
        """Never returns."""
        try:
            self.become_child(command["settings"].get("log"))
            team.join(rank)
            _close(go)
            os.read(hold, 1)  # until the parent has told who we are
            _close(hold)
        except BaseException:
            traceback.print_exc()
            os._exit(1)
        run_benchmark(command["arguments"], command["settings"], self.tokenizers, team)

    def become_child(self, log=None):
        """Right after a fork: let go of what is the parent's, take a fresh event loop, write to the level's log."""
        import gevent

        signal.set_wakeup_fd(-1)
        _signal(signal.SIGCHLD, signal.SIG_DFL)
        for descriptor in self.own_descriptors():
            _close(descriptor)
        gevent.reinit()
        if log is not None:
            descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
            os.dup2(descriptor, 1)
            os.dup2(descriptor, 2)
            _close(descriptor)

    def written_by(self, level):
        """A load generator of this level is gone: all that it wrote is there."""

    def reap(self, options=os.WNOHANG):
        for pid in list(self.children):
            gone, status = _waitpid(pid, options)
            if gone:
                level = self.children.pop(pid)
                self.written_by(level)
                self.report("exited", id=level, pid=pid, status=status)
                if status:
                    self.signal_level(level, signal.SIGKILL)

    def end(self):
        for pid in self.children:
            os.kill(pid, signal.SIGKILL)
        for pid in self.children:
            _waitpid(pid, 0)


def _drain(descriptor):
    try:
        while os.read(descriptor, 4096):
            pass
    except BlockingIOError:
        pass


def _describe(error):
    """An error of loading a tokenizer as {"kind": gated | missing | offline | failed, "message"}."""
    names = {kind.__name__ for kind in type(error).__mro__}
    cause = error
    while cause.__cause__ is not None:
        cause = cause.__cause__
        names |= {kind.__name__ for kind in type(cause).__mro__}
    text = str(error)
    kind = "failed"
    if "GatedRepoError" in names or "gated repo" in text:
        kind = "gated"
    elif names & OFFLINE_ERRORS or "connect" in text:
        kind = "offline"
    elif names & MISSING_ERRORS:
        kind = "missing"
    return {"kind": kind, "message": f"{type(error).__name__}: {text[:2000]}"}


def _start_time(pid):
    """Seconds since the epoch, as psutil (which genai-bench brings) gives it."""
    try:
        import psutil

        return psutil.Process(pid).create_time()
    except Exception:  # gone already, or no psutil
        return time.time()


# ---- the warm process in a BenchmarkJob's pod


class Pod(Warm):
    """Takes the place of the genai-bench that OME called, by whose arguments it knows what to load and where results
    go."""

    PER_LEVEL = ("--traffic-scenario", "--num-concurrency", "--max-time-per-run", "--max-requests-per-run")

    def __init__(self, settings, arguments):
        reports = os.dup(1)  # the log's own lines; whatever else is printed goes to standard error
        os.dup2(2, 1)
        super().__init__(None, reports)
        import _socket  # gevent's would want an event loop

        self.listener = _socket.socket(_socket.AF_INET, _socket.SOCK_STREAM)
        self.listener.setsockopt(_socket.SOL_SOCKET, _socket.SO_REUSEADDR, 1)
        self.listener.bind(("127.0.0.1", settings["port"]))
        self.listener.listen(8)
        self.connections = {}  # descriptor -> what came of a line that is not whole
        self.taken, self.leaving = set(), None
        options = dict(zip(arguments, arguments[1:]))
        self.tokenizer = options.get("--model-tokenizer", "")
        self.folder = os.path.join(options["--experiment-base-dir"], options["--experiment-folder-name"])
        self.arguments = _without(
            arguments, (*self.PER_LEVEL, "--experiment-base-dir", "--experiment-folder-name", "--log-dir")
        )
        self.samples = os.path.join(self.folder, "samples.jsonl")
        self.sent, self.crc = 0, 0

    def report(self, report, **fields):
        fields["report"] = report
        _write_all(self.reports, (MARK + json.dumps(fields) + "\n").encode("utf-8"))

    def own_descriptors(self):
        return [self.reports, self.listener.fileno(), *self.connections]

    def serve(self):
        try:
            os.makedirs(self.folder, exist_ok=True)
        except OSError as error:
            sys.stderr.write(f"autotuner: no folder for results can be made: {error}\n")
            return EXIT_IO_ERROR
        _note_signal()
        signal.set_wakeup_fd(self.wake_in, warn_on_full_buffer=False)
        _signal(signal.SIGCHLD, lambda number, frame: None)
        _signal(signal.SIGTERM, self.told_to_go)  # as process 1 it would not be ended by it
        self.load_tokenizer(0, self.tokenizer)
        self.report("listening", arguments=self.arguments, folder=self.folder)
        while self.leaving is None:
            watched = [self.listener.fileno(), self.wake, *self.connections]
            ready = _select(watched, [], [], LOOK_SECONDS if self.children else IDLE_SECONDS)[0]
            self.send_pieces()
            for descriptor in ready:
                self.attend(descriptor)
        self.end()
        self.send_pieces()
        return self.leaving

    def told_to_go(self, number, frame):
        self.leaving = 128 + number

    def attend(self, descriptor):
        if descriptor == self.wake:
            _drain(self.wake)
            self.reap()
        elif descriptor == self.listener.fileno():
            accepted, _ = self.listener._accept()
            os.set_blocking(accepted, True)
            self.connections[accepted] = b""
        elif descriptor in self.connections:
            self.hear(descriptor)

    def hear(self, descriptor):
        try:
            data = os.read(descriptor, 65536)
        except OSError:
            data = b""
        if not data:
            del self.connections[descriptor]
            return _close(descriptor)
        lines = (self.connections[descriptor] + data).split(b"\n")
        self.connections[descriptor] = lines.pop()
        for line in lines:
            command = json.loads(line.decode("utf-8"))
            if command["key"] not in self.taken:
                self.taken.add(command["key"])
                if not self.handle(command):
                    self.leaving = 0
            try:
                _write_all(descriptor, json.dumps({"taken": command["key"]}).encode("utf-8") + b"\n")
            except OSError:
                pass  # it asks again, through another connection
        return None

    def handle(self, command):
        if command["cmd"] == "answer":
            self.report("answer", id=command["id"])
        elif command["cmd"] == "again":
            self.send_again(command["id"], command["at"])
        return super().handle(command)

    def fork_level(self, command):
        for pid in self.children:  # of a level that nobody could tell to end: two at once would measure each other
            os.kill(pid, signal.SIGKILL)
        self.reap(0)
        self.report("order", id=command["id"], settings=command["settings"])
        folder = os.path.join(self.folder, command.get("folder", "")).rstrip("/")
        os.makedirs(folder, exist_ok=True)
        over = [str(word) for word in command["arguments"]]
        base, name = os.path.split(folder)
        places = ["--experiment-base-dir", base, "--experiment-folder-name", name, "--log-dir", folder]
        command["arguments"] = _without(self.arguments[1:], over[::2]) + over + places
        command["settings"]["samples"] = self.samples
        super().fork_level(command)

    def become_child(self, log=None):
        super().become_child(log)
        _signal(signal.SIGTERM, signal.SIG_DFL)

    def written_by(self, level):
        self.send_pieces()
        self.report("whole", id=level, name="samples.jsonl", size=self.sent, crc=self.crc)

    def written(self, at=0):
        """The bytes of the samples from an offset on; none where there is no file."""
        try:
            descriptor = os.open(self.samples, os.O_RDONLY)
        except OSError:
            return b""
        try:
            return _read_from(descriptor, at)
        finally:
            _close(descriptor)

    def send_again(self, level, at):
        """What was sent before, from an offset on: it did not come."""
        for _ in _pieces(self.report, "samples.jsonl", self.written(at)[: self.sent - at], at):
            pass
        self.report("whole", id=level, name="samples.jsonl", size=self.sent, crc=self.crc)

    def send_pieces(self):
        """What the level under way has written since the last look; its last line may not be whole yet."""
        data = self.written(self.sent)
        data = data[: data.rfind(b"\n") + 1]
        for piece in _pieces(self.report, "samples.jsonl", data, self.sent):
            self.sent, self.crc = self.sent + len(piece), zlib.crc32(piece, self.crc)


def _pieces(report, name, data, at):
    """Report bytes of a file, piece by piece."""
    for start in range(0, len(data), PIECE_BYTES):
        piece = data[start : start + PIECE_BYTES]
        packed = base64.b64encode(zlib.compress(piece)).decode("ascii")
        report("piece", name=name, at=at + start, crc=zlib.crc32(piece), data=packed)
        yield piece


def _read_from(descriptor, offset):
    data = []
    while True:
        piece = os.pread(descriptor, 1 << 20, offset)
        if not piece:
            return b"".join(data)
        data.append(piece)
        offset += len(piece)


def _without(arguments, flags):
    """Arguments without these flags and their values."""
    kept, skip = [], False
    for word in arguments:
        if skip:
            skip = False
        elif word in flags:
            skip = True
        else:
            kept.append(word)
    return kept


class PodFinder:
    """Waits in `sys.meta_path` for the module whose `cli` is called by the program genai-bench."""

    def find_spec(self, name, path=None, target=None):
        if name != "genai_bench.cli.cli":
            return None
        from importlib.machinery import PathFinder

        sys.meta_path.remove(self)
        spec = PathFinder.find_spec(name, path)
        if spec is not None and spec.loader is not None:
            execute = spec.loader.exec_module
            spec.loader.exec_module = lambda module: (execute(module), _take_over(module))
        return spec


def _take_over(module):
    original = module.cli

    def cli(*arguments, **options):
        module.cli = original
        run_pod(json.loads(os.environ[POD_VARIABLE]), sys.argv[1:])
        return original(*arguments, **options)

    module.cli = cli


def run_pod(settings, arguments):
    """Serve; never returns, but where genai-bench is not the one that is known, or was called for something else."""
    if arguments[:1] != ["benchmark"]:
        return
    _allow_many_connections()
    pod = Pod(settings, arguments)
    missing = pod.load()
    if missing:
        pod.listener.close()
        return
    code = 1
    try:
        code = pod.serve()
    except BaseException:
        traceback.print_exc()
        pod.end()
    finally:
        os._exit(code)


# ---- ways to run it


def main_warm():
    """Import, then fork when told to. Never returns."""
    commands, reports = os.dup(0), os.dup(1)  # not inherited by programs; whatever prints writes to stderr
    nothing = os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, 0)
    _close(nothing)
    os.dup2(2, 1)
    warm = Warm(commands, reports)
    try:
        warm.load()
        warm.serve()
    except BrokenPipeError:
        pass  # nobody listens any more
    finally:
        warm.end()
        os._exit(0)


def main_level(path, arguments):
    """One invocation by the settings in a file. Never returns."""
    with open(path, encoding="utf-8") as file:
        settings = json.load(file)
    import genai_bench.cli.cli  # noqa: F401

    _note_signal()
    missing = missing_internals()
    if missing:
        sys.exit("autotuner: this genai-bench is not the one known: " + "; ".join(missing))
    run_benchmark(arguments, settings)


def _allow_many_connections():
    """Every client has a connection of its own: the usual soft limit of 1,024 descriptors is soon reached."""
    try:
        import resource

        hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    except (ImportError, OSError, ValueError):
        pass  # then there are fewer


def main(arguments):
    """Which of them. The folder of this file is no place to import from: its names may be those of other packages."""
    here = os.path.dirname(os.path.abspath(__file__))
    sys.path[:] = [place for place in sys.path if os.path.abspath(place) != here]
    _allow_many_connections()
    if arguments[:1] == ["warm"]:
        main_warm()
    elif arguments[:1] == ["level"] and len(arguments) > 1:
        main_level(arguments[1], arguments[2:])
    else:
        sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
elif __name__ == "sitecustomize" and POD_VARIABLE in os.environ:
    # To standard error: what other Python programs of the pod print may be read by somebody.
    _write_all(2, (MARK + json.dumps({"report": "begun"}) + "\n").encode("utf-8"))
    sys.meta_path.insert(0, PodFinder())
