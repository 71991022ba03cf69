# SPDX-License-Identifier: Apache-2.0
"""What smpctl why says the next reset does, and what it does then."""
import zipfile

import pytest

from rig import LEGACY, MULTI, OVERWRITE, SINGLE, ZEPHYR, make_package


def outlook(dev, image=0):
    doc = dev("--json", "why").json
    return [e for e in doc["explanation"] if e["image"] == image][0]


def running(dev):
    return [i["version"] for i in dev.images()
            if i["active"] and i["image"] == 0][0]


def assert_reset_does(dev, kind, version, later=None):
    """The device does what was said; then again."""
    said = outlook(dev)
    assert said["next_reset"] == kind, said
    assert said["runs_next"]["version"] == version, said
    assert version in said["text"], said
    if later:
        assert said["runs_later"]["version"] == later, said
        assert later in said["text"], said
    dev.reset()
    assert running(dev) == version


@pytest.mark.parametrize("preset", [SINGLE, ZEPHYR, LEGACY])
def test_a_swap_is_told_step_by_step(device, single_package, preset):
    dev = device(preset)
    dev("image", "upload", single_package)
    said = outlook(dev)
    assert said["next_reset"] == "stays"
    assert "1.1.0 lies in slot 1, not marked" in said["text"]
    new = [i for i in dev.images() if i["slot"] == 1][0]
    dev("image", "test", new["hash"])
    assert_reset_does(dev, "test", "1.1.0", later="1.0.0")
    assert_reset_does(dev, "revert", "1.0.0")
    assert outlook(dev)["next_reset"] == "stays"


def test_an_image_for_good_is_told(device, single_package):
    dev = device(ZEPHYR)
    dev("image", "upload", single_package)
    new = [i for i in dev.images() if i["slot"] == 1][0]
    dev("image", "confirm", new["hash"])
    assert_reset_does(dev, "install", "1.1.0", later="1.1.0")
    assert outlook(dev)["next_reset"] == "stays"


def test_overwriting_has_no_way_back(device, tmp_path):
    dev = device(OVERWRITE)
    dev("image", "upload", "--image", 0,
        make_package(tmp_path / "p.zip", net=False))
    new = [i for i in dev.images() if i["slot"] == 1][0]
    dev("image", "test", new["hash"])
    said = outlook(dev)
    # The mode is not told by this server: a swap is assumed, and said so.
    assert said["mode_assumed"]
    assert "one that swaps is assumed" in dev("why").out
    dev.reset()
    assert running(dev) == "1.1.0"
    assert not [i for i in dev.images() if i["slot"] == 1]


def test_the_network_core_is_copied(device, package):
    dev = device(MULTI)
    dev("image", "upload", "--image", 1, package)
    said = outlook(dev, 1)
    assert said["next_reset"] == "stays" and said["runs_now"] is None
    new = [i for i in dev.images() if i["image"] == 1][0]
    dev("image", "test", new["hash"])
    said = outlook(dev, 1)
    assert said["next_reset"] == "install"
    assert "cannot be taken back" in said["text"]
    dev.reset()
    assert "runs image 1 version 1.1.0" in dev.console
    assert outlook(dev, 1)["next_reset"] == "unknown"


def test_a_marked_network_core_holds_the_revert(device, package):
    """A boot that updates a later image takes no earlier one back."""
    dev = device(MULTI)
    dev("image", "upload", "--image", 0, package)
    dev("image", "test", [i for i in dev.images() if i["slot"]][0]["hash"])
    dev.reset()
    dev("image", "upload", "--image", 1, package)
    dev("image", "test", [i for i in dev.images() if i["image"]][0]["hash"])
    said = outlook(dev)
    assert said["next_reset"] == "stays"
    assert "Image 1 is marked" in said["text"]
    dev.reset()
    assert running(dev) == "1.1.0"
    assert_reset_does(dev, "revert", "1.0.0")


def test_a_file_is_judged_as_the_image_whose_slot_holds_it(device, package,
                                                         tmp_path):
    """A file for the network core on a device that has one."""
    dev = device(MULTI)
    net = tmp_path / "net.bin"
    with zipfile.ZipFile(package) as z:
        net.write_bytes(z.read("net_core_app_update.bin"))
    dev("image", "upload", "--image", "1", net)
    doc = dev("--json", "image", "test", net).json
    marked = [i for i in doc["images"] if i["image"] == 1 and i["slot"] == 1]
    assert marked[0]["pending"]
    assert not any(f["severity"] == "fatal" for f in doc["findings"])
