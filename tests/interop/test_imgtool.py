# SPDX-License-Identifier: Apache-2.0
"""Image files: what we make, imgtool verifies; what it makes, we understand.

imgtool (PyPI) runs inside this process, smpctl is the real binary. The
combinations are tried pairwise; SMP_FULL=1 tries the whole product.
"""
import base64
import contextlib
import hashlib
import io
import itertools
import json
import os
import pathlib
import random
import struct
import subprocess

import pytest
from cryptography.hazmat.primitives import hashes, hmac, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, x25519
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from imgtool import image as imgtool_image
from imgtool import keys as imgtool_keys
from imgtool.dumpinfo import dump_imginfo
from imgtool.main import imgtool
from intelhex import IntelHex

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = pathlib.Path(os.environ.get("SMP_BUILD_DIR", ROOT / "build/asan"))
SMPCTL = os.environ.get("SMPCTL", str(BUILD / "src/cli/smpctl"))
FULL = os.environ.get("SMP_FULL") == "1"
VECTORS = json.loads(
    (ROOT / "tests/data/mcuboot-vectors.json").read_text(encoding="utf-8"))

SIGN_TYPES = ["rsa-2048", "rsa-3072", "ecdsa-p256", "ecdsa-p384", "ed25519"]
SLOT = 0x10000
SIGNATURES = {0x20, 0x22, 0x23, 0x24}
KEY_TLVS = {0x30, 0x32, 0x33, 0x34}


# ---- the two tools ----

class Run:
    def __init__(self, status, out, err=""):
        self.status, self.out, self.err = status, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def __repr__(self):
        return f"status {self.status}\nout: {self.out}\nerr: {self.err}"


def smpctl(*args, status=0):
    env = {k: v for k, v in os.environ.items() if k != "SMPCTL_CONNECT"}
    env["NO_COLOR"] = "1"
    done = subprocess.run(
        [SMPCTL, *map(str, args)], capture_output=True, timeout=120,
        stdin=subprocess.DEVNULL, env=env, check=False)
    run = Run(done.returncode, done.stdout.decode(errors="replace"),
              done.stderr.decode(errors="replace"))
    assert "Sanitizer" not in run.err, run.err
    if status is not None:
        assert run.status == status, run
    return run


def theirs(*args, status=0):
    out = io.StringIO()
    code = 0
    with contextlib.redirect_stdout(out):
        try:
            imgtool.main([str(a) for a in args], standalone_mode=False)
        except SystemExit as stop:
            code = stop.code or 0
    run = Run(code, out.getvalue())
    if status is not None:
        assert run.status == status, run
    return run


@pytest.fixture(scope="session", name="keys")
def keys_fixture(tmp_path_factory):
    """Keys of every type, made by us: {type: path}."""
    folder = tmp_path_factory.mktemp("keys")
    made = {}
    for kind in [*SIGN_TYPES, "x25519"]:
        made[kind] = folder / f"{kind}.pem"
        smpctl("imagefile", "keygen", "--type", kind, made[kind])
        made[kind + ".pub"] = folder / f"{kind}.pub.pem"
        smpctl("imagefile", "getpub", made[kind], "-o", made[kind + ".pub"])
    return made


@pytest.fixture(scope="session", name="program")
def program_fixture(tmp_path_factory):
    """A program without room for the header, of odd length."""
    path = tmp_path_factory.mktemp("program") / "program.bin"
    path.write_bytes(random.Random(7).randbytes(3001))
    return path


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


@pytest.mark.parametrize("extra", EXTRAS, ids=str)
@pytest.mark.parametrize("kind", [None, "ed25519", "ecdsa-p256"])
def test_options_give_the_same_bytes(tmp_path, program, keys, kind, extra):
    if kind == "ecdsa-p256" and extra.get("sha") == "512":
        pytest.skip("P-256 is not combined with SHA-512")
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


# ---- keys ----

@pytest.mark.parametrize("kind", [*SIGN_TYPES, "x25519"])
def test_keys_travel_both_ways(tmp_path, keys, kind):
    loaded = imgtool_keys.load(str(keys[kind]))
    assert isinstance(loaded, (imgtool_keys.PayloadSigner,
                               imgtool_keys.DigestSigner)) or \
        kind == "x25519"
    other = tmp_path / "imgtool.pem"
    theirs("keygen", "-t", kind, "-k", other)
    for path in (keys[kind], other):
        for encoding in ("pem", "raw", "lang-c", "lang-rust"):
            mine, their = tmp_path / "mine", tmp_path / "their"
            smpctl("imagefile", "getpub", path, "-e", encoding, "-o", mine)
            theirs("getpub", "-k", path, "-e", encoding, "-o", their)
            assert mine.read_bytes() == their.read_bytes().replace(
                b"imgtool.py", b"smpctl")


