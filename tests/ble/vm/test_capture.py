# SPDX-License-Identifier: Apache-2.0
"""Bytes on the air: what a capture holds is what was said."""
import pathlib
import signal
import subprocess
import sys
import time

import snoop
from rig import ZEPHYR, smpctl

TRACE = pathlib.Path(__file__).parents[1] / "lab/hci-trace.py"


def test_smpctl_reads_the_capture_of_its_own_session(peripheral, tmp_path):
    dev = peripheral(ZEPHYR)
    monitor = tmp_path / "monitor.snoop"
    recorder = subprocess.Popen([sys.executable, TRACE, monitor])
    time.sleep(2)
    dev("os", "echo", "hello on the air")
    dev("image", "list")
    time.sleep(1)
    recorder.send_signal(signal.SIGTERM)
    recorder.wait(10)
    captures = {"monitor": monitor}
    # The HCI format knows one adapter only: the central's, the peripheral's.
    for side, index in (("central", 0), ("peripheral", 1)):
        captures[side] = tmp_path / f"hci{index}.snoop"
        captures[side].write_bytes(snoop.to_hci(monitor.read_bytes(), index))
    for name, path in captures.items():
        out = smpctl("decode", path).out
        assert out.count("hello on the air") == 2, (name, out)
        assert "image state" in out or "image list" in out, (name, out)
        assert "answer" in out and "1.0.0" in out, (name, out)
        assert "mtu 517" in out, (name, out)
