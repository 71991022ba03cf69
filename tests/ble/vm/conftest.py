# SPDX-License-Identifier: Apache-2.0
import os
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import blelab  # noqa: E402
from rig import package, single_package  # noqa: E402, F401

# Of everything random here; BLE_SEED=N repeats a run.
SEED = int(os.environ.get("BLE_SEED")
           or int.from_bytes(os.urandom(3), "big"))


def pytest_terminal_summary(terminalreporter):
    terminalreporter.write_line(f"seed {SEED} (BLE_SEED={SEED} repeats it)")


@pytest.fixture
def peripheral(tmp_path):
    """Start virtual devices on adapters."""
    running = []

    def start(preset, *args, ble="hci1"):
        tmp = tmp_path / f"device{len(running)}"
        tmp.mkdir()
        dev = blelab.Peripheral(tmp, preset, *args, ble=ble)
        running.append(dev)
        return dev

    yield start
    for dev in running:
        status = dev.stop()
        assert status == 0 or getattr(dev, "may_fail", False), dev.note


@pytest.fixture(autouse=True)
def clean_daemon():
    """BlueZ as after a boot: nothing connected, nothing remembered."""
    try:
        if blelab.daemon_pid() is None:
            blelab.daemon_start()
    except AssertionError as e:
        pytest.exit(f"the lab is dead: {e}", returncode=3)
    for adapter in blelab.ADDRESS:
        if not blelab.powered(adapter):
            blelab.power(adapter, True)
    yield
    # Not by switching the adapter off: Linux 6.1 stops in hci_chan_del()
    # when that ends encrypted connections.
    for central in blelab.ADDRESS:
        for other in blelab.known(central):
            blelab.dbus(f"/org/bluez/{central}",
                        "org.bluez.Adapter1.RemoveDevice", "objpath:" + other)


@pytest.fixture
def mtu():
    """Another ATT MTU for both sides."""
    yield blelab.daemon_restart
    blelab.daemon_restart()
