"""Whether this machine ends a user's processes at logout. A session of its own (setsid) does not help against that:
systemd-logind goes by control groups (man logind.conf, KillUserProcesses; man user@.service)."""

from __future__ import annotations

import os
import pwd
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from autotuner_tui.doctor.check import Check, Health

NAME = "at logout"
LINGER = "loginctl enable-linger"
SCOPE = "systemd-run --user --scope autotuner-tui ..."
ASK_SECONDS = 2.0
_MANAGER = ("org.freedesktop.login1", "/org/freedesktop/login1", "org.freedesktop.login1.Manager")


@dataclass(frozen=True)
class Danger:
    """What would end the run, and what to do against it."""

    words: str
    cure: str


def check_logout() -> Check:
    """For a run begun from here."""
    danger = danger_of(os.getpid())
    if danger is None:
        return Check(NAME, Health.OK, "a run goes on when you log out")
    return Check(NAME, Health.WARNING, danger.words, danger.cure)


def danger_of(pid: int, root: Path = Path("/")) -> Danger | None:
    """What would end this process of ours when its user logs out; None where nothing would, or no systemd runs here."""
    if not (root / "run/systemd/system").is_dir():
        return _danger_in_container(root)
    try:
        group = (root / f"proc/{pid}/cgroup").read_text()
    except OSError:
        return None
    if re.search(r"/user@\d+\.service(/|$)", group, re.MULTILINE):
        return None if lingers(root) else Danger("it ends your processes when you have logged out everywhere", LINGER)
    if not re.search(r"/session-[^/]+\.scope(/|$)", group, re.MULTILINE) or not kills_user_processes(root):
        return None
    words = "it ends your processes when you log out (KillUserProcesses=yes)"
    first = "" if lingers(root) else f"`{LINGER}` once, then "
    return Danger(words, f"{first}begin runs (or tmux) with `{SCOPE}`")


def _danger_in_container(root: Path) -> Danger | None:
    """Where the first process has a terminal (field tty_nr of man proc_pid_stat) it is a person's command or shell."""
    try:
        name, _, rest = (root / "proc/1/stat").read_text().partition("(")[2].rpartition(")")
    except OSError:
        return None
    fields = rest.split()
    if len(fields) < 5 or fields[4] == "0":
        return None
    words = f"this container ends, with all that runs in it, when its first process ({name}) does"
    return Danger(words, "leave the container, not that process (docker: Ctrl+P Ctrl+Q), or give it one that stays")


def lingers(root: Path = Path("/")) -> bool:
    """Whether the user's own services stay when the user has logged out."""
    return (root / "var/lib/systemd/linger" / _user()).exists()


def kills_user_processes(root: Path = Path("/")) -> bool:
    """logind's setting for this user: as it says itself, else as its files say."""
    settings = _settings(root)
    kills = _asked() if root == Path("/") else None
    if kills is None:
        kills = settings.get("KillUserProcesses", "no").lower() in ("yes", "true", "on", "1")
    only, excluded = settings.get("KillOnlyUsers", "").split(), settings.get("KillExcludeUsers", "root").split()
    return kills and _user() not in excluded and (not only or _user() in only)


def _asked() -> bool | None:
    words = ["busctl", "get-property", *_MANAGER, "KillUserProcesses"]
    try:
        ran = subprocess.run(words, capture_output=True, text=True, timeout=ASK_SECONDS, stdin=subprocess.DEVNULL)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return {"b true": True, "b false": False}.get(ran.stdout.strip())


def _settings(root: Path) -> dict[str, str]:
    """Main file, then drop-ins in the order of their names; of two of one name the one in /etc counts (man
    logind.conf). A main file as shipped has the built-in defaults as comments: these count, too."""
    folders = [root / folder / "systemd" for folder in ("etc", "run", "usr/local/lib", "usr/lib")]
    main = next((path for folder in folders if (path := folder / "logind.conf").is_file()), None)
    drop_ins: dict[str, Path] = {}
    for folder in reversed(folders):
        drop_ins.update({path.name: path for path in (folder / "logind.conf.d").glob("*.conf")})
    found: dict[str, str] = {}
    for path in ([main] if main else []) + [drop_ins[name] for name in sorted(drop_ins)]:
        found.update(_values(path, r"#?" if path == main else ""))
    return found


def _values(path: Path, before: str) -> dict[str, str]:
    try:
        text = path.read_text(errors="replace")
    except OSError:
        return {}
    lines = re.findall(rf"^\s*({before})(\w+)\s*=\s*(.*?)\s*$", text, re.MULTILINE)
    return {name: value for _, name, value in sorted(lines, key=lambda line: line[0] != "#")}


def _user() -> str:
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
