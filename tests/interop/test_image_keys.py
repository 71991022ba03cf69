# SPDX-License-Identifier: Apache-2.0
"""Keys: both tools read what the other made; a wrong one is refused."""
import pytest
from imgtool import keys as imgtool_keys

from imagepair import SIGN_TYPES, make, refuse, smpctl, theirs


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
