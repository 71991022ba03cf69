# SPDX-License-Identifier: Apache-2.0
"""Papers: every link inside the repository leads somewhere."""

import re

import pytest

import repo

LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)(?:\s+\"[^\"]*\")?\)")
PAPERS = [
    name for name in repo.files(r".*\.md$") if not name.startswith("tests/data/")
]


def without_code(markdown):
    markdown = re.sub(r"^(```|~~~).*?^\1\s*$", "", markdown, flags=re.M | re.S)
    return re.sub(r"`[^`\n]*`", "", markdown)


def anchors(markdown):
    """The anchors of the headings, as GitHub makes them."""
    found = set()
    body = re.sub(r"^(```|~~~).*?^\1\s*$", "", markdown, flags=re.M | re.S)
    for heading in re.findall(r"^#+\s+(.*?)\s*#*\s*$", body, flags=re.M):
        words = re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")
        number = 0
        while (words if not number else f"{words}-{number}") in found:
            number += 1
        found.add(words if not number else f"{words}-{number}")
    return found


@pytest.mark.parametrize("name", PAPERS)
def test_links_resolve(name):
    wrong = []
    for target in LINK.findall(without_code(repo.text(name))):
        if re.match(r"[a-z]+:", target):
            continue
        path, _, anchor = target.partition("#")
        file = (repo.ROOT / name).parent / path if path else repo.ROOT / name
        if not file.exists():
            wrong.append(f"{name}: {target}: no such file")
        elif anchor and file.suffix == ".md":
            if anchor not in anchors(file.read_text(encoding="utf-8")):
                wrong.append(f"{name}: {target}: no such heading")
    assert not wrong, repo.listing(wrong)


@pytest.mark.parametrize("name", ["README.md", "ARCHITECTURE.md"])
def test_folders_and_scripts_named_in_the_map_exist(name):
    assert name in repo.tracked()
    wrong = []
    paths = re.findall(
        r"`((?:src|include|script|tests|docs|cmake)/[\w./-]+)`", repo.text(name)
    )
    for path in paths:
        if not (repo.ROOT / path).exists():
            wrong.append(f"{name}: {path}")
    assert not wrong, repo.listing(wrong)
