# SPDX-License-Identifier: Apache-2.0
"""A peripheral with another stack than BlueZ (Bumble, on the controller
itself) that answers recorded exchanges of a real Zephyr server.

    bumble_smp.py HCI_INDEX NAME MTU VECTORS.jsonl
"""
import asyncio
import json
import sys

from bumble.core import AdvertisingData
from bumble.device import Device
from bumble.gatt import Characteristic, CharacteristicValue, Service
from bumble.hci import Address
from bumble.transport import open_transport

SERVICE = "8d53dc1d-1db7-4cd3-868b-8a527460aa84"
CHAR = "da2e7828-fbce-4e01-ae9e-261174997c48"


def recorded(path):
    """Request without sequence number -> response."""
    answers = {}
    with open(path, encoding="utf-8") as f:
        for line in f:
            entry = json.loads(line)
            if entry.get("request") and entry.get("response"):
                request = bytearray.fromhex(entry["request"])
                request[6] = 0
                answers.setdefault(bytes(request),
                                   bytes.fromhex(entry["response"]))
    return answers


async def main(index, name, mtu, vectors):
    answers = recorded(vectors)
    async with await open_transport(f"hci-socket:{index}") as transport:
        device = Device.with_hci(name, Address("00:AA:01:03:00:03"),
                                 transport.source, transport.sink)

        def on_write(connection, value):
            request = bytearray(value)
            seq, request[6] = request[6], 0
            answer = answers.get(bytes(request))
            if answer is None:
                # rc 8, as servers say to what they do not know.
                answer = bytes([request[0] + 1, 0, 0, 6, request[4],
                                request[5], 0, request[7]]) \
                    + bytes.fromhex("bf62726308ff")
            answer = bytearray(answer)
            answer[6] = seq
            asyncio.ensure_future(notify(connection, bytes(answer)))

        async def notify(connection, data):
            room = connection.att_mtu - 3
            for off in range(0, len(data), room):
                await device.notify_subscriber(
                    connection, char, data[off:off + room])

        char = Characteristic(
            CHAR, Characteristic.Properties.WRITE_WITHOUT_RESPONSE
            | Characteristic.Properties.NOTIFY, Characteristic.WRITEABLE,
            CharacteristicValue(write=on_write))
        device.add_service(Service(SERVICE, [char]))
        device.gatt_server.max_mtu = mtu
        device.advertising_data = bytes(AdvertisingData([
            (AdvertisingData.FLAGS, bytes([6])),
            (AdvertisingData.COMPLETE_LOCAL_NAME, name.encode())]))
        await device.power_on()
        await device.start_advertising(auto_restart=True)
        print("ready", flush=True)
        await transport.source.wait_for_termination()


asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]),
                 sys.argv[4]))
