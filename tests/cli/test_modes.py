# SPDX-License-Identifier: Apache-2.0
"""Every bootloader mode, from one image to the next."""
import re
import signal
import subprocess
import time

import pytest

from rig import MULTI, SINGLE, SMPSIM, ZEPHYR, environment, make_package, smpctl

SWAPS = ["scratch", "move", "offset"]
COPIES = ["overwrite", "overwrite-whole"]
XIP = ["direct-xip", "direct-xip-revert"]
RAM = ["ram-load", "ram-load-revert"]
REVERTS = [*SWAPS, "direct-xip-revert", "ram-load-revert"]
SINGLES = ["single", "single-ram"]
LOADER = "firmware-loader"
ALL = [*SWAPS, *COPIES, *XIP, *RAM, *SINGLES, LOADER]

# Slots of ZEPHYR.
SLOTS = "0xc000,0x82000"


def package_for(mode, path, version="2.0.0", app="name=new"):
    more = []
    if mode in XIP:
        more = ["--rom-fixed", SLOTS]
    elif mode in RAM:
        more = ["--ram-load", "0x20000000"]
    return make_package(path, app=app, version=version, net=False, size=20000,
                        more=more)


def sim(mode, preset=ZEPHYR):
    return f"sim:{preset}?set=boot.bootloader:{mode}"


def state(dev):
    """(slot, version, flags) of every listed slot."""
    return [(i["slot"], i["version"], "".join(
        letter for letter, key in zip("ACP!", ["active", "confirmed",
                                               "pending", "permanent"])
        if i.get(key))) for i in dev.images()]


def running(dev):
    return [version for _, version, flags in state(dev) if "A" in flags]


def reset(dev, *args):
    """Wait for the boot too: over UDP the old one still answers a moment."""
    ready = dev.console.count("SMP server ready")
    dev("os", "reset", *args)
    end = time.monotonic() + 20
    while dev.console.count("SMP server ready") == ready:
        assert time.monotonic() < end, dev.console
        time.sleep(0.05)


def smpsim(*args, status=0):
    done = subprocess.run([SMPSIM, *args], capture_output=True, text=True,
                          timeout=30, env=environment(), check=False)
    assert done.returncode == status, done
    return done


def test_the_list_names_every_mode():
    for word in ["list", "help"]:
        lines = smpsim("--bootloader", word).stdout.splitlines()
        assert [line.split()[0] for line in lines] == [
            "scratch", "move", "offset", "overwrite", "overwrite-whole",
            "direct-xip", "direct-xip-revert", "ram-load", "ram-load-revert",
            "single", "single-ram", "firmware-loader"]
        assert all(len(line.split()) > 2 for line in lines)


def test_what_cannot_be_is_said_in_a_sentence():
    run = smpsim("--bootloader", "toaster", status=2)
    assert "no bootloader \"toaster\"" in run.stderr
    run = smpsim("--preset", MULTI, "--bootloader", "direct-xip", status=2)
    assert "network core" in run.stderr and "one image" in run.stderr


def test_device_settings_come_after_the_bootloader(device):
    dev = device(ZEPHYR, "--bootloader", "direct-xip", "--set",
                 "boot.options=+no-downgrade")
    doc = dev("--json", "os", "bootloader", "mode").json
    assert doc == {"mode": 4, "no-downgrade": True}


@pytest.mark.parametrize("mode", ALL)
def test_info_names_the_mode(mode):
    run = smpctl("info", connect=sim(mode))
    words = {"scratch": "swap using scratch", "move": "swap using move",
             "offset": "swap using offset", "overwrite": "overwrite only",
             "overwrite-whole": "overwrite only",
             "direct-xip": "direct-XIP",
             "direct-xip-revert": "direct-XIP with revert",
             "ram-load": "RAM load", "ram-load-revert": "RAM load",
             "single": "single slot", "single-ram": "single slot, RAM load",
             "firmware-loader": "firmware loader"}
    assert f"MCUboot, {words[mode]}" in run.out


@pytest.mark.parametrize("mode", REVERTS)
def test_test_and_confirm(device, tmp_path, mode):
    dev = device(ZEPHYR, "--bootloader", mode)
    doc = dev("--json", "upgrade", package_for(mode, tmp_path / "p.zip")).json
    assert doc["confirmed"] and doc["images"][0]["verified"] == "active"
    reset(dev)
    assert dev("os", "echo", "x").out == "x\n"
    assert running(dev) == ["2.0.0"]
    # And the other way round: the other slot is the free one now.
    more = package_for(mode, tmp_path / "q.zip", "3.0.0")
    assert dev("--json", "upgrade", more).json["confirmed"]
    assert running(dev) == ["3.0.0"]


