# SPDX-License-Identifier: Apache-2.0
"""Images that neither tool here has made: what they hold is known."""
import base64

import pytest
from cryptography.hazmat.primitives import serialization

from imagepair import VECTORS, assert_described, smpctl
from rig import ZEPHYR


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


def device_key(vector, tmp):
    """File with the key of the device that a vector is encrypted for."""
    path = tmp / "device.key"
    if "kek_hex" in vector:
        path.write_bytes(bytes.fromhex(vector["kek_hex"]))
        return path
    der = base64.b64decode(
        vector["device_private_key_test_key_pkcs8_der_base64"])
    path.write_bytes(
        b"-----BEGIN PRIVATE KEY-----\n" + base64.encodebytes(der) +
        b"-----END PRIVATE KEY-----\n")
    return path


@pytest.mark.parametrize("vector", VECTORS["images"], ids=lambda v: v["name"])
def test_vectors(tmp_path, vector):
    path = tmp_path / "image.bin"
    path.write_bytes(bytes.fromhex(vector["image_hex"]))
    args = []
    key = vector_key(vector, tmp_path)
    if key:
        args += ["--key", key]
    if "enc_tlv" in vector:
        args += ["--decrypt-key", device_key(vector, tmp_path)]
    doc = smpctl("--json", "imagefile", "verify", path, *args)\
        .json["images"][0]
    assert doc["hash"] == vector["image_hash_hex"]
    assert doc["hash_state"] == "good"
    assert doc["signature"] == ("good" if key else "none")
    assert_described(path, shown=doc)


@pytest.mark.parametrize(
    "vector", [v for v in VECTORS["images"] if "enc_tlv" in v],
    ids=lambda v: v["name"])
def test_encrypted_vectors_boot_as_plain_text(device, tmp_path, vector):
    path = tmp_path / "image.bin"
    sent = bytes.fromhex(vector["image_hex"])
    path.write_bytes(sent)
    flash = tmp_path / "flash.img"
    dev = device(ZEPHYR, "--flash", flash, "--set",
                 f"boot.decrypt_key={device_key(vector, tmp_path)}", "--set",
                 "boot.encrypt_keylen="
                 f"{len(vector['plain_image_key_hex']) * 4}")
    dev("upgrade", path)
    active = [i for i in dev.images() if i.get("active")][0]
    assert active["hash"] == vector["image_hash_hex"]
    payload = bytes.fromhex(vector["plain_payload_hex"])
    assert len(payload) == vector["img_size"]
    plain = sent[:vector["hdr_size"]] + payload + \
        sent[vector["hdr_size"] + vector["img_size"]:]
    assert plain in flash.read_bytes()
