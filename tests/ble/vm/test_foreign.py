# SPDX-License-Identifier: Apache-2.0
"""A peripheral with another stack, and how fast we are."""
import json
import os
import pathlib
import re
import resource
import subprocess
import sys
import zipfile

import pytest

import blelab
from blelab import wait_for
from rig import ZEPHYR, environment, make_package, smpctl

HERE = pathlib.Path(__file__).parent
DATA = HERE.parents[1] / "data/vectors"
SHARE = pathlib.Path(os.environ.get("BLE_SHARE", "/tmp"))


def image(tmp_path, size):
    package = make_package(tmp_path / "p.zip", net=False, size=size)
    with zipfile.ZipFile(package) as z:
        name = next(n for n in z.namelist() if n.endswith(".bin"))
        z.extract(name, tmp_path)
    return tmp_path / name


def python_with_bluetooth():
    """Not every Python was built with Bluetooth sockets."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import socket;"
                           "socket.AF_BLUETOOTH"], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0:
            return python
    pytest.skip("no Python with AF_BLUETOOTH")


def our_upload(dev, file, window):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    run = dev("--window", window, "-v", "--json", "image", "upload", file)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    entry = run.json["images"][0]
    return {"bytes": entry["bytes"], "seconds": entry["seconds"],
            "kB_per_s": entry["kB_per_s"],
            "cpu": after.ru_utime + after.ru_stime - before.ru_utime
            - before.ru_stime}


def test_throughput_and_processor_time_are_told(peripheral, tmp_path):
    """Figures for build/ble-share/throughput.json; only their order is fixed:
    the emulated machine is busy with other things too."""
    file = image(tmp_path, 300000)
    figures = {}
    for window in ("1", "auto"):
        dev = peripheral(ZEPHYR)
        figures[window] = f = our_upload(dev, file, window)
        f["kB_per_s"] = f["bytes"] / f["seconds"] / 1000
        f["cpu_s_per_MB"] = f["cpu"] / f["bytes"] * 1e6
        wait_for("disconnected", lambda: not blelab.connected("hci0", "hci1"))
        dev.stop()
    (SHARE / "throughput.json").write_text(json.dumps(figures, indent=1))
    assert figures["auto"]["kB_per_s"] > 0.8 * figures["1"]["kB_per_s"]


@pytest.fixture
def bumble(tmp_path):
    """Bumble on hci3, taken away from bluetoothd."""
    running = []

    def start(mtu=247):
        blelab.power("hci3", False)
        wait_for("hci3 is off", lambda: not blelab.powered("hci3"))
        log = tmp_path / "bumble.log"
        with open(log, "wb") as out:
            running.append(subprocess.Popen(
                [python_with_bluetooth(), HERE / "bumble_smp.py", "3",
                 "Bumble", str(mtu),
                 DATA / "zephyr-4.4.0-native_sim-udp.jsonl"],
                stdout=out, stderr=subprocess.STDOUT,
                stdin=subprocess.DEVNULL,
                env={**environment(), "PYTHONPATH": str(
                    pathlib.Path(pytest.__file__).parents[1])}))

        def ready():
            assert running[0].poll() is None, log.read_text()
            return re.search("^ready", log.read_text(), re.M)

        wait_for("Bumble is on the air", ready, 60)
        return log

    yield start
    # btvirt has no supervision timeout: a link must be ended before its end is.
    if running:
        wait_for("disconnected", lambda: not blelab.connected("hci0", "hci3"))
    for process in running:
        process.kill()
        process.wait()


@pytest.mark.parametrize("mtu", [23, 100, 247])
def test_bumble_answers_recorded_exchanges(bumble, mtu):
    bumble(mtu)
    uri = "ble:Bumble?adapter=hci0"
    run = smpctl("-v", "--json", "os", "params", connect=uri)
    assert run.json["buf_size"] > 0 and run.json["buf_count"] > 0
    assert f"ATT MTU {mtu}" in run.err, run.err
    assert "one write per message" in run.err
