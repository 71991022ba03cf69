# SPDX-License-Identifier: Apache-2.0
"""What is said before the first byte, and what the device does when the same
file is sent all the same."""
import json

import pytest

from rig import MULTI, OVERWRITE, SINGLE, ZEPHYR, smpctl

SIZE = 24000


@pytest.fixture(scope="module", name="keys")
def keys_fixture(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    for name in ("a", "b"):
        smpctl("imagefile", "keygen", "--type", "ed25519",
               folder / f"{name}.pem")
    smpctl("imagefile", "keygen", "--type", "ecdsa-p256", folder / "p256.pem")
    smpctl("imagefile", "keygen", "--type", "x25519", folder / "x.pem")
    return folder


@pytest.fixture(name="sign")
def sign_fixture(tmp_path):
    def sign(*more, version="2.0.0", size=SIZE, name="app.bin"):
        program = tmp_path / "program"
        program.write_bytes(bytes(range(256)) * (size // 256 + 1))
        with open(program, "r+b") as file:
            file.truncate(size)
        smpctl("imagefile", "sign", "--version", version, "--header-size",
               "0x200", "--pad-header", *more, program, tmp_path / name)
        return tmp_path / name
    return sign


def judge(dev, *args):
    """What why says of a file: (accepted, {id: severity})."""
    doc = dev("--json", "why", *args).json["file"]
    return doc["accepted"], {f["id"]: f["severity"] for f in doc["findings"]}


def running(dev):
    return [i["version"] for i in dev.images()
            if i["active"] and i["image"] == 0][0]


def assert_erased(dev, path, *more, code="swap-refused", status=6):
    """Sent by force: the bootloader refuses it, and its slot is empty."""
    run = dev("--json", "upgrade", "--force", *more, path, status=status)
    assert run.code == code
    assert running(dev) == "1.0.0"
    assert not [i for i in dev.images() if i["slot"] == 1]


def assert_refused_beforehand(dev, path, finding, code, *more, status=5):
    before = dev.images()
    run = dev("--json", "upgrade", *more, path, status=status)
    assert run.code == code
    assert finding in [f["id"] for f in run.json["findings"]]
    assert dev.images() == before
    accepted, findings = judge(dev, *more, path)
    assert not accepted and findings[finding] == "fatal"


def test_fits_the_slot_but_cannot_be_swapped(device, sign):
    dev = device(ZEPHYR)
    # 116 sectors of 4 KiB: one is the trailer's, one is swap-offset's.
    fits = sign(size=116 * 4096 - 0x200 - 40)
    assert judge(dev, fits) == (True, {})
    path = sign(size=116 * 4096 - 0x200 - 39)
    assert_refused_beforehand(dev, path, "too-large-to-swap",
                              "image-too-large-for-swap")
    text = dev("why", path).out
    assert "can swap at most 475,136" in text
    assert "assumed: flash of board nrf52840dk/nrf52840" in text
    assert_erased(dev, path)
    # One byte less is swapped.
    dev("upgrade", sign(size=116 * 4096 - 0x200 - 40))
    assert running(dev) == "2.0.0"


@pytest.mark.parametrize("bootloader", ["move", "overwrite"])
def test_the_limit_is_that_of_the_bootloader(device, sign, bootloader):
    dev = device(ZEPHYR, "--bootloader", bootloader)
    limit = 116 * 4096 if bootloader == "move" else 118 * 4096 - 40
    mode = ("--mode", "confirm-only") if bootloader == "overwrite" else ()
    path = sign(size=limit - 0x200 - 40 + 1)
    assert_refused_beforehand(dev, path, "too-large-to-swap",
                              "image-too-large-for-swap", *mode)
    if bootloader == "move":
        assert_erased(dev, path, *mode)
    else:
        # Its last byte lies where the mark goes: half of it can be written.
        run = dev("--json", "upgrade", "--force", *mode, path, status=6)
        assert run.code == "device-refused"
        dev.reset()
        assert [i["version"] for i in dev.images()] == ["1.0.0"]
    dev("upgrade", *mode, sign(size=limit - 0x200 - 40))
    assert running(dev) == "2.0.0"


def test_signed_with_another_key_than_what_runs(device, sign, keys):
    dev = device(ZEPHYR, "--set", f"boot.keys={keys}/a.pem", "--set",
                 "app.version=0.9.0")
    first = sign("--key", keys / "a.pem", version="1.0.0", name="first.bin")
    dev("upgrade", first)
    for more, finding in ((("--key", keys / "b.pem"), "other-key"),
                          (("--key", keys / "p256.pem"),
                           "other-signature-type"),
                          ((), "unsigned")):
        path = sign(*more)
        # Without the file of what runs nothing is known.
        assert judge(dev, path)[1] == {}
        # The bootloader may trust two keys, or check none: a warning.
        accepted, findings = judge(dev, "--running", first, path)
        assert accepted and findings == {finding: "warning"}
        run = dev("--json", "upgrade", "--running", first, path, status=6)
        assert run.code == "swap-refused"
        assert [f["id"] for f in run.json["findings"]] == [finding]
        assert running(dev) == "1.0.0"
    good = sign("--key", keys / "a.pem")
    assert judge(dev, "--running", first, good) == (True, {})
    dev("upgrade", "--running", first, good)
    assert running(dev) == "2.0.0"


def test_the_configuration_of_the_bootloader_decides(device, sign, keys,
                                                     tmp_path):
    dev = device(ZEPHYR, "--set", f"boot.keys={keys}/a.pem")
    conf = tmp_path / "mcuboot.conf"
    conf.write_text("CONFIG_BOOT_SIGNATURE_TYPE_ED25519=y\n")
    assert_refused_beforehand(dev, sign(), "unsigned", "signature-missing",
                              "--conf", conf, status=4)
    path = sign("--key", keys / "p256.pem")
    assert_refused_beforehand(dev, path, "other-signature-type",
                              "signature-wrong-key", "--conf", conf, status=4)
    assert "assumed: mcuboot.conf" in dev("why", "--conf", conf, path).out
    assert_erased(dev, path, "--conf", conf)
    # With its key the signature itself is checked, before the device is asked.
    conf.write_text('CONFIG_BOOT_SIGNATURE_TYPE_ED25519=y\n'
                    f'CONFIG_BOOT_SIGNATURE_KEY_FILE="{keys}/a.pem"\n')
    path = sign("--key", keys / "b.pem")
    run = dev("--json", "upgrade", "--conf", conf, path, status=4)
    assert run.code == "signature-wrong-key"
    assert_erased(dev, path, "--conf", conf)
    dev("upgrade", "--conf", conf, sign("--key", keys / "a.pem"))
    assert running(dev) == "2.0.0"


def test_flags_and_hash_are_looked_at(device, sign, keys):
    dev = device(ZEPHYR)
    for more, finding in ((("--non-bootable",), "non-bootable"),
                          (("--encrypt", keys / "x.pem", "--clear"),
                           "plain-text-flagged-encrypted")):
        path = sign(*more)
        assert_refused_beforehand(dev, path, finding, "image-refused-at-boot")
        assert_erased(dev, path)
    path = sign("--encrypt", keys / "x.pem")
    assert judge(dev, path) == (True, {"encrypted": "warning"})
    run = dev("--json", "upgrade", path, status=6)
    assert run.code == "swap-refused"
    # Another hash cannot even be marked.
    path = sign("--sha", "512")
    assert_refused_beforehand(dev, path, "other-hash",
                              "image-refused-at-boot")
    run = dev("--json", "upgrade", "--force", path, status=6)
    assert run.code == "device-refused"
    assert running(dev) == "1.0.0"


def test_lower_versions_and_counters(device, sign, tmp_path):
    dev = device(ZEPHYR, "--set", "boot.options=no-downgrade")
    path = sign(version="0.9.0")
    assert_refused_beforehand(dev, path, "downgrade", "image-downgrade")
    assert_erased(dev, path)
    dev = device(ZEPHYR, "--set", "boot.options=no-counter-downgrade",
                 "--set", "app.version=0.9.0")
    first = sign("--security-counter", 5, version="1.0.0", name="first.bin")
    dev("upgrade", first)
    path = sign("--security-counter", 4)
    assert judge(dev, "--running", first, path)[1] == {
        "lower-counter": "warning"}
    conf = tmp_path / ".config"
    conf.write_text("CONFIG_MCUBOOT_DOWNGRADE_PREVENTION=y\n"
                    "CONFIG_MCUBOOT_DOWNGRADE_PREVENTION_SECURITY_COUNTER=y\n")
    more = ("--running", first, "--conf", conf)
    assert_refused_beforehand(dev, path, "lower-counter", "image-downgrade",
                              *more)
    run = dev("--json", "upgrade", "--force", *more, path, status=6)
    assert run.code == "swap-refused"
    assert running(dev) == "1.0.0"


def test_a_dependency_that_is_not_met_updates_nothing(device, sign, package):
    dev = device(MULTI)
    dev("image", "upload", "--image", 1, package)
    path = sign("--dependencies", "(1,3.0.0)")
    assert_refused_beforehand(dev, path, "dependency", "dependency-unmet")
    run = dev("--json", "upgrade", "--force", path, status=6)
    assert run.code == "swap-refused"
    assert "dependency is not met" in dev.console
    # The mark stays: nothing was erased.
    assert [i["pending"] for i in dev.images()
            if i["image"] == 0 and i["slot"] == 1] == [True]


def test_direct_xip_runs_the_newest(device, sign):
    dev = device(ZEPHYR, "--bootloader", "direct-xip-revert")
    mode = ("--mode", "confirm-only")
    path = sign("--rom-fixed", "0x82000", version="1.0.0")
    assert_refused_beforehand(dev, path, "never-selected", "image-downgrade",
                              *mode)
    dev("--json", "upgrade", "--force", *mode, path, status=None)
    assert running(dev) == "1.0.0"
    # Not marked: the next reset erases it.
    path = sign("--rom-fixed", "0x82000")
    accepted, findings = judge(dev, "--mode", "upload-only", path)
    assert accepted and findings["reset-erases"] == "warning"
    dev("image", "upload", path)
    assert dev("--json", "why").json["explanation"][0]["erased"][
        "version"] == "2.0.0"
    dev("upgrade", sign("--rom-fixed", "0x82000", version="3.0.0"))
    assert running(dev) == "3.0.0"


def test_a_network_core_is_not_taken_for_an_application(device, sign):
    dev = device(MULTI)
    path = sign(name="net_core_app_update.bin")
    accepted, findings = judge(dev, path)
    assert accepted and findings["network-core-file"] == "warning"
    _, findings = judge(dev, "--image", 1, path)
    assert "network-core-file" not in findings and "network-core" in findings
    # The package and its list say so, too.
    out = path.parent / "made.zip"
    run = smpctl("--json", "package", "create", "--add", f"0={path}", out)
    assert "network core" in run.json["warnings"][0]
    assert "network core is image 1" in smpctl("package", "verify", out).out
    run = smpctl("--json", "package", "create", "--add", f"1={path}", out)
    assert run.json["warnings"] == []


def test_a_mark_is_judged_and_its_reset_told(device, sign):
    dev = device(ZEPHYR)
    path = sign("--non-bootable")
    dev("image", "upload", "--force", path)
    run = dev("--json", "image", "test", path, status=5)
    assert run.code == "image-refused-at-boot"
    assert "non-bootable" in [f["id"] for f in run.json["findings"]]
    assert not any(i["pending"] for i in dev.images())
    doc = dev("--json", "image", "test", "--force", path).json
    assert doc["next_reset"] == "test"
    dev.reset()
    assert [i["version"] for i in dev.images()] == ["1.0.0"]
    path = sign()
    dev("image", "upload", path)
    run = dev("image", "confirm", path)
    assert "the next reset installs it" in run.out
    dev.reset()
    assert running(dev) == "2.0.0"


def test_going_back_to_what_was_taken_back_is_told(device, sign):
    dev = device(ZEPHYR, "--bootloader", "move")
    dev("upgrade", "--mode", "test-only", sign())
    dev.reset()
    assert running(dev) == "1.0.0"
    run = dev("--json", "revert")
    assert "goes-back-to-newer" in [f["id"] for f in run.json["findings"]]
    assert running(dev) == "2.0.0"


def test_a_slot_is_not_trusted_when_an_upload_did_not_end(device, sign):
    dev = device(ZEPHYR, "--set", "server.features=+progressive")
    first, second = sign(name="a.bin"), sign(version="3.0.0", name="b.bin")
    dev("image", "upload", first)
    doc = dev("--json", "image", "upload", first).json
    assert [f["id"] for f in doc["findings"]] == ["in-slot-trusted"]
    # 200 bytes of the other one, then nothing: its header, the old hash.
    data = second.read_bytes()
    dev("raw", "write", 1, 1, json.dumps(
        {"off": 0, "len": len(data), "data": {"$hex": data[:512].hex()}}))
    assert [i["version"] for i in dev.images()
            if i["slot"] == 1] == ["3.0.0"]
    doc = dev("--json", "upgrade", first).json
    assert "in-slot-torn" in [f["id"] for f in doc["findings"]]
    assert doc["images"][0]["action"] == "uploaded"
    assert running(dev) == "2.0.0"


def test_what_an_old_server_does_not_tell_is_taken_from_its_build(
        device, sign, tmp_path):
    conf = tmp_path / "pm.config"
    conf.write_text("PM_MCUBOOT_PRIMARY_SIZE=0x79000\n"
                    "PM_MCUBOOT_SECONDARY_SIZE=0x79000\n"
                    "CONFIG_BOOT_SWAP_USING_MOVE=y\n"
                    "CONFIG_BOOT_MAX_IMG_SECTORS=128\n")
    dev = device(SINGLE)
    path = sign(size=0x79000 - 4 * 1024)
    # Neither slots nor mode are told.
    assert judge(dev, path) == (True, {})
    assert judge(dev, "--conf", conf, path)[1] == {
        "maybe-too-large-to-swap": "warning"}
    run = dev("--json", "upgrade", path, status=6)
    assert run.code == "swap-refused"
    dev = device(SINGLE)
    path = sign(size=0x79000)
    assert_refused_beforehand(dev, path, "too-large-for-slot",
                              "image-too-large-for-slot", "--conf", conf)
    run = dev("--json", "upgrade", "--force", "--conf", conf, path, status=6)
    assert run.code in ("device-refused", "upload-no-progress")
    assert running(dev) == "1.0.0"


def test_the_mode_of_the_build_says_what_a_reset_does(device, sign, tmp_path):
    conf = tmp_path / "sysbuild.conf"
    conf.write_text("SB_CONFIG_MCUBOOT_MODE_OVERWRITE_ONLY=y\n")
    dev = device(OVERWRITE)
    path = sign()
    dev("image", "upload", path)
    dev("image", "test", path)
    assert dev("--json", "why").json["explanation"][0]["next_reset"] == "test"
    said = dev("--json", "why", "--conf", conf).json["explanation"][0]
    assert said["next_reset"] == "install" and not said["mode_assumed"]
    assert "there is no way back" in said["text"]
    dev.reset()
    dev.reset()
    assert running(dev) == "2.0.0"
    accepted, findings = judge(dev, "--conf", conf, sign(version="3.0.0"))
    assert not accepted and findings["mode-impossible"] == "fatal"
