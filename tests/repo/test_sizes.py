# SPDX-License-Identifier: Apache-2.0
"""What the core costs on a Cortex-M0 stays below the limits."""

import re

import pytest

import repo

# Bytes of one frame; a Cortex-M0 application has 1 to 4 KiB of stack in all.
STACK_LIMIT = 512
TARGETS = [f"{floor}_core" for floor in repo.CORE]


@pytest.fixture(scope="module", name="table")
def table_fixture():
    repo.need("arm-none-eabi-gcc")
    with repo.locked("size"):
        return repo.run(repo.ROOT / "script" / "size")


@pytest.mark.parametrize(
    "row", ["client + upload", "server, without mcub", "server, with mcub"]
)
def test_the_core_keeps_its_size(table, row):
    line = next(line for line in table.splitlines() if line.startswith(f"| {row} "))
    together, limit, ram = (int(cell) for cell in line.split("|")[4:7])
    assert together <= limit, line
    assert ram <= 1024, line


def test_zcbor_is_counted_apart(table):
    assert re.search(r"^\| zcbor in the server \| \d+ ", table, re.M)


def test_no_function_of_the_core_takes_much_stack():
    wrong = []
    reports = list(repo.build("m0", *TARGETS).rglob("src/**/*.su"))
    assert reports
    for report in reports:
        for line in report.read_text(encoding="utf-8").splitlines():
            function, size, kind = line.rsplit("\t", 2)
            if int(size) > STACK_LIMIT or kind != "static":
                wrong.append(f"{function.split(':')[-1]}: {size} bytes, {kind}")
    assert not wrong, repo.listing(wrong)
