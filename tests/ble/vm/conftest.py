# SPDX-License-Identifier: Apache-2.0
import pathlib
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parent))

import blelab  # noqa: E402
from rig import package, single_package  # noqa: E402, F401


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
    if blelab.daemon_pid() is None:
        blelab.daemon_start()
    for adapter in ("hci0", "hci1", "hci2"):
        if not blelab.powered(adapter):
            blelab.power(adapter, True)
    yield
    # Off and on: connections end at once, not two seconds later.
    blelab.power("hci0", False)
    for central in ("hci0", "hci2", "hci1"):
        for other in blelab.known(central):
            blelab.dbus(f"/org/bluez/{central}",
                        "org.bluez.Adapter1.RemoveDevice", "objpath:" + other)
    blelab.power("hci0", True)


@pytest.fixture
def mtu():
    """Another ATT MTU for both sides."""
    yield blelab.daemon_restart
    blelab.daemon_restart()
