# SPDX-License-Identifier: Apache-2.0
"""Put JUnit files into one: merge_junit.py OUT FILE…

A file that is missing or damaged becomes a failed case: its suite has died.
"""
import os
import sys
import xml.etree.ElementTree as tree


def main(out, files):
    root = tree.Element("testsuites")
    for name in files:
        try:
            root.extend(tree.parse(name).getroot().iter("testsuite"))
        except (OSError, tree.ParseError) as e:
            suite = tree.SubElement(root, "testsuite", name=name)
            case = tree.SubElement(suite, "testcase", classname="lab",
                                   name=os.path.basename(name))
            tree.SubElement(case, "failure", message=str(e))
    tree.ElementTree(root).write(out, encoding="utf-8", xml_declaration=True)


main(sys.argv[1], sys.argv[2:])
