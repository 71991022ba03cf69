# SPDX-License-Identifier: Apache-2.0
"""One session, written down as other clients and tools write it."""
import base64
import binascii
import json
import struct

import cbor2

CHARACTERISTIC = "da2e7828-fbce-4e01-ae9e-261174997c48"
GROUPS = {0: "default", 1: "image", 63: "basic"}
COMMANDS = {(0, 0): "Echo", (0, 5): "Reset", (0, 6): "McuMgrParameters",
            (0, 7): "ApplicationInfo", (0, 8): "BootloaderInformation",
            (1, 0): "State", (1, 1): "Upload", (1, 5): "Erase",
            (1, 6): "SlotInfo", (63, 0): "EraseAppSettings"}


class Event:
    """A message of the session."""

    def __init__(self, t, tx, raw):
        self.t, self.tx, self.raw = t, tx, raw
        (first, self.flags, self.len, self.group, self.seq,
         self.id) = struct.unpack(">BBHHBB", raw[:8])
        self.op, self.version = first & 7, first >> 3 & 3
        self.body = cbor2.loads(raw[8:]) if len(raw) > 8 else {}


def read_trace(path):
    """The messages of a trace recorded with --trace-data."""
    events = []
    for line in path.read_text().splitlines():
        e = json.loads(line)
        if e.get("k") in ("tx", "rx") and not e.get("dropped"):
            events.append(Event(e["t"], e["k"] == "tx",
                                bytes.fromhex(e["hex"])))
    return events


def clock(t, comma=False):
    ms = int(t * 1000) + 9 * 3600000
    text = (f"{ms // 3600000 % 24:02}:{ms // 60000 % 60:02}:"
            f"{ms // 1000 % 60:02}")
    return f"{text}{',' if comma else '.'}{ms % 1000:03}"


