# SPDX-License-Identifier: Apache-2.0
"""The power-cut harness: it finds what is wrong, and its ids replay it.

The cases themselves run as C tests (power_* of ctest) and in script/power.
"""

import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FLAGS = [
    "-std=c11",
    "-O1",
    "-D_POSIX_C_SOURCE=200809L",
    "-DSMP_NO_ASSERT=1",
    f"-I{ROOT}/include",
    f"-I{ROOT}/src",
    f"-I{ROOT}/src/mcub",
    f"-I{ROOT}/tests/unit",
    f"-I{ROOT}/tests/power",
]

# Engine file, what is changed in it, and a run that must notice.
MUTATIONS = {
    "a revert marks nothing in the secondary": (
        "swap_move.c",
        "if (s->type == MCUB_SWAP_REVERT) {",
        "if (s->type == MCUB_SWAP_FAIL) {",
        "--one --mode move --scenario revert",
    ),
    "the primary trailer is written before it is erased": (
        "swap_offset.c",
        "rc = mcub_swap_erase_trailer(s, PRI);",
        "rc = 0;",
        "--one --mode offset --scenario updated",
    ),
    "torn records do not count": (
        "progress.c",
        "if (rc != 0 || value == t->flash->erased_val) {",
        "if (rc != 0 || value < 1 || value > 3) {",
        "--two --mode move --scenario test --geometry s6",
    ),
    "a record is written before its copy": (
        "swap_scratch.c",
        "rc = secondary_to_scratch(s, region, k == 1);",
        "rc = k == 1 ? secondary_to_scratch(s, region, true) : 0;",
        "--one --mode scratch --scenario test",
    ),
    "a stale scratch trailer is believed": (
        "scratch.c",
        "if (primary_records == 3 && scratch_is_stale(s, region) == 1) {",
        "if (primary_records > 3) {",
        "--one --mode scratch --geometry s1-4k",
    ),
    "any trailer that names a swap is one under way": (
        "resume.c",
        "(!mcub_swap_is_marked(s) ||",
        "(!mcub_swap_is_marked(s) || records > 0 ||",
        "--one --mode move --scenario updated",
    ),
    "a torn copy_done counts as missing": (
        "slot.c",
        "pri.copy_done = MCUB_MARK_SET;",
        "pri.copy_done = MCUB_MARK_BAD;",
        "--one --mode move --scenario test",
    ),
    "direct-xip erases the trailer first": (
        "select.c",
        "return mcub_flash_erase(area->flash, area->off, area->size);",
        "(void)area;"
        "return mcub_slot_erase(c->boot->board, c->image, c->slot);",
        "--one --mode xip-revert",
    ),
    "a half erased header makes an update a downgrade": (
        "boot_check.c",
        "int running_rc = mcub_boot_check_primary(boot, s->image);",
        "int running_rc = 0;",
        "--sample 60000 --mode overwrite --scenario test",
    ),
    "overwrite removes the mark first": (
        "overwrite.c",
        "int rc = whole ? copy_whole(s) : copy_image(s, 0);",
        "int rc = mcub_swap_erase_trailer(s, SEC);"
        "rc = rc == 0 ? copy_image(s, 0) : rc;",
        "--one --mode overwrite --scenario test",
    ),
    "an upload trusts what looks blank": (
        "slot_write.c",
        "if (rc == 0) {\n            rc = mcub_flash_erase(",
        "if (rc == 0 && mcub_flash_is_erased(slot->flash, sector.off,"
        " sector.size) != 1) {\n            rc = mcub_flash_erase(",
        "--one --mode overwrite --scenario cancel",
    ),
    "the counter of the cipher follows where a piece was moved to": (
        "boot_crypt.c",
        "uint32_t off = out && s->mode != MCUB_MODE_MOVE ? from.off : to.off;",
        "uint32_t off = from.off;",
        "--one --mode move --scenario revert --geometry s6",
    ),
    "the counter of the cipher starts again after a cut": (
        "boot_crypt.c",
        "sealed->start = hdr.hdr_size;",
        "sealed->start = hdr.hdr_size + s->records % 2 * 16;",
        "--one --mode offset --scenario test --geometry s6",
    ),
    "keys are lost with the power": (
        "boot_crypt.c",
        "rc = take(s, slot, s->status, header[slot]);",
        "rc = header[slot].area > SCR ? MCUB_E_ARG : 0;",
        "--one --mode scratch --scenario test --geometry s6",
    ),
    "a header is looked for where it was": (
        "boot_crypt.c",
        "if (state == 4 || (!move && state >= 2)) {",
        "if (state == 4) {",
        "--one --mode offset --scenario revert --geometry s6-7",
    ),
    "the keys are swapped like the images": (
        "boot_crypt.c",
        "const struct mcub_sealed *sealed = &s->sealed[out ? PRI : SEC];",
        "const struct mcub_sealed *sealed = &s->sealed[out ? SEC : PRI];",
        "--one --mode overwrite --scenario test --geometry s6",
    ),
    "a trailer that moves leaves the keys behind": (
        "boot_crypt.c",
        "if (s->keys_in < AREAS) {",
        "if (s->keys_in == SEC) {",
        "--two --mode scratch --scenario test --geometry s3-shared2",
    ),
    "a scratch area is compared without its key": (
        "scratch.c",
        "if (mcub_crypt_compare(s, region) != 0) {",
        "if (region->len == 0) {",
        "--one --mode scratch --geometry s1-4k",
    ),
    "a torn key of a bootstrapped image is not noticed": (
        "boot_swap.c",
        "(rc == 0 && !is_torn_copy(s))) {",
        "(rc == 0 && s->image > 7) || rc == 0) {",
        "--one --mode overwrite --scenario bootstrap --geometry s6",
    ),
    "the trial of a lower image is over before it ran": (
        "boot_swap.c",
        "boot->next[image] = MCUB_SWAP_NONE;\n            mcub_boot_tell(",
        "mcub_boot_tell(",
        "--one --geometry s5-pair --scenario test",
    ),
}


