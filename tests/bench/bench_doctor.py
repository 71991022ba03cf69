#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The doctor against the live matrix: hits, misses, confusions, seconds.

  script/bench doctor, or tests/bench/bench_doctor.py [--quick] [--only TEXT]
  tests/bench/bench_doctor.py --big [MB]   seconds and memory of large files

Every scenario of tests/replay/live.py makes smpctl fail; the column behind the
scenario is the command that failed. The doctor sees the recording only. The binaries are those of $SMP_BUILD_DIR (build/asan).
"""
import collections
import pathlib
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests/replay"))

import big  # noqa: E402
import live  # noqa: E402


def one(function):
    """Which command of smpctl failed, and what the doctor says: a list of
    (pattern, id, confidence).
    """
    with tempfile.TemporaryDirectory() as tmp:
        world = live.World(tmp)
        try:
            function(world)
            doc = world.verdicts()
        finally:
            world.close()
    return world.by or "(list only)", [
        (v["pattern"], v["id"], v["confidence"]) for v in doc["verdicts"]]


def large_files(megabytes):
    with tempfile.TemporaryDirectory() as tmp:
        for kind, seconds, memory in big.table(big.SMPCTL, megabytes,
                                               pathlib.Path(tmp)):
            print(f"{megabytes} MB {kind:8} {seconds:5.1f} s "
                  f"{memory:5.0f} MB of memory", flush=True)


def main(args):
    if "--big" in args:
        large_files(int((args[args.index("--big") + 1:] or ["100"])[0]))
        return 0
    quick = "--quick" in args
    only = args[args.index("--only") + 1] if "--only" in args else ""
    hits, misses, confused = [], [], collections.Counter()
    commands = collections.defaultdict(set)
    start = time.monotonic()
    for pattern, name, function in live.SCENARIOS:
        if only not in f"{pattern} {name}" or (quick and name in live.SLOW):
            continue
        try:
            command, found = one(function)
        except Exception as error:  # a broken scenario is a miss
            command = "-"
            found = [("-", f"{type(error).__name__}: {error}"[:80], 0)]
        first = found[0] if found else ("-", "nothing", 0)
        hit = first[0] == pattern
        (hits if hit else misses).append(pattern)
        if hit:
            commands[command].add(pattern)
        if not hit:
            confused[pattern, first[0]] += 1
        print(f"{'hit ' if hit else 'MISS'} {pattern:4} {name:45} "
              f"{command:13} {first[2]:4.2f} {first[1] if hit else first}",
              flush=True)
    total = len(hits) + len(misses)
    print(f"\n{len(hits)} of {total} scenarios, "
          f"{len(set(hits))} patterns named first, "
          f"{time.monotonic() - start:.0f} s")
    for command, patterns in sorted(commands.items()):
        print(f"  {len(patterns):3} patterns with smpctl {command}")
    for (wanted, got), count in confused.most_common():
        print(f"  {wanted} taken for {got}: {count}")
    if not quick and not only:
        large_files(100)
    return 1 if misses else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
