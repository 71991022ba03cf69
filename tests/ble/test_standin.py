# SPDX-License-Identifier: Apache-2.0
"""smpctl against a BlueZ that misbehaves on demand."""
import re

import pytest

from bluezrig import ADDRESS, device_entry, wait_for
from rig import ZEPHYR, make_package, smpctl

BIG = ["--set", "server.udp_mtu=2475"]


@pytest.fixture
def sim(device):
    """A device behind the scripted BlueZ."""
    return lambda *more: device(ZEPHYR, *BIG, *more)


@pytest.fixture
def small(tmp_path):
    return make_package(tmp_path / "small.zip", net=False, size=20000)


@pytest.mark.parametrize("sockets", [True, False])
@pytest.mark.parametrize("mtu,reassembly",
                         [(23, True), (65, True), (65, False), (252, True),
                          (252, False), (517, True), (517, False)])
def test_update(bus, sim, small, sockets, mtu, reassembly):
    bus.bluez([device_entry(sim(), mtu=mtu, reassembly=reassembly)],
              sockets=sockets)
    run = bus("--json", "upgrade", small)
    assert run.json["ok"]
    # Said at the end of the upload, beside speed and binding limit.
    assert re.search(rf"kB/s, chunks of \d+, window \d+, limit: [a-z ]+, "
                     rf"ATT MTU {mtu}", run.err), run.err
    assert run.json["images"][0]["att_mtu"] == mtu
    assert "dropped" not in bus.log.read_text()


def test_mtu_23_without_reassembly_is_refused_with_the_reason(bus, sim,
                                                              small):
    bus.bluez([device_entry(sim(), mtu=23, reassembly=False)])
    run = bus("--json", "upgrade", small, status=1)
    assert "holds only 20 bytes" in run.err
    assert "ATT MTU 23" in run.err
    assert "CONFIG_MCUMGR_TRANSPORT_BT_REASSEMBLY=y" in run.err


def test_it_subscribes_before_the_first_request(bus, sim):
    bus.bluez([device_entry(sim())], rules=[
        {"on": "AcquireNotify", "do": "slow", "ms": 700}])
    assert "hello" in bus("os", "echo", "hello").out


# ---- finding ----


def test_nobody_is_heard(bus):
    bus.bluez([])
    run = bus("--json", "os", "echo", "x", more="find=1", status=3)
    assert run.code == "no-device"
    assert "no such device is heard" in run.err


def test_others_with_smp_are_named(bus, sim):
    bus.bluez([device_entry(sim(), name="Kitchen")])
    run = bus("os", "echo", "x", more="find=1", status=3)
    assert "Kitchen (C0:00:00:00:00:01)" in run.err


def test_two_devices_of_one_name_are_told_apart_by_address(bus, sim):
    bus.bluez([device_entry(sim()),
               device_entry(sim(), address="C0:00:00:00:00:02")])
    run = bus("os", "echo", "x", status=3)
    assert "several devices" in run.err
    assert "C0:00:00:00:00:02" in run.err
    assert "hello" in bus("os", "echo", "hello",
                          by="C0:00:00:00:00:02").out


def test_a_device_without_smp_in_its_advertising_is_found_by_name(bus, sim):
    bus.bluez([device_entry(sim(), advertises_smp=False)])
    assert "hello" in bus("os", "echo", "hello").out


def test_a_name_of_the_device_cannot_write_to_the_terminal(bus):
    bus.bluez([device_entry(name="\x1b[31mred")])
    out = smpctl("scan", "--ble", "--time", "1", env=bus.env).out
    assert "\x1b" not in out and "red" in out


# ---- connected to another central ----


def test_a_device_that_another_central_holds_is_not_heard(bus, sim):
    bus.bluez([device_entry(sim(), held=True)])
    run = bus("os", "echo", "x", more="find=1", status=3)
    assert "connected to a phone or another computer" in run.err


