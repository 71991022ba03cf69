# SPDX-License-Identifier: Apache-2.0
"""Pairing and encryption with the kernel's own security manager.

A bond that the device has lost is tested against the scripted BlueZ: the
kernel of Debian 12 (6.1) stops with a BUG in hci_chan_del() when encryption
fails for lack of the key and the link is closed.
"""
import subprocess

import pytest

import blelab
from rig import SMPCTL, ZEPHYR, environment, make_package, smpctl


@pytest.mark.parametrize("auth", ["encrypt", "authen"])
def test_a_protected_device_is_paired(peripheral, auth):
    dev = peripheral(ZEPHYR, ble=f"hci1,auth={auth}")
    assert "hello" in dev("--pair", "yes", "os", "echo", "hello").out
    path = blelab.device_path("hci0", "hci1")
    assert "boolean true" in blelab.get(path, "org.bluez.Device1", "Paired")
    # The bond is enough from then on.
    assert "hello" in dev("--pair", "no", "os", "echo", "hello").out


def test_a_bond_that_we_have_lost_is_made_anew(peripheral):
    dev = peripheral(ZEPHYR, ble="hci1,auth=encrypt")
    dev("--pair", "yes", "os", "echo", "hello")
    blelab.wait_for("disconnected",
                    lambda: not blelab.connected("hci0", "hci1"))
    smpctl("bluetooth", "forget", blelab.ADDRESS["hci1"], "--adapter", "hci0")
    assert not blelab.known("hci0")
    assert "hello" in dev("--pair", "yes", "os", "echo", "hello").out
    path = blelab.device_path("hci0", "hci1")
    assert "boolean true" in blelab.get(path, "org.bluez.Device1", "Paired")


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
