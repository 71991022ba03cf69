# SPDX-License-Identifier: Apache-2.0
"""The real binaries: smpsim as the device, smpctl as the user."""
import json
import os
import pathlib
import re
import signal
import subprocess
import time

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SMP_BUILD_DIR", ROOT / "build/asan"))
SMPCTL = os.environ.get("SMPCTL", str(BUILD / "src/cli/smpctl"))
SMPSIM = os.environ.get("SMPSIM", str(BUILD / "src/vdev/smpsim"))

SINGLE = "nrf5340dk-ncs2.4.1-single"
MULTI = "nrf5340dk-ncs2.4.1-multi"
OVERWRITE = "nrf5340dk-ncs2.4.1-multi-overwrite"
ZEPHYR = "nrf52840dk-zephyr4.4"
LEGACY = "legacy-mynewt"


def environment(**more):
    env = {k: v for k, v in os.environ.items() if k != "SMPCTL_CONNECT"}
    env.update(NO_COLOR="1", LC_ALL="C.UTF-8", **more)
    return env


class Run:
    """What a finished smpctl left behind."""

    def __init__(self, done):
        self.status = done.returncode
        self.out = done.stdout
        self.err = done.stderr

    @property
    def json(self):
        return json.loads(self.out)

    @property
    def code(self):
        return self.json["error"]["code"]

    def __repr__(self):
        return f"status {self.status}\nout: {self.out}\nerr: {self.err}"


def smpctl(*args, connect=None, status=0, timeout=120, env=None, **more):
    """Run smpctl; status None accepts any."""
    words = [SMPCTL]
    if connect is not None:
        words += ["-c", connect]
    done = subprocess.run(
        [*words, *map(str, args)], capture_output=True, text=True,
        errors="replace", timeout=timeout, stdin=subprocess.DEVNULL,
        env=environment(**(env or {})), check=False, **more)
    run = Run(done)
    assert "Sanitizer" not in run.err, run.err
    assert run.status >= 0, f"died of a signal: {run}"
    if status is not None:
        assert run.status == status, run
    return run


class Device:
    """A running smpsim."""

    def __init__(self, preset, *args, port="udp", tmp=None):
        self.console_path = tmp / "console"
        self.note_path = tmp / "note"
        self.link = tmp / "pty"
        ports = {"udp": ["--udp", "127.0.0.1:0"],
                 "tcp": ["--tcp", "0"],
                 "pty": ["--pty", str(self.link)]}[port]
        self.port = port
        with open(self.console_path, "wb") as out, \
                open(self.note_path, "wb") as err:
            self.process = subprocess.Popen(
                [SMPSIM, *(["--preset", preset] if preset else []),
                 "--flash-time", "0", *ports, *map(str, args)],
                stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                env=environment())
        self.connect = self._listening()

    def _listening(self):
        end = time.monotonic() + 20
        while time.monotonic() < end:
            found = re.search(r"^listening (\w+) (\S+)", self.note, re.M)
            if found:
                where = found[2]
                return {"udp": f"udp:{where}", "tcp": f"tcp:{where}",
                        "pty": f"serial:{where}"}[self.port]
            assert self.process.poll() is None, self.note
            time.sleep(0.02)
        raise AssertionError(f"smpsim does not listen: {self.note}")

    @property
    def note(self):
        return self.note_path.read_text(errors="replace")

    @property
    def console(self):
        return self.console_path.read_text(errors="replace")

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        try:
            status = self.process.wait(20)
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert "Sanitizer" not in self.note, self.note
        assert status == 0, f"smpsim ended with {status}: {self.note}"

    def __call__(self, *args, **more):
        return smpctl(*args, connect=self.connect, **more)

    def reset(self):
        """A reset; afterwards the server is back."""
        before = self.console.count("SMP server ready")
        self("os", "reset")
        end = time.monotonic() + 60
        while self.console.count("SMP server ready") == before:
            assert time.monotonic() < end, self.console
            time.sleep(0.05)

    def images(self):
        return self("--json", "image", "list").json["images"]


@pytest.fixture
def device(tmp_path):
    """Start devices; they are stopped, and must end well, after the test."""
    running = []

    def start(preset, *args, port="udp"):
        tmp = tmp_path / f"device{len(running)}"
        tmp.mkdir()
        dev = Device(preset, *args, port=port, tmp=tmp)
        running.append(dev)
        return dev

    yield start
    for dev in running:
        dev.stop()


def make_package(path, *, app="name=Nordic_LTS", version="1.1.0", net=True,
                 size=40000, net_size=50000, seed=7, board=None, more=()):
    """A dfu_application.zip, small so that tests are quick."""
    args = ["package", "create", path, "--app", app, "--app-version", version,
            "--app-size", size, "--seed", seed, "--time", 1700000000]
    if net:
        args += ["--net", "--net-version", version, "--net-size", net_size]
    if board:
        args += ["--board", board]
    smpctl(*args, *more)
    return path


@pytest.fixture
def package(tmp_path):
    return make_package(tmp_path / "dfu_application.zip")


@pytest.fixture
def single_package(tmp_path):
    return make_package(tmp_path / "app.zip", net=False)
