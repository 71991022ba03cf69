# SPDX-License-Identifier: Apache-2.0
"""Image files: what we make, imgtool verifies; what it makes, we understand.

imgtool (PyPI) runs inside this process, smpctl is the real binary. The
combinations are tried pairwise; SMP_FULL=1 tries the whole product.
"""
import hashlib
import itertools
import os

import pytest
from intelhex import IntelHex

from imagepair import (SIGN_TYPES, SLOT, Image, assert_described, assert_same,
                       both, decrypt, make, smpctl, theirs)

FULL = os.environ.get("SMP_FULL") == "1"


# ---- every kind of key, hash, encryption, padding ----

HASHES = [(None, {"sha": sha}) for sha in ("256", "384", "512")] + \
    [(kind, {}) for kind in SIGN_TYPES] + \
    [("ed25519", {"sha": "512"}), ("ed25519", {"pure": True})]

ENCRYPTIONS = [(None, {})] + [
    (kind, {"encrypt_keylen": bits, "clear": clear, **more})
    for kind, more in (("rsa-2048", {}), ("ecdsa-p256", {}), ("x25519", {}),
                       ("x25519", {"hmac_sha": "512"}))
    for bits in ("128", "256") for clear in (False, True)]

PADDINGS = [{}] + [
    {mark: True, "overwrite_only": only, "align": align, "max_align": most}
    for mark in ("pad", "confirm") for only in (False, True)
    for align in ("1", "2", "4", "8", "16", "32")
    for most in (None, "8", "16", "32")]


def family_fits(sign, enc):
    return enc is None or sign in (None, "ed25519") or (
        sign.startswith("rsa") and enc.startswith("rsa")) or (
        sign == "ecdsa-p256" and enc == "ecdsa-p256")


CONTENTS = [(h, e) for h, e in itertools.product(HASHES, ENCRYPTIONS)
            if family_fits(h[0], e[0])]


def combinations():
    """Every content with some padding, every padding with some content."""
    if FULL:
        return list(itertools.product(CONTENTS, PADDINGS))
    count = max(len(CONTENTS), len(PADDINGS))
    return [(CONTENTS[i % len(CONTENTS)], PADDINGS[(i * 7) % len(PADDINGS)])
            for i in range(count)]


def slices(rows, count):
    return [rows[i::count] for i in range(count)]


def check_combination(tmp, program, keys, content, pad):
    (sign, sha), (enc, how) = content
    options = {"key": sign and keys[sign], **sha,
               "encrypt": enc and keys[enc + ".pub"], **how, **pad}
    a, b = make(tmp, program, **options)
    assert_same(a, b)
    verify = ["--key", keys[sign + ".pub"]] if sign else []
    if enc:
        verify += ["--decrypt-key", keys[enc]]
    for path in (a, b):
        doc = smpctl("--json", "imagefile", "verify", path, *verify)\
            .json["images"][0]
        assert doc["hash_state"] == "good"
        assert doc["signature"] == ("good" if sign else "none")
        if enc:
            assert doc["encryption"]["payload"] == (
                "plain" if how["clear"] else "decrypted")
        assert_described(path, shown=doc)
    if enc and not how["clear"]:
        b.write_bytes(decrypt(b, keys[enc]))
    theirs("verify", *(["-k", keys[sign]] if sign else []), b)


@pytest.mark.parametrize("part", range(16))
def test_both_tools_make_and_read_the_same_images(tmp_path, program, keys,
                                                  part):
    for content, pad in slices(combinations(), 16)[part]:
        try:
            check_combination(tmp_path, program, keys, content, pad)
        except AssertionError as wrong:
            raise AssertionError(f"{content} {pad}") from wrong


# ---- everything else that can be asked of sign ----

