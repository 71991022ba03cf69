# SPDX-License-Identifier: Apache-2.0
"""UDP loopback beside a foreign client, same simulator, same run."""
import json
import os
import pathlib
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time

SMPCTL, SMPSIM = os.environ["SMPCTL"], os.environ["SMPSIM"]
RUNS = 5
OURS_MIB, THEIRS_MIB = 32, 2

FOREIGN = '''
import asyncio, sys
from smpclient import SMPClient
from smpclient.transport.udp import SMPUDPTransport

async def main():
    data = open(sys.argv[2], "rb").read()
    async with SMPClient(SMPUDPTransport(mtu=1500), "127.0.0.1") as client:
        async for off in client.upload(data):
            pass

asyncio.run(main())
'''


def start(work):
    note = work / "note"
    process = subprocess.Popen(
        [SMPSIM, "--preset", "bench", "--udp", "127.0.0.1:1337"],
        stdout=subprocess.DEVNULL, stderr=open(note, "wb"))
    for _ in range(200):
        if re.search(r"^listening udp", note.read_text(), re.M):
            return process
        time.sleep(0.02)
    sys.exit("smpsim does not start: " + note.read_text())


def measured(words):
    """Seconds on the clock and of processor for one child."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    begin = time.monotonic()
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    seconds = time.monotonic() - begin
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        sys.exit(f"{words[0]}: {done.stderr}")
    return seconds, (after.ru_utime + after.ru_stime
                     - before.ru_utime - before.ru_stime), done.stdout


def image(work, mib, seed):
    package = work / f"{mib}.zip"
    subprocess.run([SMPCTL, "package", "create", package, "--app", "name=Big",
                    "--app-size", str(mib * 1024 * 1024), "--seed", str(seed)],
                   check=True, stdout=subprocess.DEVNULL)
    subprocess.run([sys.executable, "-c",
                    "import sys,zipfile;zipfile.ZipFile(sys.argv[1])"
                    ".extractall(sys.argv[2])", package, work / str(seed)],
                   check=True)
    return work / str(seed) / "app_update.bin"


def main():
    work = pathlib.Path(tempfile.mkdtemp())
    script = work / "foreign.py"
    script.write_text(FOREIGN)
    ours, theirs = [], []
    for i in range(RUNS):
        big, small = image(work, OURS_MIB, 10 + i), image(work, THEIRS_MIB,
                                                         30 + i)
        sim = start(work)
        wall, cpu, out = measured(
            [SMPCTL, "-q", "--json", "-c", "udp:127.0.0.1", "image", "upload",
             str(big)])
        # The upload alone: start-up and package checks are not the engine.
        seconds = json.loads(out)["images"][0]["seconds"]
        ours.append((OURS_MIB / seconds, cpu / OURS_MIB))
        sim.terminate()
        sim.wait()
        sim = start(work)
        wall, cpu, _ = measured(
            [sys.executable, str(script), "127.0.0.1", str(small)])
        _, idle, _ = measured([sys.executable, "-c",
                               "from smpclient import SMPClient"])
        theirs.append((THEIRS_MIB / wall, (cpu - idle) / THEIRS_MIB))
        sim.terminate()
        sim.wait()
    rate = [statistics.median(r for r, _ in x) for x in (ours, theirs)]
    cpu = [statistics.median(c for _, c in x) for x in (ours, theirs)]
    print(f"\nUDP loopback, preset bench, median of {RUNS}")
    print(f"{'':12} {'MiB/s':>9} {'CPU ms per MiB':>15}")
    print(f"{'smpctl':12} {rate[0]:9.1f} {cpu[0] * 1000:15.2f}")
    print(f"{'smpclient':12} {rate[1]:9.2f} {cpu[1] * 1000:15.1f}")
    print(f"{'ratio':12} {rate[0] / rate[1]:9.1f} {cpu[0] / cpu[1]:15.3f}")


main()
