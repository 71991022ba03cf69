# SPDX-License-Identifier: Apache-2.0
"""Updates that work get no verdict, whoever recorded them."""
import pytest

import live
from conftest import doctor, run

PRESETS = [live.SINGLE, live.MULTI, live.OVERWRITE, live.ZEPHYR, live.LEGACY]
# The development key that nrf54l15dk-ncs3 is built with.
DEVELOPMENT = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""
MODES = ["test-and-confirm", "test-only", "confirm-only", "upload-only"]


# What each bootloader mode of ZEPHYR can do, and wants of a package.
BOOTLOADERS = {
    "scratch": ("test-and-confirm", []),
    "move": ("test-and-confirm", []),
    "offset": ("test-and-confirm", []),
    "overwrite": ("confirm-only", []),
    "overwrite-whole": ("confirm-only", []),
    "direct-xip": ("confirm-only", ["--rom-fixed", "0xc000,0x82000"]),
    "direct-xip-revert": ("test-and-confirm",
                          ["--rom-fixed", "0xc000,0x82000"]),
    "ram-load": ("confirm-only", ["--ram-load", "0x20000000"]),
    "ram-load-revert": ("test-and-confirm", ["--ram-load", "0x20000000"]),
    "firmware-loader": ("confirm-only", []),
}


@pytest.fixture
def world(tmp_path):
    w = live.World(tmp_path)
    yield w
    w.close()


def verdicts(*files):
    return [(v["pattern"], v["id"], v["confidence"], v["evidence"])
            for v in doctor(*files)["verdicts"]]


@pytest.mark.parametrize("mode", MODES)
@pytest.mark.parametrize("preset", PRESETS)
def test_a_good_update_gets_no_verdict(world, preset, mode):
    if preset == live.OVERWRITE and mode in ("test-and-confirm", "test-only"):
        mode = "confirm-only"
    two = preset in (live.MULTI, live.OVERWRITE)
    sim = world.sim(preset)
    done = world.smpctl(sim.connect, "upgrade", "--mode", mode,
                        world.package(net=two), timeout=120)
    assert done.returncode == 0, done.stdout
    assert verdicts(world.trace) == []
    assert verdicts(world.trace, sim.console_path) == []


@pytest.mark.parametrize("name", BOOTLOADERS)
def test_a_good_update_gets_no_verdict_whatever_boots(world, name):
    mode, more = BOOTLOADERS[name]
    sim = world.sim(live.ZEPHYR, "--bootloader", name)
    proxy = world.capture(sim)
    own = world.tmp / "own.trace"
    done = world.smpctl(proxy.connect, "--trace", own, "upgrade", "--mode",
                        mode, world.package(version="2.0.0", more=more),
                        trace=False, timeout=120)
    assert done.returncode == 0, done.stdout
    for files in [(own,), (world.trace,), (own, sim.console_path)]:
        assert verdicts(*files) == []


@pytest.mark.parametrize("mode", ["test-and-confirm", "confirm-only"])
def test_a_good_update_gets_no_verdict_from_external_flash(world, mode):
    sim = world.sim("nrf52840dk-external")
    done = world.smpctl(sim.connect, "upgrade", "--mode", mode,
                        world.package(), timeout=120)
    assert done.returncode == 0, done.stdout
    assert verdicts(world.trace) == []
    assert verdicts(world.trace, sim.console_path) == []


def test_a_good_recovery_gets_no_verdict(world):
    sim = world.sim("serial-recovery", port="pty")
    done = world.smpctl(sim.connect, "upgrade", "--mode", "confirm-only",
                        world.package(version="2.0.0"), timeout=120)
    assert done.returncode == 0, done.stdout
    assert verdicts(world.trace) == []


@pytest.mark.parametrize("mode", MODES)
def test_a_good_signed_update_gets_no_verdict(world, mode):
    """The bootloader of NCS 3: Ed25519 over SHA-512, a header of 0x800."""
    key = world.tmp / "device.pem"
    key.write_text(DEVELOPMENT, encoding="ascii")
    program = world.file("program.bin", bytes(range(256)) * 200)
    signed = world.tmp / "app.signed.bin"
    run("imagefile", "sign", "--key", key, "--version", "2.0.0",
             "--header-size", "0x800", "--pad-header", "--slot-size", "0xb4000",
             "--align", "16", "--sha", "512", program, signed)
    sim = world.sim("nrf54l15dk-ncs3")
    done = world.smpctl(sim.connect, "upgrade", "--mode", mode, signed,
                        timeout=120)
    assert done.returncode == 0, done.stdout
    assert verdicts(world.trace) == []
    assert verdicts(world.trace, sim.console_path) == []


@pytest.mark.parametrize("preset", PRESETS)
def test_a_good_capture_gets_no_verdict(world, preset):
    two = preset in (live.MULTI, live.OVERWRITE)
    proxy = world.capture(world.sim(preset))
    done = world.smpctl(proxy.connect, "upgrade", "--mode", "confirm-only",
                        world.package(net=two), trace=False, timeout=120)
    assert done.returncode == 0, done.stdout
    assert verdicts(world.trace) == []


@pytest.mark.parametrize("port", ["pty", "tcp"])
def test_a_good_update_on_a_stream_gets_no_verdict(world, port):
    sim = world.sim(live.ZEPHYR, port=port)
    done = world.smpctl(sim.connect, "upgrade", world.package(), timeout=120)
    assert done.returncode == 0, done.stdout
    assert verdicts(world.trace) == []


@pytest.mark.parametrize("fault", [
    "drop:tx,every=25,group=1", "duplicate:every=9", "delay:tx,every=20,ms=80",
    "drop:rx,every=31,group=1"])
def test_a_bad_link_that_is_mastered_gets_no_verdict(world, fault):
    sim = world.sim(live.ZEPHYR, "--fault", fault)
    done = world.smpctl(sim.connect, "--timeout", 0.3, "upgrade",
                        world.package(), timeout=200)
    assert done.returncode == 0, done.stdout
    assert verdicts(world.trace) == []


def test_a_device_with_fewer_buffers_than_it_says_gets_no_verdict(world):
    """Two where the answer to the parameters speaks of eight."""
    count = {"open": 0}

    def rx(m):
        if m.is_(0, 0, 6):
            return ("reply", m.reply({"buf_size": 1472, "buf_count": 8}))
        if m.is_(2, 1, 1):
            if count["open"] >= 2:
                return b""
            count["open"] += 1

    def tx(m):
        if m.is_(3, 1, 1):
            count["open"] -= 1

    sim = world.sim(live.ZEPHYR, "--fault", "delay:tx,p=1,ms=30")
    done = world.smpctl(world.proxy(sim, rx=rx, tx=tx).connect, "--timeout",
                        0.4, "--window", 6, "upgrade", world.package(),
                        timeout=100)
    assert done.returncode == 0, done.stdout
    assert verdicts(world.trace) == []


def test_two_updates_in_a_row_get_no_verdict(world):
    proxy = world.capture(world.sim(live.ZEPHYR))
    for number, version in enumerate(("1.1.0", "1.2.0")):
        done = world.smpctl(
            proxy.connect, "upgrade",
            world.package(f"{number}.zip", version=version, seed=number + 5),
            trace=False, timeout=120)
        assert done.returncode == 0, done.stdout
    assert verdicts(world.trace) == []