EXTRAS = [
    {"security_counter": "7"},
    {"security_counter": "auto"},
    {"security_counter": "0xffffffff"},
    {"dependencies": "(1,1.2.3+4)"},
    {"dependencies": "(1, 1.2.3+4), (2, 4.5)"},
    {"boot_record": "SPE"},
    {"boot_record": "ABCDEFGHIJKL", "sha": "512"},
    {"vid": "example.com", "cid": "board-7"},
    {"vid": "12345678-1234-5678-1234-567812345678"},
    {"cid": "12345678123456781234567812345678"},
    {"custom_tlv": [("0xa0", "hello"), ("0x01a5", "0x00ff")]},
    {"custom_tlv": [("0xa1", "")]},
    {"load_addr": "0x20001000"},
    {"rom_fixed": "0xc000"},
    {"non_bootable": True},
    {"erased_val": "0", "confirm": True},
    {"erased_val": "0"},
    {"header_size": "32"},
    {"header_size": "0x800"},
    {"header_size": "0x24"},
    {"max_sectors": "64", "pad": True, "align": "4"},
    {"version": "255.255.65535+4294967295", "security_counter": "auto"},
    {"version": "1"},
    {"test": True},
    {"security_counter": "3", "boot_record": "X", "dependencies": "(0,1.0.0)",
     "vid": "example.com", "cid": "x", "custom_tlv": [("0xfffe", "0x01")]},
]


# P-256 goes with SHA-256 only.
OPTIONS = [(kind, extra) for kind in (None, "ed25519", "ecdsa-p256")
           for extra in EXTRAS
           if kind != "ecdsa-p256" or extra.get("sha") != "512"]


@pytest.mark.parametrize("kind, extra", OPTIONS, ids=str)
def test_options_give_the_same_bytes(tmp_path, program, keys, kind, extra):
    a, b = make(tmp_path, program, key=kind and keys[kind], **extra)
    assert_same(a, b)
    if kind != "ecdsa-p256":  # deterministic: every byte
        assert a.read_bytes() == b.read_bytes()
    assert_described(b)
    theirs("verify", *(["-k", keys[kind]] if kind else []), b)
    smpctl("imagefile", "verify", a,
           *(["--key", keys[kind + ".pub"]] if kind else []))


@pytest.mark.parametrize("kind", SIGN_TYPES)
def test_whole_public_keys(tmp_path, program, keys, kind):
    a, b = make(tmp_path, program, key=keys[kind], public_key_format="full")
    assert_same(a, b)
    assert Image(b.read_bytes()).tlv(0x02)
    smpctl("imagefile", "verify", "--key", keys[kind + ".pub"], a)
    theirs("verify", "-k", keys[kind], b)


def test_a_program_with_room_for_its_header(tmp_path, program, keys):
    room = tmp_path / "room.bin"
    room.write_bytes(bytes(0x200) + program.read_bytes())
    a, b = make(tmp_path, room, pad_header=False, key=keys["ed25519"])
    assert a.read_bytes() == b.read_bytes()
    run = smpctl("--json", "imagefile", "sign", "--version", "1.0.0",
                 "--header-size", "0x200", program, tmp_path / "x.bin",
                 status=1)
    assert "--pad-header" in run.json["error"]["next"]
    assert run.json["error"]["message"].startswith(f"{program}: ")


@pytest.mark.parametrize("enc", ["rsa-2048", "ecdsa-p256", "x25519"])
@pytest.mark.parametrize("more", [
    {"save_enctlv": True}, {"header_size": "0x24"}, {"clear": True}], ids=str)
def test_encrypted_with_options(tmp_path, program, keys, enc, more):
    a, b = make(tmp_path, program, encrypt=keys[enc + ".pub"], confirm=True,
                **more)
    assert_same(a, b)
    for path in (a, b):
        smpctl("imagefile", "verify", path, "--decrypt-key", keys[enc])
    if not more.get("clear"):
        plain = [decrypt(path, keys[enc]) for path in (a, b)]
        one, two = Image(plain[0]), Image(plain[1])
        assert one.payload == two.payload
        assert hashlib.sha256(plain[1][:two.unprot_off]).digest() == \
            two.tlv(0x10)


def test_a_slot_too_small_is_refused_at_the_same_size(tmp_path, program):
    size = 512 + 3001 + 40 + 128 * 3 + 48
    make(tmp_path, program, slot_size=size)
    them, us = both(version="1.0.0", header_size="0x200", pad_header=True,
                    slot_size=size - 1)
    with pytest.raises(Exception, match="exceeds"):
        theirs("sign", *them, program, tmp_path / "a.bin")
    run = smpctl("--json", "imagefile", "sign", *us, program,
                 tmp_path / "b.bin", status=5)
    assert run.json["error"]["code"] == "image-too-large-for-slot"
    assert not (tmp_path / "b.bin").exists()