def test_a_device_that_bluez_knows_and_another_central_holds_is_named(bus,
                                                                      sim):
    bus.bluez([device_entry(sim())], rules=[{"on": "Disconnect",
                                             "do": "hold"}])
    bus("os", "echo", "x")
    for by in ("Nordic_LBS", ADDRESS):
        run = bus("os", "echo", "x", by=by, more="find=1", status=3)
        assert f"BlueZ knows the device ({ADDRESS})" in run.err
        assert "connected to another phone or computer" in run.err


def test_a_central_that_is_quicker_is_named(bus, sim):
    """It advertised, but was taken before we connected."""
    bus.bluez([device_entry(sim())], rules=[{"on": "Connect", "every": True,
                                             "do": "hold"}])
    run = bus("os", "echo", "x", status=3)
    assert "connected to another phone or computer" in run.err
    assert "le-connection-abort-by-local" in run.err


@pytest.mark.parametrize("sockets", [True, False])
def test_an_upload_goes_on_when_the_other_central_lets_go(bus, sim, small,
                                                          sockets):
    bus.bluez([device_entry(sim())], sockets=sockets, rules=[
        {"on": "bytes", "at": 9000, "do": "hold", "ms": 1500}])
    assert bus("--json", "upgrade", small).json["ok"]


def test_an_upload_that_another_central_ended_says_so(bus, sim, small):
    bus.bluez([device_entry(sim())], rules=[
        {"on": "bytes", "at": 9000, "do": "hold"}])
    run = bus("--json", "upgrade", "--reconnect-timeout", "3", small,
              status=3)
    assert run.code == "link-lost"
    assert "has disconnected" in run.json["error"]["message"]
    assert "connected to another phone" in run.json["error"]["message"]


def test_a_device_that_a_phone_takes_after_the_reset_is_named(bus, sim,
                                                              small):
    bus.bluez([device_entry(sim())], rules=[{"on": "reset", "do": "hold"}])
    run = bus("--json", "upgrade", "--reset-timeout", "4", small, status=3)
    assert run.code == "device-did-not-return"
    assert "connected to another phone" in run.json["error"]["message"]


# ---- no Bluetooth ----


def test_wrong_adapter(bus):
    bus.bluez([])
    run = bus("os", "echo", "x", more="adapter=hci5", status=3)
    assert "no adapter hci5; there are: hci0" in run.err


def test_scan_without_bluetooth_still_lists_serial_ports(bus):
    run = smpctl("--json", "scan", env=bus.env)
    assert "serial" in run.json and "bluetoothd" in run.json["ble_error"]


# ---- every refusal of BlueZ ----

FAILED = "org.bluez.Error.Failed"


