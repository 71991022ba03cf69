# SPDX-License-Identifier: Apache-2.0
"""Encrypted images: a bootloader that decrypts them, and one that cannot."""
import subprocess
import time

import pytest

from rig import SINGLE, SMPSIM, ZEPHYR, environment, make_package, smpctl

PROGRAM = bytes((i * 7 + (i >> 8)) % 251 for i in range(51200))
KINDS = ("rsa-2048", "ecdsa-p256", "x25519")


@pytest.fixture(scope="module", name="keys")
def keys_fixture(tmp_path_factory):
    """{kind: private key}, {kind + ".pub": its public half}, and "other"."""
    folder = tmp_path_factory.mktemp("keys")
    keys = {}
    for name, kind in [*((kind, kind) for kind in KINDS), ("other", "x25519")]:
        keys[name] = folder / f"{name}.pem"
        keys[f"{name}.pub"] = folder / f"{name}.pub.pem"
        smpctl("imagefile", "keygen", "--type", kind, keys[name])
        smpctl("imagefile", "getpub", keys[name], "-o", keys[f"{name}.pub"])
    return keys


def encrypt(tmp_path, key, *more, version="2.0.0", name="app.encrypted.bin"):
    program = tmp_path / "program.bin"
    program.write_bytes(PROGRAM)
    path = tmp_path / name
    smpctl("imagefile", "sign", *(["--encrypt", key] if key else []),
           "--version", version, "--header-size", "0x200", "--pad-header",
           "--custom-tlv", "0xa0=name=Secret", *more, program, path)
    return path


def decrypting(device, preset, key, tmp_path, *more, port="udp"):
    """A device with that private key, and the file that is its flash."""
    flash = tmp_path / "flash.img"
    dev = device(preset, "--set", f"boot.decrypt_key={key}", "--flash", flash,
                 *more, port=port)
    return dev, flash


def hash_of(path):
    return smpctl("--json", "imagefile", "show", path).json["images"][0]["hash"]


def running(dev):
    return [i for i in dev.images() if i.get("active")][0]


def wait_for(dev, text):
    """Until the console has said it; a reset comes after its answer."""
    end = time.monotonic() + 60
    while text not in dev.console:
        assert time.monotonic() < end, dev.console
        time.sleep(0.05)


BOARDS = [
    (ZEPHYR, ()),  # swap using offset
    (SINGLE, ()),  # swap using move
    (ZEPHYR, ("--bootloader", "swap-scratch")),
    (ZEPHYR, ("--set", "boot.save_enctlv=yes")),
    (ZEPHYR, ("--set", "boot.encrypt_keylen=256")),
]


@pytest.mark.parametrize("board", range(len(BOARDS)))
@pytest.mark.parametrize("kind", KINDS)
def test_an_encrypted_image_is_tested_reverted_and_confirmed(
        device, tmp_path, keys, kind, board):
    preset, more = BOARDS[board]
    length = "256" if "boot.encrypt_keylen=256" in more else "128"
    path = encrypt(tmp_path, keys[f"{kind}.pub"], "--encrypt-keylen", length)
    dev, flash = decrypting(device, preset, keys[kind], tmp_path, *more)
    sealed = path.read_bytes()
    assert PROGRAM not in sealed

    dev("upgrade", "--mode", "test-only", path)
    run = running(dev)
    # What is listed is the hash of the plain text.
    assert (run["version"], run["hash"]) == ("2.0.0", hash_of(path))
    assert not run.get("confirmed")
    content = flash.read_bytes()
    assert content.count(PROGRAM) == 1
    # All but the last page: where it was uploaded the old image is now.
    assert sealed not in content
    assert "Starting Secret 2.0.0" in dev.console
    assert "Swap type: test" in dev.console

    dev("os", "reset")
    wait_for(dev, "Swap type: revert")
    assert running(dev)["version"] == "1.0.0"
    content = flash.read_bytes()
    assert PROGRAM not in content
    assert sealed in content

    dev("upgrade", path)
    run = running(dev)
    assert run["version"] == "2.0.0" and run["confirmed"]
    # And another one over it: the first goes back into slot 1 encrypted.
    other = encrypt(tmp_path, None, version="3.0.0", name="plain.bin")
    dev("upgrade", other)
    assert running(dev)["version"] == "3.0.0"
    content = flash.read_bytes()
    assert content.count(PROGRAM) == 1
    assert sealed in content


