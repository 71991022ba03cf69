# SPDX-License-Identifier: Apache-2.0
"""What happens to links: other addresses and names, adapters and daemons that
go away."""
import re
import signal
import subprocess
import threading

import pytest

import blelab
from blelab import ADDRESS
from rig import SMPCTL, ZEPHYR, environment, make_package, smpctl


@pytest.fixture
def small(tmp_path):
    return make_package(tmp_path / "p.zip", net=False, size=20000)


def test_scan_finds_the_device(peripheral):
    peripheral(ZEPHYR)
    found = smpctl("--json", "scan", "--ble", "--adapter", "hci0", "--time",
                   "4").json["ble"]
    assert [(d["address"], d["smp"]) for d in found] \
        == [(ADDRESS["hci1"], True)]


# ---- back after the reset ----


def test_another_address_after_the_reset(peripheral, small):
    dev = peripheral(ZEPHYR, "--set", "app.name=Unit7",
                     ble="hci1,name=Unit7,after-adapter=hci2,reset=power")
    run = dev("--json", "upgrade", small, by="Unit7")
    assert run.json["ok"]
    assert "again ble hci2 Unit7" in dev.note


def test_another_name_after_the_reset(peripheral, small):
    dev = peripheral(ZEPHYR, ble="hci1,after-name=Renamed")
    assert dev("--json", "upgrade", small).json["ok"]
    assert "again ble hci1 Renamed" in dev.note


def test_another_name_and_address_with_the_name_foretold(peripheral, small):
    dev = peripheral(ZEPHYR,
                     ble="hci1,after-name=New,after-adapter=hci2,reset=power")
    run = dev("--json", "upgrade", small, uri={"after": "New"})
    assert run.json["ok"]


def test_a_new_firmware_without_smp_is_named(peripheral, small):
    dev = peripheral(ZEPHYR, ble="hci1,after-smp=no")
    run = dev("-v", "--json", "upgrade", "--reset-timeout", "12", small,
              status=3, timeout=120)
    assert run.code == "device-did-not-return"


# ---- things that go away ----


def during_an_upload(dev, tmp_path, action, *args, size=120000):
    """Start an update, act when some of it is there."""
    package = make_package(tmp_path / "big.zip", net=False, size=size)
    process = subprocess.Popen(
        [SMPCTL, "-c", dev.uri(), "--window", "1", "--json", "--events",
         "upgrade", *args, str(package)], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env=environment())
    lines = []
    seen = threading.Event()

    def read():
        for line in process.stderr:
            lines.append(line)
            found = re.search(r'"off": ?(\d+)', line)
            if found and int(found[1]) > 10000:
                seen.set()

    thread = threading.Thread(target=read)
    thread.start()
    assert seen.wait(60), lines
    action()
    out = process.stdout.read()
    process.wait(180)
    thread.join()
    return process.returncode, out, "".join(lines)


def test_an_upload_survives_a_restart_of_bluetoothd(peripheral, tmp_path):
    dev = peripheral(ZEPHYR, "--set", "server.cpu_us=20000")

    def restart():
        blelab.daemon_stop(signal.SIGKILL)
        blelab.daemon_start()

    status, out, err = during_an_upload(dev, tmp_path, restart)
    assert status == 0, err


def test_an_adapter_that_is_switched_off_is_named(peripheral, tmp_path):
    dev = peripheral(ZEPHYR, "--set", "server.cpu_us=20000")
    status, out, err = during_an_upload(
        dev, tmp_path, lambda: blelab.power("hci0", False))
    assert status == 3
    assert "switched off" in out


def test_a_device_that_goes_for_good_is_named(peripheral, tmp_path):
    dev = peripheral(ZEPHYR, "--set", "server.cpu_us=20000")
    status, out, err = during_an_upload(
        dev, tmp_path, lambda: dev.process.send_signal(signal.SIGTERM))
    assert status == 3
    assert '"code": "link-lost"' in out or "no-answer" in out, out


# ---- services ----


def test_the_led_button_service_is_there_too(peripheral):
    dev = peripheral(ZEPHYR)
    dev("os", "echo", "x")
    uuids = blelab.get(blelab.device_path("hci0", "hci1"),
                       "org.bluez.Device1", "UUIDs")
    assert "00001523-1212-efde-1523-785feabcd123" in uuids