@pytest.mark.parametrize("kind", [*SIGN_TYPES, "x25519"])
def test_keys_with_a_passphrase(tmp_path, kind):
    secret = tmp_path / "secret"
    secret.write_text("correct horse\n", encoding="utf-8")
    mine = tmp_path / "mine.pem"
    smpctl("imagefile", "keygen", "--type", kind, "--passphrase-file", secret,
           mine)
    assert mine.stat().st_mode & 0o777 == 0o600
    assert b"ENCRYPTED" in mine.read_bytes()
    assert imgtool_keys.load(str(mine)) is None
    assert imgtool_keys.load(str(mine), b"correct horse") is not None
    theirs_path = tmp_path / "theirs.pem"
    imgtool_keys.load(str(mine), b"correct horse").export_private(
        str(theirs_path), b"correct horse")
    smpctl("imagefile", "getpub", "--passphrase-file", secret, theirs_path)
    run = smpctl("imagefile", "getpub", theirs_path, status=1)
    assert "passphrase" in run.err
    secret.write_text("wrong\n", encoding="utf-8")
    run = smpctl("imagefile", "getpub", "--passphrase-file", secret, mine,
                 status=1)
    assert "wrong passphrase" in run.err


def test_keys_are_never_overwritten(tmp_path, keys):
    before = keys["ed25519"].read_bytes()
    run = smpctl("imagefile", "keygen", "--type", "ed25519", keys["ed25519"],
                 status=1)
    assert "never overwritten" in run.err
    assert keys["ed25519"].read_bytes() == before


# ---- refusals ----

def refuse(path, *args, status=4):
    run = smpctl("--json", "imagefile", "verify", path, *args, status=status)
    return run.json["error"]


@pytest.mark.parametrize("kind", SIGN_TYPES)
def test_another_key_and_no_signature(tmp_path, program, keys, kind):
    a, _ = make(tmp_path, program, key=keys[kind])
    other = tmp_path / "other.pem"
    smpctl("imagefile", "keygen", "--type", kind, other)
    assert refuse(a, "--key", other)["code"] == "signature-wrong-key"
    # One of several is enough.
    smpctl("imagefile", "verify", a, "--key", other, "--key",
           keys[kind + ".pub"])
    plain, _ = make(tmp_path, program)
    assert refuse(plain, "--key", other)["code"] == "signature-missing"


def test_the_other_devices_key_does_not_decrypt(tmp_path, program, keys):
    a, _ = make(tmp_path, program, encrypt=keys["x25519.pub"])
    other = tmp_path / "other.pem"
    smpctl("imagefile", "keygen", "--type", "x25519", other)
    assert "another key" in refuse(a, "--decrypt-key", other,
                                   status=1)["message"]
    assert "another kind" in refuse(a, "--decrypt-key", keys["ecdsa-p256"],
                                    status=1)["message"]


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


def imgtool_accepts(path, key=None):
    try:
        result = imgtool_image.Image.verify(
            str(path), imgtool_keys.load(str(key)) if key else None)
    except Exception:  # it has no answer for some inputs
        return False
    return result[0] == imgtool_image.VerifyResult.OK


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


# ---- vectors: images that neither tool here has made ----

def vector_key(vector, tmp):
    """PEM file of the key that signed a vector, or None."""
    name = {"RSA": None}.get(vector.get("sig_type"), vector["name"])
    keys = VECTORS["keys"]
    kind = ("ed25519" if name.startswith("ed25519") else
            "ecdsa_p256" if name.startswith("ecdsa") else
            "rsa2048" if name.startswith("rsa2048") else
            "rsa3072" if name.startswith("rsa3072") else None)
    if kind is None:
        return None
    found = [v for k, v in keys.items() if k.startswith(kind + "_private")]
    path = tmp / f"{kind}.pem"
    key = serialization.load_der_private_key(base64.b64decode(found[0]), None)
    path.write_bytes(key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption()))
    return path


@pytest.mark.parametrize("vector", VECTORS["images"], ids=lambda v: v["name"])
def test_vectors(tmp_path, vector):
    path = tmp_path / "image.bin"
    path.write_bytes(bytes.fromhex(vector["image_hex"]))
    args = []
    key = vector_key(vector, tmp_path)
    if key:
        args += ["--key", key]
    if "kek_hex" in vector:
        kek = tmp_path / "kek"
        kek.write_bytes(bytes.fromhex(vector["kek_hex"]))
        args += ["--decrypt-key", kek]
    elif "device_private_key_test_key_pkcs8_der_base64" in vector:
        device = tmp_path / "device.pem"
        der = base64.b64decode(
            vector["device_private_key_test_key_pkcs8_der_base64"])
        device.write_bytes(
            b"-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(der) +
            b"-----END PRIVATE KEY-----\n")
        args += ["--decrypt-key", device]
    doc = smpctl("--json", "imagefile", "verify", path, *args)\
        .json["images"][0]
    assert doc["hash"] == vector["image_hash_hex"]
    assert doc["hash_state"] == "good"
    assert doc["signature"] == ("good" if key else "none")
    assert_described(path, shown=doc)
