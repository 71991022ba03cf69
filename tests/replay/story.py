# SPDX-License-Identifier: Apache-2.0
"""Sessions written by hand: one line of a trace after the other."""
import hashlib
import json
import struct

import cbor2

READ, WRITE = 0, 2
OS, IMAGE = 0, 1


def image(size=3000, flags=0, version=(1, 1, 0), magic=0x96f3b83d):
    """An MCUboot image, as far as its header goes."""
    head = struct.pack("<IIHHIIBBHII", magic, 0, 0x200, 0, size - 0x200,
                       flags, *version, 0, 0)
    return head + bytes(i * 7 & 255 for i in range(size - len(head)))


def slot(number, seed, version="1.0.0", image_number=None, **flags):
    """An entry of an image list."""
    entry = {} if image_number is None else {"image": image_number}
    entry.update(slot=number, version=version,
                 hash=hashlib.sha256(str(seed).encode()).digest(),
                 bootable=True, pending=False, confirmed=False, active=False,
                 permanent=False)
    entry.update(flags)
    return entry


RUNNING = slot(0, "old", active=True, confirmed=True)
HASH = slot(1, "new")["hash"]


class Story:
    """A trace, one event after the other; `t` is the clock in seconds."""

    def __init__(self, medium="datagram", version=0, mtu=1472):
        self.t, self.seq, self.version = 0.0, 10, version
        self.lines = [json.dumps({"smpctl_trace": 1, "tool": "test"})]
        self.add("link", state="up", kind=medium, uri="x:1", mtu=mtu,
                 max=mtu)

    def add(self, what, **more):
        self.lines.append(json.dumps({"t": round(self.t, 3), "dev": "a",
                                      "k": what, **more}))
        return self

    def message(self, kind, op, group, command, body, seq):
        data = cbor2.dumps(body) if body is not None else b""
        head = struct.pack(">BBHHBB", self.version << 3 | op, 0,
                           len(data) or 4, group, seq, command)
        return self.add(kind, hex=(head + data).hex())

    def ask(self, op, group, command, body=None):
        self.t += 0.02
        self.seq = self.seq + 1 & 255
        return self.message("tx", op, group, command, body or {}, self.seq)

    def tell(self, op, group, command, body, after=0.02, seq=None):
        self.t += after
        return self.message("rx", op + 1, group, command, body,
                            self.seq if seq is None else seq)

    def talk(self, op, group, command, body, answer, after=0.02):
        return self.ask(op, group, command, body).tell(
            op, group, command, answer, after)

    def slots(self, *slots):
        return self.talk(READ, IMAGE, 0, None, {"images": list(slots)})

    def upload(self, data, stop=None, chunk=500, number=None, gaps=None):
        """Chunks up to an offset (all of them), each answered."""
        for i, off in enumerate(range(0, stop or len(data), chunk)):
            body = {"off": off, "data": data[off:off + chunk]}
            if off == 0:
                body.update(len=len(data), sha=hashlib.sha256(data).digest())
                if number is not None:
                    body["image"] = number
            self.talk(WRITE, IMAGE, 1, body,
                      {"off": min(off + chunk, len(data))},
                      gaps[min(i, len(gaps) - 1)] if gaps else 0.02)
        return self

    def first(self, data, answer=None, number=None, chunk=500):
        """The first chunk; without an answer it stays open."""
        body = {"off": 0, "data": data[:chunk], "len": len(data),
                "sha": hashlib.sha256(data).digest()}
        if number is not None:
            body["image"] = number
        self.ask(WRITE, IMAGE, 1, body)
        return self if answer is None else self.tell(WRITE, IMAGE, 1, answer)

    def test(self, answer, image_hash=HASH):
        return self.talk(WRITE, IMAGE, 0,
                         {"hash": image_hash, "confirm": False}, answer)

    def reset(self, away=5):
        self.talk(WRITE, OS, 5, None, {})
        self.add("link", state="down", kind="datagram")
        self.t += away
        return self.add("link", state="up", kind="datagram")

    def lost(self, wait=1.0):
        """The last request is given up."""
        self.t += wait
        return self.add("note", text="no answer in time", seq=self.seq)

    def error(self, code, message=""):
        return self.add("error", code=code, message=message)

    def noise(self, text):
        return self.add("noise", text=text)

    def text(self):
        return "\n".join(self.lines) + "\n"
