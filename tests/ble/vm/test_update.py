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


@pytest.mark.parametrize("size,reassembly",
                         [(65, "yes"), (252, "yes"), (252, "no"),
                          (498, "yes"), (498, "no"), (517, "no")])
def test_update_at_an_att_mtu(peripheral, mtu, tmp_path, size, reassembly):
    mtu(size)
    dev = peripheral(ZEPHYR, "--set", f"ble.reassembly={reassembly}", "--set",
                     f"ble.att_mtu={size}")
    package = make_package(tmp_path / "p.zip", net=False, size=20000)
    run = dev("-v", "--json", "upgrade", package)
    assert run.json["ok"]
    assert f"ATT MTU {size}" in run.err, run.err
    joins = "joins writes" if reassembly == "yes" else "one write per message"
    assert joins in run.err, run.err


def test_mtu_65_suffices_without_reassembly(peripheral, mtu, tmp_path):
    # BlueZ refuses an ExchangeMTU below 48: 23 is tested elsewhere.
    mtu(65)
    dev = peripheral(ZEPHYR, "--set", "ble.reassembly=no", "--set",
                     "ble.att_mtu=65")
    package = make_package(tmp_path / "p.zip", net=False, size=20000)
    assert dev("--json", "upgrade", package).json["ok"]


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


@pytest.mark.parametrize("at", [1, 7001, 19000, 35555])
def test_upload_goes_on_where_the_link_was_cut(peripheral, tmp_path, at):
    dev = peripheral(ZEPHYR, "--fault", f"disconnect:at={at},down=300")
    package = make_package(tmp_path / "p.zip", net=False, size=40000)
    run = dev("--json", "upgrade", package)
    assert run.json["ok"]
    assert "link down" in dev.note


def test_link_cut_hard_by_the_adapter(peripheral, tmp_path):
    dev = peripheral(ZEPHYR, "--fault", "disconnect:at=20000,down=800",
                     ble="hci1,reset=power")
    package = make_package(tmp_path / "p.zip", net=False, size=40000)
    assert dev("--json", "upgrade", package).json["ok"]
