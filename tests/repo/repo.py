# SPDX-License-Identifier: Apache-2.0
"""What the tests of this folder share: paths, tracked files, build folders."""

import contextlib
import fcntl
import functools
import os
import pathlib
import re
import shutil
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build" / "repo"
CORE = ("smp", "mcub", "dfu")
FLOORS = CORE + ("diag", "host", "vdev", "cli")


@functools.lru_cache(maxsize=None)
def tracked():
    """Every file of the repository that is there, relative to ROOT."""
    if (ROOT / ".git").exists():
        out = subprocess.run(
            ["git", "-c", f"safe.directory={ROOT}", "ls-files", "-z"],
            cwd=ROOT,
            check=True,
            capture_output=True,
        ).stdout.decode()
        names = [name for name in out.split("\0") if name]
    else:
        names = [
            str(path.relative_to(ROOT))
            for path in ROOT.rglob("*")
            if "build" not in path.relative_to(ROOT).parts[:1]
            and "__pycache__" not in path.parts
        ]
    return sorted(name for name in names if (ROOT / name).is_file())


def files(pattern):
    """Tracked files whose path matches the regular expression from its start."""
    return [name for name in tracked() if re.match(pattern, name)]


def text(name):
    return (ROOT / name).read_text(encoding="utf-8")


def run(*command, **options):
    """Run a command and return its output; a failure shows what it printed."""
    result = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=options.pop("cwd", ROOT),
        **options,
    )
    assert result.returncode == 0, (
        f"{' '.join(map(str, command))}\n{result.stdout[-3000:]}"
    )
    return result.stdout


@contextlib.contextmanager
def locked(name):
    """One worker of pytest-xdist at a time."""
    BUILD.mkdir(parents=True, exist_ok=True)
    with open(BUILD / f"{name}.lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def build(preset, *targets):
    """Configure and build a preset in a folder of these tests; returns it."""
    folder = BUILD / preset
    with locked(preset):
        run("cmake", "--preset", preset, "-B", folder)
        run("ninja", "-C", folder, "-j", os.environ.get("SMP_JOBS", "2"), *targets)
    return folder


def zcbor_dir():
    """The folder of the zcbor package: what CMake found, or the venv's."""
    if os.environ.get("ZCBOR_DIR"):
        return pathlib.Path(os.environ["ZCBOR_DIR"])
    found = sorted(ROOT.glob("build/venv/lib/python*/site-packages/zcbor/src"))
    assert found, "no zcbor: run script/bootstrap"
    return found[0].parent


def need(tool):
    assert shutil.which(tool), f"{tool} is missing: run script/bootstrap --tests"
    return tool


def listing(problems):
    """A readable failure: one problem per line."""
    return "\n" + "\n".join(problems)
