# SPDX-License-Identifier: Apache-2.0
"""A peripheral with another stack than BlueZ."""
import pathlib
import re
import subprocess
import sys

import pytest

import blelab
from blelab import wait_for
from foreign import image
from rig import ZEPHYR, Device, environment, make_package, smpctl

HERE = pathlib.Path(__file__).parent
DATA = HERE.parents[1] / "data/vectors"
URI = "ble:Bumble?adapter=hci0"
RECORDED = DATA / "zephyr-4.4.0-native_sim-udp.jsonl"


def python_with_bluetooth():
    """Not every Python was built with Bluetooth sockets."""
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "import socket;"
                           "socket.AF_BLUETOOTH"], check=False,
                          stderr=subprocess.DEVNULL).returncode == 0:
            return python
    raise AssertionError("no Python here has AF_BLUETOOTH; /usr/bin/python3 "
                         "of Debian has it")


@pytest.fixture
def bumble(tmp_path):
    """Bumble on hci3, taken away from bluetoothd."""
    running = []

    def start(mtu, *source):
        blelab.power("hci3", False)
        wait_for("hci3 is off", lambda: not blelab.powered("hci3"))
        log = tmp_path / "bumble.log"
        with open(log, "wb") as out:
            running.append(subprocess.Popen(
                [python_with_bluetooth(), HERE / "bumble_smp.py", "3",
                 "Bumble", str(mtu), *source],
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
    bumble(mtu, RECORDED)
    run = smpctl("-v", "--json", "os", "params", connect=URI)
    assert run.json["buf_size"] > 0 and run.json["buf_count"] > 0
    assert f"ATT MTU {mtu}" in run.err, run.err
    assert "one write per message" in run.err


# ---- ATT MTU 23, which a server on BlueZ cannot be told to have ----


@pytest.fixture
def behind(tmp_path):
    """A virtual device that Bumble hands messages to."""
    dev = Device(ZEPHYR, "--set", "server.udp_mtu=4096", tmp=tmp_path)
    yield dev
    dev.stop()


def test_mtu_23_without_reassembly_is_refused_with_the_reason(
        bumble, behind, tmp_path):
    bumble(23, "udp:" + behind.connect.rpartition(":")[2])
    package = make_package(tmp_path / "p.zip", net=False, size=20000)
    run = smpctl("--json", "upgrade", package, connect=URI, status=1)
    assert "holds only 20 bytes" in run.err, run
    assert "ATT MTU 23" in run.err, run
    assert "CONFIG_MCUMGR_TRANSPORT_BT_REASSEMBLY=y" in run.err, run
    assert len(behind.images()) == 1


def test_mtu_23_with_reassembly_is_enough(bumble, behind, tmp_path):
    bumble(23, "udp:" + behind.connect.rpartition(":")[2], "join")
    # Bumble's socket to the controller holds some 250 packets and drops the
    # rest: one message of 124 writes at a time.
    run = smpctl("-v", "--json", "--window", "1", "image", "upload",
                 image(tmp_path, 20000), connect=URI)
    assert "ATT MTU 23" in run.err and "joins writes" in run.err, run
    assert [i["version"] for i in behind.images()] == ["1.0.0", "1.1.0"]
