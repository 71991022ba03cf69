# SPDX-License-Identifier: Apache-2.0
"""Several devices at the same time: in one process, and in several."""
import re
import signal
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from bluezrig import device_entry, wait_for
from rig import BUILD, SMPCTL, ZEPHYR, environment, make_package, smpctl

SEVERAL = BUILD / "tests/ble/ble_several"


@pytest.fixture
def sim(device):
    return lambda *more: device(ZEPHYR, "--set", "server.udp_mtu=2475", *more)


@pytest.fixture
def small(tmp_path):
    return make_package(tmp_path / "small.zip", net=False, size=30000)


def address(i):
    return f"C0:00:00:00:00:{i:02X}"


def entries(sim, adapters, **more):
    return [device_entry(sim(), address=address(i), name=f"dev{i}",
                         adapter=adapter, **more)
            for i, adapter in enumerate(adapters, 1)]


def several(bus, how, package, devices, status=0):
    """Run the program; by device what it printed."""
    uris = [f"ble:{d['name']}?adapter={d['adapter']}&find=2" for d in devices]
    done = subprocess.run([SEVERAL, how, package, *uris], text=True,
                          capture_output=True, timeout=120, check=False,
                          env=environment(**bus.env))
    assert "Sanitizer" not in done.stderr, done.stderr
    assert done.returncode == status, done
    lines = done.stdout.splitlines()
    assert len(lines) == len(devices)
    return {d["name"]: line.split(" ", 1)[1]
            for d, line in zip(devices, lines)}


def connections(text):
    assert text.startswith("done"), text
    return int(text.split()[1])


@pytest.mark.parametrize("adapters", [
    ["hci0", "hci0"], ["hci0", "hci1"], ["hci0", "hci0", "hci1", "hci1"]],
    ids=["one-adapter", "two-adapters", "four-devices"])
@pytest.mark.parametrize("how", ["threads", "turns"])
def test_one_process_updates_several_devices(bus, sim, small, how, adapters):
    devices = entries(sim, adapters)
    bus.bluez(devices, adapters=sorted(set(adapters)))
    told = several(bus, how, small, devices)
    # One connection before the reset, one after it: none was lost.
    assert {connections(t) for t in told.values()} == {2}
    log = bus.log.read_text()
    assert log.count("agent DisplayYesNo") == len(devices)
    assert log.count("agent gone") == len(devices)


@pytest.mark.parametrize("how", ["threads", "turns"])
@pytest.mark.parametrize("do", ["disconnect", "close-sockets", "vanish"])
def test_a_lost_device_does_not_disturb_the_others(bus, sim, small, how, do):
    devices = entries(sim, ["hci0", "hci0", "hci1"])
    bus.bluez(devices, adapters=["hci0", "hci1"],
              rules=[{"on": "bytes", "at": 9000, "do": do}])
    told = several(bus, how, small, devices)
    # The rule hits the one that is first to have sent so much.
    assert sorted(connections(t) for t in told.values()) == [2, 2, 3]


@pytest.mark.parametrize("how", ["threads", "turns"])
def test_a_device_that_stays_away_fails_alone(bus, sim, small, how):
    devices = entries(sim, ["hci0", "hci0"])
    bus.bluez(devices, rules=[{"on": "bytes", "at": 9000, "do": "mute",
                               "ms": 100000}])
    told = several(bus, how, small, devices, status=1)
    ends = sorted(t.split()[0] for t in told.values())
    assert ends == ["done", "failed"], told
    failed = next(t for t in told.values() if t.startswith("failed"))
    assert failed.startswith("failed link-lost"), told


@pytest.mark.parametrize("how", ["threads", "turns"])
def test_a_device_that_is_not_there_leaves_the_others_alone(bus, sim, small,
                                                            how):
    devices = entries(sim, ["hci0", "hci0"])
    bus.bluez(devices[:1])
    told = several(bus, how, small, devices, status=1)
    assert told["dev1"].startswith("done"), told
    assert told["dev2"].startswith("failed no-device"), told


def test_one_adapter_that_goes_takes_only_its_own_devices(bus, sim, small):
    devices = entries(sim, ["hci0", "hci1"])
    # The second device is the first one to be told nothing: its adapter goes.
    bus.bluez(devices, adapters=["hci0", "hci1"], rules=[
        {"on": "bytes", "at": 9000, "do": "adapter-gone"}])
    told = several(bus, "threads", small, devices, status=1)
    ends = sorted(t.split()[0] for t in told.values())
    assert ends == ["done", "failed"], told


@pytest.mark.parametrize("how", ["threads", "turns"])
def test_each_device_is_paired_by_the_agent_of_its_own(bus, sim, small, how):
    devices = entries(sim, ["hci0", "hci1"], wants_pairing=True)
    bus.bluez(devices, adapters=["hci0", "hci1"])
    told = several(bus, how, small, devices)
    assert {connections(t) for t in told.values()} == {2}


# ---- several processes ----


@pytest.mark.parametrize("adapters", [["hci0"] * 3,
                                      ["hci0", "hci1", "hci1"]])
def test_several_processes_update_a_device_each(bus, sim, small, adapters):
    devices = entries(sim, adapters)
    bus.bluez(devices, adapters=sorted(set(adapters)))
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(
            lambda d: bus("--json", "upgrade", small, by=d["address"]),
            devices))
    assert all(run.json["ok"] for run in runs)


def test_a_scan_beside_an_update_sees_the_others(bus, sim, small):
    """Discovery belongs to a client: the end of one leaves the other's on."""
    devices = entries(sim, ["hci0", "hci0"])
    bus.bluez(devices)
    with ThreadPoolExecutor() as pool:
        scan = pool.submit(smpctl, "--json", "scan", "--ble", "--time", "4",
                           env=bus.env)
        run = bus("--json", "upgrade", small, by="dev1")
        found = scan.result().json["ble"]
    assert run.json["ok"]
    assert "dev2" in [d["name"] for d in found]


def test_a_second_process_on_a_busy_device_is_told_who_has_it(bus, sim,
                                                              small):
    devices = entries(sim, ["hci0"])
    bus.bluez(devices, rules=[{"on": "bytes", "at": 9000, "do": "slow",
                               "ms": 4000}])
    first = subprocess.Popen(
        [SMPCTL, "-c", "ble:dev1", "--json", "upgrade", str(small)],
        env=environment(**bus.env), stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, text=True)
    wait_for("the upload runs", lambda: "rule:" in bus.log.read_text())
    run = bus("os", "echo", "x", by="dev1", status=3)
    assert "another program on this machine uses the device" in run.err
    assert "next:" in run.err
    out, err = first.communicate(timeout=60)
    assert first.returncode == 0, (out, err)


def test_an_interrupted_process_does_not_disturb_the_other(bus, sim, small):
    devices = entries(sim, ["hci0", "hci0"])
    bus.bluez(devices)
    process = subprocess.Popen(
        [SMPCTL, "-c", "ble:dev1?find=60", "os", "echo", "x", "--timeout",
         "20"], env=environment(**bus.env), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, text=True)
    with ThreadPoolExecutor() as pool:
        update = pool.submit(bus, "--json", "upgrade", small, by="dev2")
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        assert update.result().json["ok"]
    process.wait(20)
    assert not re.search("Sanitizer", process.stderr.read())