@pytest.mark.parametrize("options", [
    {}, {"pad": True}, {"confirm": True},
    {"confirm": True, "max_align": "32", "align": "16"},
    {"pad": True, "overwrite_only": True}], ids=str)
def test_intel_hex(tmp_path, program, keys, options):
    # Binary in, hex out.
    a, b = make(tmp_path, program, suffix="hex", hex_addr="0xc000",
                key=keys["ed25519"], **options)
    one, two = IntelHex(str(a)), IntelHex(str(b))
    assert one.todict() == two.todict()
    shown = smpctl("--json", "imagefile", "verify", a, "--key",
                   keys["ed25519.pub"]).json["images"][0]
    assert shown["hex_address"] == 0xc000
    # Hex in, both out: the header goes in front of the program.
    source = tmp_path / "source.hex"
    hexfile = IntelHex()
    hexfile.frombytes(program.read_bytes(), offset=0x1fff0)
    hexfile.tofile(str(source), "hex")
    a, b = make(tmp_path, source, suffix="hex", **options)
    assert IntelHex(str(a)).todict() == IntelHex(str(b)).todict()
    assert IntelHex(str(b)).minaddr() == 0x1fff0 - 0x200


def test_an_intel_hex_output_stays_within_32_bits(tmp_path, program):
    source = tmp_path / "low.hex"
    hexfile = IntelHex()
    hexfile.frombytes(program.read_bytes(), offset=0x100)
    hexfile.tofile(str(source), "hex")
    sign = ["--json", "imagefile", "sign", "--version", "1.0.0",
            "--header-size", "0x200", "--pad-header"]
    out = tmp_path / "out.hex"
    run = smpctl(*sign, source, out, status=2)
    assert "0x100" in run.json["error"]["message"]
    run = smpctl(*sign, "--hex-addr", "0xfffff800", source, out, status=2)
    assert "32 bits" in run.json["error"]["message"]
    assert not out.exists()
    smpctl(*sign, "--hex-addr", "0x0", source, out)
    assert IntelHex(str(out)).minaddr() == 0


# ---- what only imgtool makes ----

@pytest.mark.parametrize("kind", ["lzma2", "lzma2armthumb"])
@pytest.mark.parametrize("enc", [None, "x25519"])
def test_compressed_images_are_understood(tmp_path, keys, kind, enc):
    source = tmp_path / "text.bin"
    source.write_bytes(b"abcdefgh" * 2000)
    path = tmp_path / "small.bin"
    them, _ = both(version="1.0.0", header_size="0x200", pad_header=True,
                   slot_size=SLOT, compression=kind, key=keys["ed25519"],
                   encrypt=enc and keys[enc + ".pub"])
    theirs("sign", *them, source, path)
    assert path.stat().st_size < 4000
    doc = smpctl("--json", "imagefile", "verify", path, "--key",
                 keys["ed25519.pub"],
                 *(["--decrypt-key", keys[enc]] if enc else []))\
        .json["images"][0]
    assert "COMPRESSED_LZMA2" in doc["flag_names"]
    assert ("COMPRESSED_ARM_THUMB" in doc["flag_names"]) == \
        (kind == "lzma2armthumb")
    assert doc["compression"] == {"kind": "LZMA2", "size": 16000,
                                  "arm_thumb": kind == "lzma2armthumb"}
    assert {"DECOMP_SIZE", "DECOMP_SHA", "DECOMP_SIGNATURE"} <= {
        t["name"] for t in doc["tlvs"]}
    assert_described(path, shown=doc)


@pytest.mark.parametrize("kind", ["ecdsa-p256", "ecdsa-p384"])
def test_padded_signatures_of_old_are_taken(tmp_path, program, keys, kind):
    them, _ = both(version="1.0.0", header_size="0x200", pad_header=True,
                   slot_size=SLOT, pad_sig=True, key=keys[kind])
    for _ in range(20):  # the number of zeros varies
        path = tmp_path / "padded.bin"
        theirs("sign", *them, program, path)
        smpctl("imagefile", "verify", path, "--key", keys[kind + ".pub"])
