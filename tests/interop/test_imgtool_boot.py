# SPDX-License-Identifier: Apache-2.0
"""Images that imgtool has encrypted, in a bootloader of ours."""
import itertools

import pytest

from imagepair import Image, theirs
from rig import ZEPHYR, smpctl

PROGRAM = bytes((i * 11 + (i >> 7)) % 253 for i in range(30001))
KINDS = [("rsa-2048", {}), ("ecdsa-p256", {}), ("x25519", {}),
         ("x25519", {"hmac-sha": "512"})]


def encrypted(folder, kind, bits, more):
    """(private key, file): signing keys are of the same family."""
    key, public = folder / "key.pem", folder / "key.pub.pem"
    theirs("keygen", "-t", kind, "-k", key)
    public.write_text(theirs("getpub", "-e", "pem", "-k", key).out,
                      encoding="ascii")
    program, path = folder / "program.bin", folder / "imgtool.bin"
    program.write_bytes(PROGRAM)
    theirs("sign", "--version", "2.0.0", "--header-size", "0x200",
           "--pad-header", "--slot-size", "0x70000", "-E", public,
           "--encrypt-keylen", bits,
           *itertools.chain(*((f"--{k}", v) for k, v in more.items())),
           program, path)
    return key, path


@pytest.mark.parametrize("bits", ["128", "256"])
@pytest.mark.parametrize("kind,more", KINDS)
def test_an_image_of_imgtool_runs_as_plain_text(device, tmp_path, kind, more,
                                                bits):
    key, path = encrypted(tmp_path, kind, bits, more)
    flash = tmp_path / "flash.img"
    dev = device(ZEPHYR, "--set", f"boot.decrypt_key={key}", "--set",
                 f"boot.encrypt_keylen={bits}", "--flash", flash)
    # What the key opens is right before the first byte is sent.
    dev("upgrade", "--decrypt-key", key, path)
    sent = Image(path.read_bytes())
    assert sent.encrypted and PROGRAM not in sent.data
    active = [i for i in dev.images() if i.get("active")][0]
    assert active["version"] == "2.0.0"
    assert bytes.fromhex(active["hash"]) == sent.tlv(0x10)
    # Byte for byte: header and TLVs as sent, flags included, the payload
    # plain, with zeros up to whole blocks.
    fill = len(sent.payload) - len(PROGRAM)
    assert 0 <= fill < 16
    plain = sent.data[:sent.hdr_size] + PROGRAM + bytes(fill) + \
        sent.data[sent.tlv_off:sent.end]
    assert flash.read_bytes().count(plain) == 1


def test_what_we_encrypt_is_decrypted_alike(device, tmp_path):
    """The same program by both tools ends up as the same bytes."""
    key, path = encrypted(tmp_path, "x25519", "128", {})
    ours = tmp_path / "ours.bin"
    smpctl("imagefile", "sign", "--version", "2.0.0", "--header-size", "0x200",
           "--pad-header", "--slot-size", "0x70000", "--encrypt",
           tmp_path / "key.pub.pem", tmp_path / "program.bin", ours)
    found = []
    for number, file in enumerate((path, ours)):
        flash = tmp_path / f"flash{number}.img"
        dev = device(ZEPHYR, "--set", f"boot.decrypt_key={key}", "--flash",
                     flash)
        dev("upgrade", file)
        content = flash.read_bytes()
        at = content.index(PROGRAM) - 0x200
        image = Image(content[at:at + 0x10000])
        found.append(image.data[:image.tlv_off])
        assert image.tlv(0x10) == Image(path.read_bytes()).tlv(0x10)
    assert found[0] == found[1]
