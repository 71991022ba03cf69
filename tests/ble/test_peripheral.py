# SPDX-License-Identifier: Apache-2.0
"""smpsim --ble on the scripted BlueZ: each of its settings, seen by a central
(smpctl, or a program of this file), and what it does when BlueZ refuses."""
import asyncio
import os
import re
import signal
import subprocess

import pytest

from bluezrig import wait_for
from rig import (MULTI, SINGLE, SMPSIM, ZEPHYR, environment, make_package,
                 smpctl)

NAMES = {"hci1": "00:00:00:00:00:02", "hci2": "00:00:00:00:00:03"}
ADAPTERS = ["hci0", "hci1", "hci2"]
LBS = "00001523-1212-efde-1523-785feabcd123"
SMP = "8d53dc1d-1db7-4cd3-868b-8a527460aa84"


class Peripheral:
    def __init__(self, bus, tmp, preset, *args, ble="hci1"):
        self.bus = bus
        self.note_path = tmp / "note"
        with open(self.note_path, "wb") as err:
            self.process = subprocess.Popen(
                [SMPSIM, "--preset", preset, "--flash-time", "0", "--ble", ble,
                 *map(str, args)], stdout=subprocess.DEVNULL, stderr=err,
                stdin=subprocess.DEVNULL, env=environment(**bus.env))

    @property
    def note(self):
        return self.note_path.read_text(errors="replace")

    def listening(self):
        assert self.process.poll() is None, self.note
        return re.search(r"^listening ble (\S+) (.*)$", self.note, re.M)

    def __call__(self, *args, by=NAMES["hci1"], **more):
        return self.bus(*args, by=by, **more)

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(20)
        assert "Sanitizer" not in self.note, self.note
        return status


@pytest.fixture
def on_air(bus, tmp_path):
    """Start smpsim on hci1 and wait until it advertises."""
    running = []

    def start(preset, *args, ble="hci1", wait=True, **config):
        if bus.standin is None:
            bus.bluez([], adapters=ADAPTERS, **config)
        running.append(Peripheral(bus, tmp_path, preset, *args, ble=ble))
        if wait:
            wait_for("it is on the air", running[-1].listening)
        return running[-1]

    yield start
    for p in running:
        p.stop()


@pytest.fixture
def small(tmp_path):
    return make_package(tmp_path / "small.zip", net=False, size=20000)


def air(bus):
    return bus.log.read_text()


# ---- name, services ----


def test_the_origin_device_is_nordic_lbs_and_then_nordic_lts(on_air, bus,
                                                             package):
    """The walk of design: both sides, one bus, two images."""
    p = on_air(MULTI)
    assert p.listening()[2] == "Nordic_LBS"
    run = p("--json", "upgrade", package, by="Nordic_LBS")
    assert run.json["ok"]
    assert "again ble hci1 Nordic_LTS" in p.note
    assert f"advertises hci1 Nordic_LTS {SMP}" in air(bus)
    assert "0.0.0" not in p("os", "info", by="Nordic_LTS").out


def test_the_origin_device_with_one_image_is_refused_with_the_reason(
        on_air, package):
    p = on_air(SINGLE)
    run = p("--json", "upgrade", package, status=5)
    assert run.code == "package-needs-more-images"


@pytest.mark.parametrize("ble,name", [
    ("hci1,name=Door", "Door"), ("hci1", "Nordic_LBS")])
def test_the_name_is_a_setting(on_air, bus, ble, name):
    p = on_air(SINGLE, ble=ble)
    assert p.listening()[2] == name
    assert f"advertises hci1 {name} {SMP}" in air(bus)
    # BlueZ tells the adapter's alias to whoever is connected.
    assert f"set hci1 Alias {name}" in air(bus)


@pytest.mark.parametrize("ble,uuids", [
    ("hci1", f"{SMP} {LBS}"), ("hci1,lbs=no", SMP)])
def test_the_led_button_service_is_there_unless_told(on_air, bus, ble, uuids):
    on_air(ZEPHYR, ble=ble)
    assert f"services hci1 {uuids}\n" in air(bus)


def test_smp_need_not_be_advertised(on_air, bus):
    p = on_air(ZEPHYR, ble="hci1,uuid=no,name=Shy")
    assert "advertises hci1 Shy\n" in air(bus)
    assert smpctl("--json", "scan", "--ble", "--time", "1",
                  env=bus.env).json["ble"] == []
    assert "hello" in p("os", "echo", "hello", by="Shy").out


