#!/usr/bin/env bash
# Sets autotuner-tui up in a virtual environment; --demo and --test then use it. See usage() below.
[ -n "${BASH_VERSION:-}" ] || exec bash "$0" "$@" # started as `sh install.sh`

set -u
unset CDPATH
REPO="$(cd -- "$(dirname -- "${BASH_SOURCE[0]}")" && pwd -P)"
OLDEST=10 # Python 3.10 ...
NEWEST=12 # ... to 3.12: the load generator does not install on 3.13

usage() {
    cat <<'TEXT'
Usage: ./install.sh [OPTIONS]

Sets autotuner-tui up: finds a Python (3.10 to 3.12), makes a virtual environment, installs the program with the load
generator (genai-bench) and the bundled engine (llama.cpp) into it. About 1 GB. Run again it takes seconds.
It never installs system packages.

Options:
  --skip-venv         Make no virtual environment: use the one at the path below, or the one that is active
  --skip-k8s          Skip the Kubernetes steps. Without it, and where kubectl reaches a cluster: its version, the
                      namespace, the claim for results and the access rights (made where they are missing), and whether
                      OME is there. Without a cluster that is said, and the rest is done all the same. --demo and --test
                      skip them too
  --install-ome       Install the OME operator into the cluster, with Helm, and cert-manager and KEDA which it needs.
                      What is there already is left alone
  --namespace NAME    Where runs make their objects (default: autotuner)
  --context NAME      The kubeconfig context to use (default: the current one)
  --venv-path PATH    The virtual environment (default: env beside this script; a relative PATH is relative to where
                      you are)
  --demo              Set up, then tune the bundled engine on this machine (needs no cluster, no GPU): on a terminal
                      with its screen, in a pipe without
  --test              Set up, then run all checks and tests
  --help              Show this help

Environment:
  AUTOTUNER_PYTHON    The Python to use
  AUTOTUNER_EXTRAS    What to install besides the program (default: bench,local). Empty is enough where the load comes
                      from inside a cluster
  AUTOTUNER_OME_VERSION  The version of OME's charts (default: 1.2.2)
  KUBECONFIG          The kubeconfig to use, as for kubectl
  AUTOTUNER_NO_UV     Set it to install with pip although uv is there
TEXT
}

# ---- words

say() { printf '==> %s\n' "$*"; }
note() { printf '    %s\n' "$*"; }

