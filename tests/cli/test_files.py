# SPDX-License-Identifier: Apache-2.0
"""Files that are wrong whatever the device: exit 4 and the exact code."""
import json
import zipfile

import pytest

from rig import ZEPHYR, make_package, smpctl


@pytest.fixture(scope="module")
def good(tmp_path_factory):
    path = tmp_path_factory.mktemp("good") / "good.zip"
    return make_package(path)


@pytest.fixture(scope="module")
def image(good):
    with zipfile.ZipFile(good) as z:
        return z.read("app_update.bin")


def write(path, data):
    path.write_bytes(data)
    return path


def refused(path, code, status=4):
    run = smpctl("--json", "upgrade", path, connect=f"sim:{ZEPHYR}",
                 status=None)
    assert run.status == status, run
    assert run.code == code, run
    assert run.json["error"]["next"], run
    return run


def make_zip(path, entries, manifest=None):
    with zipfile.ZipFile(path, "w") as z:
        if manifest is not None:
            z.writestr("manifest.json", manifest if isinstance(manifest, str)
                       else json.dumps(manifest))
        for name, data in entries:
            z.writestr(name, data)
    return path


def manifest(*files):
    return {"format-version": 0, "time": 1, "files": [
        {"type": "application", "file": f, "image_index": str(i)}
        for i, f in enumerate(files)]}


@pytest.mark.parametrize("data,code", [
    (b"", "not-an-mcuboot-image"),
    (b"\x00" * 4096, "not-an-mcuboot-image"),
    (b":020000040000FA\n:00000001FF\n", "not-an-mcuboot-image"),
    (b"\x7fELF" + b"\x01" * 200, "not-an-mcuboot-image"),
])
def test_other_kinds_of_files(tmp_path, data, code):
    refused(write(tmp_path / "file.bin", data), code)


def test_a_missing_file(tmp_path):
    refused(tmp_path / "absent.zip", "file-missing")


@pytest.mark.parametrize("keep", [1, 31, 32, 100, 5000, -1, -40])
def test_truncated_images(tmp_path, image, keep):
    data = image[:keep]
    run = smpctl("--json", "upgrade", write(tmp_path / "cut.bin", data),
                 connect=f"sim:{ZEPHYR}", status=4)
    assert run.code in ("image-truncated", "not-an-mcuboot-image",
                        "image-malformed")


def test_a_changed_payload(tmp_path, image):
    data = bytearray(image)
    data[1000] ^= 1
    path = write(tmp_path / "changed.bin", bytes(data))
    refused(path, "image-hash-mismatch")
    # --force sends it; MCUboot refuses it at boot and erases it.
    run = smpctl("--json", "upgrade", "--force", path,
                 connect=f"sim:{ZEPHYR}", status=6)
    assert run.code == "swap-refused"
    assert "erased" in run.err


def test_zips_with_defects(tmp_path, image, good):
    refused(make_zip(tmp_path / "1.zip", [("a.bin", image)]),
            "package-no-manifest")
    refused(make_zip(tmp_path / "2.zip", [("a.bin", image)], "{"),
            "package-bad-manifest")
    refused(make_zip(tmp_path / "3.zip", [], manifest("a.bin")),
            "package-file-missing")
    refused(make_zip(tmp_path / "4.zip", [("../a.bin", image)],
                     manifest("../a.bin")), "package-bad-zip")
    refused(make_zip(tmp_path / "5.zip", [("/a.bin", image)],
                     manifest("/a.bin")), "package-bad-zip")
    refused(make_zip(tmp_path / "6.zip", [("a.bin", image)],
                     "[" * 100000), "package-bad-manifest")
    refused(write(tmp_path / "7.zip", good.read_bytes()[:500]),
            "package-bad-zip")
    refused(make_zip(tmp_path / "8.zip", [("inner.zip", good.read_bytes())]),
            "package-wrong-kind")
    refused(make_zip(tmp_path / "9.zip", [("inner.zip", good.read_bytes())],
                     manifest("inner.zip")), "not-an-mcuboot-image")


def test_other_zips(tmp_path):
    sdk5 = {"manifest": {"application": {"bin_file": "a.bin",
                                         "dat_file": "a.dat"}}}
    refused(make_zip(tmp_path / "sdk5.zip", [("a.bin", b"x"), ("a.dat", b"y")],
                     sdk5), "package-wrong-kind")
    suit = {"format-version": 1, "files": [
        {"type": "suit-envelope", "file": "root.suit"}]}
    refused(make_zip(tmp_path / "suit.zip", [("root.suit", b"x")], suit),
            "package-wrong-kind")


def test_a_bomb_is_refused(tmp_path):
    path = tmp_path / "bomb.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as z:
        z.writestr("manifest.json", json.dumps(manifest("a.bin")))
        z.writestr("a.bin", b"\0" * (70 * 1024 * 1024))
    refused(path, "package-too-large")


def test_too_large_for_the_slot(device, tmp_path):
    big = make_package(tmp_path / "big.zip", net=False, size=1200000)
    run = device(ZEPHYR)("--json", "upgrade", big, status=5)
    assert run.code in ("image-too-large-for-slot", "image-too-large-for-swap")


def test_board_mismatch(device, tmp_path):
    other = make_package(tmp_path / "o.zip", net=False, board="other_board")
    run = device(ZEPHYR)("--json", "upgrade", other, status=5)
    assert run.code == "board-mismatch"
    device(ZEPHYR)("upgrade", "--force", other)


def test_show_and_verify(good, image, tmp_path):
    doc = smpctl("--json", "package", "show", good).json
    assert [i["image"] for i in doc["images"]] == [0, 1]
    smpctl("package", "verify", good)
    doc = smpctl("--json", "imagefile", "show",
                 write(tmp_path / "a.bin", image)).json
    names = [t["name"] for t in doc["images"][0]["tlvs"]]
    assert "SHA256" in names and "vendor" in names


def test_packages_are_reproducible(tmp_path):
    a = make_package(tmp_path / "a.zip").read_bytes()
    b = make_package(tmp_path / "b.zip").read_bytes()
    assert a == b


def test_both_manifest_formats_are_written_and_read(tmp_path):
    for version in (0, 1):
        path = make_package(tmp_path / f"{version}.zip",
                            more=["--format-version", version])
        with zipfile.ZipFile(path) as z:
            doc = json.loads(z.read("manifest.json"))
        assert doc["format-version"] == version
        entry = doc["files"][1]
        assert entry["image_index"] == "1"
        assert entry["slot_index_secondary"] == "4"
        smpctl("package", "verify", path)


def test_a_foreign_tool_accepts_our_images(tmp_path, image):
    import subprocess
    import sys
    done = subprocess.run(
        [sys.executable, "-m", "imgtool", "verify",
         str(write(tmp_path / "a.bin", image))],
        capture_output=True, text=True, check=False)
    if "No module named" in done.stderr:
        from imgtool import main  # imgtool without __main__
        assert main
        done = subprocess.run(
            [sys.executable, "-c",
             "from imgtool.main import imgtool; imgtool()", "verify",
             str(tmp_path / "a.bin")],
            capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
