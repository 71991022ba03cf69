# SPDX-License-Identifier: Apache-2.0
"""The same image by two tools: imgtool inside this process, smpctl beside it.

What both made is compared here, and read by a third party: this file.
"""
import contextlib
import io
import json
import struct
import subprocess

from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from imgtool import image as imgtool_image
from imgtool import keys as imgtool_keys
from imgtool.dumpinfo import dump_imginfo
from imgtool.main import imgtool

from rig import ROOT, Run, smpctl

VECTORS = json.loads(
    (ROOT / "tests/data/mcuboot-vectors.json").read_text(encoding="utf-8"))

SIGN_TYPES = ["rsa-2048", "rsa-3072", "ecdsa-p256", "ecdsa-p384", "ed25519"]
SLOT = 0x10000
SIGNATURES = {0x20, 0x22, 0x23, 0x24}
KEY_TLVS = {0x30, 0x32, 0x33, 0x34}


# ---- the two tools ----

def theirs(*args, status=0):
    out = io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out):
        try:
            imgtool.main([str(a) for a in args], standalone_mode=False)
        except SystemExit as stop:
            code = stop.code or 0
    run = Run(subprocess.CompletedProcess(args, code, out.getvalue(), ""))
    if status is not None:
        assert run.status == status, run
    return run


# ---- options in both languages ----

def both(**options):
    """Options for (imgtool, smpctl) from one description."""
    them, us = [], []
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        if value is None or value is False:
            continue
        if name == "custom_tlv":
            for tag, text in value:
                them += [option, tag, text]
                us += [option, f"{tag}={text}"]
        elif value is True:
            them.append(option)
            us.append(option)
        else:
            them += [option, value]
            us += [option, value]
    return them, us


def make(tmp, source, *, suffix="bin", **options):
    """The same image by both tools: (imgtool's path, ours)."""
    options = {"version": "1.2.3+4", "header_size": "0x200",
               "pad_header": True, "slot_size": SLOT, **options}
    them, us = both(**options)
    a, b = tmp / f"imgtool.{suffix}", tmp / f"smpctl.{suffix}"
    theirs("sign", *them, source, a)
    smpctl("imagefile", "sign", *us, source, b)
    return a, b


# ---- images, read by a third party: this file ----

class Image:
    def __init__(self, data):
        self.data = data
        (magic, self.load_addr, self.hdr_size, self.prot_size, self.img_size,
         self.flags) = struct.unpack("<IIHHII", data[:20])
        assert magic == 0x96f3b83d
        self.tlv_off = self.hdr_size + self.img_size
        self.unprot_off = self.tlv_off + self.prot_size
        self.prot = self._entries(self.tlv_off, 0x6908) if self.prot_size \
            else []
        self.unprot = self._entries(self.unprot_off, 0x6907)
        self.end = self.unprot_off + self._total(self.unprot_off)

    def _total(self, off):
        return struct.unpack("<HH", self.data[off:off + 4])[1]

    def _entries(self, off, magic):
        assert struct.unpack("<H", self.data[off:off + 2])[0] == magic
        end = off + self._total(off)
        off += 4
        found = []
        while off < end:
            kind, size = struct.unpack("<HH", self.data[off:off + 4])
            found.append((kind, self.data[off + 4:off + 4 + size]))
            off += 4 + size
        assert off == end
        return found

    @property
    def payload(self):
        return self.data[self.hdr_size:self.tlv_off]

    @property
    def encrypted(self):
        return bool(self.flags & 12)

    def tlv(self, *kinds):
        found = [value for kind, value in self.unprot if kind in kinds]
        return found[0] if found else None


def ecies(private, wrapped, length, kind):
    point = 65 if kind == 0x32 else 32
    algorithm = hashes.SHA512() if kind == 0x34 else hashes.SHA256()
    tag = wrapped[point:point + algorithm.digest_size]
    cipher = wrapped[point + algorithm.digest_size:]
    if kind == 0x32:
        peer = ec.EllipticCurvePublicKey.from_encoded_point(
            ec.SECP256R1(), wrapped[:point])
        shared = private.exchange(ec.ECDH(), peer)
    else:
        shared = private.exchange(
            x25519.X25519PublicKey.from_public_bytes(wrapped[:point]))
    okm = HKDF(algorithm=algorithm, length=length + algorithm.digest_size,
               salt=None, info=b"MCUBoot_ECIES_v1").derive(shared)
    mac = hmac.HMAC(okm[length:], algorithm)
    mac.update(cipher)
    mac.verify(tag)
    return ctr(okm[:length], cipher)


