# SPDX-License-Identifier: Apache-2.0
"""Foreign clients against the virtual device."""
import asyncio
import pathlib
import subprocess
import sys
import time
import zipfile

import pytest
from smpclient import SMPClient
from smpclient.generics import success
from smpclient.requests.image_management import (ImageStatesRead,
                                                 ImageStatesWrite)
from smpclient.requests.os_management import EchoWrite, ResetWrite
from smpclient.transport.serial import SMPSerialTransport
from smpclient.transport.udp import SMPUDPTransport

from rig import MULTI, ZEPHYR, environment


@pytest.fixture
def image(single_package):
    with zipfile.ZipFile(single_package) as z:
        return z.read("app_update.bin")


class UdpTransport(SMPUDPTransport):
    """The transport of smpclient knows one port only; tests use any."""

    port = 1337

    async def connect(self, address, timeout_s):
        await super().connect(address, timeout_s, self.port)


def udp(dev):
    transport = UdpTransport()
    host, _, port = dev.connect.removeprefix("udp:").rpartition(":")
    transport.port = int(port)
    return SMPClient(transport, host)


async def update(client, image):
    async with client as c:
        echo = await c.request(EchoWrite(d="hello"))
        assert success(echo) and echo.r == "hello"
        async for _ in c.upload(image):
            pass
        states = await c.request(ImageStatesRead())
        assert success(states)
        new = [s for s in states.images if s.slot == 1][0]
        done = await c.request(ImageStatesWrite(hash=new.hash))
        assert success(done)
        assert [s for s in done.images if s.slot == 1][0].pending
        assert success(await c.request(ResetWrite()))


@pytest.mark.parametrize("preset", [ZEPHYR, MULTI])
def test_smpclient_updates_over_udp(device, image, preset):
    dev = device(preset)
    asyncio.run(update(udp(dev), image))
    version = None
    for _ in range(40):
        run = dev("--json", "--timeout", 0.5, "image", "list", status=None)
        if run.status == 0:
            version = [i for i in run.json["images"] if i["active"]][0][
                "version"]
            if version == "1.1.0":
                break
        time.sleep(0.1)
    assert version == "1.1.0"
    dev("image", "confirm")


def test_smpclient_updates_over_a_pseudo_terminal(device, image):
    dev = device(ZEPHYR, port="pty")
    path = dev.connect.removeprefix("serial:")
    asyncio.run(update(SMPClient(SMPSerialTransport(), path), image))


def test_smpmgr_upgrades_over_a_pseudo_terminal(device, image, tmp_path):
    dev = device(ZEPHYR, port="pty")
    path = dev.connect.removeprefix("serial:")
    file = tmp_path / "app.bin"
    file.write_bytes(image)
    smpmgr = pathlib.Path(sys.executable).with_name("smpmgr")
    for args in (["os", "echo", "hi"], ["image", "state-read"],
                 ["upgrade", str(file)]):
        done = subprocess.run(
            [smpmgr, "--port", path, "--timeout", "10", *args],
            capture_output=True, text=True, timeout=120,
            env=environment(COLUMNS="200"), check=False)
        assert done.returncode == 0, done.stdout + done.stderr