@pytest.mark.parametrize("mode", ["overwrite", "ram-load-revert"])
def test_other_bootloaders_decrypt_too(device, tmp_path, keys, mode):
    more = ["--load-addr", "0x20000000"] if "ram" in mode else []
    path = encrypt(tmp_path, keys["ecdsa-p256.pub"], *more)
    dev, flash = decrypting(device, ZEPHYR, keys["ecdsa-p256"], tmp_path,
                            "--bootloader", mode)
    dev("upgrade", "--mode", "confirm-only", path)
    assert running(dev)["version"] == "2.0.0"
    content = flash.read_bytes()
    # RAM is not in that file; the slot it was loaded from keeps what was sent.
    assert content.count(PROGRAM) == (1 if mode == "overwrite" else 0)
    assert (path.read_bytes() in content) == (mode != "overwrite")


def test_a_package_may_hold_encrypted_images(device, tmp_path, keys):
    path = encrypt(tmp_path, keys["x25519.pub"])
    package = tmp_path / "dfu_application.zip"
    smpctl("package", "create", "--add", f"0={path}", package)
    dev, _ = decrypting(device, ZEPHYR, keys["x25519"], tmp_path)
    run = dev("upgrade", package)
    assert "whether the bootloader has the key is not known" in run.err
    assert running(dev)["version"] == "2.0.0"


def assert_refused_at_boot(dev, path):
    run = dev("--json", "upgrade", path, status=6)
    assert run.code == "swap-refused"
    assert "does not decrypt" in run.json["error"]["message"]
    assert "Image in the secondary slot is not valid!" in dev.console
    assert "Image 0 slot 1 erased" in dev.console
    assert running(dev)["version"] == "1.0.0"
    assert len(dev.images()) == 1
    return run


def test_an_image_for_another_key_is_erased_at_boot(device, tmp_path, keys):
    path = encrypt(tmp_path, keys["other.pub"])
    dev, _ = decrypting(device, ZEPHYR, keys["x25519"], tmp_path)
    assert_refused_at_boot(dev, path)
    assert "encrypted for another key than the bootloader's" in dev.note
    # The key would have told before the first byte.
    run = dev("--json", "upgrade", "--decrypt-key", keys["x25519"], path,
              status=1)
    assert "encrypted for another key" in run.json["error"]["message"]


@pytest.mark.parametrize("kind,bits", [("rsa-2048", "128"), ("x25519", "256")])
def test_another_kind_or_length_of_key_is_refused(device, tmp_path, keys, kind,
                                                  bits):
    path = encrypt(tmp_path, keys[f"{kind}.pub"], "--encrypt-keylen", bits)
    dev, _ = decrypting(device, ZEPHYR, keys["x25519"], tmp_path)
    assert_refused_at_boot(dev, path)
    assert "does not have" in dev.note


def test_a_bootloader_without_decryption_says_so(device, tmp_path, keys):
    path = encrypt(tmp_path, keys["x25519.pub"])
    dev = device(ZEPHYR)
    assert_refused_at_boot(dev, path)
    assert "is encrypted" in dev.console
    # The doctor knows the reason.
    run = dev("upgrade", path, status=6)
    assert "encrypted-image-removed" in run.err + run.out


def test_plain_text_with_the_flag_belongs_into_slot_0(device, tmp_path, keys):
    path = encrypt(tmp_path, keys["x25519.pub"], "--clear")
    dev, _ = decrypting(device, ZEPHYR, keys["x25519"], tmp_path)
    run = dev("--json", "upgrade", path, status=5)
    assert run.code == "image-refused-at-boot"
    assert "for programming slot 0" in run.json["error"]["message"]
    # The bootloader takes it for cipher text.
    run = dev("--json", "upgrade", "--force", path, status=6)
    assert run.code == "swap-refused"
    assert running(dev)["version"] == "1.0.0"


