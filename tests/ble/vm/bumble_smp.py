# SPDX-License-Identifier: Apache-2.0
"""A peripheral with another stack than BlueZ (Bumble, on the controller
itself). It answers recorded exchanges of a real Zephyr server, or hands
messages on to an SMP server on UDP; unlike a BlueZ server at any ATT MTU.

    bumble_smp.py HCI_INDEX NAME MTU VECTORS.jsonl
    bumble_smp.py HCI_INDEX NAME MTU udp:PORT [join]

join: several writes make one message; without it each write is one.
"""
import asyncio
import json
import socket
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


def unknown(request):
    """rc 8, as servers say to what they do not know."""
    return bytes([request[0] + 1, 0, 0, 6, request[4], request[5], 0,
                  request[7]]) + bytes.fromhex("bf62726308ff")


class Recording:
    """Answers from a file."""

    def __init__(self, path):
        self.answers = recorded(path)

    async def ask(self, message):
        request = bytearray(message)
        seq, request[6] = request[6], 0
        answer = bytearray(self.answers.get(bytes(request))
                           or unknown(request))
        answer[6] = seq
        return bytes(answer)


class Relay:
    """Answers of an SMP server on UDP, one request at a time."""

    def __init__(self, port):
        self.socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.socket.setblocking(False)
        self.socket.connect(("127.0.0.1", port))

    async def ask(self, message):
        loop = asyncio.get_running_loop()
        await loop.sock_sendall(self.socket, message)
        return await asyncio.wait_for(loop.sock_recv(self.socket, 65536), 10)


class Messages:
    """Writes in, whole messages out."""

    def __init__(self, join):
        self.join = join
        self.buffer = b""

    def add(self, value):
        if not self.join:
            return [value]
        self.buffer += value
        whole = []
        while len(self.buffer) >= 8:
            size = 8 + int.from_bytes(self.buffer[2:4], "big")
            if len(self.buffer) < size:
                break
            whole.append(self.buffer[:size])
            self.buffer = self.buffer[size:]
        return whole


async def serve(requests, server, notify):
    while True:
        connection, message = await requests.get()
        size = 8 + int.from_bytes(message[2:4], "big") \
            if len(message) >= 8 else 0
        # What a server cannot read it drops, without a word.
        if size == len(message):
            await notify(connection, await server.ask(message))


async def main(index, name, mtu, source, join):
    server = Relay(int(source[4:])) if source.startswith("udp:") \
        else Recording(source)
    requests = asyncio.Queue()
    messages = Messages(join)
    async with await open_transport(f"hci-socket:{index}") as transport:
        device = Device.with_hci(
            name, Address(f"00:AA:01:{index:02X}:00:{index:02X}"),
            transport.source, transport.sink)

        def on_write(connection, value):
            for message in messages.add(bytes(value)):
                requests.put_nowait((connection, message))

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
        server_task = asyncio.ensure_future(serve(requests, server, notify))
        print("ready", flush=True)
        await transport.source.wait_for_termination()
        server_task.cancel()


asyncio.run(main(int(sys.argv[1]), sys.argv[2], int(sys.argv[3]),
                 sys.argv[4], "join" in sys.argv[5:]))