@pytest.mark.parametrize("mode", REVERTS)
def test_a_trial_ends_with_the_next_reset(device, tmp_path, mode):
    dev = device(ZEPHYR, "--bootloader", mode)
    package = package_for(mode, tmp_path / "p.zip")
    doc = dev("--json", "upgrade", "--mode", "test-only", package).json
    assert doc["on_trial"] and not doc["confirmed"]
    assert running(dev) == ["2.0.0"]
    run = dev("revert")
    assert "1.0.0 runs again" in run.out
    listed = state(dev)
    if mode in SWAPS:
        assert listed == [(0, "1.0.0", "AC"), (1, "2.0.0", "")]
    else:
        assert listed == [(0, "1.0.0", "AC")]


@pytest.mark.parametrize("mode", REVERTS)
def test_what_crashes_comes_not_back(device, tmp_path, mode):
    dev = device(ZEPHYR, "--bootloader", mode)
    package = package_for(mode, tmp_path / "p.zip", app="crash=1")
    run = dev("--json", "upgrade", package, status=None)
    assert run.status in (6, 7)
    assert running(dev) == ["1.0.0"]


@pytest.mark.parametrize("mode", [*COPIES, *SWAPS, *XIP, *RAM])
def test_for_good_at_once(device, tmp_path, mode):
    dev = device(ZEPHYR, "--bootloader", mode)
    package = package_for(mode, tmp_path / "p.zip")
    doc = dev("--json", "upgrade", "--mode", "confirm-only", package).json
    assert doc["confirmed"] and doc["images"][0]["verified"] == "active"
    reset(dev)
    assert running(dev) == ["2.0.0"]


@pytest.mark.parametrize("mode", [*COPIES, "direct-xip", LOADER])
def test_without_a_way_back_there_is_no_test(tmp_path, mode):
    package = package_for(mode, tmp_path / "p.zip")
    for how in ["test-and-confirm", "test-only"]:
        run = smpctl("--json", "upgrade", "--mode", how, package,
                     connect=sim(mode), status=5)
        assert run.code == "mode-not-supported"
        assert "confirm-only" in run.json["error"]["next"]


def test_ram_load_without_marks_says_what_happens(device, tmp_path):
    dev = device(ZEPHYR, "--bootloader", "ram-load")
    package = package_for("ram-load", tmp_path / "p.zip")
    run = dev("--json", "upgrade", package, status=6)
    assert "decides by version" in run.json["error"]["next"]
    assert state(dev) == [(0, "1.0.0", "AC"), (1, "2.0.0", "P!")]
    package = package_for("ram-load", tmp_path / "q.zip", "3.0.0")
    run = dev("upgrade", "--mode", "confirm-only", package)
    assert "starts the higher version by itself" in run.err
    assert running(dev) == ["3.0.0"]


@pytest.mark.parametrize("mode", XIP)
def test_the_variant_of_the_free_slot_is_sent(tmp_path, mode):
    package = package_for(mode, tmp_path / "p.zip")
    doc = smpctl("--json", "package", "show", package).json
    assert [i["slot"] for i in doc["images"]] == [0, 1]
    doc = smpctl("--json", "upgrade", "--dry-run", "--mode", "confirm-only",
                 package, connect=sim(mode)).json
    assert [i["file"] for i in doc["images"]] == ["app_update_secondary.bin"]


@pytest.mark.parametrize("mode", XIP)
def test_the_variant_of_the_running_slot_is_refused(tmp_path, mode):
    one = make_package(tmp_path / "p.zip", version="2.0.0", net=False,
                       size=20000, more=["--rom-fixed", "0xc000"])
    run = smpctl("--json", "image", "upload", one, connect=sim(mode),
                 status=None)
    assert run.status in (5, 6)
    assert "address" in run.json["error"]["message"].lower() or \
        run.json["error"]["smp"]["rc"] == 25


@pytest.mark.parametrize("mode", ["direct-xip", *RAM, "direct-xip-revert"])
def test_no_going_back_from_the_higher_version(device, tmp_path, mode):
    dev = device(ZEPHYR, "--bootloader", mode)
    dev("upgrade", "--mode", "confirm-only",
        package_for(mode, tmp_path / "p.zip"))
    assert state(dev) == [(0, "1.0.0", ""), (1, "2.0.0", "AC")]
    run = dev("--json", "revert", status=5)
    assert run.code == "mode-not-supported"
    assert "higher version" in run.json["error"]["message"]
    assert running(dev) == ["2.0.0"]


@pytest.mark.parametrize("mode", SINGLES)
def test_one_slot_is_refused_before_the_first_byte(device, tmp_path, mode):
    dev = device(ZEPHYR, "--bootloader", mode)
    package = package_for(mode, tmp_path / "p.zip")
    for how in ["test-and-confirm", "confirm-only", "upload-only"]:
        run = dev("--json", "upgrade", "--mode", how, package, status=5)
        assert run.code == "mode-not-supported"
        assert "one slot" in run.json["error"]["message"]
        assert "serial recovery" in run.json["error"]["next"]
    assert state(dev) == [(0, "1.0.0", "AC")]
    slots = dev("--json", "image", "slots").json["images"]
    assert len(slots[0]["slots"]) == 1
    dev("--json", "revert", status=5)


