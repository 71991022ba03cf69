# SPDX-License-Identifier: Apache-2.0
"""Images that neither tool here has made: what they hold is known."""
import base64

import pytest
from cryptography.hazmat.primitives import serialization

from imagepair import VECTORS, assert_described, smpctl


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
