# SPDX-License-Identifier: Apache-2.0
"""Logs and captures in, verdicts out: the real smpctl."""
import json
import os
import pathlib
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
CASES = ROOT / "tests/data/cases"
BUILD = pathlib.Path(os.environ.get("SMP_BUILD_DIR", ROOT / "build/asan"))
SMPCTL = os.environ.get("SMPCTL", str(BUILD / "src/cli/smpctl"))
SMPSIM = os.environ.get("SMPSIM", str(BUILD / "src/vdev/smpsim"))


def environment(**more):
    env = {k: v for k, v in os.environ.items() if k != "SMPCTL_CONNECT"}
    env.update(NO_COLOR="1", LC_ALL="C.UTF-8", **more)
    return env


def run(*args, status=0, timeout=120, **more):
    """Run smpctl; status None accepts any."""
    done = subprocess.run(
        [SMPCTL, *map(str, args)], capture_output=True, text=True,
        errors="replace", timeout=timeout, stdin=subprocess.DEVNULL,
        env=environment(), check=False, **more)
    assert "Sanitizer" not in done.stderr, done.stderr
    assert "runtime error" not in done.stderr, done.stderr
    assert done.returncode >= 0, f"died of a signal: {done.stderr}"
    if status is not None:
        assert done.returncode == status, (done.returncode, done.stdout,
                                           done.stderr)
    return done


def doctor(*args, **more):
    """The doctor's document."""
    return json.loads(run("--json", "doctor", *args, **more).stdout)


def patterns(doc, part="verdicts"):
    return [v["pattern"] for v in doc[part]]
