# SPDX-License-Identifier: Apache-2.0
"""Between client and device: pass on, record, change, lose.

`Proxy` sits between smpctl and smpsim on UDP. Hooks see every message and may
return another one, several, or none. What passes can be written as a pcap, so
that several runs of a client are one recording.
"""
import os
import select
import socket
import struct
import threading
import time

import cbor2

READ, WRITE = 0, 2
OS, IMAGE = 0, 1


class Message:
    """An SMP message, taken apart."""

    def __init__(self, raw):
        self.raw = raw
        (first, self.flags, self.len, self.group, self.seq,
         self.id) = struct.unpack(">BBHHBB", raw[:8])
        self.op = first & 7
        self.version = first >> 3 & 3
        try:
            self.body = cbor2.loads(raw[8:]) if len(raw) > 8 else {}
        except (cbor2.CBORDecodeError, ValueError):
            self.body = None

    def is_(self, op, group, command):
        return (self.op, self.group, self.id) == (op, group, command)

    def answer(self, body):
        """The same header around another body."""
        data = cbor2.dumps(body)
        head = struct.pack(">BBHHBB", self.version << 3 | self.op, 0,
                           len(data), self.group, self.seq, self.id)
        return head + data

    def reply(self, body):
        """An answer to this request."""
        data = cbor2.dumps(body)
        head = struct.pack(">BBHHBB", self.version << 3 | (self.op + 1), 0,
                           len(data), self.group, self.seq, self.id)
        return head + data


class Pcap:
    """A capture of UDP datagrams, raw IP."""

    def __init__(self, path):
        self.file = open(path, "wb")
        self.file.write(struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535,
                                    101))
        self.lock = threading.Lock()

    def write(self, payload, to_device):
        udp = struct.pack(">HHHH", 50000 if to_device else 1337,
                          1337 if to_device else 50000, 8 + len(payload), 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(payload), 0, 0, 64,
                         17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
        now = time.time()
        packet = ip + udp + payload
        with self.lock:
            self.file.write(struct.pack("<IIII", int(now),
                                        int(now % 1 * 1000000), len(packet),
                                        len(packet)) + packet)
            self.file.flush()

    def close(self):
        self.file.close()


class Proxy:
    """UDP in the middle. rx(request) and tx(answer) change what passes: None
    passes it on, b"" loses it, bytes replace it; rx may return ("reply",
    bytes) to answer in the device's place."""

    def __init__(self, port, rx=None, tx=None, pcap=None):
        self.device = ("127.0.0.1", port)
        self.rx = rx or (lambda m: None)
        self.tx = tx or (lambda m: None)
        self.pcap = Pcap(pcap) if pcap else None
        self.front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.front.bind(("127.0.0.1", 0))
        self.backs = {}  # address of a client: our socket for it
        self.stop_pipe = os.pipe()
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    @property
    def connect(self):
        return f"udp:127.0.0.1:{self.front.getsockname()[1]}"

    def _to_client(self, raw, client):
        if self.pcap:
            self.pcap.write(raw, False)
        self.front.sendto(raw, client)

    def _request(self):
        raw, client = self.front.recvfrom(65536)
        if client not in self.backs:
            self.backs[client] = socket.socket(socket.AF_INET,
                                               socket.SOCK_DGRAM)
        back = self.backs[client]
        if self.pcap:
            self.pcap.write(raw, True)
        done = self.rx(Message(raw)) if len(raw) >= 8 else None
        if done is None:
            back.sendto(raw, self.device)
        elif isinstance(done, tuple):
            self._to_client(done[1], client)
        elif done:
            back.sendto(done, self.device)

    def _answer(self, client):
        try:
            raw = self.backs[client].recv(65536)
        except ConnectionError:
            return
        done = self.tx(Message(raw)) if len(raw) >= 8 else None
        if done is None:
            self._to_client(raw, client)
        elif done:
            self._to_client(done, client)

    def _run(self):
        while True:
            backs = {back: client for client, back in self.backs.items()}
            ready, _, _ = select.select(
                [self.front, *backs, self.stop_pipe[0]], [], [])
            if self.stop_pipe[0] in ready:
                return
            if self.front in ready:
                self._request()
            for back in ready:
                if back in backs:
                    self._answer(backs[back])

    def stop(self):
        os.write(self.stop_pipe[1], b"x")
        self.thread.join()
        self.front.close()
        for back in self.backs.values():
            back.close()
        os.close(self.stop_pipe[0])
        os.close(self.stop_pipe[1])
        if self.pcap:
            self.pcap.close()
