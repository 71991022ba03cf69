# SPDX-License-Identifier: Apache-2.0
"""The scripts: what they count, and what they say when used wrongly."""

import subprocess

import pytest

import repo

CMOCKA_OUTPUT = """
[==========] Running 4 test(s).
[  PASSED  ] 2 test(s).
[  SKIPPED ] 1 test(s), listed below:
[  FAILED  ] 1 test(s), listed below:
[  FAILED  ] b
"""


def script(name, *arguments):
    return subprocess.run(
        [repo.ROOT / "script" / name, *arguments],
        capture_output=True,
        text=True,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def count(tmp_path, *documents):
    paths = []
    for number, document in enumerate(documents):
        paths.append(tmp_path / f"{number}.xml")
        paths[-1].write_text(document, encoding="utf-8")
    return repo.run("python3", repo.ROOT / "script" / "lib_count.py", *paths).split()


def test_a_c_program_counts_as_many_tests_as_it_holds(tmp_path):
    document = (
        f"<testsuite><testcase name='a'><failure/><system-out>{CMOCKA_OUTPUT}"
        "</system-out></testcase></testsuite>"
    )
    assert count(tmp_path, document) == ["2", "1", "1"]


def test_a_c_program_that_crashes_is_a_failure(tmp_path):
    document = (
        "<testsuite><testcase name='a'><failure/><system-out>[  PASSED  ] 3 test(s)."
        "</system-out></testcase><testcase name='b'><failure/></testcase></testsuite>"
    )
    assert count(tmp_path, document) == ["3", "2", "0"]


def test_pytest_cases_count_once_each(tmp_path):
    document = (
        "<testsuites><testsuite><testcase name='a'/><testcase name='b'><error/>"
        "</testcase><testcase name='c'><skipped/></testcase></testsuite></testsuites>"
    )
    assert count(tmp_path, document, document) == ["2", "2", "2"]


def test_a_missing_or_broken_result_is_a_failure(tmp_path):
    assert count(tmp_path, "<testsuite>") == ["0", "1", "0"]
    missing = tmp_path / "none.xml"
    out = repo.run("python3", repo.ROOT / "script" / "lib_count.py", missing)
    assert out.split() == ["0", "1", "0"]


@pytest.mark.parametrize("name", ["bootstrap", "test", "lint", "size"])
def test_a_script_explains_itself_and_refuses_unknown_options(name):
    helped = script(name, "--help")
    assert helped.returncode == 0
    assert f"script/{name}" in helped.stdout
    refused = script(name, "--no-such-option")
    assert refused.returncode == 2
    assert "--no-such-option" in refused.stderr


def test_the_test_script_knows_its_stages():
    stages = script("test", "--list").stdout.split()
    assert {"unit", "noassert", "repo", "lint"} <= set(stages)
    refused = script("test", "--stage", "no-such-stage")
    assert refused.returncode == 2
    assert "unit" in refused.stderr
