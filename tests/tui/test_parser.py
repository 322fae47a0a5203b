from __future__ import annotations

from pathlib import Path

import pytest

from autotuner_tui.cli.exits import UserError
from autotuner_tui.cli.main import main
from autotuner_tui.cli.parser import parse, split_command
from autotuner_tui.cli.registry import COMMANDS, OPEN
from autotuner_tui.cli.start import host_options


@pytest.mark.parametrize(
    ("words", "command", "rest"),
    [
        (["run", "t.json"], "run", ["t.json"]),
        (["--results-dir", "run", "check", "t.json"], "check", ["--results-dir", "run", "t.json"]),
        (["--results-dir=x", "plan", "t.json"], "plan", ["--results-dir=x", "t.json"]),
        (["--on-event", "run", "run", "t.json"], "run", ["--on-event", "run", "t.json"]),
        (["./run"], "open", ["./run"]),
        (["t.json", "run"], "open", ["t.json", "run"]),
        (["--no-ui", "t.json"], "open", ["--no-ui", "t.json"]),
        (["--", "run"], "open", ["--", "run"]),
        (["-"], "open", ["-"]),
        ([], "open", []),
    ],
)
def test_a_word_means_the_command_and_a_path_the_file(words: list[str], command: str, rest: list[str]) -> None:
    found, left = split_command(words)
    assert (found.name, left) == (command, rest)


def test_the_documents_call_takes_task_kubeconfig_and_direct() -> None:
    _, arguments = parse(["examples/simple_task.json", "/tmp/kubeconfig", "--direct"])
    assert (arguments.task, arguments.kubeconfig_file) == ("examples/simple_task.json", "/tmp/kubeconfig")
    assert arguments.direct and not arguments.no_ui


def test_every_command_that_the_help_lists_can_be_asked_for_its_own_help(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["--help"]) == 0
    listed = capsys.readouterr().out
    for command in COMMANDS.values():
        assert (f"\n  {command.name} " in listed) == command.built
        if command.built:
            assert main([command.name, "--help"]) == 0
            assert "common options" in capsys.readouterr().out


@pytest.mark.parametrize("name", [command.name for command in COMMANDS.values() if not command.built])
def test_a_command_of_a_later_version_says_so(name: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main([name, "ab12"]) == 2
    assert "not built yet" in capsys.readouterr().err


@pytest.mark.parametrize(
    "words", [["check"], ["run", "a", "b", "c"], ["plan", "--nonsense"], ["--json=1"], ["run", "--results-dir"]]
)
def test_wrong_usage_is_exit_code_2(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert main(words) == 2
    assert "usage: autotuner-tui" in capsys.readouterr().err


def test_without_a_task_the_way_to_the_demo_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main([]) == 2
    assert "demo" in capsys.readouterr().err


def test_a_mistyped_command_is_not_taken_for_a_missing_file_alone(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["chekc", "t.json"]) == 2
    assert "did you mean the command `autotuner-tui check`?" in capsys.readouterr().err


def test_a_word_that_means_nothing_is_neither_a_command_nor_a_file(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["frob"]) == 2
    assert "'frob' is neither a command nor a file\n  `autotuner-tui --help` lists them" in capsys.readouterr().err
    assert main(["reprot"]) == 2
    assert "did you mean the command `autotuner-tui report`?" in capsys.readouterr().err
    assert main(["check", "frob"]) == 2
    assert "'frob' does not exist" in capsys.readouterr().err
    assert main(["check", "/dev/null"]) == 2
    assert "'/dev/null' is a device" in capsys.readouterr().err


def test_a_kubeconfig_that_is_not_there_is_refused_and_one_without_effect_is_told(
    repository: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    results = ["--no-ui", "--results-dir", "/proc/autotuner"]
    demo = str(repository / "examples" / "local_demo.json")
    assert main([demo, str(tmp_path / "kubeconfig"), *results]) == 2
    assert f"there is no kubeconfig file {tmp_path}/kubeconfig" in capsys.readouterr().err
    (tmp_path / "kubeconfig").touch()
    assert main(["run", demo, str(tmp_path / "kubeconfig"), "--direct", *results]) == 2
    said = capsys.readouterr().err
    assert "kubeconfig, --direct have no effect: the task's backend is local" in said
    assert "/proc/autotuner cannot be made or written: No such file or directory" in said and "Errno" not in said


def test_cluster_options_stand_only_where_they_mean_something(capsys: pytest.CaptureFixture[str]) -> None:
    with_cluster = {"run", "check", "plan", "resume", "new", "clean", "doctor"}
    for command in (command.name for command in COMMANDS.values() if command.built):
        main([command, "--help"])
        shown = capsys.readouterr().out
        for option in ("--kubeconfig FILE", "--context NAME", "--namespace NAME"):
            assert (option in shown) == (command in with_cluster), command


def test_options_may_stand_before_and_after_the_command() -> None:
    before, after = parse(["--results-dir", "r", "report"])[1], parse(["report", "--results-dir", "r"])[1]
    assert before.results_dir == after.results_dir == "r"


@pytest.mark.parametrize("words", [["resume"], ["demo"], ["run", "t.json"], ["t.json"]])
def test_whatever_runs_a_task_can_notify(words: list[str]) -> None:
    _, arguments = parse([*words, "--on-event", "sh -c 'cat > told'"])
    assert host_options(arguments).on_event[1:] == ("-c", "cat > told")


def test_a_notifier_that_is_not_there_is_refused_before_anything_starts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["demo", "--on-event", "no-such-notifier", "--results-dir", str(tmp_path / "results")]) == 2
    assert "--on-event: no such program, or it cannot be executed: no-such-notifier" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


def test_no_command_is_called_open() -> None:
    assert OPEN.name not in COMMANDS
    with pytest.raises(UserError):
        parse(["export"])