def jackson(value):
    """JSON as Jackson writes it: bytes are base64."""
    if isinstance(value, dict):
        return "{" + ",".join(f'"{k}":{jackson(v)}'
                              for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(map(jackson, value)) + "]"
    if isinstance(value, bytes):
        return '"' + base64.b64encode(value).decode() + '"'
    return json.dumps(value)


def swift(value):
    """A dictionary as iOS prints it."""
    if isinstance(value, dict):
        return "{" + ", ".join(f'"{k}" : {swift(v)}'
                               for k, v in value.items()) + "}"
    if isinstance(value, list):
        return "{" + ", ".join(map(swift, value)) + "}"
    if isinstance(value, bytes):
        return "0x" + value.hex().upper()
    return json.dumps(value)


def header(e):
    version = f"Version: {e.version}, " if e.version else ""
    return (f"Header ({version}Op: {e.op}, Flags: 0, Len: {e.len}, Group: "
            f"{e.group}, Seq: {e.seq}, Command: {e.id})")


def dashed(raw):
    return "-".join(f"{b:02X}" for b in raw)


def android(events, gap="\t", mtu=252):
    """nRF Connect: decoded lines and GATT bytes."""
    out = ["nRF Connect, 2024-01-10", "Nordic_LBS (68:00:F1:24:66:15)"]

    def say(level, e, text):
        out.append(f"{level}{gap}{clock(e.t)}{gap}[McuMgr] {text}")

    say("I", events[0], "Connected to 68:00:F1:24:66:15")
    say("I", events[0], f"MTU changed to: {mtu}")
    for e in events:
        if e.tx:
            say("A", e, f"Sending ({len(e.raw)} bytes) {header(e)} CBOR "
                        f"{jackson(e.body)}")
            say("D", e, f"gatt.writeCharacteristic({CHARACTERISTIC}, "
                        f"value=0x{e.raw.hex().upper()}, WRITE COMMAND)")
            say("I", e, f"Data written to {CHARACTERISTIC}")
            continue
        for i in range(0, len(e.raw), mtu - 3):
            say("I", e, f"Notification received from {CHARACTERISTIC}, value: "
                        f"(0x) {dashed(e.raw[i:i + mtu - 3])}")
        say("A", e, f"Received {header(e)} CBOR {jackson(e.body)}")
    return "\n".join(out) + "\n"


def android_spaces(events):
    """Pasted into a forum: blanks, CRLF, HTML entities."""
    text = android(events, gap=" ")
    return text.replace('"', "&quot;").replace("\n", "\r\n")


def android_bytes(events):
    """Only the GATT lines."""
    return "\n".join(line for line in android(events).splitlines()
                     if " CBOR " not in line) + "\n"


def android_2021(events):
    """Requests over seven lines, answers without a header."""
    out = []
    for e in events:
        start = f"A\t{clock(e.t)}\t[McuMgr] "
        if e.tx:
            out += [start + '"Operation: ' + ("WRITE" if e.op else "READ"),
                    "Flags: 0", f"Length: {e.len}",
                    f"Group Id: {e.group} (X)", f"Sequence Num: {e.seq}",
                    f"Command Id: {e.id} (Y)",
                    f'Message: {jackson(e.body)}" sent']
        else:
            out.append(start + f'"{jackson(e.body)}" received')
    return "\n".join(out) + "\n"


def logcat(events):
    out = []
    for e in events:
        what = f"Sending ({len(e.raw)} bytes)" if e.tx else "Received"
        out.append(f"2024-11-22 {clock(e.t)} 28852-28959 McuMgrBleTransport  "
                   f"no....droid  I  {what} {header(e)} CBOR "
                   f"{jackson(e.body)}")
    return "\n".join(out) + "\n"


def ios(events):
    out = []
    for e in events:
        group = GROUPS.get(e.group, str(e.group))
        command = COMMANDS.get((e.group, e.id), str(e.id))
        version = "SMPv2" if e.version else "SMPv1"
        if e.tx:
            kind = "write" if e.op else "read"
            out.append(f"{clock(e.t)} Sending {kind} command (Version: "
                       f"{version}, Group: {group}, seq: {e.seq}, ID: "
                       f"{command}): {swift(e.body)}")
        else:
            out.append(
                f'{clock(e.t)} Image List response: Header: {{"version": '
                f'"{e.version}", "op": "{e.op}", "flags": 0, "length": '
                f'{e.len}, "group": {e.group}, "seqNum": {e.seq}, '
                f'"commandId": {e.id}}}, Payload: {swift(e.body)}')
    return "\n".join(out) + "\n"


def ios_raw(events):
    out = []
    for e in events:
        pairs = " ".join(e.raw.hex().upper()[i:i + 4]
                         for i in range(0, 2 * len(e.raw), 4))
        out.append(f"{clock(e.t)} {'->' if e.tx else '<-'} [Seq: {e.seq}] "
                   f"{pairs} ({len(e.raw)} bytes)")
    return "\n".join(out) + "\n"


def dump_lines(raw):
    out = []
    for i in range(0, len(raw), 16):
        part = raw[i:i + 16]
        left = " ".join(f"{b:02x}" for b in part[:8])
        right = " ".join(f"{b:02x}" for b in part[8:])
        text = "".join(chr(b) if 32 <= b < 127 else "." for b in part)
        out.append(f"{i:08x}  {left:23}  {right:23}  |{text}|")
    return out


def go(events):
    out = []
    for e in events:
        lines = dump_lines(e.raw)
        what = "Tx NMP request" if e.tx else "rx nmp response"
        out.append(f"DEBU[2023-05-04 {clock(e.t)}] {what}: {lines[0]}")
        out += lines[1:]
    return "\n".join(out) + "\n"


def go_logrus(events):
    out = []
    for e in events:
        what = "Tx NMP request" if e.tx else "rx nmp response"
        dump = "\\n".join(dump_lines(e.raw)) + "\\n"
        out.append(f'time="2022-03-25 {clock(e.t)}" level=debug '
                   f'msg="{what}: {dump}"')
    return "\n".join(out) + "\n"


def hex_lines(events):
    return "\n".join(e.raw.hex() for e in events) + "\n"


def serial(events):
    """Raw bytes of the line, the device's log between the frames."""
    out = bytearray(b"\n")
    for e in events:
        raw = (struct.pack(">H", len(e.raw) + 2) + e.raw +
               struct.pack(">H", binascii.crc_hqx(e.raw, 0)))
        for i in range(0, len(raw), 93):
            out += b"\x06\x09" if i == 0 else b"\x04\x14"
            out += base64.b64encode(raw[i:i + 93]) + b"\n"
        if not e.tx and e.seq % 7 == 0:
            out += b"[00:00:01.000,000] <inf> app: still here\r\n"
    return bytes(out)


def pcap(events):
    out = struct.pack("<IHHiIII", 0xa1b2c3d4, 2, 4, 0, 0, 65535, 1)
    for e in events:
        udp = struct.pack(">HHHH", 50000 if e.tx else 1337,
                          1337 if e.tx else 50000, 8 + len(e.raw), 0)
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 28 + len(e.raw), 0, 0, 64,
                         17, 0, b"\x0a\0\0\1", b"\x0a\0\0\2")
        packet = bytes(12) + b"\x08\0" + ip + udp + e.raw
        out += struct.pack("<IIII", int(e.t), int(e.t % 1 * 1000000),
                           len(packet), len(packet)) + packet
    return out


