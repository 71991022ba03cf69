# SPDX-License-Identifier: Apache-2.0
"""What the core costs on a Cortex-M0 stays below the limits."""

import re

import pytest

import repo

# Bytes of one frame; a Cortex-M0 application has 1 to 4 KiB of stack in all.
STACK_LIMIT = 512
# How far docs/size.md may be off.
ROT_LIMIT = 0.05
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


def rows_of(markdown):
    """{first cell: the cells behind it} of every table row."""
    rows = {}
    for line in markdown.splitlines():
        if line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            rows[cells[0]] = cells[1:]
    return rows


def figures_agree(told, measured):
    if told.isdigit() and measured.isdigit():
        return abs(int(told) - int(measured)) <= ROT_LIMIT * int(measured)
    return told == measured


def test_the_page_of_sizes_tells_what_is_printed(table):
    told, measured = rows_of(repo.text("docs/size.md")), rows_of(table)
    assert list(told) == list(measured)
    limit = measured["Cortex-M0, -Os"].index("limit")
    wrong = [
        f"{row}: docs/size.md {told[row]}, script/size {measured[row]}"
        for row in measured
        if len(told[row]) != len(measured[row])
        or told[row][limit] != measured[row][limit]
        or not all(map(figures_agree, told[row], measured[row]))
    ]
    assert not wrong, repo.listing(wrong)


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