# fail MESSAGE CURE...: the end of the script, with exit code 1
fail() {
    printf 'install.sh: %s\n' "$1" >&2
    shift
    [ $# -eq 0 ] || printf '    %s\n' "$@" >&2
    exit 1
}

usage_error() {
    printf 'install.sh: %s\n\n' "$1" >&2
    usage >&2
    exit 2
}

# ---- steps with their output in a log

LOG=""
CHILD=""

leave() {
    local status=$?
    [ -z "$CHILD" ] || kill "$CHILD" 2>/dev/null
    [ -z "$LOG" ] || [ "$status" -ne 0 ] || rm -f -- "$LOG"
    exit "$status"
}

# quietly TEXT COMMAND...: runs it; nothing of its output is shown unless it fails, which ends the script
quietly() {
    local text="$1" started=$SECONDS told=$SECONDS
    shift
    say "$text"
    [ -n "$LOG" ] || LOG="$(mktemp "${TMPDIR:-/tmp}/autotuner-install.XXXXXX")" || fail "cannot write to ${TMPDIR:-/tmp}"
    printf '\n$ %s\n' "$*" >>"$LOG"
    "$@" >>"$LOG" 2>&1 &
    CHILD=$!
    while kill -0 "$CHILD" 2>/dev/null; do
        sleep 0.2 2>/dev/null || sleep 1
        [ $((SECONDS - told)) -lt 20 ] || { told=$SECONDS && note "... $((SECONDS - started)) s"; }
    done
    if wait "$CHILD"; then
        CHILD=""
        note "done in $((SECONDS - started)) s"
    else
        CHILD=""
        tail -n 25 -- "$LOG" | sed 's/^/    | /' >&2
        fail "failed: $text" "the whole log: $LOG" "$(cure_of_log)"
    fi
}

cure_of_log() {
    if grep -q 'No space left' "$LOG"; then
        echo "The disk is full: $VENV and the package cache need about 2 GB."
    elif [ "$STEPS" = kubernetes ]; then
        echo "Run the same again once the cause is removed: what is done already is left alone. kubectl get pods -A tells more"
    elif grep -q -i -E 'CERTIFICATE_VERIFY_FAILED|invalid peer certificate|UnknownIssuer' "$LOG"; then
        echo "The package index's certificate is not trusted: set SSL_CERT_FILE (uv) or PIP_CERT (pip) to your organisation's."
    elif grep -q -i -E 'name resolution|dns error|connection refused|timed out|network is unreachable' "$LOG"; then
        echo "No package index was reached: look at the network, the proxy (HTTPS_PROXY) or the mirror (PIP_INDEX_URL)."
    elif [ -n "$UV" ]; then
        echo "To try with pip instead of uv: AUTOTUNER_NO_UV=1 ./install.sh"
    else
        echo "Run ./install.sh again once the cause is removed; it goes on where it was."
    fi
}

# ---- a suitable Python

PYTHON=""
WITHOUT_VENV="" # a Python that would do, had it the modules venv and ensurepip

# try_python COMMAND: sets PYTHON if it runs (a pyenv shim may not), is CPython of a version we serve, and can make venvs
try_python() {
    local found
    found="$("$1" -c "import sys
if sys.implementation.name == 'cpython' and (3, $OLDEST) <= sys.version_info[:2] <= (3, $NEWEST): print(sys.executable)" 2>/dev/null)"
    [ -n "$found" ] || return 1
    if [ -z "$UV" ] && ! "$found" -c 'import ensurepip, venv' 2>/dev/null; then
        [ -n "$WITHOUT_VENV" ] || WITHOUT_VENV="$found"
        return 1
    fi
    PYTHON="$found"
}

find_python() {
    local name candidate
    if [ -n "${AUTOTUNER_PYTHON:-}" ]; then
        try_python "$AUTOTUNER_PYTHON" || no_python "AUTOTUNER_PYTHON=$AUTOTUNER_PYTHON does not do"
        return
    fi
    for name in python3.12 python3.11 python3.10 python3 python; do
        while IFS= read -r candidate; do
            try_python "$candidate" && return
        done < <(type -aP "$name")
    done
    for candidate in "${PYENV_ROOT:-${HOME:-/root}/.pyenv}"/versions/3.1[0-9]*/bin/python; do
        [ ! -x "$candidate" ] || ! try_python "$candidate" || return
    done
    if [ -n "$UV" ]; then
        candidate="$("$UV" python find --no-python-downloads ">=3.$OLDEST,<3.$((NEWEST + 1))" 2>/dev/null)"
        [ -z "$candidate" ] || ! try_python "$candidate" || return
    fi
    no_python "no suitable Python found"
}

no_python() {
    local version
    if [ -n "$WITHOUT_VENV" ]; then
        version="$("$WITHOUT_VENV" -c 'import sys; print("%d.%d" % sys.version_info[:2])')"
        fail "$WITHOUT_VENV cannot make virtual environments: its modules venv and ensurepip are missing" \
            "Debian, Ubuntu:  sudo apt-get install python$version-venv" \
            "or install uv, which brings its own: https://docs.astral.sh/uv/"
    fi
    fail "$1 (needed: CPython 3.$OLDEST to 3.$NEWEST)" \
        "Debian, Ubuntu:  sudo apt-get install python3 python3-venv   (Debian 12, Ubuntu 22.04 or 24.04)" \
        "Fedora, RHEL:    sudo dnf install python3.12" \
        "macOS:           brew install python@3.12" \
        "anywhere:        uv python install 3.12   or   pyenv install 3.12" \
        "one that is elsewhere: AUTOTUNER_PYTHON=/path/to/python3.12 ./install.sh"
}

# ---- the virtual environment

venv_runs() {
    "$VENV/bin/python" -c "import sys; sys.exit(not (3, $OLDEST) <= sys.version_info[:2] <= (3, $NEWEST))" 2>/dev/null
}

make_venv() {
    find_python
    if [ -n "$UV" ]; then
        quietly "Making $VENV with $PYTHON" "$UV" venv --quiet --clear --python "$PYTHON" "$VENV"
    else
        quietly "Making $VENV with $PYTHON" "$PYTHON" -m venv --clear "$VENV"
    fi
    : >"$VENV/$STAMP" # ours: it may be made anew when it breaks
}

ensure_venv() {
    if [ "$SKIP_VENV" = yes ]; then
        venv_runs || VENV="${VIRTUAL_ENV:-${CONDA_PREFIX:-$VENV}}"
        venv_runs || fail "--skip-venv: there is no virtual environment of Python 3.$OLDEST to 3.$NEWEST at $VENV, nor is one active" \
            "activate one, name one with --venv-path, or leave --skip-venv out"
    elif [ ! -e "$VENV" ] || [ -z "$(ls -A -- "$VENV" 2>/dev/null)" ]; then
        make_venv
    elif [ ! -f "$VENV/pyvenv.cfg" ]; then
        fail "$VENV is there, and is no virtual environment" "choose another place with --venv-path PATH"
    elif ! venv_runs; then
        [ -f "$VENV/$STAMP" ] || fail "the virtual environment $VENV does not work (or is of another Python than 3.$OLDEST to 3.$NEWEST)" \
            "it was not made by this script, which leaves it alone: remove it, or choose another place with --venv-path PATH"
        note "$VENV does not work any more (its Python is gone or of another version): making it anew"
        make_venv
    fi
}

# What the environment must have been installed from: dependencies, extras, place of the checkout
fingerprint() {
    printf '%s %s %s' "$(cksum <"$REPO/pyproject.toml")" "$EXTRAS" "$REPO"
}

# stands MODULES: the stamp fits, and the packages are there (looked up, not imported)
stands() {
    grep -q -x -F -- "$1 $(fingerprint)" "$VENV/$STAMP" 2>/dev/null || return 1
    "$VENV/bin/python" - "$REPO" "$1" "$EXTRAS" <<'CODE' 2>/dev/null
import importlib.util, sys

repository, kind, extras = sys.argv[1:]
names = ["autotuner_tui", "textual", "kubernetes", "pydantic"]
names += ["pytest", "mypy"] if kind == "dev" else []
names += ["genai_bench"] if "bench" in extras else []
names += ["xllamacpp", "gguf"] if "local" in extras else []
ours = importlib.util.find_spec("autotuner_core").origin
sys.exit(not ours.startswith(repository) or not all(map(importlib.util.find_spec, names)))
CODE
}

install_packages() {
    local kind=user what="."
    [ -z "$EXTRAS" ] || what=".[$EXTRAS]"
    set -- -e "$what"
    if [ "$TEST" = yes ]; then
        kind=dev
        set -- "$@" --group dev
    fi
    if stands "$kind" || stands dev; then
        note "$VENV is up to date"
        return
    fi
    if [ -n "$UV" ]; then
        quietly "Installing the packages with uv (the first time some minutes)" \
            in_repo "$UV" pip install --python "$VENV/bin/python" "$@"
    else
        if [ "$kind" = dev ]; then # pip knows dependency groups since 25.1
            quietly "Bringing pip up to date" in_repo "$VENV/bin/python" -m pip install --upgrade 'pip>=25.1'
        fi
        quietly "Installing the packages with pip (the first time some minutes)" \
            in_repo "$VENV/bin/python" -m pip install --prefer-binary "$@"
    fi
    printf '%s %s\n' "$kind" "$(fingerprint)" >"$VENV/$STAMP"
}

# Here, and not at each start: that is what happens where Python is told to keep nothing that it compiles (containers)
compile_ours() {
    "$VENV/bin/python" -m compileall -q "$REPO/core/autotuner_core" "$REPO/tui/autotuner_tui" >/dev/null 2>&1 || true
}

# Only in a subshell: exec, so that a signal reaches the command itself
in_repo() { cd -- "$REPO" && exec "$@"; }

# uv reads none of pip's settings: hand on the two that decide whether it reaches anything
settle_environment() {
    unset PYTHONHOME PYTHONPATH PYTHONSTARTUP PIP_USER PIP_TARGET PIP_PREFIX UV_SYSTEM_PYTHON UV_TARGET UV_PREFIX
    export PYTHONNOUSERSITE=1 PIP_DISABLE_PIP_VERSION_CHECK=1 UV_HTTP_TIMEOUT="${UV_HTTP_TIMEOUT:-180}"
    [ -z "${PIP_INDEX_URL:-}" ] || export UV_DEFAULT_INDEX="${UV_DEFAULT_INDEX:-$PIP_INDEX_URL}"
    [ -z "${PIP_CERT:-}" ] || export SSL_CERT_FILE="${SSL_CERT_FILE:-$PIP_CERT}"
    UV=""
    if [ -z "${AUTOTUNER_NO_UV:-}" ] && uv --version >/dev/null 2>&1; then UV=uv; fi
}

# ---- Kubernetes

# shellcheck source=install/kubernetes.sh
. "$REPO/install/kubernetes.sh"

# ---- what --test runs

FAILED_CHECKS=""

check() {
    local name="$1" started=$SECONDS
    shift
    say "$name"
    if (in_repo "$@"); then
        note "ok, $((SECONDS - started)) s"
    else
        FAILED_CHECKS="$FAILED_CHECKS $name"
    fi
}

run_tests() {
    local bin="$VENV/bin"
    export PATH="$bin:$PATH"
    check ruff "$bin/ruff" check
    check format "$bin/ruff" format --check
    # Its cache does not see a module that was added to a package: a stale error would stay
    check mypy "$bin/mypy" --no-incremental
    check imports "$bin/lint-imports" --no-logo
    check shellcheck "$bin/shellcheck" -x install.sh install/kubernetes.sh .ci/run
    say pytest
    # Last, so that its closing line is the last one where all is well. Two at a time: tests/conftest.py says which
    (in_repo "$bin/python" -m pytest -n 2 --dist loadgroup --timeout 600) || FAILED_CHECKS="$FAILED_CHECKS pytest"
    [ -z "$FAILED_CHECKS" ] || fail "failed:$FAILED_CHECKS"
}

# ---- the whole

SKIP_VENV=no SKIP_K8S=no INSTALL_OME=no DEMO=no TEST=no
NAMESPACE=autotuner CONTEXT=""
STEPS=packages # what is under way
VENV="$REPO/env"
EXTRAS="${AUTOTUNER_EXTRAS-bench,local}"
STAMP=.autotuner-install

while [ $# -gt 0 ]; do
    case "$1" in
        --skip-venv) SKIP_VENV=yes ;;
        --skip-k8s) SKIP_K8S=yes ;;
        --install-ome) INSTALL_OME=yes ;;
        --demo) DEMO=yes ;;
        --test) TEST=yes ;;
        --venv-path)
            [ -n "${2:-}" ] || usage_error "--venv-path wants a PATH"
            VENV="$2"
            shift
            ;;
        --venv-path=?*) VENV="${1#*=}" ;;
        --namespace | --context)
            [ -n "${2:-}" ] || usage_error "$1 wants a NAME"
            if [ "$1" = --context ]; then CONTEXT="$2"; else NAMESPACE="$2"; fi
            shift
            ;;
        --namespace=?*) NAMESPACE="${1#*=}" ;;
        --context=?*) CONTEXT="${1#*=}" ;;
        -h | --help)
            usage
            exit 0
            ;;
        *) usage_error "unknown option: $1" ;;
    esac
    shift
