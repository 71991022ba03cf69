# SPDX-License-Identifier: Apache-2.0
"""smpctl scan, and the first minutes of somebody whose Bluetooth does not
work yet."""
import json
import re
import signal
import subprocess

import pytest

from bluezrig import ADDRESS, Bus, device_entry
from rig import SMPCTL, environment, smpctl

OTHER = "C0:00:00:00:00:02"
LAMP = device_entry(address=OTHER, name="Lamp", smp=False, rssi=-70)


def scan(bus, *args, seconds=1, **more):
    return smpctl("scan", "--ble", "--time", seconds, *args, env=bus.env,
                  **more)


def names(bus, *args, **more):
    run = smpctl("--json", "scan", "--ble", "--time", "1", *args,
                 env=bus.env, **more)
    return [d["name"] for d in run.json["ble"]]


# ---- what is shown ----


@pytest.mark.parametrize("options,expected", [
    ([], ["Nordic_LBS"]),
    (["--all"], ["Nordic_LBS", "Lamp"]),
    (["--name", "Lam"], ["Lamp"]),
    (["--name", "nobody"], []),
    (["--name", OTHER.lower()], ["Lamp"]),
    (["--all", "--rssi", "-60"], ["Nordic_LBS"]),
    (["--all", "--rssi", "-70"], ["Nordic_LBS", "Lamp"]),
    (["--adapter", "hci0"], ["Nordic_LBS"]),
    (["--adapter", "hci1", "--all"], []),
])
def test_each_filter(bus, options, expected):
    bus.bluez([device_entry(rssi=-40), LAMP], adapters=["hci0", "hci1"])
    assert names(bus, *options) == expected


def test_a_line_tells_name_address_strength_smp_and_adapter(bus):
    bus.bluez([device_entry(rssi=-40, adapter="hci1", paired=True), LAMP],
              adapters=["hci0", "hci1"])
    out = scan(bus, "--all").out
    assert re.search(rf"^ble:{ADDRESS}  Nordic_LBS +-40 dBm  SMP +hci1, "
                     "paired$", out, re.M), out
    assert re.search(rf"^ble:{OTHER}  Lamp +-70 dBm +hci0$", out, re.M), out


def test_every_adapter_that_is_on_listens(bus):
    bus.bluez([device_entry(),
               device_entry(address=OTHER, name="Second", adapter="hci1"),
               device_entry(address="C0:00:00:00:00:03", name="Third",
                            adapter="hci2")],
              adapters={"hci0": True, "hci1": True, "hci2": False})
    assert sorted(names(bus)) == ["Nordic_LBS", "Second"]


@pytest.mark.parametrize("events", [False, True])
def test_results_come_as_they_are_heard(bus, events):
    """Long before the time of listening is over."""
    bus.bluez([device_entry()])
    process = subprocess.Popen(
        [SMPCTL, *(["--events"] if events else []), "scan", "--ble", "--time",
         "500"], env=environment(**bus.env), stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL, text=True)
    line = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    if events:
        event = json.loads(line)
        assert (event["event"], event["ble"]["address"]) == ("found", ADDRESS)
    else:
        assert line.startswith(f"ble:{ADDRESS}")


def test_a_weak_device_that_comes_nearer_is_shown(bus):
    bus.bluez([device_entry(rssi=-90)], rules=[
        {"on": "StartDiscovery", "do": "nearer", "ms": 700,
         "address": ADDRESS, "rssi": -30}])
    assert names(bus, "--rssi", "-50") == ["Nordic_LBS"]


def test_nothing_heard_is_said_with_what_to_do(bus):
    bus.bluez([LAMP])
    run = scan(bus)
    assert "no Bluetooth LE device that advertises SMP" in run.err
    assert "--all shows every device" in run.err


@pytest.mark.parametrize("options,words", [
    (["--rssi", "50"], "--rssi takes dBm"),
    (["--rssi", "-500"], "--rssi takes dBm"),
    (["--time", "-1"], "--time takes seconds"),
    (["--time", "99999"], "--time takes seconds"),
    (["--name", ""], "--name is empty"),
    (["--serial"], "exclude each other"),
])
def test_a_wrong_option_is_named(options, words):
    assert words in smpctl("scan", "--ble", *options, status=2).err


# ---- Bluetooth that does not work ----

COMMANDS = [["scan", "--ble", "--time", "1"],
            ["-c", "ble:Nordic_LBS", "os", "echo", "x"],
            ["bluetooth", "forget", "Nordic_LBS"]]


def fails(env, command, words, step):
    """Exit 3, what happened, what to do; and the doctor does not send the
    user to a device that nobody could reach from here."""
    run = smpctl("--json", *command, env=env, status=3)
    assert run.code == "no-device"
    assert words in run.json["error"]["message"], run
    assert step in run.json["error"]["next"], run
    assert f"error: {run.json['error']['message']}" in run.err
    assert run.json["verdicts"] == [], run


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_no_system_bus(command):
    fails({"DBUS_SYSTEM_BUS_ADDRESS": "unix:path=/nonexistent/bus"}, command,
          "no connection to the D-Bus system bus",
          "start the D-Bus system bus")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_no_bluetoothd(bus, command):
    fails(bus.env, command, "bluetoothd does not run",
          "systemctl start bluetooth")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda c: c[0])
def test_no_permission(tmp_path, command):
    bus = Bus(tmp_path, policy='<deny send_destination="org.bluez"/>')
    try:
        bus.bluez([device_entry()])
        fails(bus.env, command, "does not let this user talk to BlueZ",
              "group bluetooth")
    finally:
        bus.stop()


@pytest.mark.parametrize("command", COMMANDS[:2], ids=lambda c: c[0])
def test_no_adapter(bus, command):
    bus.bluez([], adapters=[])
    fails(bus.env, command, "this machine has no adapter", "rfkill list")


@pytest.mark.parametrize("command", COMMANDS[:2], ids=lambda c: c[0])
def test_an_adapter_that_is_off(bus, command):
    bus.bluez([], adapters={"hci0": False})
    fails(bus.env, command, "every adapter is switched off: hci0",
          "bluetoothctl power on")


def test_forgetting_what_nobody_knows(bus):
    bus.bluez([])
    run = smpctl("bluetooth", "forget", "Nordic_LBS", env=bus.env, status=3)
    assert "keeps no device of that name" in run.err
    assert "bluetoothctl devices" in run.err


def test_a_bluetoothd_that_hangs_is_given_up_on(bus):
    bus.bluez([], rules=[{"on": "GetManagedObjects", "do": "never"}])
    run = smpctl("scan", "--ble", env=bus.env, status=3)
    assert "did not answer in time" in run.err
    assert "journalctl -u bluetooth" in run.err
