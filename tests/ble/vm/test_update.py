# SPDX-License-Identifier: Apache-2.0
"""Updates over Bluetooth LE: real kernel, real bluetoothd, both sides."""
import pytest

from rig import MULTI, SINGLE, ZEPHYR, make_package


def active(images):
    return next(i for i in images if i["image"] == 0 and i["active"])


def test_single_image_device_refuses_the_origin_package(peripheral, package):
    dev = peripheral(SINGLE)
    run = dev("--json", "upgrade", package, by="Nordic_LBS", status=5)
    assert run.code == "package-needs-more-images"
    assert len(dev.images()) == 1


def test_force_ends_as_in_the_origin_log(peripheral, package):
    dev = peripheral(SINGLE)
    run = dev("--json", "upgrade", "--force", package, status=6)
    assert run.json["error"]["smp"]["rc"] == 3
    assert run.json["verdicts"][0]["pattern"] == "N1"


def test_dual_image_device_runs_the_origin_package(peripheral, tmp_path):
    dev = peripheral(MULTI)
    package = make_package(tmp_path / "p.zip", size=139592, net_size=190472)
    run = dev("--json", "upgrade", package, by="Nordic_LBS")
    doc = run.json
    assert doc["ok"] and doc["confirmed"]
    assert [i["bytes"] for i in doc["images"]] == [139592, 190472]
    assert "listening ble hci1 Nordic_LBS" in dev.note
    assert "again ble hci1 Nordic_LTS" in dev.note
    now = active(dev.images(by="Nordic_LTS"))
    assert now["version"] == "1.1.0" and now["confirmed"]


@pytest.mark.parametrize("reassembly", ["yes", "no"])
@pytest.mark.parametrize("size", [65, 252, 498, 517])
def test_update_at_an_att_mtu(peripheral, mtu, tmp_path, size, reassembly):
    """MTU 23 is in test_foreign.py: BlueZ refuses an ExchangeMTU below 48."""
    mtu(size)
    dev = peripheral(ZEPHYR, "--set", f"ble.reassembly={reassembly}", "--set",
                     f"ble.att_mtu={size}")
    package = make_package(tmp_path / "p.zip", net=False, size=20000)
    run = dev("-v", "--json", "upgrade", package)
    assert run.json["ok"]
    assert f"ATT MTU {size}" in run.err, run.err
    joins = "joins writes" if reassembly == "yes" else "one write per message"
    assert joins in run.err, run.err


@pytest.mark.parametrize("ours", ["socket", "method"])
@pytest.mark.parametrize("theirs", ["", ",io=method"])
def test_sockets_and_methods_on_either_side(peripheral, tmp_path, ours,
                                            theirs):
    dev = peripheral(ZEPHYR, ble="hci1" + theirs)
    package = make_package(tmp_path / "p.zip", net=False, size=20000)
    run = dev("-v", "--json", "upgrade", package, uri={"io": ours})
    assert run.json["ok"]
    way = "sockets" if ours == "socket" else "method calls"
    assert way in run.err


def test_notifications_in_any_pieces_are_put_together(peripheral):
    dev = peripheral(ZEPHYR, ble="hci1,fragment=7")
    text = "x" * 150
    assert text in dev("os", "echo", text).out
