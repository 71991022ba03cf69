# SPDX-License-Identifier: Apache-2.0
"""Several devices at the same time: in several processes, and in one.

An emulated controller takes one connection only: three devices need six.
"""
import pathlib
import subprocess
from concurrent.futures import ThreadPoolExecutor

import pytest

from rig import SMPCTL, ZEPHYR, environment, make_package

SEVERAL = pathlib.Path(SMPCTL).parents[2] / "tests/ble/ble_several"
CENTRALS = ("hci0", "hci2", "hci4")
PERIPHERALS = ("hci1", "hci3", "hci5")


@pytest.fixture
def three(peripheral):
    return [peripheral(ZEPHYR, ble=f"{adapter},name=dev{adapter}")
            for adapter in PERIPHERALS]


@pytest.fixture
def small(tmp_path):
    return make_package(tmp_path / "p.zip", net=False, size=30000)


def check_all_updated(devs):
    for dev, central in zip(devs, CENTRALS):
        now = next(i for i in dev.images(central=central) if i["active"])
        assert now["version"] == "1.1.0" and now["confirmed"], dev.note


def test_three_processes_update_a_device_each(three, small):
    with ThreadPoolExecutor() as pool:
        runs = list(pool.map(
            lambda dev, central: dev("--json", "upgrade", small,
                                     central=central), three, CENTRALS))
    assert all(run.json["ok"] for run in runs), runs
    check_all_updated(three)


@pytest.mark.parametrize("how", ["threads", "turns"])
def test_one_process_updates_three_devices(three, small, how):
    uris = [dev.uri(central=central) for dev, central in zip(three, CENTRALS)]
    done = subprocess.run([SEVERAL, how, small, *uris], text=True,
                          capture_output=True, timeout=240, check=False,
                          env=environment())
    assert "Sanitizer" not in done.stderr, done.stderr
    assert done.returncode == 0, done
    assert done.stdout.count(" done ") == 3, done
    check_all_updated(three)


def test_a_lost_link_does_not_disturb_the_others(peripheral, small):
    devs = [peripheral(ZEPHYR, *more, ble=f"{adapter},name=dev{adapter}")
            for adapter, more in zip(
                PERIPHERALS, ([], ["--fault", "disconnect:at=9000,down=800"],
                              []))]
    uris = [dev.uri(central=central) for dev, central in zip(devs, CENTRALS)]
    done = subprocess.run([SEVERAL, "turns", small, *uris], text=True,
                          capture_output=True, timeout=240, check=False,
                          env=environment())
    assert done.returncode == 0, done
    # Connections: one before the reset, one after it, one for the lost link.
    opens = [int(line.split()[-1]) for line in done.stdout.splitlines()]
    assert opens == [2, 3, 2], done
    check_all_updated(devs)
