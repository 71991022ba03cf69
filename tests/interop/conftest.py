# SPDX-License-Identifier: Apache-2.0
import pathlib
import random
import sys

import pytest

sys.path.insert(0, str(pathlib.Path(__file__).parents[1] / "tools"))

from rig import device, package, single_package  # noqa: E402, F401
from imagepair import SIGN_TYPES, smpctl  # noqa: E402


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