async def central(env, work):
    """A central of our own: find, connect, work, disconnect."""
    from dbus_fast import Message, Variant
    from dbus_fast.aio import MessageBus
    os.environ.update(env)
    bus = await MessageBus(bus_address=env["DBUS_SYSTEM_BUS_ADDRESS"]
                           ).connect()

    async def call(path, iface, member, signature="", body=()):
        reply = await bus.call(Message(
            destination="org.bluez", path=path, interface=iface,
            member=member, signature=signature, body=list(body)))
        assert reply.message_type.name == "METHOD_RETURN", reply.body
        return reply.body

    device = "/org/bluez/hci0/dev_" + NAMES["hci1"].replace(":", "_")
    await call("/org/bluez/hci0", "org.bluez.Adapter1", "StartDiscovery")
    await asyncio.sleep(0.5)
    await call(device, "org.bluez.Device1", "Connect")
    objects = (await call("/", "org.freedesktop.DBus.ObjectManager",
                          "GetManagedObjects"))[0]
    chars = {o["org.bluez.GattCharacteristic1"]["UUID"].value[4:8]: path
             for path, o in objects.items()
             if "org.bluez.GattCharacteristic1" in o}

    async def read(short):
        return (await call(chars[short], "org.bluez.GattCharacteristic1",
                           "ReadValue", "a{sv}", [{}]))[0]

    async def write(short, value):
        await call(chars[short], "org.bluez.GattCharacteristic1",
                   "WriteValue", "aya{sv}",
                   [value, {"type": Variant("s", "request")}])

    await work(read, write)
    await call(device, "org.bluez.Device1", "Disconnect")
    bus.disconnect()


def test_the_led_is_switched_and_the_button_is_read(on_air, bus):
    p = on_air(ZEPHYR)

    async def work(read, write):
        assert await read("1524") == b"\0"
        assert await read("1525") == b"\0"
        await write("1525", b"\1")
        assert await read("1525") == b"\1"

    asyncio.run(central(bus.env, work))
    wait_for("the LED is on", lambda: "smpsim: LED on" in p.note)


# ---- sizes ----


@pytest.mark.parametrize("io", ["socket", "method"])
@pytest.mark.parametrize("mtu,reassembly", [
    (23, True), (65, True), (65, False), (252, False), (517, True)])
def test_mtu_and_reassembly(on_air, bus, small, io, mtu, reassembly):
    p = on_air(ZEPHYR, "--set", f"ble.att_mtu={mtu}", "--set",
               f"ble.reassembly={'yes' if reassembly else 'no'}",
               ble="hci1" + (",io=method" if io == "method" else ""),
               remote={"mtu": mtu})
    run = p("-v", "--json", "upgrade", small)
    assert run.json["ok"]
    assert f"ATT MTU {mtu}" in run.err
    assert ("the device joins writes" in run.err) == reassembly
    assert f"subscribed by {io}" in air(bus)
    assert "is cut" not in air(bus) and "is dropped" not in air(bus)


def test_mtu_23_without_reassembly_is_refused_with_the_reason(on_air, small):
    p = on_air(ZEPHYR, "--set", "ble.att_mtu=23", "--set",
               "ble.reassembly=no", remote={"mtu": 23})
    run = p("--json", "upgrade", small, status=1)
    assert "holds only 20 bytes" in run.err and "ATT MTU 23" in run.err


@pytest.mark.parametrize("fragment", [1, 7, 100])
def test_notifications_are_cut_as_told(on_air, bus, fragment):
    p = on_air(ZEPHYR, ble=f"hci1,fragment={fragment}", remote={"mtu": 247})
    assert "hello" in p("os", "echo", "hello").out
    sizes = [int(n) for n in re.findall(r"^notification (\d+)$", air(bus),
                                        re.M)]
    assert sizes and max(sizes) <= fragment


# ---- pairing ----


def test_an_encrypted_link_is_asked_for(on_air):
    p = on_air(ZEPHYR, ble="hci1,auth=encrypt")
    assert "wants to be paired" in p("os", "echo", "x", status=3).err
    assert "hello" in p("--pair", "yes", "os", "echo", "hello").out
    # The bond is enough from then on.
    assert "hello" in p("--pair", "no", "os", "echo", "hello").out


