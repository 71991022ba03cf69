# SPDX-License-Identifier: Apache-2.0
"""Read linker maps and print what the core costs on a microcontroller.

lib_size.py [--check] NAME=MAP...    NAME is a key of ROWS
"""

import re
import sys

KIB = 1024
# Most bytes of code and constants: (name of the row, archives, limit).
ROWS = {
    "client": [("client + upload", ("smp", "mcub", "dfu"), 8 * KIB)],
    "server": [
        ("server, without mcub", ("smp", "dfu"), 10 * KIB),
        ("server, with mcub", ("smp", "mcub", "dfu"), 14 * KIB),
    ],
}
RAM_LIMIT = 1 * KIB

# " .text.smp_header_decode" [newline] "  0x00000000  0x2c  path/libx.a(y.o)"
SECTION = re.compile(
    r"^ (\.[\w.$*-]+)\s+0x([0-9a-f]+)\s+0x([0-9a-f]+)\s+(\S.*)$", re.M
)
KINDS = (
    ("code", re.compile(r"\.text")),
    ("rodata", re.compile(r"\.rodata")),
    ("ram", re.compile(r"\.(data|bss)|COMMON")),
)


def sections(path):
    """Yields (section, size, origin) of what the linker kept."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    # What was dropped is listed before this heading.
    kept = text.split("Linker script and memory map", 1)[1]
    # Long names stand on a line of their own.
    kept = re.sub(r"^( \.\S+)\n\s+(0x)", r"\1 \2", kept, flags=re.M)
    for name, _, size, origin in SECTION.findall(kept):
        yield name, int(size, 16), origin.strip()


def archive_of(origin):
    match = re.search(r"lib(\w+?)(?:_core)?\.a\(", origin)
    return match.group(1) if match else "stub"


def measure(path):
    """{archive: {kind: bytes}}, and the static RAM of the stub's objects."""
    sizes = {}
    state = 0
    buffers = 0
    for name, size, origin in sections(path):
        archive = archive_of(origin)
        if archive == "stub":
            if re.match(r"\.bss\.state_", name):
                state += size
            elif re.match(r"\.bss\.buffer_", name):
                buffers += size
            continue
        for kind, pattern in KINDS:
            if pattern.match(name):
                row = sizes.setdefault(archive, dict.fromkeys(("code", "rodata", "ram"), 0))
                row[kind] += size
    return sizes, state, buffers


def main():
    arguments = sys.argv[1:]
    check = "--check" in arguments
    maps = dict(a.split("=", 1) for a in arguments if not a.startswith("--"))
    wrong = []
    print("| Cortex-M0, -Os | code | constants | together | limit | static RAM |")
    print("|---|---:|---:|---:|---:|---:|")
    notes = []
    for name, path in maps.items():
        sizes, state, buffers = measure(path)
        for title, archives, limit in ROWS[name]:
            code = sum(sizes.get(a, {}).get("code", 0) for a in archives)
            rodata = sum(sizes.get(a, {}).get("rodata", 0) for a in archives)
            ram = state + sum(sizes.get(a, {}).get("ram", 0) for a in archives)
            print(
                f"| {title} | {code} | {rodata} | {code + rodata} "
                f"| {limit} | {ram} |"
            )
            if code + rodata > limit:
                wrong.append(f"{title}: {code + rodata} bytes, limit {limit}")
            if ram > RAM_LIMIT:
                wrong.append(f"{title}: {ram} bytes of RAM, limit {RAM_LIMIT}")
        zcbor = sizes.get("zcbor_rt", {})
        gcc = sizes.get("gcc", {})
        print(
            f"| zcbor in the {name} | {zcbor.get('code', 0)} "
            f"| {zcbor.get('rodata', 0)} "
            f"| {zcbor.get('code', 0) + zcbor.get('rodata', 0)} | – | – |"
        )
        parts = ", ".join(
            f"{a} {sizes[a]['code'] + sizes[a]['rodata']}"
            for a in ("smp", "mcub", "dfu")
            if a in sizes
        )
        notes.append(
            f"{name}: {parts}; libgcc {gcc.get('code', 0) + gcc.get('rodata', 0)};"
            f" message buffers {buffers}"
        )
    print()
    for note in notes:
        print(note)
    for problem in wrong:
        print(f"too large: {problem}", file=sys.stderr)
    return 1 if check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
