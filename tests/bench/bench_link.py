# SPDX-License-Identifier: Apache-2.0
"""Speed on the link model of the origin log, in virtual time.

bound = min(window, per_interval / PDUs per message) * chunk / interval
"""
import json
import math
import os
import pathlib
import subprocess
import sys
import tempfile

SMPCTL = os.environ["SMPCTL"]
APP, NET = 139592, 190472
CHUNK_OVERHEAD = 8 + 1 + 4 + 5 + 5 + 3  # header, map, off, data: large numbers
PER_INTERVAL = 6


def run(connect, *args):
    done = subprocess.run([SMPCTL, "-q", "--json", "-c", connect, *args],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{connect}: {done.stderr}")
    return json.loads(done.stdout)


def bound(message, chunk, window, interval_ms, mtu=252):
    pdus = math.ceil(message / (mtu - 3))
    messages = min(window, PER_INTERVAL / pdus)
    return messages * chunk / interval_ms


def main():
    work = pathlib.Path(tempfile.mkdtemp())
    package = work / "dfu.zip"
    subprocess.run([SMPCTL, "package", "create", package, "--app",
                    "name=Nordic_LTS", "--app-version", "1.1.0",
                    "--app-size", str(APP)], check=True,
                   stdout=subprocess.DEVNULL)
    print("Upload of 139,592 bytes on the link model, per_interval=6, mtu=252")
    print("(kB/s; bound = what window, chunk and link allow)\n")
    print(f"{'device':34} {'interval':>8} {'window':>6} {'chunk':>6} "
          f"{'kB/s':>7} {'bound':>7} {'share':>6}  limit")
    rows = [
        ("nrf5340dk-ncs2.4.1-multi", "", "auto", 3),
        ("nrf5340dk-ncs2.4.1-multi", "", "1", 1),
        ("nrf5340dk-ncs2.4.1-multi", "&set=ble.reassembly:no", "auto", 3),
        ("nrf5340dk-ncs2.4.1-multi", "&set=ble.reassembly:no", "1", 1),
        ("nrf5340dk-ncs2.4.1-single", "", "auto", 3),
        ("nrf5340dk-ncs2.4.1-single", "", "1", 1),
    ]
    for interval in (7.5, 15, 40, 100):
        for preset, more, window, allowed in rows:
            link = f"interval={interval}ms,mtu=252,per_interval=6,loss=0"
            doc = run(f"sim:{preset}?link={link}{more}", "--window", window,
                      "upgrade", "--mode", "upload-only", str(package))
            image = doc["images"][0]
            message = image["chunk"] + CHUNK_OVERHEAD
            best = bound(message, image["chunk"], allowed, interval)
            name = preset.replace("nrf5340dk-ncs2.4.1-", "") + (
                ", no reassembly" if more else "")
            print(f"{name:34} {interval:>6}ms {window:>6} {image['chunk']:>6} "
                  f"{image['kB_per_s']:7.2f} {best:7.2f} "
                  f"{image['kB_per_s'] / best:6.0%}  {image['limit']}")
    print("\norigin log, 40 ms, window 1: 4.24 and 5.84 kB/s")


main()
