# SPDX-License-Identifier: Apache-2.0
"""Speed over a link with radio timing: the lab has none, the link model has."""
import math
import re
import zipfile

import pytest

from rig import SINGLE, ZEPHYR, make_package, smpctl

MTU, PER_INTERVAL = 252, 6


@pytest.mark.parametrize("preset,buf", [(ZEPHYR, 2475), (SINGLE, MTU - 3)])
@pytest.mark.parametrize("window", ["1", "auto"])
@pytest.mark.parametrize("ms", [7.5, 15, 40, 100])
def test_nine_tenths_of_what_the_link_allows(tmp_path, preset, buf, window,
                                             ms):
    package = make_package(tmp_path / "p.zip", net=False, size=200000)
    with zipfile.ZipFile(package) as z:
        name = next(n for n in z.namelist() if n.endswith(".bin"))
        z.extract(name, tmp_path)
    run = smpctl(
        "-v", "--json", "--window", window, "image", "upload",
        tmp_path / name, connect=f"sim:{preset}?link=interval={ms}ms,"
        f"mtu={MTU},per_interval={PER_INTERVAL},loss=0")
    chunk, used = map(int, re.search(r"chunks of (\d+), window (\d+)",
                                     run.err).groups())
    pdus = math.ceil(buf / (MTU - 3))
    # Answers go out at the event after the request's last PDU.
    alone = 1 / math.ceil(pdus / PER_INTERVAL)
    bound = min(used * alone, PER_INTERVAL / pdus) * chunk / ms
    speed = run.json["images"][0]["kB_per_s"]
    assert speed >= 0.9 * bound, (speed, bound)
    # The windows were used as well: no better client would be faster.
    assert used == (1 if window == "1" else 3)