def ctr(key, data):
    stream = Cipher(algorithms.AES(key), modes.CTR(bytes(16))).decryptor()
    return stream.update(data) + stream.finalize()


def decrypt(path, key_path):
    """The image with its payload in plain text."""
    img = Image(path.read_bytes())
    private = serialization.load_pem_private_key(key_path.read_bytes(), None)
    length = 16 if img.flags & 4 else 32
    kind, wrapped = [t for t in img.unprot if t[0] in KEY_TLVS][0]
    if kind == 0x30:
        key = private.decrypt(wrapped, padding.OAEP(
            padding.MGF1(hashes.SHA256()), hashes.SHA256(), None))
    else:
        key = ecies(private, wrapped, length, kind)
    return (img.data[:img.hdr_size] + ctr(key, img.payload) +
            img.data[img.tlv_off:])


def assert_same(one, two):
    """Equal but for signatures, wrapped keys and encrypted payloads."""
    a, b = Image(one.read_bytes()), Image(two.read_bytes())
    assert a.data[:a.hdr_size] == b.data[:b.hdr_size]
    if not a.encrypted or a.payload == b.payload:
        assert a.payload == b.payload
    assert len(a.payload) == len(b.payload)
    assert (a.data[a.tlv_off:a.unprot_off] == b.data[b.tlv_off:b.unprot_off])
    assert [k for k, _ in a.unprot] == [k for k, _ in b.unprot]
    for (kind, x), (_, y) in zip(a.unprot, b.unprot):
        if kind in KEY_TLVS or kind in SIGNATURES - {0x22, 0x24}:
            assert len(x) == len(y)
        elif kind != 0x22:  # ECDSA: the length varies; Ed25519 is the same
            assert x == y
    # ECDSA signatures differ in length: the padding starts elsewhere.
    keep = 0 if len(a.data) == a.end else len(a.data) - max(a.end, b.end)
    assert (len(a.data) == a.end) == (len(b.data) == b.end)
    if keep:
        assert len(a.data) == len(b.data)
        assert a.data[-keep:] == b.data[-keep:]
        erased = a.data[max(a.end, b.end)]
        assert set(a.data[a.end:max(a.end, b.end)]) <= {erased}
        assert set(b.data[b.end:max(a.end, b.end)]) <= {erased}


def assert_described(path, *, shown=None):
    """imagefile show says what imgtool dumpinfo says."""
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        dump_imginfo(str(path), None, "json")
    text = out.getvalue()
    info = json.loads(text[text.index("{"):])
    doc = shown or smpctl("--json", "imagefile", "show", path)\
        .json["images"][0]
    header = info["header"]
    assert doc["load_address"] == header["load_addr"]
    assert doc["header_size"] == header["hdr_size"]
    assert doc["protected_size"] == header["protected_tlv_size"]
    assert doc["payload_size"] == header["img_size"]
    assert doc["flags"] == header["flags"]
    version = doc["version"]
    assert (version if "+" in version else version + "+0") == header["version"]
    want = [(True, t) for t in info["tlv_area"]["tlvs_prot"]] + \
        [(False, t) for t in info["tlv_area"]["tlvs"]]
    assert len(want) == len(doc["tlvs"])
    for (prot, them), us in zip(want, doc["tlvs"]):
        assert us["type"] == them["type"]
        assert us["length"] == them["len"]
        assert us["protected"] == prot
        assert us["value"] == them["data"]
        if them["type_name"] != "UNKNOWN":
            assert us["name"] == them["type_name"]
        else:
            assert us["name"] == "vendor"
    trailer = info["trailer"]
    if "image_ok" in trailer:
        for field in ("image_ok", "copy_done", "swap_info", "swap_size"):
            assert doc["trailer"][field] == trailer[field], field
    else:
        assert "trailer" not in doc


# ---- verdicts ----

def imgtool_accepts(path, key=None):
    try:
        result = imgtool_image.Image.verify(
            str(path), imgtool_keys.load(str(key)) if key else None)
    except Exception:  # it has no answer for some inputs
        return False
    return result[0] == imgtool_image.VerifyResult.OK


def refuse(path, *args, status=4):
    run = smpctl("--json", "imagefile", "verify", path, *args, status=status)
    return run.json["error"]
