# SPDX-License-Identifier: Apache-2.0
"""Serial recovery: MCUboot's own server, over the console framing."""
import zipfile

from rig import make_package, smpctl

RECOVERY = "serial-recovery"


def active(images):
    return next(i for i in images if i["image"] == 0 and i["active"])


def test_the_list_has_no_states_and_is_not_taken_for_an_application(device):
    dev = device(RECOVERY, port="pty")
    run = dev("image", "list")
    assert "1.0.0" in run.out and "(not told)" in run.out
    assert "not bootable" not in run.out
    assert "serial recovery answers" in dev("why").out
    doc = dev("--json", "image", "list").json
    assert not any(i["active"] or i["confirmed"] for i in doc["images"])


def test_upgrade_says_that_there_is_no_test_and_then_does_without(
        device, single_package):
    dev = device(RECOVERY, port="pty")
    run = dev("upgrade", single_package, status=5)
    assert "impossible in serial recovery" in run.err
    assert "--mode confirm-only" in run.err
    doc = dev("--json", "upgrade", "--mode", "confirm-only",
              single_package).json
    assert doc["ok"] and doc["images"][0]["verified"] == "active"
    assert active(dev.images())["version"] == "1.1.0"
    assert "Enter the serial recovery mode" in dev.console
    assert "Starting Nordic_LTS 1.1.0" in dev.console


def test_a_board_without_any_image_is_brought_to_life(
        device, tmp_path, single_package):
    flash = tmp_path / "flash"
    flash.write_bytes(b"\xff" * 1024 * 1024)
    dev = device(RECOVERY, "--flash", flash, "--set",
                 "recovery.enter=no-image", port="pty")
    assert dev.images() == []
    run = dev("upgrade", "--mode", "confirm-only", single_package)
    assert "serial recovery answers" in run.err
    now = active(dev.images())
    assert now["version"] == "1.1.0" and now["confirmed"]


def test_old_bootloaders_without_hashes_are_updated_too(
        device, single_package):
    dev = device(RECOVERY, "--set", "recovery.options=progressive",
                 port="pty")
    assert "(not told)" in dev("image", "list").out
    dev("upgrade", "--mode", "confirm-only", single_package)
    assert active(dev.images())["version"] == "1.1.0"


def test_marks_are_refused_with_words(device):
    dev = device(RECOVERY, port="pty")
    run = dev("image", "confirm", status=6)
    assert "rc 8" in run.err
    run = dev("image", "erase", status=6)
    assert "rc 8" in run.err


def test_with_the_state_option_it_tests_like_an_application(
        device, tmp_path, single_package):
    dev = device(RECOVERY, "--set",
                 "recovery.options=hash state direct progressive", port="pty")
    with zipfile.ZipFile(single_package) as z:
        image = z.extract("app_update.bin", tmp_path)
    dev("image", "upload", "--force", "--image", 2, image)
    new = next(i for i in dev.images() if i["slot"] == 1)
    dev("image", "test", new["hash"])
    dev("os", "reset")
    for _ in range(50):
        run = dev("--json", "--timeout", 0.5, "image", "list", status=None)
        if run.status == 0 and any(
                i["active"] and i["version"] == "1.1.0"
                for i in run.json["images"]):
            break
    assert active(dev.images())["version"] == "1.1.0"


def test_reset_with_boot_mode_leads_there_and_reset_leads_out(device):
    dev = device(RECOVERY, "--set", "recovery.enter=boot-mode", port="pty")
    assert active(dev.images())["confirmed"]
    dev("os", "reset", "--bootloader")
    for _ in range(50):
        run = dev("--json", "--timeout", 0.5, "image", "list", status=None)
        if run.status == 0 and not any(i["active"]
                                       for i in run.json["images"]):
            break
    assert not any(i["active"] for i in dev.images())
    assert "boot mode 1" in dev.note


def test_sim_is_the_same_device(tmp_path):
    package = make_package(tmp_path / "a.zip", net=False, size=9000)
    flash = tmp_path / "flash"
    uri = f"sim:{RECOVERY}?flash={flash}"
    run = smpctl("upgrade", "--mode", "confirm-only", package, connect=uri)
    assert "1.1.0 runs" in run.out + run.err


def test_one_slot_has_no_second_one_to_name(device, tmp_path, single_package):
    dev = device(RECOVERY, "--bootloader", "single", "--set",
                 "recovery.options=hash direct slot-info progressive",
                 port="pty")
    slots = dev("--json", "raw", "read", "1", "6").json
    assert slots["images"][0]["slots"][0]["slot"] == 0
    assert len(slots["images"][0]["slots"]) == 1
    image = tmp_path / "app.bin"
    with zipfile.ZipFile(single_package) as package:
        image.write_bytes(package.read("app_update.bin"))
    run = dev("--json", "image", "upload", "--image", "2", "--force", image,
              status=None)
    assert run.status != 0
    assert dev("os", "echo", "x", status=None).status is not None
    assert len(dev.images()) == 1
