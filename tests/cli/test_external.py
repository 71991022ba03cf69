# SPDX-License-Identifier: Apache-2.0
"""The second slot in external flash: other sectors, other blocks, slow."""
import re
import subprocess

import pytest

from rig import SMPSIM, environment, make_package, smpctl

EXTERNAL = "nrf52840dk-external"


def active(images):
    return next(i for i in images if i["image"] == 0 and i["active"])


def test_a_scratch_area_swaps_sectors_of_different_sizes(device,
                                                         single_package):
    dev = device(EXTERNAL)
    dev("upgrade", single_package)
    now = active(dev.images())
    assert now["version"] == "1.1.0" and now["confirmed"]
    dev("revert")
    now = active(dev.images())
    assert now["version"] == "1.0.0" and now["confirmed"]
    assert "flash misuse" not in dev.note


@pytest.mark.parametrize("mode", ["overwrite", "overwrite-whole"])
def test_overwriting_does_not_mind_different_sectors(device, single_package,
                                                     mode):
    dev = device(EXTERNAL, "--bootloader", mode)
    dev("upgrade", "--mode", "confirm-only", single_package)
    assert active(dev.images())["version"] == "1.1.0"
    assert "flash misuse" not in dev.note


@pytest.mark.parametrize("mode", ["move", "offset"])
def test_swapping_without_scratch_is_refused_and_the_reason_is_printed(
        device, single_package, mode):
    dev = device(EXTERNAL, "--bootloader", mode)
    run = dev("--json", "upgrade", single_package, status=None)
    assert run.status != 0
    assert active(dev.images())["version"] == "1.0.0"
    assert "slots have non-compatible sectors" in dev.console


def test_programs_do_not_run_from_external_flash():
    done = subprocess.run(
        [SMPSIM, "--preset", EXTERNAL, "--bootloader", "direct-xip", "--udp",
         "0"], capture_output=True, text=True, timeout=20,
        stdin=subprocess.DEVNULL, env=environment(), check=False)
    assert done.returncode == 2
    assert "the second one lies in external flash" in done.stderr


@pytest.mark.parametrize("write", [1, 8, 16])
def test_an_external_write_block_of_its_own(device, single_package, write):
    dev = device(EXTERNAL, "--set", f"external.write={write}",
                 "--set", "boot.max_align=16")
    dev("upgrade", single_package)
    now = active(dev.images())
    assert now["version"] == "1.1.0" and now["confirmed"]
    assert "flash misuse" not in dev.note


@pytest.mark.parametrize("cuts", [
    ["power-cut@12:torn"], ["power-cut@3:boot,torn"],
    ["power-cut@90:boot,bits", "power-cut@150:boot,word"]])
def test_a_power_cut_between_two_flashes(device, single_package, cuts):
    dev = device(EXTERNAL, *[a for c in cuts for a in ("--fault", c)])
    for _ in range(4):
        run = dev("--json", "--retries", 8, "--timeout", 0.4, "upgrade",
                  single_package, status=None)
        if run.status == 0:
            break
    now = active(dev.images())
    assert now["version"] == "1.1.0" and now["confirmed"]
    assert dev.note.count("fault: power cut") == len(cuts)


def seconds(run):
    return float(re.search(r"done in ([0-9.]+) s", run.out + run.err)[1])


def test_slow_erases_cost_the_time_of_the_board(tmp_path):
    package = make_package(tmp_path / "a.zip", net=False, size=200000)
    # Virtual time: four blocks of 0.48 s in the upload, as many in the swap.
    run = smpctl("upgrade", package,
                 connect=f"sim:{EXTERNAL}?flash-time=real")
    assert "1.1.0 runs, confirmed" in run.out + run.err
    slow = seconds(run)
    quick = seconds(smpctl("upgrade", package, connect=f"sim:{EXTERNAL}"))
    assert slow - quick > 8 * 0.48


def test_a_client_waits_for_the_erase_of_a_whole_slot(device,
                                                      single_package):
    # Twelve blocks before the first answer, in real time.
    dev = device(EXTERNAL, "--flash-time", "real", "--set",
                 "server.features=-progressive", "--set",
                 "external.erase_us=250000")
    dev("image", "upload", single_package)
    assert any(i["version"] == "1.1.0" for i in dev.images())