@pytest.mark.parametrize("on,name,text,words", [
    ("Connect", FAILED, "le-connection-refused", "connected to another"),
    # Connected to another central it does not advertise, and the kernel gives
    # up: BlueZ 5.62 and newer, then older ones.
    ("Connect", FAILED, "le-connection-abort-by-local",
     "connected to another"),
    ("Connect", FAILED, "le-connection-timeout", "connected to another"),
    ("Connect", FAILED, "Software caused connection abort",
     "connected to another"),
    ("Connect", FAILED, "Connection timed out", "connected to another"),
    ("Connect", FAILED, "Connection refused", "connected to another"),
    ("Connect", FAILED, "Host is down", "connected to another"),
    ("Connect", FAILED, "Input/output error", "connected to another"),
    ("Connect", FAILED, "le-connection-abort-by-remote", "lost the bond"),
    ("Connect", FAILED, "Connection reset by peer", "lost the bond"),
    ("Connect", FAILED, "le-connection-key-missing", "has lost the bond"),
    ("Connect", FAILED, "le-connection-concurrent-connection-limit",
     "as many connections"),
    ("Connect", FAILED, "Too many links", "as many connections"),
    ("Connect", FAILED, "le-connection-adapter-not-powered", "switched off"),
    ("Connect", FAILED, "le-connection-busy", "busy"),
    ("Connect", FAILED, "le-connection-gatt-browsing",
     "read the device's services"),
    ("Connect", FAILED, "br-connection-profile-unavailable",
     "classic Bluetooth"),
    ("Connect", FAILED, "br-connection-page-timeout", "classic Bluetooth"),
    ("Connect", FAILED, "br-connection-canceled", "another program"),
    ("Connect", FAILED, "Device or resource busy", "busy"),
    ("Connect", FAILED, "something new", "BlueZ failed"),
    ("Connect", "org.bluez.Error.InProgress", "In Progress", "busy"),
    ("Connect", "org.bluez.Error.NotReady", "Resource Not Ready",
     "switched off"),
    ("Connect", "org.bluez.Error.ConnectionAttemptFailed", "Page Timeout",
     "does not answer"),
    ("Connect", "org.bluez.Error.NotAvailable", "Operation currently not "
     "available", "not available"),
    ("Connect", "org.freedesktop.DBus.Error.AccessDenied", "Rejected send",
     "does not let this user"),
    ("Connect", "org.freedesktop.DBus.Error.NoReply", "no reply",
     "did not answer in time"),
    ("StartDiscovery", "org.bluez.Error.NotReady", "Resource Not Ready",
     "switched off"),
    ("StartDiscovery", "org.bluez.Error.NotAuthorized", "no",
     "listen for devices"),
    ("AcquireNotify", "org.bluez.Error.NotPermitted", "Notify acquired",
     "another program"),
    ("AcquireNotify", FAILED, "Operation failed with ATT error: 0x05",
     "wants to be paired"),
    ("AcquireNotify", FAILED, "Operation failed with ATT error: 0x0f",
     "wants to be paired"),
    ("AcquireNotify", FAILED, "Operation failed with ATT error: 0x08",
     "does not allow"),
    ("AcquireNotify", FAILED, "Operation failed with ATT error: 0x0c",
     "encryption key"),
    ("AcquireNotify", FAILED, "Operation failed with ATT error: 0x01",
     "older firmware"),
    ("AcquireNotify", FAILED, "Operation failed with ATT error: 0x12",
     "services have changed"),
    ("AcquireNotify", FAILED, "Operation failed with ATT error: 0x80",
     "ATT error of its own"),
    ("AcquireNotify", "org.bluez.Error.InProgress", "In Progress", "busy"),
    ("AcquireNotify", "org.bluez.Error.NotAuthorized", "Not Authorized",
     "wants to be paired"),
    ("AcquireNotify", "org.bluez.Error.InvalidArguments", "Invalid",
     "did not understand"),
    ("AcquireWrite", "org.bluez.Error.NotPermitted", "Write acquired",
     "another program"),
])
def test_a_refusal_is_named(bus, on, name, text, words):
    bus.bluez([device_entry()], rules=[
        {"on": on, "every": True, "do": "error", "name": name,
         "text": text}])
    run = bus("--json", "os", "echo", "x", status=None)
    assert run.status in (1, 3), run
    assert words in run.err, run.err
    assert name in run.err and "next:" in run.err


@pytest.mark.parametrize("on,name,text", [
    ("Connect", FAILED, "le-connection-abort-by-local"),
    ("Connect", "org.bluez.Error.InProgress", "In Progress"),
    ("AcquireNotify", "org.bluez.Error.InProgress", "In Progress"),
    ("AcquireNotify", "org.bluez.Error.NotSupported", "Not Supported"),
    ("AcquireWrite", "org.bluez.Error.NotSupported", "Not Supported"),
    ("AcquireNotify", FAILED, "Operation failed with ATT error: 0x01"),
    ("AcquireNotify", "org.bluez.Error.NotConnected", "Not Connected"),
    ("Connect", "org.bluez.Error.AlreadyConnected", "Already Connected"),
])
def test_one_refusal_is_overcome(bus, sim, on, name, text):
    bus.bluez([device_entry(sim())], rules=[
        {"on": on, "do": "error", "name": name, "text": text}])
    assert "hello" in bus("os", "echo", "hello").out