done
[ "$SKIP_K8S$INSTALL_OME" != yesyes ] || usage_error "--skip-k8s and --install-ome exclude each other"
case "$NAMESPACE" in *[!a-z0-9-]*) usage_error "$NAMESPACE is no name for a namespace" ;; esac
case "$EXTRAS" in *[!a-z,]*) usage_error "AUTOTUNER_EXTRAS is a list like bench,local" ;; esac
case "$VENV" in /*) ;; *) VENV="$PWD/$VENV" ;; esac

exec 3<&0 </dev/null # nothing here reads; the demo's screen does
trap leave EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

settle_environment
ensure_venv
install_packages
compile_ours
mkdir -p -- "$REPO/results" "$REPO/benchmark_results" || fail "cannot make the folders results and benchmark_results in $REPO"
STEPS=kubernetes
kubernetes_steps
say "Set up in $SECONDS s"
if [ "$TEST" = yes ]; then run_tests; fi
if [ "$DEMO" = yes ]; then
    say "autotuner-tui demo"
    cd -- "$REPO" || exit 1
    [ -z "$LOG" ] || rm -f -- "$LOG"
    exec "$VENV/bin/autotuner-tui" demo <&3 3<&- # on a terminal with its screen, in a pipe without; exec: signals reach it
fi
if [ "$TEST" = no ]; then
    note "to begin:  source '$VENV/bin/activate'"
    note "           autotuner-tui demo             tunes the bundled engine on this machine"
    note "           autotuner-tui --help"
fi
