# SPDX-License-Identifier: Apache-2.0
"""A bootloader that checks signatures: what it takes, what we say before."""
import json
import subprocess

import pytest

from rig import SMPSIM, ZEPHYR, environment, smpctl

NRF54L = "nrf54l15dk-ncs3"
DEVELOPMENT = """-----BEGIN PRIVATE KEY-----
MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f
-----END PRIVATE KEY-----
"""


@pytest.fixture(scope="module", name="keys")
def keys_fixture(tmp_path_factory):
    """The key of the device, its public half, and another pair."""
    folder = tmp_path_factory.mktemp("keys")
    keys = {name: folder / f"{name}.pem"
            for name in ("device", "other", "device.pub", "other.pub")}
    keys["device"].write_text(DEVELOPMENT, encoding="ascii")
    smpctl("imagefile", "keygen", "--type", "ed25519", keys["other"])
    for name in ("device", "other"):
        smpctl("imagefile", "getpub", keys[name], "-o", keys[name + ".pub"])
    return keys


def sign(tmp_path, key, *more, sha="512", version="2.0.0"):
    program = tmp_path / "program.bin"
    program.write_bytes(bytes(range(256)) * 200)
    path = tmp_path / "app.signed.bin"
    smpctl("imagefile", "sign", *(["--key", key] if key else []),
           "--version", version, "--header-size", "0x800", "--pad-header",
           "--slot-size", "0xb4000", "--align", "16", "--max-sectors", "180",
           "--sha", sha, "--custom-tlv", "0xa0=name=Signed", *more, program,
           path)
    return path


def test_an_image_signed_with_the_key_of_the_bootloader_runs(device, tmp_path,
                                                            keys):
    dev = device(NRF54L)
    path = sign(tmp_path, keys["device"])
    doc = dev("--json", "upgrade", "--key", keys["device.pub"], path).json
    assert doc["ok"] and doc["confirmed"]
    running = [i for i in dev.images() if i["active"]][0]
    assert running["version"] == "2.0.0"
    assert len(bytes.fromhex(running["hash"])) == 64
    assert "Starting Signed" in dev.console


def assert_refused_at_boot(dev, path, *why):
    run = dev("--json", "upgrade", path, status=6)
    assert run.code == "swap-refused"
    assert "signature" in run.json["error"]["message"]
    assert "not valid" in dev.console
    for text in why:
        assert text in dev.note
    images = dev.images()
    assert [i["version"] for i in images if i["active"]] == ["1.0.0"]
    assert not any(i["version"] == "2.0.0" for i in images)


def test_an_image_signed_with_another_key_is_refused_at_boot(device, tmp_path,
                                                             keys):
    dev = device(NRF54L)
    path = sign(tmp_path, keys["other"])
    assert_refused_at_boot(dev, path, "another key")
    # What the key would have told before the first byte.
    run = dev("--json", "upgrade", "--key", keys["device.pub"], path, status=4)
    assert run.code == "signature-wrong-key"
    assert len(dev.images()) == 1
    # --force sends it all the same, and the bootloader has the last word.
    run = dev("--json", "upgrade", "--force", "--key", keys["device.pub"],
              path, status=6)
    assert run.code == "swap-refused"


def test_an_image_without_signature_is_refused_at_boot(device, tmp_path, keys):
    dev = device(NRF54L)
    path = sign(tmp_path, None)
    assert_refused_at_boot(dev, path, "not signed")
    run = dev("--json", "upgrade", "--key", keys["device.pub"], path, status=4)
    assert run.code == "signature-missing"


def test_an_image_with_the_wrong_kind_of_hash_cannot_be_marked(
        device, tmp_path, keys):
    dev = device(NRF54L)
    path = sign(tmp_path, keys["device"], sha="256")
    run = dev("--json", "upgrade", path, status=5)
    assert run.code == "image-refused-at-boot"
    assert [f["id"] for f in run.json["findings"]] == ["other-hash"]
    assert len(dev.images()) == 1
    run = dev("--json", "upgrade", "--force", path, status=6)
    assert run.code == "device-refused"
    assert run.json["error"]["smp"]["name"] == "INVALID_HASH"
    assert [i["version"] for i in dev.images() if i["active"]] == ["1.0.0"]


