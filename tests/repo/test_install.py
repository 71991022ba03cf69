# SPDX-License-Identifier: Apache-2.0
"""The installed libraries serve a project that knows nothing of this one."""

import os
import re
import subprocess
import time

import pytest

import repo

CONSUMER = repo.ROOT / "tests" / "install" / "consumer"
EXPECTED = "group 1 seq 42 version 1.2.3+4\n"


@pytest.fixture(scope="module", name="prefix")
def prefix_fixture(tmp_path_factory):
    folder = repo.build("release")
    prefix = tmp_path_factory.mktemp("prefix")
    repo.run("cmake", "--install", folder, "--prefix", prefix)
    return prefix


def libdir(prefix):
    return next(prefix.rglob("libsmp.a")).parent


def test_find_package_gives_static_shared_and_diag(prefix, tmp_path):
    repo.run(
        "cmake",
        "-G",
        "Ninja",
        "-S",
        CONSUMER,
        "-B",
        tmp_path,
        f"-DCMAKE_PREFIX_PATH={prefix}",
    )
    repo.run("ninja", "-C", tmp_path)
    assert repo.run(tmp_path / "consumer") == EXPECTED
    assert repo.run(tmp_path / "consumer_shared") == EXPECTED
    repo.run(tmp_path / "consumer_diag")


def pkg_config(prefix, *options):
    return repo.run(
        "pkg-config",
        *options,
        env={**os.environ, "PKG_CONFIG_PATH": str(libdir(prefix) / "pkgconfig")},
    ).split()


def test_pkg_config_gives_what_a_compiler_needs(prefix, tmp_path):
    flags = pkg_config(prefix, "--cflags", "--libs", "smp")
    program = tmp_path / "consumer"
    repo.run("gcc", "-std=c11", CONSUMER / "main.c", "-o", program, *flags)
    output = repo.run(
        program, env={**os.environ, "LD_LIBRARY_PATH": str(libdir(prefix))}
    )
    assert output == EXPECTED


def test_pkg_config_of_the_doctor_brings_libsmp_along(prefix, tmp_path):
    flags = pkg_config(prefix, "--cflags", "--libs", "smpdiag")
    program = tmp_path / "consumer"
    repo.run("gcc", "-std=c11", CONSUMER / "diag.c", "-o", program, *flags)


def test_headers_and_programs_are_installed(prefix):
    for name in repo.files(r"include/.*\.h$"):
        assert (prefix / name).is_file(), name
    for program in ("smpctl", "smpsim"):
        if (repo.BUILD / "release" / "build.ninja").read_text().count(f"/{program}:"):
            assert (prefix / "bin" / program).is_file(), program


def test_the_shared_library_exports_our_prefixes_only(prefix):
    listing = repo.run("nm", "-D", "--defined-only", libdir(prefix) / "libsmp.so")
    names = re.findall(r"^\w+ [A-Z] (\w+)$", listing, re.M)
    assert names
    wrong = [name for name in names if not re.match(r"(smp|mcub|dfu)_", name)]
    assert not wrong, repo.listing(wrong)
    assert not [name for name in names if "zcbor" in name]


def test_the_static_library_leaves_the_name_zcbor_to_others(prefix):
    listing = repo.run("nm", "-g", libdir(prefix) / "libsmp.a")
    assert not re.findall(r"\b(zcbor_\w+)$", listing, re.M)


def test_the_gateway_example_lists_images_of_a_device(prefix, tmp_path):
    """docs/examples/list_images.c, as docs/gateway.md says it is built."""
    flags = pkg_config(prefix, "--cflags", "--libs", "smp")
    program = tmp_path / "list_images"
    source = repo.ROOT / "docs" / "examples" / "list_images.c"
    repo.run("gcc", "-std=gnu11", "-Wall", "-Wextra", "-Werror", source, "-o",
             program, *flags)
    with (tmp_path / "note").open("wb") as note:
        sim = subprocess.Popen(
            [prefix / "bin" / "smpsim", "--udp", "127.0.0.1:0"],
            stdout=subprocess.DEVNULL, stderr=note)
    try:
        port = None
        for _ in range(200):
            found = re.search(r"^listening udp \S+:(\d+)",
                              (tmp_path / "note").read_text(), re.M)
            if found:
                port = found[1]
                break
            time.sleep(0.05)
        output = repo.run(program, "127.0.0.1", port, env={
            **os.environ, "LD_LIBRARY_PATH": str(libdir(prefix))})
    finally:
        sim.terminate()
        sim.wait()
    assert output == "image 0 slot 0 1.0.0 active confirmed\n"
    assert (prefix / "share/man/man1/smpctl.1").exists()
