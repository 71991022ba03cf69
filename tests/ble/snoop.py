# SPDX-License-Identifier: Apache-2.0
"""The HCI view of a monitor capture: snoop.py MONITOR HCI INDEX

btsnoop link type 2001 (Linux monitor) becomes 1001 (HCI, type in the flags)
with the packets of one adapter.
"""
import struct
import sys

# monitor opcode -> flags of btsnoop: bit 0 received, bit 1 command or event
FLAGS = {2: 2, 3: 3, 4: 0, 5: 1}


def to_hci(data, index):
    out = [b"btsnoop\0" + struct.pack(">II", 1, 1001)]
    off = 16
    while off + 24 <= len(data):
        size, kept, flags, drops, when = struct.unpack_from(">IIIIQ", data,
                                                            off)
        packet = data[off + 24:off + 24 + kept]
        off += 24 + kept
        if flags >> 16 == index and flags & 0xffff in FLAGS:
            out.append(struct.pack(">IIIIQ", size, kept,
                                   FLAGS[flags & 0xffff], drops, when)
                       + packet)
    return b"".join(out)


def writes(data, index):
    """(seconds, bytes) of each ATT Write Command that an adapter has sent, in
    a monitor capture. Needs the first fragment of each only."""
    off = 16
    while off + 24 <= len(data):
        _, kept, flags, _, when = struct.unpack_from(">IIIIQ", data, off)
        packet = data[off + 24:off + 24 + kept]
        off += 24 + kept
        # ACL data sent, the start of an L2CAP packet on the ATT channel.
        if flags == index << 16 | 4 and len(packet) > 8:
            handle, _, size, cid = struct.unpack_from("<HHHH", packet)
            if handle >> 12 & 3 != 1 and cid == 4 and packet[8] == 0x52:
                yield when / 1e6, size - 3


if __name__ == "__main__":
    with open(sys.argv[1], "rb") as source, open(sys.argv[2], "wb") as target:
        target.write(to_hci(source.read(), int(sys.argv[3])))