def test_a_pure_signature_is_taken_as_well(device, tmp_path, keys):
    dev = device(NRF54L)
    path = sign(tmp_path, keys["device"], "--pure", sha="auto")
    dev("upgrade", "--key", keys["device.pub"], path)
    assert [i["version"] for i in dev.images() if i["active"]] == ["2.0.0"]


@pytest.mark.parametrize("pure", [False, True])
def test_a_key_of_our_own_replaces_that_of_development(device, tmp_path, keys,
                                                       pure):
    key = tmp_path / "own.pem"
    smpctl("imagefile", "keygen", "--type", "ed25519", key)
    dev = device(NRF54L, "--set", f"boot.keys={key}")
    more = ["--pure"] if pure else []
    path = sign(tmp_path, key, *more, sha="auto" if pure else "512")
    assert path.read_bytes()[8:10] == b"\x00\x08"
    dev("upgrade", path)
    running = [i for i in dev.images() if i["active"]][0]
    assert running["version"] == "2.0.0" and running["confirmed"]
    # The one of development opens nothing any more.
    path = sign(tmp_path, keys["device"], *more, version="3.0.0",
                sha="auto" if pure else "512")
    run = dev("--json", "upgrade", path, status=6)
    assert run.code == "swap-refused"
    assert [i["version"] for i in dev.images() if i["active"]] == ["2.0.0"]


@pytest.mark.parametrize("kind", ["rsa-2048", "ecdsa-p256"])
def test_any_board_may_check_signatures(device, tmp_path, kind):
    key = tmp_path / "key.pem"
    smpctl("imagefile", "keygen", "--type", kind, key)
    dev = device(ZEPHYR, "--set", f"boot.keys={key}")
    program = tmp_path / "program.bin"
    program.write_bytes(b"program" * 3000)
    path = tmp_path / "app.bin"
    common = ["--version", "1.5.0", "--header-size", "0x200", "--pad-header",
              program, path]
    smpctl("imagefile", "sign", "--key", key, *common)
    dev("upgrade", "--key", key, path)
    smpctl("imagefile", "sign", "--key", key, "--public-key-format", "full",
           "--version", "1.6.0", *common[2:])
    dev("upgrade", "--key", key, path)
    assert [i["version"] for i in dev.images() if i["active"]] == ["1.6.0"]


def test_a_board_needs_a_private_key_for_its_first_application(tmp_path, keys):
    run = smpctl("info", connect=f"sim:{NRF54L}")
    assert "1.0.0" in run.out
    for value, word in ((keys["device.pub"], "private key"),
                        (tmp_path / "absent.pem", "boot.keys")):
        done = subprocess.run(
            [SMPSIM, "--preset", NRF54L, "--udp", "127.0.0.1:0", "--set",
             f"boot.keys={value}"], capture_output=True, text=True,
            env=environment(), timeout=30, check=False)
        assert done.returncode == 1
        assert word in done.stderr


def test_packages_are_verified_with_keys(tmp_path, keys):
    path = sign(tmp_path, keys["device"])
    package = tmp_path / "dfu_application.zip"
    smpctl("package", "create", "--add", f"0={path}", package)
    smpctl("package", "verify", "--key", keys["device.pub"], package)
    shown = smpctl("--json", "imagefile", "show", package).json["images"][0]
    assert shown["signature"] == "unchecked"
    assert "ED25519" in [t["name"] for t in shown["tlvs"]]
    run = smpctl("--json", "package", "verify", "--key", keys["other.pub"],
                 package, status=4)
    assert run.code == "signature-wrong-key"
    run = smpctl("--json", "upgrade", "--key", keys["other.pub"], package,
                 connect=f"sim:{NRF54L}", status=4)
    assert json.loads(run.out)["error"]["code"] == "signature-wrong-key"