def run(*command, check=True):
    result = subprocess.run(
        [str(part) for part in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert not check or result.returncode == 0, result.stdout[-4000:]
    return result


def sources():
    names = list((ROOT / "src" / "mcub").glob("*.c"))
    names += [
        name
        for name in (ROOT / "tests" / "power").glob("*.c")
        if name.name != "size_boot.c"
    ]
    return names + [ROOT / "tests" / "unit" / "flash_model.c"]


@pytest.fixture(scope="module", name="objects")
def objects_fixture(tmp_path_factory):
    """{source name: object file}, everything compiled as it is."""
    compiler = shutil.which("cc")
    assert compiler, "no C compiler: script/bootstrap --tests brings one"
    folder = tmp_path_factory.mktemp("objects")
    objects = {}
    for source in sources():
        # tests/power/geometry.c and src/mcub/geometry.c have one name.
        kind = "mcub" if source.parent.name == "mcub" else "test"
        target = folder / f"{kind}_{source.stem}.o"
        run(compiler, *FLAGS, "-c", source, "-o", target)
        objects[f"{kind}/{source.name}"] = target
    return objects


def link(objects, target):
    run(shutil.which("cc"), *objects.values(), "-o", target)
    return target


@pytest.fixture(scope="module", name="power")
def power_fixture(objects, tmp_path_factory):
    return link(objects, tmp_path_factory.mktemp("power") / "mcub_power")


def summary(output):
    last = output.strip().splitlines()[-1]
    match = re.fullmatch(
        r"(\d+) cases, \d+ boots, [\d.]+ s, \d+ cases/s, (\d+) failures", last
    )
    assert match, output
    return int(match[1]), int(match[2])


@pytest.mark.parametrize("name", MUTATIONS)
def test_the_harness_finds(name, objects, tmp_path):
    file, old, new, arguments = MUTATIONS[name]
    text = (ROOT / "src" / "mcub" / file).read_text(encoding="utf-8")
    assert text.count(old) >= 1, f"{file} has changed: adapt the mutation"
    mutant = tmp_path / file
    mutant.write_text(text.replace(old, new), encoding="utf-8")
    target = tmp_path / "mutant.o"
    run(shutil.which("cc"), *FLAGS, "-w", "-c", mutant, "-o", target)
    program = link({**objects, f"mcub/{file}": target}, tmp_path / "mcub_power")

    result = run(program, *arguments.split(), check=False)
    assert result.returncode == 1
    assert summary(result.stdout)[1] > 0
    # And the id of the first failure replays it.
    replay = result.stdout.split(": ", 1)[0]
    assert replay.startswith("power/")
    assert "cut=" in replay and "geom=" in replay
    again = run(program, "--replay", replay, check=False)
    assert again.returncode == 1, again.stdout
    assert summary(again.stdout) == (1, 1)


def test_the_same_cases_pass_without_mutations(power):
    for arguments in {row[3] for row in MUTATIONS.values()}:
        if "--sample" in arguments or "--two" in arguments:
            continue
        cases, failures = summary(run(power, *arguments.split()).stdout)
        assert cases > 100
        assert failures == 0


def test_a_replayed_case_shows_its_boots(power):
    result = run(
        power,
        "--replay",
        "power/revert:geom=s6,mode=move,w=0,e=ff,sz=0,opt=0,cut=5c+7t,seed=1",
    )
    assert "power-up 0: cut after 6 operations" in result.stdout
    assert "power-up 1: cut after" in result.stdout
    assert summary(result.stdout) == (1, 0)


@pytest.mark.parametrize(
    "wrong",
    [
        "",
        "power/",
        "power/revert",
        "power/nothing:geom=s6,mode=move,cut=1c,seed=1",
        "power/revert:geom=nowhere,mode=move,cut=1c,seed=1",
        "power/revert:geom=s6,mode=move,cut=1x,seed=1",
        "power/revert:geom=s6,mode=xip,cut=1c,seed=1",
        "power/revert:geom=s6,mode=move,cut=1c+1c+1c+1c+1c,seed=1",
        "power/history:geom=s6",
    ],
)
def test_what_is_no_id_is_refused(power, wrong):
    assert run(power, "--replay", wrong, check=False).returncode == 2


def page_rows():
    """Rows of numbers in docs/spec/swap.md, without their white space."""
    page = (ROOT / "docs" / "spec" / "swap.md").read_text(encoding="utf-8")
    costs = page.split("## Costs", 1)[1].split("\n## ", 1)[0]
    return [re.sub(r" +", " ", row) for row in costs.splitlines()]


def test_the_page_states_these_costs(power):
    output = run(power, "--numbers").stdout
    rows = {re.sub(r" +", " ", row) for row in output.splitlines()}
    stated = [row for row in page_rows() if row.startswith(("| swap-", "| over"))]
    stated = [row for row in stated if row.count("|") >= 6]
    assert len(stated) >= 14
    for row in stated:
        assert row in rows, row


@pytest.mark.slow
def test_the_page_states_these_sizes():
    assert shutil.which("arm-none-eabi-gcc"), "script/bootstrap --tests has it"
    pattern = re.compile(r"\| ([\w ,-]+) \| (\d+) \| (\d+) \| (\d+|–) \|")
    output = run(ROOT / "script" / "power", "--numbers").stdout
    now = {m[1]: (int(m[2]), int(m[3])) for m in pattern.finditer(output)}
    stated = [m for row in page_rows() if (m := pattern.fullmatch(row))]
    assert len(stated) == len(now) == 9
    for row in stated:
        for number, measured in zip((int(row[2]), int(row[3])), now[row[1]]):
            assert abs(number - measured) <= 0.05 * measured, row[0]


def test_an_update_costs_no_more_than_with_the_reference(power):
    output = run(power, "--numbers").stdout
    rows = re.findall(
        r"\| ([\w ,-]+?) +\| +(\d+) \| +(\d+) \| +(\d+) \| +\d+ "
        r"\| (\d+), (\d+), (\d+) \|",
        output,
    )
    assert len(rows) == 6
    for name, *numbers in rows:
        ours, theirs = numbers[:3], numbers[3:]
        for mine, reference in zip(ours, theirs):
            assert int(mine) <= int(reference), name
