"""Machines that end a user's processes at logout: a run that was left alone there is lost, so it is told before."""

from __future__ import annotations

from pathlib import Path

import pytest

from autotuner_tui.doctor import logout
from autotuner_tui.doctor.logout import danger_of, kills_user_processes, lingers

SESSION = "0::/user.slice/user-1000.slice/session-3.scope\n"
DESKTOP = "0::/user.slice/user-1000.slice/user@1000.service/app.slice/vte-spawn-7.scope\n"
SERVICE = "0::/system.slice/cron.service\n"
DOCKER = "0::/\n"


@pytest.fixture(autouse=True)
def an_ordinary_user(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logout, "_user", lambda: "ada")


def machine(root: Path, group: str, *, kills: str = "", linger: bool = False, systemd: bool = True) -> Path:
    if systemd:
        (root / "run/systemd/system").mkdir(parents=True)
    (root / "proc/7").mkdir(parents=True)
    (root / "proc/7/cgroup").write_text(group)
    (root / "etc/systemd").mkdir(parents=True)
    (root / "etc/systemd/logind.conf").write_text(f"[Login]\n#KillUserProcesses=no\n{kills}\n")
    if linger:
        (root / "var/lib/systemd/linger").mkdir(parents=True)
        (root / "var/lib/systemd/linger/ada").touch()
    return root


def test_an_ssh_session_is_ended_only_where_logind_is_told_to(tmp_path: Path) -> None:
    assert danger_of(7, machine(tmp_path / "no", SESSION)) is None
    danger = danger_of(7, machine(tmp_path / "yes", SESSION, kills="KillUserProcesses=yes"))
    assert danger is not None and "KillUserProcesses=yes" in danger.words
    assert "enable-linger" in danger.cure and "systemd-run --user --scope" in danger.cure


def test_lingering_alone_does_not_save_what_is_in_the_scope_of_a_session(tmp_path: Path) -> None:
    danger = danger_of(7, machine(tmp_path, SESSION, kills="KillUserProcesses=yes", linger=True))
    assert danger is not None and "enable-linger" not in danger.cure and "--scope" in danger.cure


def test_a_desktops_terminal_belongs_to_the_users_services_which_end_unless_they_linger(tmp_path: Path) -> None:
    danger = danger_of(7, machine(tmp_path / "ends", DESKTOP))
    assert danger is not None and "enable-linger" in danger.cure
    assert danger_of(7, machine(tmp_path / "lingers", DESKTOP, linger=True)) is None


@pytest.mark.parametrize("group", [SERVICE, DOCKER])
def test_services_and_containers_are_safe(tmp_path: Path, group: str) -> None:
    assert danger_of(7, machine(tmp_path, group, kills="KillUserProcesses=yes")) is None


def test_without_systemd_nobody_ends_anything(tmp_path: Path) -> None:
    root = machine(tmp_path, SESSION, kills="KillUserProcesses=yes", systemd=False)
    assert danger_of(7, root) is None


@pytest.mark.parametrize(("terminal", "safe"), [("34816", False), ("0", True)])
def test_a_container_whose_first_process_is_a_persons_shell_ends_with_it(
    tmp_path: Path, terminal: str, safe: bool
) -> None:
    root = machine(tmp_path, DOCKER, systemd=False)
    (root / "proc/1").mkdir()
    (root / "proc/1/stat").write_text(f"1 (my (sh)) S 0 1 1 {terminal} 22 4194560 1 2 3")
    danger = danger_of(7, root)
    assert (danger is None) == safe
    assert danger is None or ("my (sh)" in danger.words and "Ctrl+P Ctrl+Q" in danger.cure)


def test_drop_ins_win_in_the_order_of_their_names_and_etc_over_usr(tmp_path: Path) -> None:
    root = machine(tmp_path, SESSION, kills="KillUserProcesses=no")
    for folder, name, value in (
        ("usr/lib", "90-vendor.conf", "no"),
        ("etc", "50-site.conf", "no"),
        ("etc", "90-vendor.conf", "yes"),
    ):
        place = root / folder / "systemd/logind.conf.d"
        place.mkdir(parents=True, exist_ok=True)
        (place / name).write_text(f"[Login]\n# KillUserProcesses=no\nKillUserProcesses={value}\n")
    assert kills_user_processes(root)


def test_the_defaults_that_a_distribution_was_built_with_stand_as_comments_in_its_file(tmp_path: Path) -> None:
    place = tmp_path / "usr/lib/systemd"
    place.mkdir(parents=True)
    (place / "logind.conf").write_text("[Login]\n#KillUserProcesses=yes\n#KillExcludeUsers=root\n")
    assert kills_user_processes(tmp_path)


def test_users_that_logind_leaves_alone_are_safe(tmp_path: Path) -> None:
    assert not kills_user_processes(
        machine(tmp_path / "a", SESSION, kills="KillUserProcesses=yes\nKillExcludeUsers=ada")
    )
    assert not kills_user_processes(machine(tmp_path / "b", SESSION, kills="KillUserProcesses=yes\nKillOnlyUsers=bob"))
    assert not lingers(tmp_path)