def test_what_runs_in_place_is_never_encrypted(device, tmp_path, keys):
    path = encrypt(tmp_path, keys["x25519.pub"])
    dev = device(ZEPHYR, "--bootloader", "direct-xip-revert")
    run = dev("--json", "upgrade", path, status=5)
    assert run.code == "image-refused-at-boot"
    assert "cannot decrypt" in run.json["error"]["message"]
    assert len(dev.images()) == 1


def test_serial_recovery_decrypts_where_the_image_lies(device, tmp_path, keys):
    dev, flash = decrypting(device, "serial-recovery", keys["x25519"], tmp_path,
                            port="pty")
    path = encrypt(tmp_path, keys["x25519.pub"])
    dev("upgrade", "--mode", "confirm-only", path)
    now = [i for i in dev.images() if i["active"]][0]
    assert (now["version"], now["hash"]) == ("2.0.0", hash_of(path))
    assert "slot 0 is decrypted" in dev.note
    content = flash.read_bytes()
    assert content.count(PROGRAM) == 1 and path.read_bytes() not in content


def test_serial_recovery_keeps_what_it_cannot_decrypt(device, tmp_path, keys):
    dev, flash = decrypting(device, "serial-recovery", keys["x25519"], tmp_path,
                            port="pty")
    path = encrypt(tmp_path, keys["other.pub"])
    run = dev("--json", "upgrade", "--mode", "confirm-only", path, status=6)
    assert run.code == "device-refused"
    assert "cannot be decrypted" in dev.note
    assert path.read_bytes() in flash.read_bytes()
    # Nothing can run now; the right image brings it back.
    path = encrypt(tmp_path, keys["x25519.pub"])
    dev("upgrade", "--mode", "confirm-only", path)
    assert "Starting Secret 2.0.0" in dev.console


@pytest.mark.parametrize("value,word", [
    ("absent.pem", "boot.decrypt_key"),
    ("ed25519", "not encrypted for a key of type ed25519"),
    ("x25519.pub", "a public key cannot decrypt"),
])
def test_the_key_of_the_bootloader_is_checked(tmp_path, keys, value, word):
    path = keys.get(value, value)
    if value == "ed25519":
        path = tmp_path / "ed25519.pem"
        smpctl("imagefile", "keygen", "--type", "ed25519", path)
    for more in ([], ["--bootloader", "direct-xip"]):
        done = subprocess.run(
            [SMPSIM, "--preset", ZEPHYR, "--udp", "127.0.0.1:0", "--set",
             f"boot.decrypt_key={path}", *more], capture_output=True,
            text=True, env=environment(), timeout=30, check=False)
        assert done.returncode == 1
        assert (word if not more else "boot.decrypt_key") in done.stderr


def test_old_packages_are_taken_as_before(device, tmp_path, keys):
    dev, _ = decrypting(device, ZEPHYR, keys["x25519"], tmp_path)
    package = make_package(tmp_path / "app.zip", net=False)
    run = dev("upgrade", package)
    assert "encrypted" not in run.err
    assert running(dev)["version"] == "1.1.0"


@pytest.mark.parametrize("at", [30, 41, 58])
def test_a_swap_that_was_cut_goes_on_with_the_keys_of_the_trailer(
        device, tmp_path, keys, at):
    path = encrypt(tmp_path, keys["x25519.pub"])
    dev, flash = decrypting(device, ZEPHYR, keys["x25519"], tmp_path,
                            "--fault", f"power-cut@{at}:torn,boot")
    dev("upgrade", path)
    assert running(dev)["version"] == "2.0.0"
    assert "resuming interrupted test" in dev.console
    assert flash.read_bytes().count(PROGRAM) == 1
