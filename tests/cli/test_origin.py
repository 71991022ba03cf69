# SPDX-License-Identifier: Apache-2.0
"""The scenario everything is measured against."""
import hashlib

import pytest

from rig import MULTI, OVERWRITE, SINGLE, make_package, smpctl


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def active(images, image=0):
    return next(i for i in images
                if i["image"] == image and i["active"])


def test_single_image_device_refuses_the_package_before_the_first_byte(
        device, package, tmp_path):
    flash = tmp_path / "flash"
    dev = device(SINGLE, "--flash", flash)
    before = digest(flash)
    run = dev("upgrade", package, status=5)
    assert digest(flash) == before
    assert "--image 0" in run.err
    assert "CONFIG_UPDATEABLE_IMAGE_NUMBER=2" in run.err
    assert "CONFIG_MCUMGR_GRP_IMG_UPDATABLE_IMAGE_NUMBER=2" in run.err
    run = dev("--json", "upgrade", package, status=5)
    assert run.code == "package-needs-more-images"
    assert run.json["ok"] is False
    assert run.json["error"]["exit"] == 5
    assert digest(flash) == before


def test_force_ends_as_in_the_origin_log(device, package):
    dev = device(SINGLE)
    run = dev("--json", "upgrade", "--force", package, status=6)
    doc = run.json
    assert doc["error"]["code"] == "device-refused"
    assert doc["error"]["smp"] == {"version": 1, "op": 3, "group": 1,
                                   "command": 0, "rc": 3, "name": "EINVAL"}
    assert "overwrote it" in run.err
    first = doc["verdicts"][0]
    assert first["id"] == "multi-image-package-on-single-image-device"
    assert first["pattern"] == "N1"
    assert first["confidence"] >= 0.9
    assert len(first["evidence"]) >= 5
    kinds = {fix["kind"] for fix in first["fixes"]}
    assert {"command", "kconfig"} <= kinds
    harmless = {v["id"] for v in doc["benign"]}
    assert "optional-parameters-not-supported" in harmless
    # The second file lies where the first was.
    slots = {(i["image"], i["slot"]): i for i in dev.images()}
    assert (0, 1) in slots
    assert slots[0, 0]["active"] and slots[0, 0]["confirmed"]
    net = smpctl("--json", "package", "show", package).json["images"][1]
    assert slots[0, 1]["hash"] == net["hash"]


def test_force_prints_the_verdict_for_people(device, package):
    run = device(SINGLE)("upgrade", "--force", package, status=6)
    assert "why:" in run.err
    assert "the second upload overwrote the first" in run.err
    assert "smpctl upgrade --image 0" in run.err


def test_image_0_alone_succeeds_on_the_single_image_device(device, package):
    dev = device(SINGLE)
    doc = dev("--json", "upgrade", "--image", 0, package).json
    assert doc["ok"] and doc["confirmed"]
    assert [i["image"] for i in doc["images"]] == [0]
    assert doc["images"][0]["action"] == "uploaded"
    assert doc["images"][0]["verified"] == "active"
    assert doc["images"][0]["from"]["version"] == "1.0.0"
    assert doc["images"][0]["to"]["version"] == "1.1.0"
    now = active(dev.images())
    assert now["version"] == "1.1.0" and now["confirmed"]
    assert "Swap type: test" in dev.console


@pytest.mark.parametrize("mode", ["test-and-confirm", "confirm-only"])
def test_whole_package_succeeds_on_the_two_image_device(device, package, mode):
    dev = device(MULTI)
    doc = dev("--json", "upgrade", "--mode", mode, package).json
    assert doc["ok"] and doc["confirmed"]
    app, net = doc["images"]
    assert (app["action"], app["verified"]) == ("uploaded", "active")
    assert (net["action"], net["verified"]) == ("uploaded", "not-readable")
    now = active(dev.images())
    assert now["version"] == "1.1.0" and now["confirmed"]


def test_the_device_changes_its_name(device, package):
    dev = device(MULTI)
    before = dev("os", "info", "n", status=None)
    dev("upgrade", package)
    after = dev("os", "info", "n", status=None)
    if before.status == 0:
        assert before.out.strip() == "Nordic_LBS"
        assert after.out.strip() == "Nordic_LTS"
    assert "Nordic_LTS" in dev.console


def test_upload_only_marks_nothing(device, package):
    dev = device(MULTI)
    doc = dev("--json", "upgrade", "--mode", "upload-only", package).json
    assert doc["ok"] and not doc["confirmed"]
    images = dev.images()
    assert not any(i["pending"] for i in images)
    assert active(images)["version"] == "1.0.0"


def test_test_only_stays_on_trial_and_the_next_reset_reverts(device, package):
    dev = device(MULTI)
    plan = dev("upgrade", "--mode", "test-only", "--dry-run", package)
    assert "application only" in plan.err + plan.out
    run = dev("upgrade", "--mode", "test-only", package)
    assert "application only" in run.out
    now = active(dev.images())
    assert now["version"] == "1.1.0" and not now["confirmed"]
    why = dev("why")
    assert "ON TRIAL" in why.out and "application only" in why.out
    dev("os", "reset")
    dev("--timeout", 0.5, "--retries", 20, "os", "echo", "x", status=None)
    for _ in range(50):
        run = dev("--json", "image", "list", status=None)
        if run.status == 0 and active(run.json["images"])["version"] == "1.0.0":
            break
    now = active(dev.images())
    assert now["version"] == "1.0.0" and now["confirmed"]


def test_overwrite_device_warns_of_test_and_takes_confirm_only(
        device, package, tmp_path):
    dev = device(OVERWRITE)
    run = dev("os", "bootloader", "mode", status=6)
    assert "rc 8" in run.err
    run = dev("upgrade", "--dry-run", package)
    assert "confirm-only" in run.err
    doc = dev("--json", "upgrade", "--mode", "confirm-only", package).json
    assert doc["ok"]
    now = active(dev.images())
    assert now["version"] == "1.1.0"


def test_second_run_has_nothing_to_send(device, single_package):
    dev = device(SINGLE)
    dev("upgrade", single_package)
    doc = dev("--json", "upgrade", single_package).json
    assert doc["images"][0]["action"] == "skipped-active"


def test_revert_puts_the_previous_image_back(device, single_package):
    dev = device(SINGLE)
    dev("upgrade", single_package)
    dev("revert")
    now = active(dev.images())
    assert now["version"] == "1.0.0" and now["confirmed"]


def test_dry_run_touches_nothing(device, package, tmp_path):
    flash = tmp_path / "flash"
    dev = device(MULTI, "--flash", flash)
    before = digest(flash)
    run = dev("upgrade", "--dry-run", package)
    assert "upload" in run.out and "confirm" in run.out
    assert digest(flash) == before


def test_resume_confirms_an_update_that_waits(device, package):
    dev = device(MULTI)
    dev("upgrade", "--mode", "test-only", package)
    doc = dev("--json", "upgrade", "--resume", package).json
    assert doc["confirmed"]
    assert active(dev.images())["confirmed"]


def test_package_of_version_1_1_replaces_1_0_installed_before(
        device, tmp_path):
    old = make_package(tmp_path / "v1.zip", app="name=Nordic_LBS",
                       version="1.0.5", seed=3)
    new = make_package(tmp_path / "v2.zip")
    dev = device(MULTI)
    dev("upgrade", old)
    assert active(dev.images())["version"] == "1.0.5"
    dev("upgrade", new)
    assert active(dev.images())["version"] == "1.1.0"
