# SPDX-License-Identifier: Apache-2.0
"""The core on a Cortex-M0, and which names our archives bring into a program."""

import re

import pytest

import repo

PREFIXES = {floor: rf"{floor}_" for floor in repo.FLOORS}

# Names of MCUboot, nRF Connect SDK and Zephyr, beside which ours must link.
TAKEN = re.compile(
    r"(boot_|bootutil_|mcuboot_|flash_area_|dfu_multi_image_|dfu_target_"
    r"|smp_hdr$|smp_transport$|smp_streamer$|smp_client_object|smp_packet_"
    r"|smp_process_|smp_add_cmd_err$|smp_client_buf_|smp_client_send_cmd$"
    r"|smp_client_single_response$)"
)

# What a compiler asks for on its own account.
RUNTIME = re.compile(r"(mem(cpy|move|set|cmp|chr)|__aeabi_\w+|__gnu_thumb1_\w+)$")
FLOAT = re.compile(r"__aeabi_(c?[fd]\w+|u?[il]2[fd]|h2f\w*)$")
# zcbor compares text with a limit.
ZCBOR_RUNTIME = re.compile(r"(strnlen|strlen)$")


class Symbol:
    def __init__(self, kind, name):
        self.kind = kind
        self.name = name


def symbols(nm, archive):
    """{object file: [Symbol]} of an archive."""
    members = {}
    member = ""
    for line in repo.run(nm, archive).splitlines():
        if line.endswith(":"):
            member = line[:-1]
        match = re.match(r"\w*\s+([A-Za-z]) (\S+)$", line)
        if match:
            members.setdefault(member, []).append(Symbol(*match.groups()))
    return members


def flat(nm, archive):
    return [symbol for member in symbols(nm, archive).values() for symbol in member]


@pytest.fixture(scope="module", name="m0")
def m0_fixture():
    repo.need("arm-none-eabi-gcc")
    return repo.build("m0", *(f"{floor}_core" for floor in repo.CORE), "zcbor_rt")


@pytest.fixture(scope="module", name="release")
def release_fixture():
    return repo.build("release", *(f"{floor}_core" for floor in repo.FLOORS))


def m0_nm(folder, floor):
    archive = next(folder.rglob(f"lib{floor}_core.a"))
    return symbols("arm-none-eabi-nm", archive)


@pytest.mark.parametrize("floor", repo.CORE)
def test_the_core_asks_a_cortex_m0_for_nothing_but_memory_functions(m0, floor):
    wrong = []
    for member, found in m0_nm(m0, floor).items():
        for symbol in found:
            if symbol.kind != "U" or RUNTIME.match(symbol.name):
                continue
            if not re.match(r"(smp|mcub|dfu|zcbor)_", symbol.name):
                wrong.append(f"{floor}/{member}: {symbol.name}")
    assert not wrong, repo.listing(wrong)


@pytest.mark.parametrize("floor", repo.CORE)
def test_the_core_uses_no_floating_point(m0, floor):
    wrong = [
        f"{floor}/{member}: {symbol.name}"
        for member, found in m0_nm(m0, floor).items()
        for symbol in found
        if symbol.kind == "U" and FLOAT.match(symbol.name)
    ]
    assert not wrong, repo.listing(wrong)


@pytest.mark.parametrize("floor", repo.CORE)
def test_the_core_has_no_mutable_globals(m0, floor):
    wrong = [
        f"{floor}/{member}: {symbol.name}"
        for member, found in m0_nm(m0, floor).items()
        for symbol in found
        if symbol.kind in "bBdDcCsSgG"
    ]
    assert not wrong, repo.listing(wrong)


def test_zcbor_asks_a_cortex_m0_for_no_allocator_stdio_or_clock(m0):
    wrong = []
    for symbol in flat("arm-none-eabi-nm", next(m0.rglob("libzcbor_rt.a"))):
        name = symbol.name
        if symbol.kind == "U" and not (
            RUNTIME.match(name)
            or ZCBOR_RUNTIME.match(name)
            or name.startswith("zcbor_")
        ):
            wrong.append(name)
    assert not wrong, repo.listing(wrong)


def test_smp_and_mcub_do_not_need_each_other(m0):
    for floor, other in (("smp", "mcub"), ("mcub", "smp")):
        wrong = [
            f"{member}: {symbol.name}"
            for member, found in m0_nm(m0, floor).items()
            for symbol in found
            if symbol.kind == "U" and re.match(rf"({other}|dfu)_", symbol.name)
        ]
        assert not wrong, repo.listing(wrong)


@pytest.mark.parametrize("floor", repo.FLOORS)
def test_an_archive_defines_names_of_its_own_floor_only(release, floor):
    wrong = [
        symbol.name
        for symbol in flat("nm", next(release.rglob(f"lib{floor}_core.a")))
        if symbol.kind in "TDBRVWC" and not re.match(PREFIXES[floor], symbol.name)
    ]
    assert not wrong, repo.listing(wrong)


@pytest.mark.parametrize("floor", repo.FLOORS)
def test_no_name_is_taken_by_mcuboot_zephyr_or_the_ncs(release, floor):
    wrong = [
        symbol.name
        for symbol in flat("nm", next(release.rglob(f"lib{floor}_core.a")))
        if symbol.kind.isupper() and symbol.kind != "U" and TAKEN.match(symbol.name)
    ]
    assert not wrong, repo.listing(wrong)


def test_public_headers_define_no_macro_of_others():
    wrong = []
    for name in repo.files(r"include/.*\.h$"):
        floor = name.split("/")[1].upper()
        for macro in re.findall(r"^\s*#\s*define\s+(\w+)", repo.text(name), re.M):
            if not macro.startswith(f"{floor}_") or macro.startswith("SMP_MCUMGR_"):
                wrong.append(f"{name}: {macro}")
    assert not wrong, repo.listing(wrong)


def test_the_core_builds_by_dropping_its_files_into_any_other_build(tmp_path):
    sources = [
        repo.ROOT / name for name in repo.files(r"src/(smp|mcub|dfu)/.*\.c$")
    ]
    assert sources
    zcbor = repo.zcbor_dir()
    repo.run(
        "gcc",
        "-std=c11",
        "-shared",
        "-fPIC",
        "-I",
        repo.ROOT / "include",
        "-I",
        repo.ROOT / "src",
        "-isystem",
        zcbor / "include",
        *sources,
        *(zcbor / "src" / f"zcbor_{part}.c" for part in ("common", "decode", "encode")),
        "-Wl,--no-undefined",
        "-o",
        tmp_path / "core.so",
    )
