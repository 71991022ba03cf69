# SPDX-License-Identifier: Apache-2.0
"""Image files that are wrong: refused with the reason, never accepted."""
import hashlib
import random
import struct

import pytest

from imagepair import VECTORS, Image, imgtool_accepts, make, refuse, smpctl

# name: (our code, part of the reason); * marks what imgtool accepts
NEGATIVES = {
    "bad-magic": ("not-an-mcuboot-image", "before MCUboot 1.0"),
    "bad-hash": ("image-hash-mismatch", "does not fit"),
    "hdr-img-overflow": ("image-malformed", "exceed 32 bits"),
    "tlv-magic-wrong": ("image-malformed", "no TLV area"),
    "tlv-tot-short": ("image-malformed", "over the end"),
    "tlv-len-overrun": ("image-malformed", "over the end"),
    "ptlv-size-mismatch": ("image-malformed", "there are none"),
    "prot-tot-mismatch": ("image-malformed", "differs from the header"),
    "both-aes-flags": ("image-malformed", "AES-128 and AES-256"),
    "both-lzma-flags": ("image-malformed", "LZMA1 and LZMA2"),
    "sha-wrong-length": ("image-malformed", "wrong length"),
    "encrypted-flag-no-key-tlv": ("image-malformed", "no TLV holds the key"),
    "no-hash-tlv": ("image-malformed", "belongs into the protected area"),
    "truncated-header": ("image-truncated", "inside the image header"),
    "truncated-tlv": ("image-truncated", "before its image does"),
}


def test_malformed_images_are_refused_with_the_reason(tmp_path):
    accepted = []
    assert {v["name"] for v in VECTORS["negative_images"]} == set(NEGATIVES)
    for vector in VECTORS["negative_images"]:
        path = tmp_path / (vector["name"] + ".bin")
        path.write_bytes(bytes.fromhex(vector["image_hex"]))
        code, reason = NEGATIVES[vector["name"]]
        error = refuse(path)
        assert error["code"] == code, vector["name"]
        assert reason in error["message"], vector["name"]
        if imgtool_accepts(path):
            accepted.append(vector["name"])
    # The weaknesses that are known of imgtool; ours has none of them.
    assert {"both-aes-flags", "both-lzma-flags", "encrypted-flag-no-key-tlv",
            "tlv-tot-short"} <= set(accepted)


def signed(payload, *, prot=b"", unprot=(), flags=0, prot_size=None):
    """An image with any TLVs; its hash is right."""
    total = len(prot) + 4 if prot else 0
    data = struct.pack("<IIHHIIBBHII", 0x96f3b83d, 0, 32,
                       total if prot_size is None else prot_size,
                       len(payload), flags, 1, 2, 3, 4, 0) + payload
    if prot:
        data += struct.pack("<HH", 0x6908, total) + prot
    digest = hashlib.sha256(data).digest()
    body = b"".join(
        struct.pack("<HH", kind, len(value)) + value
        for kind, value in [(0x10, digest), *unprot])
    return data + struct.pack("<HH", 0x6907, len(body) + 4) + body


def tlv(kind, value):
    return struct.pack("<HH", kind, len(value)) + value


CONTRADICTIONS = {
    "security counter unprotected":
        (signed(b"x" * 16, unprot=[(0x50, b"\x01\0\0\0")]), "protected area"),
    "unknown type unprotected":
        (signed(b"x" * 16, unprot=[(0x99, b"")]), "protected area"),
    "two hashes":
        (signed(b"x" * 16, unprot=[(0x10, bytes(32))]), "second TLV"),
    "two kinds of hash":
        (signed(b"x" * 16, unprot=[(0x12, bytes(64))]), "second TLV"),
    "short RSA signature":
        (signed(b"x" * 16, unprot=[(0x20, bytes(255))]), "wrong length"),
    "short Ed25519 signature":
        (signed(b"x" * 16, unprot=[(0x24, bytes(63))]), "wrong length"),
    "ECDSA signature that is no DER":
        (signed(b"x" * 16, unprot=[(0x22, bytes(70))]), "wrong content"),
    "pure is not 1":
        (signed(b"x" * 16, unprot=[(0x25, b"\0"), (0x24, bytes(64))]),
         "wrong content"),
    "pure without a signature":
        (signed(b"x" * 16, unprot=[(0x25, b"\1")]), "pure"),
    "key without encryption":
        (signed(b"x" * 16, unprot=[(0x33, bytes(80))]), "not encrypted"),
    "key for another AES":
        (signed(b"x" * 16, flags=8, unprot=[(0x33, bytes(80))]),
         "wrong length"),
    "two counters":
        (signed(b"x" * 16, prot=tlv(0x50, bytes(4)) * 2), "second TLV"),
    "short counter":
        (signed(b"x" * 16, prot=tlv(0x50, bytes(3))), "wrong length"),
    "short dependency":
        (signed(b"x" * 16, prot=tlv(0x40, bytes(11))), "wrong length"),
    "hash in the protected area":
        (signed(b"x" * 16, prot=tlv(0x10, bytes(32))), "not belong"),
    "RAM load and flash address":
        (signed(b"x" * 16, flags=0x120), "at once"),
    "filter without compression":
        (signed(b"x" * 16, flags=0x800), "without compression"),
    "compressed without size":
        (signed(b"x" * 16, flags=0x400), "size is missing"),
    "protected area that is not announced":
        (signed(b"x" * 16, prot=tlv(0xa0, b"x"), prot_size=0), "announce"),
    "protected area of two bytes":
        (signed(b"x" * 16, prot_size=2), "below 4"),
    "reserved type":
        (signed(b"x" * 16, prot=tlv(0xffff, b"")), "reserved"),
}


@pytest.mark.parametrize("name", CONTRADICTIONS)
def test_contradictions_are_refused_with_the_reason(tmp_path, name):
    data, reason = CONTRADICTIONS[name]
    path = tmp_path / "image.bin"
    path.write_bytes(data)
    error = refuse(path)
    assert error["code"] == "image-malformed"
    assert reason in error["message"]


@pytest.mark.parametrize("seed", range(4))
def test_nothing_is_accepted_that_imgtool_refuses(tmp_path, program, keys,
                                                  seed):
    rng = random.Random(seed)
    good, _ = make(tmp_path, program, key=keys["ed25519"],
                   header_size="32", security_counter="1",
                   dependencies="(1,1.0.0)")
    data = good.read_bytes()
    img = Image(data)
    path = tmp_path / "changed.bin"
    for _ in range(60):
        changed = bytearray(data)
        for _ in range(rng.choice([1, 1, 1, 2, 5])):
            place = rng.choice([rng.randrange(32),
                                rng.randrange(img.tlv_off, img.end),
                                rng.randrange(img.end)])
            changed[place] = rng.choice(
                [changed[place] ^ 1 << rng.randrange(8), 0, 0xff])
        path.write_bytes(changed)
        run = smpctl("imagefile", "verify", path, "--key",
                     keys["ed25519.pub"], status=None)
        assert run.status in (0, 1, 4), run
        if run.status == 0:
            assert imgtool_accepts(path, keys["ed25519"]), changed.hex()
