# SPDX-License-Identifier: Apache-2.0
"""Pairing and encryption with the kernel's own security manager.

A bond that only one side has lost is tested against the scripted BlueZ: the
kernel of Debian 12 (6.1) stops with a BUG in hci_chan_del() when encryption
fails for lack of the key and the link is closed.
"""
import subprocess

import pytest

import blelab
from rig import SMPCTL, ZEPHYR, environment, make_package

@pytest.mark.parametrize("auth", ["encrypt", "authen"])
def test_a_protected_device_is_paired(peripheral, auth):
    dev = peripheral(ZEPHYR, ble=f"hci1,auth={auth}")
    assert "hello" in dev("--pair", "yes", "os", "echo", "hello").out
    path = blelab.device_path("hci0", "hci1")
    assert "boolean true" in blelab.get(path, "org.bluez.Device1", "Paired")
    # The bond is enough from then on.
    assert "hello" in dev("--pair", "no", "os", "echo", "hello").out


def test_an_update_over_an_encrypted_link(peripheral, tmp_path):
    small = make_package(tmp_path / "p.zip", net=False, size=20000)
    dev = peripheral(ZEPHYR, ble="hci1,auth=encrypt")
    assert dev("--pair", "yes", "--json", "upgrade", small).json["ok"]


def test_numeric_comparison_is_asked_for(peripheral):
    dev = peripheral(ZEPHYR, ble="hci1,auth=authen")
    done = subprocess.run(
        [SMPCTL, "-c", dev.uri(), "--pair", "ask", "os", "echo", "hello"],
        input="y\n" * 4, text=True, capture_output=True, timeout=60,
        env=environment(), check=False)
    assert "wants to pair" in done.stderr, done
    assert done.returncode == 0 and "hello" in done.stdout, done
