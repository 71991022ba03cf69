# SPDX-License-Identifier: Apache-2.0
"""What every file has to look like."""

import re

import repo

SPDX = "SPDX-License-Identifier: Apache-2.0"
# Formats without comments, the licence itself, papers, and data.
NO_SPDX = re.compile(r"LICENSE$|.*\.(json|md|[1-9])$|tests/data/|tests/.*/data/")
DATA = re.compile(r"tests/data/|tests/.*/data/")
LINES_MAX = 600
# One table: how every scenario of the doctor is brought about.
LONGER = {"tests/replay/live.py"}


def plain_files():
    return [name for name in repo.tracked() if not DATA.match(name)]


def test_every_file_states_its_licence():
    wrong = []
    for name in repo.tracked():
        if NO_SPDX.match(name):
            continue
        head = repo.text(name).splitlines()[:3]
        if not any(SPDX in line for line in head):
            wrong.append(name)
    assert not wrong, repo.listing(wrong)


def test_a_c_file_starts_with_its_licence():
    wrong = [
        name
        for name in repo.files(r".*\.[ch]$")
        if not DATA.match(name) and not repo.text(name).startswith(f"// {SPDX}\n")
    ]
    assert not wrong, repo.listing(wrong)


def test_no_file_is_longer_than_the_limit():
    wrong = []
    for name in repo.files(r"(src|include|tests|script)/.*\.([ch]|py)$"):
        lines = repo.text(name).count("\n")
        if lines > LINES_MAX and name not in LONGER and not DATA.match(name):
            wrong.append(f"{name}: {lines} lines")
    assert not wrong, repo.listing(wrong)


def test_no_line_of_c_is_longer_than_80_columns():
    wrong = []
    for name in repo.files(r"(src|include)/.*\.[ch]$"):
        for number, line in enumerate(repo.text(name).splitlines(), 1):
            if len(line) > 80 and "NOLINT" not in line and "http" not in line:
                wrong.append(f"{name}:{number}: {len(line)} columns")
    assert not wrong, repo.listing(wrong)


def test_indentation_has_no_tabs_and_lines_no_trailing_blanks():
    wrong = []
    for name in repo.files(r".*(\.[ch]|\.py|\.cmake|CMakeLists\.txt|\.md)$"):
        if DATA.match(name):
            continue
        for number, line in enumerate(repo.text(name).split("\n"), 1):
            if re.match(r" *\t", line) or line != line.rstrip():
                wrong.append(f"{name}:{number}")
    assert not wrong, repo.listing(wrong)


def test_nothing_is_left_for_later():
    # Spelled in two halves: this file is searched as well.
    later = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    wrong = []
    for name in plain_files():
        if name == "LICENSE":
            continue
        for number, line in enumerate(repo.text(name).splitlines(), 1):
            if later.search(line):
                wrong.append(f"{name}:{number}: {line.strip()}")
    assert not wrong, repo.listing(wrong)


def test_no_file_names_a_place_outside_of_the_repository():
    outside = re.compile(
        r"(?<![\w.])/(?:ho" + r"me|ro" + r"ot|wo" + r"rk)/\w|\.\./sha" + r"red"
    )
    wrong = []
    for name in repo.tracked():
        if name == "LICENSE" or re.search(r"\.(bin|zip|img|pcap)$", name):
            continue
        if DATA.match(name) and not name.endswith((".md", ".py", ".txt")):
            continue
        for number, line in enumerate(repo.text(name).splitlines(), 1):
            if outside.search(line):
                wrong.append(f"{name}:{number}: {line.strip()}")
    assert not wrong, repo.listing(wrong)


def test_zcbor_is_not_in_the_repository():
    assert not repo.files(r"(.*/)?zcbor_(common|decode|encode|print|tags)\.[ch]$")


def test_scripts_can_be_started():
    wrong = []
    for name in repo.tracked():
        path = repo.ROOT / name
        if DATA.match(name) or name.endswith((".bin", ".zip")):
            continue
        starts = path.read_bytes()[:2] == b"#!"
        executable = bool(path.stat().st_mode & 0o111)
        if starts != executable:
            wrong.append(f"{name}: #! {starts}, executable {executable}")
    assert not wrong, repo.listing(wrong)


def test_shell_scripts_have_no_syntax_errors():
    for name in repo.tracked():
        path = repo.ROOT / name
        if path.read_bytes()[:64].split(b"\n")[0].endswith(b"bash"):
            repo.run("bash", "-n", path)
