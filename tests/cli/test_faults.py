# SPDX-License-Identifier: Apache-2.0
"""Bad links and broken servers: a clear end, nothing confirmed is lost."""
import signal
import subprocess
import time

import pytest

from rig import (SINGLE, SMPCTL, ZEPHYR, environment,
                      make_package, smpctl)


def active(images):
    return next(i for i in images if i["image"] == 0 and i["active"])


@pytest.mark.parametrize("fault", [
    "drop:p=0.05", "drop:tx,p=0.05", "duplicate:p=0.2", "delay:tx,ms=300,p=0.05",
    "corrupt:tx,p=0.03", "twice:p=0.3", "wrong-seq:p=0.05",
    "reset:at=20000", "disconnect:at=20000,down=700"])
@pytest.mark.parametrize("preset", [ZEPHYR, SINGLE])
def test_an_update_survives(device, single_package, preset, fault):
    dev = device(preset, "--fault", fault, "--seed", 5)
    doc = dev("--json", "--retries", 8, "--timeout", 0.4, "upgrade",
              single_package).json
    assert doc["ok"] and doc["confirmed"]
    assert doc["images"][0]["verified"] == "active"


def test_damaged_frames_on_a_serial_line_are_sent_again(device,
                                                        single_package):
    dev = device(ZEPHYR, "--fault", "corrupt:p=0.03", "--seed", 5, port="pty")
    doc = dev("--json", "--retries", 8, "--timeout", 0.4, "upgrade",
              single_package).json
    assert doc["ok"] and doc["confirmed"]


@pytest.mark.parametrize("fault,code,status", [
    ("endless-zero", "upload-no-progress", 6),
    ("match-false", "upload-mismatch", 6),
    ("silent:group=1,cmd=1", "no-answer", 3),
])
def test_a_broken_server_ends_with_its_code(device, tmp_path, fault, code,
                                            status):
    package = make_package(tmp_path / "a.zip", net=False, size=4000)
    dev = device(ZEPHYR, "--fault", fault)
    run = dev("--json", "--retries", 0, "--timeout", 0.2, "upgrade", package,
              status=None, timeout=200)
    assert run.status == status, run
    assert run.code == code
    assert "image 0 (app_update.bin)" in run.err
    assert run.json["error"]["next"]


def test_wrong_offsets_end_or_succeed_but_never_lie(device, single_package):
    dev = device(ZEPHYR, "--fault", "wrong-offset:every=7")
    run = dev("--json", "--timeout", 0.4, "upgrade", single_package,
              status=None)
    if run.status == 0:
        assert active(smpctl("--json", "image", "list",
                             connect=dev.connect).json["images"])[
            "version"] == "1.1.0"
    else:
        assert run.code in ("upload-no-progress", "upload-mismatch",
                            "device-refused", "reverted")


def test_hostile_text_is_escaped(device):
    dev = device(ZEPHYR, "--fault", "hostile")
    for command in (["image", "list"], ["info"], ["why"],
                    ["os", "info"], ["os", "echo", "x"]):
        run = dev(*command, status=None)
        for text in (run.out, run.err):
            assert "\x1b" not in text and "\x07" not in text
        dev("--json", *command, status=None).json


def test_nobody_answers():
    run = smpctl("--json", "--timeout", 0.1, "--retries", 1, "os", "echo", "x",
                 connect="udp:127.0.0.1:9", status=3)
    assert run.code in ("no-answer", "no-device", "link-lost")
    assert run.json["error"]["next"]


@pytest.mark.parametrize("uri", [
    "udp:", "nonsense:x", "sim:no-such-preset", "serial:/dev/no-such-tty",
    "tcp:127.0.0.1", "tcp:127.0.0.1:9", "udp:127.0.0.1:99999"])
def test_bad_connections_are_named(uri):
    run = smpctl("--json", "--timeout", 0.2, "--retries", 0, "os", "echo", "x",
                 connect=uri, status=None)
    assert run.status in (1, 2, 3)
    assert run.json["error"]["message"]


def test_no_device_given():
    run = smpctl("--json", "info", status=3)
    assert run.code == "no-device"


def test_ctrl_c_leaves_the_device_resumable_and_says_so(device, tmp_path):
    package = make_package(tmp_path / "a.zip", net=False, size=120000)
    dev = device(SINGLE, "--link",
                 "interval=20ms,mtu=252,per_interval=6,loss=0")
    uri = dev.connect + "?mtu=249"
    process = subprocess.Popen(
        [SMPCTL, "-c", uri, "--events", "upgrade", str(package)],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        env=environment())
    for line in process.stdout:
        if '"progress"' in line and '"off": 0,' not in line:
            break
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130, err
    assert "interrupted at" in err and "run the same command again" in err
    run = smpctl("--json", "upgrade", package, connect=uri)
    assert run.json["ok"]
    assert 0 < run.json["images"][0]["resumed_at"] < 120000