# ---- objects and answers that do not come ----


@pytest.mark.parametrize("on", ["Connect", "AcquireNotify", "AcquireWrite",
                                "StartDiscovery", "GetManagedObjects"])
def test_slow_answers_are_waited_for(bus, sim, on):
    bus.bluez([device_entry(sim())], rules=[
        {"on": on, "do": "slow", "ms": 1500}])
    assert "hello" in bus("os", "echo", "hello").out


@pytest.mark.parametrize("on", ["Connect", "AcquireNotify", "AcquireWrite",
                                "resolve"])
@pytest.mark.parametrize("do", ["vanish", "disconnect"])
def test_a_device_that_goes_in_the_middle_ends_with_a_message(bus, on, do):
    bus.bluez([device_entry()], rules=[{"on": on, "every": True, "do": do}])
    run = bus("os", "echo", "x", status=3)
    assert "disconnected" in run.err or "vanished" in run.err \
        or "does not know" in run.err, run.err


@pytest.mark.parametrize("on", ["Connect", "AcquireNotify", "resolve"])
def test_bluetoothd_that_ends_in_the_middle_is_named(bus, on):
    bus.bluez([device_entry()], rules=[{"on": on, "do": "quit"}])
    run = bus("os", "echo", "x", status=3)
    assert "bluetoothd" in run.err, run.err


def test_ctrl_c_ends_the_wait_for_an_answer(bus):
    import signal
    import subprocess
    import time
    from rig import SMPCTL, environment
    bus.bluez([device_entry()], rules=[{"on": "Connect", "do": "never"}])
    process = subprocess.Popen(
        [SMPCTL, "-c", "ble:Nordic_LBS", "os", "echo", "x"],
        env=environment(**bus.env), stderr=subprocess.PIPE, text=True)
    time.sleep(2)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=5)
    assert process.returncode == 130, err
    assert "interrupted" in err


def test_services_of_an_older_firmware_are_read_again(bus, sim):
    bus.bluez([device_entry(sim())], rules=[{"on": "resolve", "do": "stale"}])
    run = bus("-v", "os", "echo", "hello")
    assert "hello" in run.out and "outdated" in run.err


def test_a_device_without_smp_is_named_with_its_services(bus):
    bus.bluez([device_entry(smp=False)])
    run = bus("os", "echo", "x", status=3)
    assert "offers no SMP service" in run.err
    assert "00001523-1212-efde-1523-785feabcd123" in run.err


# ---- links that go during an upload ----


@pytest.mark.parametrize("do", [
    {"do": "disconnect"}, {"do": "vanish"}, {"do": "close-sockets"},
    {"do": "restart", "ms": 700}, {"do": "adapter-gone", "ms": 700},
    {"do": "readdress", "address": "C0:00:00:00:00:99"},
    {"do": "mute", "ms": 1500}], ids=lambda d: d["do"])
@pytest.mark.parametrize("sockets", [True, False])
def test_an_upload_survives(bus, sim, small, do, sockets):
    # Without sockets there are none to close.
    bus.bluez([device_entry(sim())],
              sockets=sockets or do["do"] == "close-sockets",
              rules=[{"on": "bytes", "at": 9000, **do}])
    run = bus("--json", "upgrade", small)
    assert run.json["ok"]
    assert "rule:" in bus.log.read_text()


@pytest.mark.parametrize("do,words", [
    ({"do": "quit"}, "bluetoothd"),
    ({"do": "adapter-gone"}, "adapter"),
    ({"do": "adapter-off"}, "switched off"),
    ({"do": "mute", "ms": 100000}, "disconnected"),
], ids=["quit", "adapter-gone", "adapter-off", "mute"])
def test_an_upload_that_cannot_go_on_says_why(bus, sim, small, do, words):
    bus.bluez([device_entry(sim())],
              rules=[{"on": "bytes", "at": 9000, **do}])
    run = bus("-v", "--json", "upgrade", "--reconnect-timeout", "4", small,
              status=3)
    assert words in run.json["error"]["message"], run.err


