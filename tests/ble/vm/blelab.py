# SPDX-License-Identifier: Apache-2.0
"""Inside the lab: bluetoothd, adapters, smpsim as a peripheral."""
import os
import pathlib
import re
import signal
import subprocess
import time

from rig import SMPSIM, environment, smpctl

# As btvirt counts them; script/test-ble asks for as many.
ADAPTERS = 6
ADDRESS = {f"hci{i}": f"00:AA:01:{i:02X}:00:{i:02X}" for i in range(ADAPTERS)}
CONF = pathlib.Path("/run/ble/main.conf")
DAEMONS = ("/usr/libexec/bluetooth/bluetoothd",
           "/usr/lib/bluetooth/bluetoothd")


def wait_for(what, condition, seconds=20.0):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        got = condition()
        if got:
            return got
        time.sleep(0.05)
    raise AssertionError(f"{what}: not within {seconds} s")


def dbus(path, method, *args):
    return subprocess.run(
        ["dbus-send", "--system", "--print-reply", "--dest=org.bluez", path,
         method, *args], capture_output=True, text=True, timeout=40,
        check=False).stdout


def get(path, iface, name):
    return dbus(path, "org.freedesktop.DBus.Properties.Get",
                f"string:{iface}", f"string:{name}")


def powered(adapter):
    return "boolean true" in get(f"/org/bluez/{adapter}",
                                 "org.bluez.Adapter1", "Powered")


def power(adapter, on):
    dbus(f"/org/bluez/{adapter}", "org.freedesktop.DBus.Properties.Set",
         "string:org.bluez.Adapter1", "string:Powered",
         f"variant:boolean:{'true' if on else 'false'}")


def device_path(central, peripheral):
    return (f"/org/bluez/{central}/dev_"
            + ADDRESS[peripheral].replace(":", "_"))


def connected(central, peripheral):
    return "boolean true" in get(device_path(central, peripheral),
                                 "org.bluez.Device1", "Connected")


def known(adapter):
    """Device objects below an adapter."""
    text = dbus("/", "org.freedesktop.DBus.ObjectManager.GetManagedObjects")
    return sorted(set(re.findall(
        rf'object path "(/org/bluez/{adapter}/dev_\w+)"', text)))


def daemon_pid():
    for entry in pathlib.Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words[0].decode() in DAEMONS:
            return int(entry.name)
    return None


def daemon_stop(how=signal.SIGTERM):
    pid = daemon_pid()
    if pid is not None:
        os.kill(pid, how)
        wait_for("bluetoothd ends", lambda: daemon_pid() is None)


def daemon_start(mtu=517):
    text = re.sub(r"ExchangeMTU=\d+", f"ExchangeMTU={mtu}", CONF.read_text())
    conf = pathlib.Path("/tmp/main.conf")
    conf.write_text(text)
    program = next(d for d in DAEMONS if os.path.exists(d))
    with open("/run/ble/bluetoothd.log", "ab") as log:
        subprocess.Popen([program, "-n", "-f", str(conf)], stdout=log,
                         stderr=log, stdin=subprocess.DEVNULL)
    wait_for("bluetoothd is up",
             lambda: all(powered(a) for a in ADDRESS))


def daemon_restart(mtu=517):
    daemon_stop()
    daemon_start(mtu)


class Peripheral:
    """smpsim on an adapter."""

    def __init__(self, tmp, preset, *args, ble="hci1"):
        self.adapter = ble.split(",")[0]
        self.note_path = tmp / "note"
        self.console_path = tmp / "console"
        with open(self.console_path, "wb") as out, \
                open(self.note_path, "wb") as err:
            self.process = subprocess.Popen(
                [SMPSIM, "--preset", preset, "--flash-time", "0",
                 "--ble", ble, *map(str, args)], stdout=out, stderr=err,
                stdin=subprocess.DEVNULL, env=environment())
        wait_for("smpsim is on the air", self.listening)
        self.name = re.search(r"^listening ble \S+ (.*)$", self.note,
                              re.M)[1]

    def listening(self):
        assert self.process.poll() is None, self.note
        return re.search(r"^listening ble", self.note, re.M)

    @property
    def note(self):
        return self.note_path.read_text(errors="replace")

    @property
    def console(self):
        return self.console_path.read_text(errors="replace")

    def uri(self, by=None, central="hci0", **more):
        query = "&".join(f"{k}={v}" for k, v in more.items())
        return (f"ble:{by or ADDRESS[self.adapter]}?adapter={central}"
                + ("&" + query if query else ""))

    def __call__(self, *args, by=None, central="hci0", uri=None, **more):
        return smpctl(*args, connect=self.uri(by, central, **(uri or {})),
                      **more)

    def images(self, **more):
        return self("--json", "image", "list", **more).json["images"]

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.process.wait(30)
        assert "Sanitizer" not in self.note, self.note
        return status
