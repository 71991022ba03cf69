# SPDX-License-Identifier: Apache-2.0
"""smpmgr's own command line, several commands in one process, because Python's
start is most of their cost in an emulated machine:

    smpmgr_run.py ADDRESS TIMEOUT COMMANDS.json RESULTS.json

COMMANDS is a list of lists of words; RESULTS a list of what each one left
behind. Ends at the first command that fails.
"""
import contextlib
import io
import json
import subprocess
import sys
import time

from smpmgr.main import app


def connected(path):
    done = subprocess.run(
        ["dbus-send", "--system", "--print-reply", "--dest=org.bluez", path,
         "org.freedesktop.DBus.Properties.Get", "string:org.bluez.Device1",
         "string:Connected"], capture_output=True, text=True, check=False)
    return "boolean true" in done.stdout


def wait_until_free(path):
    """smpmgr asks for the end of the connection as it ends; BlueZ takes two
    seconds for it, and a connection that is ending cannot be used."""
    end = time.monotonic() + 60
    while connected(path) and time.monotonic() < end:
        time.sleep(0.1)


def run(address, timeout, words):
    out = io.StringIO()
    cpu = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        try:
            app(["--ble", address, "--timeout", timeout, *words])
            status = 0
        except SystemExit as e:
            status = e.code if isinstance(e.code, int) else 0 if not e.code \
                else 1
    return {"args": words, "status": status, "out": out.getvalue(),
            "cpu": time.process_time() - cpu}


def main(address, timeout, commands, results):
    path = "/org/bluez/hci0/dev_" + address.replace(":", "_")
    with open(commands, encoding="utf-8") as f:
        todo = json.load(f)
    done = []
    for words in todo:
        done.append(run(address, timeout, words))
        with open(results, "w", encoding="utf-8") as f:
            json.dump(done, f)
        if done[-1]["status"] != 0:
            sys.exit(1)
        wait_until_free(path)


main(*sys.argv[1:])