def test_a_bus_that_goes_during_an_upload_is_named(bus, sim, small):
    bus.bluez([device_entry(sim())], rules=[
        {"on": "bytes", "at": 9000, "do": "kill-bus",
         "pid": bus.process.pid}])
    run = bus("--json", "upgrade", "--reconnect-timeout", "3", small,
              status=3)
    assert "system bus" in run.json["error"]["message"], run.err


# ---- after the reset ----


@pytest.mark.parametrize("do", [
    {"do": "readdress", "address": "C0:00:00:00:00:99"},
    {"do": "mute", "ms": 2500},
    {"do": "restart", "ms": 500}], ids=lambda d: d["do"])
def test_the_device_is_found_again_after_the_reset(bus, sim, small, do):
    bus.bluez([device_entry(sim())], rules=[{"on": "reset", **do}])
    assert bus("--json", "upgrade", small).json["ok"]


@pytest.mark.parametrize("sockets", [True, False])
@pytest.mark.parametrize("rules", [
    [], [{"on": "bytes", "at": 9000, "do": "disconnect"}],
    [{"on": "bytes", "at": 9000, "do": "close-sockets"}],
    [{"on": "bytes", "at": 9000, "do": "restart", "ms": 500}],
], ids=["reset", "cut", "close-sockets", "restart"])
def test_a_device_that_bluez_connects_by_itself_is_found_again(
        bus, sim, small, rules, sockets):
    """As it does with bonded devices: they are connected before they are
    heard."""
    if rules and rules[0]["do"] == "close-sockets":
        sockets = True
    bus.bluez([device_entry(sim(), auto_connect=True)], sockets=sockets,
              rules=rules)
    assert bus("--json", "upgrade", small).json["ok"]
    assert "connected by itself" in bus.log.read_text()


def test_a_connection_of_our_own_is_ended(bus, sim):
    bus.bluez([device_entry(sim())], rules=[
        {"on": "Disconnect", "every": True, "do": "log"}])
    assert "hello" in bus("os", "echo", "hello").out
    wait_for("it is disconnected", lambda: "rule:" in bus.log.read_text())


def test_a_connection_of_another_program_is_used_and_left(bus, sim):
    bus.bluez([device_entry(sim(), auto_connect=True)], rules=[
        {"on": "Disconnect", "every": True, "do": "log"}])
    smpctl("scan", "--ble", "--time", "1", env=bus.env)
    for _ in range(2):
        assert "hello" in bus("os", "echo", "hello").out
    assert "rule:" not in bus.log.read_text()


def test_a_new_name_at_the_old_address_is_the_device(bus, sim, small):
    bus.bluez([device_entry(sim())],
              rules=[{"on": "reset", "do": "rename", "name": "Nordic_LTS"}])
    assert bus("--json", "upgrade", small).json["ok"]


def test_a_new_firmware_without_smp_is_named(bus, sim, small):
    bus.bluez([device_entry(sim())],
              rules=[{"on": "reset", "do": "drop-smp"}])
    run = bus("-v", "--json", "upgrade", "--reset-timeout", "5", small,
              status=3)
    assert run.code == "device-did-not-return"
    assert "no SMP service" in run.err


# ---- pairing ----


def test_without_pair_the_wish_for_pairing_is_named(bus):
    bus.bluez([device_entry(wants_pairing=True)])
    for more in ([], ["--pair", "no"]):
        run = bus(*more, "os", "echo", "x", status=3)
        assert "wants to be paired" in run.err
        assert "--pair yes" in run.err


def test_just_works(bus, sim):
    bus.bluez([device_entry(sim(), wants_pairing=True)])
    assert "hello" in bus("--pair", "yes", "os", "echo", "hello").out