def pcapng(events):
    out = struct.pack("<IIIHHqI", 0x0a0d0d0a, 28, 0x1a2b3c4d, 1, 0, -1, 28)
    out += struct.pack("<IIHHII", 1, 20, 101, 0, 65535, 20)
    for e in events:
        udp = struct.pack(">HHHH", 50000 if e.tx else 1337,
                          1337 if e.tx else 50000, 8 + len(e.raw), 0)
        head = struct.pack(">IHBB16s16s", 0x60000000, 8 + len(e.raw), 17, 64,
                           bytes(15) + b"\1", bytes(15) + b"\2")
        packet = head + udp + e.raw
        pad = -len(packet) % 4
        size = 32 + len(packet) + pad
        us = int(e.t * 1000000)
        out += struct.pack("<IIIIIII", 6, size, 0, us >> 32, us & 0xffffffff,
                           len(packet), len(packet))
        out += packet + bytes(pad) + struct.pack("<I", size)
    return out


def acl_packets(e, mtu=252, link=0x40):
    """ATT writes or notifications in ACL packets of 27 bytes."""
    opcode = 0x52 if e.tx else 0x1b
    for i in range(0, len(e.raw), mtu - 3):
        att = struct.pack("<BH", opcode, 0x12) + e.raw[i:i + mtu - 3]
        l2cap = struct.pack("<HH", len(att), 4) + att
        for k in range(0, len(l2cap), 27):
            flags = 0x2000 if k == 0 else 0x1000
            part = l2cap[k:k + 27]
            yield struct.pack("<HH", link | flags, len(part)) + part


CONNECTED = bytes([0x3e, 19, 0x01, 0, 0x40, 0, 0, 0, 1, 2, 3, 4, 5, 6,
                   0x20, 0, 0, 0, 0x2a, 0, 0])


def btsnoop(events):
    """An Android bug report's btsnoop_hci.log (H4)."""
    out = b"btsnoop\0" + struct.pack(">II", 1, 1002)

    def record(received, event, packet, t):
        flags = (1 if received else 0) | (2 if event else 0)
        us = 0x00dcddb30f2f8000 + int(t * 1000000)
        return struct.pack(">IIIIQ", len(packet), len(packet), flags, 0,
                           us) + packet

    out += record(True, True, b"\x04" + CONNECTED, events[0].t)
    for e in events:
        for packet in acl_packets(e):
            out += record(not e.tx, False, b"\x02" + packet, e.t)
    return out


def btmon(events):
    """What btmon -w writes."""
    out = b"btsnoop\0" + struct.pack(">II", 1, 2001)
    for e in events:
        for packet in acl_packets(e):
            us = 0x00dcddb30f2f8000 + int(e.t * 1000000)
            out += struct.pack(">IIIIQ", len(packet), len(packet),
                               4 if e.tx else 5, 0, us) + packet
    return out


NMP_OPS = ("Read", "ReadRsp", "Write", "WriteRsp")
NMP_GROUPS = {0: "Default", 1: "Image"}


def mcumgr_client(events, group=None):
    """mcumgr-client -v: the bytes before the frame is made."""
    out = ["mcumgr-client 0.0.7, Copyright \u00a9 2024 Vouch.io LLC", ""]
    for e in events:
        debug = (f"{clock(e.t)[:8]} [DEBUG] (1) "
                 "mcumgr_client::transfer: ")
        if e.tx:
            out.append(f"{debug}serialized: {e.raw.hex()}")
            continue
        name = group(e) if group else NMP_GROUPS.get(e.group, "PerUser")
        out.append(f"{debug}response header: NmpHdr {{ op: "
                   f"{NMP_OPS[e.op]}, flags: 0, len: {e.len}, group: {name}, "
                   f"seq: {e.seq}, id: {e.id} }}")
        out.append(f"{debug}cbor: {e.raw[8:].hex()}")
    return "\n".join(out) + "\n"


def mcumgr_client_long(events):
    """The same, newer: each chunk was too long at first."""
    lines = mcumgr_client(events, lambda e: f"NmpGroup({e.group})")
    out = []
    for line in lines.splitlines():
        if "serialized: 0200" in line or "serialized: 0a00" in line:
            out += [line, line.split(" [")[0] + " [DEBUG] (1) mcumgr_client::"
                    "image: new try_length: 93"]
        out.append(line)
    return "\n".join(out) + "\n"


def utf16(events):
    return android(events).encode("utf-16")


STYLES = {f.__name__: f for f in (
    android, android_spaces, android_bytes, android_2021, logcat, ios,
    ios_raw, go, go_logrus, hex_lines, serial, pcap, pcapng, btsnoop, btmon,
    utf16, mcumgr_client, mcumgr_client_long)}


def write(path, style, events):
    data = STYLES[style](events)
    path.write_bytes(data if isinstance(data, bytes) else data.encode())
    return path
