# SPDX-License-Identifier: Apache-2.0
"""An upload goes on wherever its link was cut.

The points are random; conftest.py tells the seed at the end of the run, and
BLE_SEED=N script/test-ble repeats it.
"""
import random

import pytest

from conftest import SEED
from rig import MULTI, ZEPHYR, make_package

SIZE = 60000
CUTS = 3
# No request of an upload begins in its last bytes.
CHUNK = 2600


def cut(rng, low, high):
    """A cut somewhere in a part of an upload: a request is lost, or an
    answer."""
    side = rng.choice(["rx", "tx"])
    return (f"disconnect:at={rng.randrange(low, high)},"
            f"down={rng.randrange(100, 1500)},{side}")


@pytest.mark.parametrize("run", range(4))
@pytest.mark.parametrize("reassembly", ["yes", "no"])
def test_upload_goes_on_at_random_points(peripheral, tmp_path, run,
                                         reassembly):
    rng = random.Random(f"{SEED} {run} {reassembly}")
    part = (SIZE - CHUNK) // CUTS
    faults = [cut(rng, i * part + 1, (i + 1) * part) for i in range(CUTS)]
    # By a request to disconnect, or by an adapter that goes dead.
    how = rng.choice(["", ",reset=power"])
    window = rng.choice(["1", "auto"])
    dev = peripheral(ZEPHYR, "--set", f"ble.reassembly={reassembly}",
                     *(f"--fault={fault}" for fault in faults),
                     ble="hci1" + how)
    package = make_package(tmp_path / "p.zip", net=False, size=SIZE)
    done = dev("--window", window, "--json", "upgrade", package)
    told = (faults, how, window, dev.note, done)
    assert done.json["ok"] and done.json["confirmed"], told
    assert dev.note.count("link down") >= CUTS, told


def test_the_origin_update_goes_on_in_both_images(peripheral, tmp_path):
    rng = random.Random(f"{SEED} origin")
    faults = [cut(rng, 1, 60000), cut(rng, 60000, 136000),
              cut(rng, 140000, 187000)]
    dev = peripheral(MULTI, *(f"--fault={fault}" for fault in faults))
    package = make_package(tmp_path / "p.zip", size=139592, net_size=190472)
    done = dev("--json", "upgrade", package, by="Nordic_LBS")
    told = (faults, dev.note, done)
    assert done.json["ok"] and done.json["confirmed"], told
    assert dev.note.count("link down") >= CUTS, told
    assert "again ble hci1 Nordic_LTS" in dev.note, told


@pytest.mark.parametrize("point", ["at=1,rx", f"at={SIZE},tx"])
def test_upload_goes_on_after_a_cut_at_either_end(peripheral, tmp_path,
                                                  point):
    dev = peripheral(ZEPHYR, "--fault", f"disconnect:{point},down=300")
    package = make_package(tmp_path / "p.zip", net=False, size=SIZE)
    assert dev("--json", "upgrade", package).json["ok"]
    assert "link down" in dev.note
