# SPDX-License-Identifier: Apache-2.0
"""A private bus with the scripted BlueZ, and virtual devices behind it."""
import json
import os
import pathlib
import re
import subprocess
import sys
import time

from rig import Device, smpctl

BUS_CONF = """<!DOCTYPE busconfig PUBLIC
 "-//freedesktop//DTD D-BUS Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><type>system</type><listen>unix:path={path}</listen>
<auth>EXTERNAL</auth><policy context="default">
<allow send_destination="*" eavesdrop="true"/><allow eavesdrop="true"/>
<allow own="*"/><allow user="*"/>{policy}</policy></busconfig>
"""
ADDRESS = "C0:00:00:00:00:01"


def wait_for(what, condition, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.02)
    raise AssertionError(f"{what}: not within {seconds} s")


class Bus:
    """dbus-daemon of our own, as the system bus."""

    def __init__(self, tmp, policy=""):
        self.tmp = tmp
        # A socket's path is short; those of pytest are not.
        self.socket = pathlib.Path(f"/tmp/smp-bus-{os.getpid()}-{id(self)}")
        conf = tmp / "bus.conf"
        conf.write_text(BUS_CONF.format(path=self.socket,
                                       policy=policy))
        self.process = subprocess.Popen(
            ["dbus-daemon", f"--config-file={conf}", "--nofork",
             "--nopidfile"], stdin=subprocess.DEVNULL)
        wait_for("the bus is up", self.socket.exists)
        self.env = {"DBUS_SYSTEM_BUS_ADDRESS": f"unix:path={self.socket}"}
        self.standin = None

    def bluez(self, devices, **config):
        path = self.tmp / "bluez.json"
        path.write_text(json.dumps({"devices": devices, **config}))
        self.log = self.tmp / "bluez.log"
        with open(self.log, "wb") as out:
            self.standin = subprocess.Popen(
                [sys.executable, pathlib.Path(__file__).with_name(
                    "standin.py"), path], stdout=out,
                stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
                env={**os.environ, **self.env})
        wait_for("BlueZ is up", self.ready)

    def ready(self):
        assert self.standin.poll() is None, self.log.read_text()
        return re.search("^ready", self.log.read_text(), re.M)

    def __call__(self, *args, by="Nordic_LBS", more="", **kw):
        kw.setdefault("env", self.env)
        return smpctl(*args, connect=f"ble:{by}" + (f"?{more}" if more
                                                    else ""), **kw)

    def most_waiting(self):
        """Most WriteValue calls that were open at a time."""
        return max(map(int, re.findall(r"^writes open: (\d+)$",
                                       self.log.read_text(), re.M)))

    def stop(self):
        for process in (self.standin, self.process):
            if process is not None and process.poll() is None:
                process.kill()
                process.wait()
        self.socket.unlink(missing_ok=True)


def device_entry(sim=None, address=ADDRESS, name="Nordic_LBS", **more):
    entry = {"address": address, "name": name, **more}
    if sim is not None:
        host, port = sim.connect.split(":")[1:]
        entry["udp"] = [host, int(port)]
    return entry


__all__ = ["ADDRESS", "Bus", "Device", "device_entry", "wait_for"]