def test_the_firmware_loader_is_entered_used_and_left(device, tmp_path):
    dev = device(ZEPHYR, "--bootloader", LOADER)
    package = package_for(LOADER, tmp_path / "p.zip")
    run = dev("--json", "image", "list", status=6)
    assert "os reset --bootloader" in run.json["error"]["next"]
    doc = dev("--json", "upgrade", "--mode", "confirm-only", package).json
    assert doc["images"][0]["verified"] == "started"
    assert doc["images"][0]["from"]["version"] == "1.0.0"
    assert "Starting the firmware loader (asked for)" in dev.console
    assert "Starting new 2.0.0" in dev.console
    # Again: it is there, so only the loader is visited.
    doc = dev("--json", "upgrade", "--mode", "confirm-only", package).json
    assert doc["images"][0]["action"] == "already-in-slot"
    dev("--json", "image", "list", status=6)
    assert "manages no images: the firmware loader does" in dev("why").out
    # By hand.
    reset(dev, "--bootloader")
    assert "2.0.0 lies in slot 0" in dev("why").out
    assert state(dev) == [(0, "2.0.0", "")]
    more = package_for(LOADER, tmp_path / "q.zip", "3.0.0")
    doc = dev("--json", "image", "upload", more).json
    assert doc["images"][0]["verified"] == "in-slot"
    assert state(dev) == [(0, "3.0.0", "")]
    reset(dev)
    dev("--json", "image", "list", status=6)
    assert "Starting new 3.0.0" in dev.console


def test_what_the_firmware_loader_may_not_start(device, tmp_path):
    # A bootloader that wants signatures, and an image that has none.
    dev = device("nrf54l15dk-ncs3", "--bootloader", LOADER)
    image = tmp_path / "p.bin"
    program = tmp_path / "program"
    program.write_bytes(bytes(20000))
    smpctl("imagefile", "sign", "--version", "2.0.0", "--header-size",
           "0x800", "--pad-header", "--slot-size", "0xb4000", "--sha", "512",
           "--align", "16", program, image)
    run = dev("--json", "upgrade", "--mode", "confirm-only", "--force", image,
              status=6)
    assert run.code == "swap-refused"
    assert "firmware loader runs" in run.json["error"]["message"]
    assert [v for _, v, _ in state(dev)] == ["2.0.0"]


@pytest.mark.parametrize("mode", [*SWAPS, *COPIES, *XIP, *RAM])
def test_old_servers_do_not_tell_the_mode(device, tmp_path, mode):
    """The origin's server: no bootloader info, flat codes."""
    dev = device(SINGLE, "--bootloader", mode)
    more = ["--ram-load", "0x20000000"] if mode in RAM else []
    package = make_package(tmp_path / "p.zip", version="2.0.0", net=False,
                           size=20000, more=more)
    doc = dev("--json", "upgrade", "--mode", "confirm-only", package).json
    assert doc["confirmed"] and doc["images"][0]["verified"] == "active"
    reset(dev)
    assert running(dev) == ["2.0.0"]


@pytest.mark.parametrize("mode", [*SWAPS, "overwrite"])
def test_the_network_core_goes_along_in_every_swap(device, tmp_path, mode):
    dev = device(MULTI, "--bootloader", mode)
    package = make_package(tmp_path / "p.zip", version="2.0.0", size=20000,
                           net_size=30000)
    doc = dev("--json", "upgrade", "--mode", "confirm-only", package).json
    assert [i["verified"] for i in doc["images"]] == ["active", "not-readable"]
    assert "Network core runs image 1 version 2.0.0 now" in dev.console
    listed = [(i["image"], i["slot"]) for i in dev.images()]
    assert (1, 0) not in listed and (1, 1) not in listed


def wear_of(dev):
    """(erases, most) of the internal flash as told last."""
    found = re.findall(r"wear of internal flash: (\d+) erases in \d+ of 256 "
                       r"sectors, at most (\d+) \(at 0x[0-9a-f]+\)", dev.note)
    return [(int(a), int(b)) for a, b in found]


def test_wear_is_told_on_demand_and_adds_up_over_runs(device, tmp_path):
    flash = tmp_path / "chip"
    dev = device(ZEPHYR, "--bootloader", "move", "--flash", flash)
    dev("upgrade", "--mode", "confirm-only",
        package_for("move", tmp_path / "p.zip"))
    dev.process.send_signal(signal.SIGUSR2)
    end = time.monotonic() + 20
    while not wear_of(dev):
        assert time.monotonic() < end, dev.note
        time.sleep(0.02)
    dev.stop()
    first = wear_of(dev)[-1]
    assert first[0] > 5 and first[1] >= 1
    dev = device(ZEPHYR, "--bootloader", "move", "--flash", flash)
    dev("upgrade", "--mode", "confirm-only",
        package_for("move", tmp_path / "q.zip", "3.0.0"))
    dev.stop()
    second = wear_of(dev)[-1]
    assert second[0] > first[0] and second[1] > first[1]
