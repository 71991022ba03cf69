# SPDX-License-Identifier: Apache-2.0
"""Who may include whom. A floor uses only what stands below it."""

import re

import pytest

import repo

# floor: the floors it may include, beside itself.
ALLOWED = {
    "smp": (),
    "mcub": (),
    "dfu": ("smp", "mcub"),
    "diag": ("smp", "mcub", "dfu"),
    "host": ("smp", "mcub", "dfu", "diag"),
    "vdev device": ("smp", "mcub", "dfu"),
    "vdev main": ("smp", "mcub", "dfu", "diag", "host"),
    "cli": ("smp", "mcub", "dfu", "diag", "host", "vdev"),
}

CORE_HEADERS = ("assert.h", "stdbool.h", "stddef.h", "stdint.h", "string.h")
# Of C11, without what the portable parts have no use for (threads, signals).
LIBC_HEADERS = CORE_HEADERS + (
    "ctype.h",
    "errno.h",
    "float.h",
    "inttypes.h",
    "limits.h",
    "math.h",
    "stdarg.h",
    "stdio.h",
    "stdlib.h",
    "time.h",
)
HOST_LIBRARIES = r"(glib|gio|gobject|json-glib|openssl|zip\.h|libserialport|sqlite3)"

INCLUDE = re.compile(r'^\s*#\s*include\s+(?:"([^"]+)"|<([^>]+)>)', re.M)
SOURCES = repo.files(r"(src|include)/.*\.[ch]$")


def floor_of(name):
    floor = name.split("/")[1]
    if floor != "vdev":
        return floor
    # device*: plain C; main*: smpsim with its ports and main loop.
    base = name.split("/")[-1]
    return "vdev main" if base.startswith("main") else "vdev device"


def includes(name):
    return INCLUDE.findall(repo.text(name))


@pytest.mark.parametrize("name", SOURCES)
def test_a_file_includes_only_its_own_floor_and_those_below(name):
    floor = floor_of(name)
    own = floor.split()[0]
    wrong = []
    for local, _ in includes(name):
        target = local.split("/")[0] if "/" in local else own
        if target != own and target not in ALLOWED[floor]:
            wrong.append(f'{name}: "{local}" (floor {floor})')
    assert not wrong, repo.listing(wrong)


@pytest.mark.parametrize("name", SOURCES)
def test_a_file_includes_only_the_system_headers_of_its_floor(name):
    floor = floor_of(name)
    public = name.startswith("include/")
    wrong = []
    for local, system in includes(name):
        header = local or system
        if re.match(r"zcbor", header):
            # The runtime's macros must not reach anybody else.
            if floor != "smp" or public:
                wrong.append(f"{name}: {header}: zcbor stays inside src/smp")
        elif not system:
            continue
        elif floor in repo.CORE and system not in CORE_HEADERS:
            wrong.append(f"{name}: <{system}> is not for the core")
        elif floor == "diag" and system not in LIBC_HEADERS:
            wrong.append(f"{name}: <{system}>: diag is C11 and libc only")
        elif floor == "vdev device" and re.match(HOST_LIBRARIES, system):
            wrong.append(f"{name}: <{system}>: the device half is plain C")
    assert not wrong, repo.listing(wrong)


def test_public_headers_exist_for_the_portable_floors_only():
    floors = {name.split("/")[1] for name in repo.files(r"include/")}
    assert floors <= {"smp", "mcub", "dfu", "diag"}


def test_every_local_include_names_a_file_that_is_there():
    wrong = []
    for name in SOURCES:
        for local, _ in includes(name):
            if not local or local.startswith("zcbor"):
                continue
            places = [f"include/{local}", f"src/{local}"]
            if "/" not in local:
                places.append(f"{name.rsplit('/', 1)[0]}/{local}")
            if not any((repo.ROOT / place).is_file() for place in places):
                wrong.append(f"{name}: {local}")
    assert not wrong, repo.listing(wrong)