@pytest.mark.parametrize("question,status", [
    ("RequestAuthorization", 3), ("RequestConfirmation", 0)])
def test_an_authenticated_link_needs_more_than_just_works(on_air, question,
                                                          status):
    p = on_air(ZEPHYR, ble="hci1,auth=authen",
               remote={"question": question, "passkey": 4711})
    run = p("--pair", "yes", "os", "echo", "hello", status=status)
    if status != 0:
        assert "bluetooth forget" in run.err, run.err


# ---- reset ----


@pytest.mark.parametrize("power", [False, True])
def test_the_central_is_cut_off_at_a_reset(on_air, bus, small, power):
    p = on_air(ZEPHYR, ble="hci1" + (",reset=power" if power else ""))
    assert p("--json", "upgrade", small).json["ok"]
    log = air(bus)
    off = log.index("silent hci1")
    assert log.index("no services hci1") > off
    assert log.count("services hci1 ") == 2 and \
        log.count("advertises hci1") == 2
    assert ("power hci1 False" in log) == power
    assert "again ble hci1" in p.note


def test_another_address_after_the_reset(on_air, bus, small):
    p = on_air(ZEPHYR, ble="hci1,name=Unit7,after-adapter=hci2")
    assert p("--json", "upgrade", small, by="Unit7").json["ok"]
    assert "again ble hci2 Unit7" in p.note
    assert "advertises hci2 Unit7" in air(bus)


def test_another_name_after_the_reset(on_air, small):
    p = on_air(ZEPHYR, ble="hci1,after-name=Renamed")
    assert p("--json", "upgrade", small).json["ok"]
    assert "again ble hci1 Renamed" in p.note


def test_other_services_after_the_reset(on_air, bus, small):
    p = on_air(ZEPHYR, ble="hci1,after-smp=no")
    run = p("-v", "--json", "upgrade", "--reset-timeout", "5", small,
            status=3)
    assert run.code == "device-did-not-return"
    assert "no SMP service" in run.err
    assert f"services hci1 {LBS}\n" in air(bus)


def test_it_comes_back_when_bluetoothd_does(on_air, bus):
    p = on_air(ZEPHYR, rules=[{"on": "GetManagedObjects", "nth": 2,
                               "do": "restart", "ms": 500}])
    # The second reader of the objects makes bluetoothd restart.
    bus("os", "echo", "x", by="nobody", more="find=1", status=3)
    bus("os", "echo", "x", by="nobody", more="find=1", status=3)
    wait_for("it is back", lambda: "again ble hci1" in p.note)
    assert "bluetoothd is gone" in p.note
    assert "hello" in p("os", "echo", "hello").out


# ---- refusals ----


@pytest.mark.parametrize("ble,words", [
    ("hci7", "no adapter hci7"), ("hci1,mtu=23", "is not one of"),
    ("hci1,auth=maybe", "is not one of"), ("hci1,fragment=0", "is not one"),
    ("", "is no adapter"), ("name=x", "is no adapter"),
    ("hci1,", "is not one of")])
def test_a_wrong_setting_is_named(on_air, ble, words):
    p = on_air(ZEPHYR, ble=ble, wait=False)
    assert p.process.wait(20) != 0
    assert words in p.note, p.note


def test_an_adapter_that_is_off_is_named(bus, on_air):
    bus.bluez([], adapters={"hci0": True, "hci1": False})
    p = on_air(ZEPHYR, wait=False)
    assert p.process.wait(20) != 0
    assert "the adapter hci1 is switched off" in p.note
    assert "bluetoothctl power on" in p.note


def test_no_bluetoothd_is_named(bus, on_air):
    bus.standin = False
    p = on_air(ZEPHYR, wait=False)
    bus.standin = None
    assert p.process.wait(20) != 0
    assert "bluetoothd does not run" in p.note
    assert "systemctl start bluetooth" in p.note


@pytest.mark.parametrize("on,text", [
    ("RegisterApplication", "does not take the services"),
    ("RegisterAdvertisement", "does not take the advertisement")])
def test_a_refusal_of_bluez_is_told(on_air, on, text):
    p = on_air(ZEPHYR, wait=False, rules=[
        {"on": on, "do": "error", "name": "org.bluez.Error.NotPermitted",
         "text": "Maximum advertisements reached"}])
    assert p.process.wait(20) != 0
    assert text in p.note and "Maximum advertisements reached" in p.note
