# SPDX-License-Identifier: Apache-2.0
"""Count the tests in JUnit files: prints "PASSED FAILED SKIPPED".

pytest writes one case per test; ctest one per program, whose cmocka output
tells how many tests it held. A file that is missing counts as one failure.
"""

import re
import sys
import xml.etree.ElementTree

CMOCKA = re.compile(r"\[\s+(PASSED|FAILED|SKIPPED)\s+\] (\d+) test\(s\)")


def count_case(case):
    failed = case.find("failure") is not None or case.find("error") is not None
    skipped = case.find("skipped") is not None
    output = case.findtext("system-out") or ""
    found = {"PASSED": 0, "FAILED": 0, "SKIPPED": 0}
    for word, number in CMOCKA.findall(output):
        found[word] += int(number)
    if not any(found.values()):
        return (int(not failed and not skipped), int(failed), int(skipped))
    if failed and not found["FAILED"]:
        found["FAILED"] = 1
    return (found["PASSED"], found["FAILED"], found["SKIPPED"])


def count_file(path):
    try:
        root = xml.etree.ElementTree.parse(path).getroot()
    except (OSError, xml.etree.ElementTree.ParseError):
        return (0, 1, 0)
    counts = [count_case(case) for case in root.iter("testcase")]
    return tuple(sum(column) for column in zip(*counts)) or (0, 0, 0)


def main():
    counts = [count_file(path) for path in sys.argv[1:]] or [(0, 0, 0)]
    print(*(sum(column) for column in zip(*counts)))


if __name__ == "__main__":
    main()
