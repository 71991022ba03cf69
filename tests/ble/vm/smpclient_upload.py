# SPDX-License-Identifier: Apache-2.0
"""Upload a file with smpclient over bleak; prints JSON with the figures.

    smpclient_upload.py ADDRESS FILE
"""
import asyncio
import json
import resource
import sys
import time

from smpclient import SMPClient
from smpclient.transport.ble import SMPBLETransport


async def main(address, path):
    with open(path, "rb") as f:
        data = f.read()
    client = SMPClient(SMPBLETransport(), address)
    await client.connect(30)
    try:
        begin = time.monotonic()
        used = resource.getrusage(resource.RUSAGE_SELF)
        async for _ in client.upload(data, slot=0, first_timeout_s=30,
                                     subsequent_timeout_s=10):
            pass
        seconds = time.monotonic() - begin
        now = resource.getrusage(resource.RUSAGE_SELF)
    finally:
        await client.disconnect()
    print(json.dumps({"bytes": len(data), "seconds": seconds, "cpu":
                      now.ru_utime + now.ru_stime - used.ru_utime
                      - used.ru_stime}))


asyncio.run(main(*sys.argv[1:]))