def test_a_power_cut_at_any_time_keeps_a_confirmed_image(device, tmp_path,
                                                         single_package):
    flash = tmp_path / "flash"
    dev = device(ZEPHYR, "--flash", flash)
    process = subprocess.Popen(
        [SMPCTL, "-c", dev.connect, "upgrade", str(single_package)],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env=environment())
    time.sleep(0.15)
    dev.process.send_signal(signal.SIGKILL)
    dev.process.wait()
    process.kill()
    process.wait()
    dev.process = type("Ended", (), {"poll": lambda self: 0,
                                     "wait": lambda self, t: 0})()
    again = device(ZEPHYR, "--flash", flash)
    assert active(again.images())["version"] in ("1.0.0", "1.1.0")
    again("upgrade", single_package)
    assert active(again.images())["version"] == "1.1.0"


@pytest.mark.parametrize("cuts", [
    ["power-cut@150"], ["power-cut@160:torn", "power-cut@200:bits"],
    ["power-cut@5:boot"], ["power-cut@30:boot,torn", "power-cut@61:boot"],
    ["power-cut:at=20000"]])
@pytest.mark.parametrize("preset", [ZEPHYR, SINGLE])
def test_the_same_command_again_finishes_what_a_power_cut_ended(
        device, single_package, preset, cuts):
    dev = device(preset, *[a for c in cuts for a in ("--fault", c)])
    for _ in range(4):
        run = dev("--json", "--retries", 8, "--timeout", 0.4, "upgrade",
                  single_package, status=None)
        now = active(dev.images())
        assert now["version"] in ("1.0.0", "1.1.0"), run
        if run.status == 0:
            break
        assert run.json["error"]["next"]
    assert run.status == 0, run
    assert now["version"] == "1.1.0" and now["confirmed"]
    assert dev.note.count("fault: power cut") == len(cuts)
    assert dev.note.count("power is back") == len(cuts)


def test_a_crashing_application_is_reported_as_reverted(device, tmp_path):
    package = make_package(tmp_path / "a.zip", app="name=Bad,crash=1",
                           net=False)
    dev = device(ZEPHYR)
    run = dev("--json", "upgrade", package, status=7)
    assert run.code == "reverted"
    assert active(dev.images())["version"] == "1.0.0"


def test_an_application_without_smp_does_not_return(device, tmp_path):
    package = make_package(tmp_path / "a.zip", app="name=Mute,smp=0",
                           net=False)
    run = device(ZEPHYR)("--json", "upgrade", "--reset-timeout", 2, package,
                         status=3)
    assert run.code == "device-did-not-return"


def test_an_application_that_confirms_itself(device, tmp_path):
    package = make_package(tmp_path / "a.zip", app="name=Self,confirm=1",
                           net=False)
    doc = device(ZEPHYR)("--json", "upgrade", package).json
    assert doc["confirmed"]


def test_a_pending_image_is_booted_first(device, tmp_path, single_package):
    other = make_package(tmp_path / "b.zip", version="1.0.7", net=False,
                         seed=9)
    dev = device(SINGLE)
    dev("image", "upload", other)
    new = [i for i in dev.images() if i["slot"] == 1][0]
    dev("image", "test", new["hash"])
    run = dev("upgrade", "--dry-run", single_package)
    assert "reset" in run.out
    dev("upgrade", single_package)
    assert active(dev.images())["version"] == "1.1.0"
    assert active(dev.images())["confirmed"]


def test_a_trial_of_another_image_is_ended_first(device, tmp_path,
                                                 single_package):
    other = make_package(tmp_path / "b.zip", version="1.0.7", net=False,
                         seed=9)
    dev = device(SINGLE)
    dev("upgrade", "--mode", "test-only", other)
    dev("upgrade", single_package)
    assert active(dev.images())["version"] == "1.1.0"


def test_a_device_that_cannot_boot_says_so_behind_its_ports(device, tmp_path):
    flash = tmp_path / "flash.bin"
    device(ZEPHYR, "--flash", flash).stop()
    data = bytearray(flash.read_bytes())
    at = data.index(bytes.fromhex("3db8f396"))  # of the image header
    data[at:at + 4] = bytes(4)
    flash.write_bytes(data)
    halted = device(ZEPHYR, "--flash", flash)
    halted.stop()
    lines = halted.note.splitlines()
    assert lines[0].startswith("listening ")
    assert lines[1].startswith("smpsim: device halted: ")
