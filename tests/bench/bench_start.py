# SPDX-License-Identifier: Apache-2.0
"""How long a start takes."""
import os
import statistics
import subprocess
import time

times = []
for _ in range(51):
    begin = time.monotonic()
    subprocess.run([os.environ["SMPCTL"], "--version"], check=True,
                   stdout=subprocess.DEVNULL)
    times.append((time.monotonic() - begin) * 1000)
print(f"\nsmpctl --version: {statistics.median(times):.1f} ms, median of 51 "
      f"(fork and exec included)")
