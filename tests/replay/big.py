# SPDX-License-Identifier: Apache-2.0
"""Recordings of any size: one upload of 1.8 MB after the other, chunk by
chunk, as a log, a trace, a capture of UDP, of HCI and of a serial line.
"""
import base64
import binascii
import itertools
import os
import struct
import subprocess

from conftest import SMPCTL, environment

SIZE, CHUNK = 1800000, 180
DATA = b"A" * CHUNK
HEAD = b"\x3d\xb8\xf3\x96" + bytes(16) + b"\1" + bytes(CHUNK - 21)


def messages():
    """(seconds, to the device, bytes), endless."""
    key = b"\x64data\x58" + bytes([CHUNK])
    for n in itertools.count():
        off = n * CHUNK % SIZE
        seq = n & 255
        body = b"\x63off\x1a" + struct.pack(">I", off)
        if off == 0:
            body = (b"\xa4\x63len\x1a" + struct.pack(">I", SIZE) +
                    b"\x63sha\x58\x20" + bytes(31) +
                    bytes([n // (SIZE // CHUNK) & 255]) + body + key + HEAD)
        else:
            body = b"\xa2" + body + key + DATA
        yield n * .007, True, struct.pack(">BBHHBB", 2, 0, len(body), 1, seq,
                                          1) + body
        body = b"\xa1\x63off\x1a" + struct.pack(">I", off + CHUNK)
        yield n * .007 + .005, False, struct.pack(
            ">BBHHBB", 3, 0, len(body), 1, seq, 1) + body


def android():
    yield b"I\t09:43:51.034\t[McuMgr] MTU changed to: 252\n"
    head, rest = (base64.b64encode(d).decode() for d in (HEAD, DATA))
    for n in itertools.count():
        ms = n * 7
        off = n * CHUNK % SIZE
        start = (f"A\t{9 + ms // 3600000 % 10:02}:{ms // 60000 % 60:02}:"
                 f"{ms // 1000 % 60:02}.{ms % 1000:03}\t[McuMgr] ")
        first = f'"len":{SIZE},"sha":"{"A" * 43}=",' if off == 0 else ""
        data = rest if off else head
        yield (f"{start}Sending (220 bytes) Header (Op: 2, Flags: 0, Len: "
               f"212, Group: 1, Seq: {n & 255}, Command: 1) CBOR "
               f'{{"off":{off},{first}"data":"{data}"}}\n'
               f"{start}Received Header (Op: 3, Flags: 0, Len: 12, Group: 1, "
               f"Seq: {n & 255}, Command: 1) CBOR "
               f'{{"off":{off + CHUNK}}}\n').encode()


def trace():
    yield b'{"smpctl_trace":1,"tool":"test"}\n'
    for t, tx, raw in messages():
        yield (f'{{"t":{t:.3f},"dev":"a","k":"{"tx" if tx else "rx"}",'
               f'"hex":"{raw.hex()}"}}\n').encode()


def pcap():
    yield struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 101)
    for t, tx, raw in messages():
        udp = struct.pack(">HHHH", 50000 if tx else 1337,
                          1337 if tx else 50000, 8 + len(raw), 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(raw), 0, 0, 64,
                         17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
        yield struct.pack("<IIII", int(t), int(t % 1 * 1000000),
                          28 + len(raw), 28 + len(raw)) + ip + udp + raw


def btsnoop():
    yield b"btsnoop\0" + struct.pack(">II", 1, 2001)
    for t, tx, raw in messages():
        att = struct.pack("<BH", 0x52 if tx else 0x1b, 0x12) + raw
        l2cap = struct.pack("<HH", len(att), 4) + att
        acl = struct.pack("<HH", 0x2040, len(l2cap)) + l2cap
        yield struct.pack(">IIIIQ", len(acl), len(acl), 4 if tx else 5, 0,
                          0x00dcddb30f2f8000 + int(t * 1000000)) + acl


def serial():
    yield b"\n"
    for _, _, raw in messages():
        raw = (struct.pack(">H", len(raw) + 2) + raw +
               struct.pack(">H", binascii.crc_hqx(raw, 0)))
        for i in range(0, len(raw), 93):
            yield (b"\x06\x09" if i == 0 else b"\x04\x14") + \
                base64.b64encode(raw[i:i + 93]) + b"\n"


KINDS = {f.__name__: f for f in (android, trace, pcap, btsnoop, serial)}


def write(path, kind, megabytes):
    size = 0
    with open(path, "wb", buffering=1 << 20) as f:
        for part in KINDS[kind]():
            f.write(part)
            size += len(part)
            if size >= megabytes * 1000000:
                return path


def measure(path, smpctl=SMPCTL):
    """Seconds of smpctl doctor, and its peak memory in MB."""
    # Freed memory is kept back by the sanitizer; little of it is enough.
    env = environment(ASAN_OPTIONS=":".join(filter(None, (
        os.environ.get("ASAN_OPTIONS"), "quarantine_size_mb=1"))))
    start = os.times().elapsed
    process = subprocess.Popen([smpctl, "--json", "doctor", path], env=env,
                               stdout=subprocess.PIPE,
                               stdin=subprocess.DEVNULL)
    out = process.stdout.read()
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    process.stdout.close()
    assert process.returncode == 0, process.returncode
    return os.times().elapsed - start, usage.ru_maxrss / 1024, out


def table(smpctl, megabytes, tmp):
    """Rows of docs/speed.md."""
    for kind in KINDS:
        path = write(tmp / f"big.{kind}", kind, megabytes)
        seconds, memory, _ = measure(path, smpctl)
        path.unlink()
        yield kind, seconds, memory