def test_passkey(bus, sim):
    entry = device_entry(sim(), wants_pairing=True, passkey=123456,
                         question="RequestPasskey")
    bus.bluez([entry])
    run = bus("--pair", "yes", "os", "echo", "x", status=3)
    assert "--passkey N" in run.err
    run = bus("--passkey", "111111", "os", "echo", "x", status=3)
    assert "wrong passkey" in run.err
    assert "hello" in bus("--passkey", "123456", "os", "echo", "hello").out


@pytest.mark.parametrize("answer,status", [("y\n", 0), ("n\n", 3), ("", 3)])
def test_numeric_comparison_asks(bus, sim, answer, status):
    import subprocess
    from rig import SMPCTL, environment
    bus.bluez([device_entry(sim(), wants_pairing=True, passkey=4711,
                            question="RequestConfirmation")])
    done = subprocess.run(
        [SMPCTL, "-c", "ble:Nordic_LBS", "--pair", "ask", "os", "echo", "x"],
        input=answer, text=True, capture_output=True, timeout=60,
        env=environment(**bus.env), check=False)
    assert done.returncode == status, done
    assert "Does it show 004711?" in done.stderr


def test_a_number_is_compared_with_the_passkey_given(bus, sim):
    bus.bluez([device_entry(sim(), wants_pairing=True, passkey=4711,
                            question="RequestConfirmation")])
    run = bus("--passkey", "111111", "os", "echo", "x", status=3)
    assert "the number of the device is not the --passkey given" in run.err
    assert "hello" in bus("--passkey", "4711", "os", "echo", "hello").out


@pytest.mark.parametrize("name,words", [
    ("AuthenticationFailed", "lost the bond"),
    ("AuthenticationCanceled", "cancelled"),
    ("AuthenticationRejected", "rejected"),
    ("AuthenticationTimeout", "too long"),
])
def test_a_failed_pairing_is_named(bus, name, words):
    bus.bluez([device_entry(wants_pairing=True)], rules=[
        {"on": "Pair", "do": "error", "name": "org.bluez.Error." + name}])
    run = bus("--pair", "yes", "os", "echo", "x", status=3)
    assert words in run.err


def test_a_lost_bond_is_named_and_forget_helps(bus, sim):
    bus.bluez([device_entry(sim(), paired=True, bond_lost=True,
                            wants_pairing=True)])
    run = bus("--pair", "yes", "os", "echo", "x", status=3)
    assert "lost it" in run.err
    assert "smpctl bluetooth forget" in run.err
    smpctl("bluetooth", "forget", ADDRESS, env=bus.env)
    assert "hello" in bus("--pair", "yes", "os", "echo", "hello").out


def test_a_bond_that_is_lost_with_the_update_is_named(bus, sim, small):
    """Erased settings, or a firmware with another place for them."""
    bus.bluez([device_entry(sim(), wants_pairing=True)],
              rules=[{"on": "reset", "do": "lose-bond"}])
    run = bus("--pair", "yes", "--json", "upgrade", "--reset-timeout", "6",
              small, status=3)
    assert run.code == "device-did-not-return"
    assert "lost it" in run.json["error"]["message"]
    assert "smpctl bluetooth forget" in run.json["error"]["message"]
    smpctl("bluetooth", "forget", ADDRESS, env=bus.env)
    assert bus("--pair", "yes", "--json", "upgrade", small).json["ok"]


def test_a_bonded_device_that_disconnects_at_once_may_have_lost_the_bond(bus):
    bus.bluez([device_entry(paired=True)], rules=[
        {"on": "resolve", "every": True, "do": "disconnect"}])
    run = bus("os", "echo", "x", status=3)
    assert "may have lost the bond" in run.err


def test_forget_removes_the_device(bus, sim):
    bus.bluez([device_entry(sim())])
    bus("os", "echo", "x")
    assert smpctl("--json", "bluetooth", "forget", "Nordic_LBS",
                  env=bus.env).json == {"ok": True, "removed": 1}
    run = smpctl("bluetooth", "forget", "Nordic_LBS", env=bus.env, status=3)
    assert "keeps no device" in run.err
