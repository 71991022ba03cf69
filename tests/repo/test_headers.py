# SPDX-License-Identifier: Apache-2.0
"""Public headers: each parses alone, in C and C++, and documents itself."""

import re

import pytest

import repo

HEADERS = repo.files(r"include/.*\.h$")
PRIVATE = repo.files(r"src/.*\.h$")
GLIB = ("host", "vdev", "cli")


def parse_alone(tmp_path, suffix, compiler, standard, header):
    unit = tmp_path / f"unit.{suffix}"
    # Twice: the include guard is tested, too.
    line = f'#include "{header}"\n'
    unit.write_text(line * 2 + "extern int not_empty;\n", encoding="ascii")
    repo.run(
        compiler,
        f"-std={standard}",
        "-fsyntax-only",
        "-Wall",
        "-Wextra",
        "-Wpedantic",
        "-Wundef",
        "-Werror",
        "-I",
        repo.ROOT / "include",
        unit,
    )


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_parses_alone_in_c11(name, tmp_path):
    parse_alone(
        tmp_path, "c", repo.need("gcc"), "c11", name.removeprefix("include/")
    )


@pytest.mark.parametrize("name", HEADERS)
def test_a_header_parses_alone_in_cxx11(name, tmp_path):
    parse_alone(
        tmp_path, "cpp", repo.need("g++"), "c++11", name.removeprefix("include/")
    )


@pytest.mark.parametrize("name", [n for n in PRIVATE if n.split("/")[1] not in GLIB])
def test_a_private_header_of_the_portable_floors_parses_alone(name, tmp_path):
    unit = tmp_path / "unit.c"
    unit.write_text(
        f'#include "{name.removeprefix("src/")}"\nextern int not_empty;\n',
        encoding="ascii",
    )
    repo.run(
        repo.need("gcc"),
        "-std=c11",
        "-fsyntax-only",
        "-I",
        repo.ROOT / "include",
        "-I",
        repo.ROOT / "src",
        "-isystem",
        repo.zcbor_dir() / "include",
        unit,
    )


@pytest.mark.parametrize("name", HEADERS + PRIVATE)
def test_the_include_guard_has_the_name_of_the_file(name):
    guard = re.search(r"^#ifndef (\w+)\n#define (\w+)$", repo.text(name), re.M)
    assert guard, f"{name}: no include guard"
    assert guard.group(1) == guard.group(2)
    wanted = re.sub(r"\W", "_", name.split("/", 1)[1]).upper()
    # A private header may have the name of the public one.
    names = {wanted, wanted.removesuffix("_H") + "_PRIVATE_H"}
    assert guard.group(1) in names, (
        f"{name}: {guard.group(1)} instead of {wanted}"
    )


TOKEN = re.compile(
    r"(?P<comment>/\*.*?\*/|//[^\n]*)"
    r"|(?P<directive>^[ \t]*#(?:[^\n\\]|\\.)*)"
    r"|(?P<blank>\n[ \t]*\n)"
    r"|(?P<punctuation>[;{}])"
    r"|(?P<rest>[^;{}/#\n]+|.)",
    re.M | re.S,
)


def declarations(source):
    """Yields (declaration, comment before it, shares that of the one before)."""
    comment = ""
    shared = False
    statement = ""
    depth = 0
    for token in TOKEN.finditer(source):
        kind = token.lastgroup
        value = token.group()
        if depth:
            depth += {"{": 1, "}": -1}.get(value, 0)
            if not depth and statement.rstrip().endswith(")"):
                yield statement.strip(), comment, shared
                statement, shared = "", True
            continue
        if kind == "comment":
            if not statement.strip():
                comment, shared = value, False
        elif kind == "directive":
            continue
        elif kind == "blank":
            if not statement.strip() and shared:
                comment, shared = "", False
        elif value == "{":
            if re.match(r'\s*extern\s+"C"\s*$', statement):
                statement = ""
            else:
                depth = 1
        elif value == "}":
            statement = ""
        elif value == ";":
            yield statement.strip(), comment, shared
            statement, shared = "", True
        else:
            statement += value


FUNCTION = re.compile(r"^(?!typedef|struct \w+$|enum|union|_Static_assert)"
                      r"[\w\s*]*?\b(\w+)\s*\(([^()]*(?:\([^()]*\)[^()]*)*)\)[\s\w()]*$")


def functions(name):
    source = repo.text(name)
    for statement, comment, shared in declarations(source):
        statement = re.sub(r"\s+", " ", statement)
        match = FUNCTION.match(statement)
        if match and "(*" not in statement.split("(", 1)[0] + "(":
            yield match.group(1), match.group(2), comment, shared


@pytest.mark.parametrize("name", HEADERS)
def test_every_public_function_is_documented(name):
    wrong = [
        f"{name}: {function}: no comment block before it"
        for function, _, comment, _ in functions(name)
        if not comment.startswith("/**")
    ]
    assert not wrong, repo.listing(wrong)


@pytest.mark.parametrize("name", HEADERS)
def test_documented_parameters_exist(name):
    families = []
    for function, parameters, comment, shared in functions(name):
        if shared and families:
            families[-1][1].append(parameters)
        else:
            families.append((function, [parameters], comment))
    wrong = []
    for function, parameters, comment in families:
        known = set(re.findall(r"\w+", " ".join(parameters)))
        for names in re.findall(r"@param(?:\[[\w,]+\])?\s+([\w, ]+)", comment):
            first = names.split()[0].rstrip(",")
            if first not in known:
                wrong.append(f"{name}: {function}: @param {first}")
    assert not wrong, repo.listing(wrong)


def test_the_reader_of_declarations_sees_what_it_should():
    source = """
    struct a { int (*f)(void); };
    /** One. */
    int one(int x);
    int two(void);

    int three(void (*callback)(int));
    /** Four. */
    static inline int four(void)
    { return 1; }
    typedef int (*five)(void);
    """
    seen = []
    for statement, comment, _ in declarations(source):
        match = FUNCTION.match(re.sub(r"\s+", " ", statement))
        if match:
            seen.append((match.group(1), bool(comment)))
    assert seen == [("one", True), ("two", True), ("three", False), ("four", True)]
