# SPDX-License-Identifier: Apache-2.0
"""The live matrix: devices that make an update fail, and what the doctor has
to say first. A scenario leaves files; the doctor sees nothing else.
"""
import hashlib
import inspect
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import subprocess
import termios
import threading
import time
import zipfile

from conftest import SMPCTL, SMPSIM, doctor, environment, run
from wire import IMAGE, OS, READ, WRITE, Proxy

SINGLE = "nrf5340dk-ncs2.4.1-single"
MULTI = "nrf5340dk-ncs2.4.1-multi"
OVERWRITE = "nrf5340dk-ncs2.4.1-multi-overwrite"
ZEPHYR = "nrf52840dk-zephyr4.4"
LEGACY = "legacy-mynewt"


class Sim:
    """A running smpsim on UDP or a pty."""

    def __init__(self, preset, *args, tmp, port="udp"):
        self.tmp = tmp
        self.console_path = tmp / "console.txt"
        self.note_path = tmp / "sim.txt"
        link = tmp / "pty"
        ports = {"udp": ["--udp", "127.0.0.1:0"], "tcp": ["--tcp", "0"],
                 "pty": ["--pty", str(link)]}[port]
        with open(self.console_path, "wb") as out, \
                open(self.note_path, "wb") as err:
            self.process = subprocess.Popen(
                [SMPSIM, "--preset", preset, *ports, *map(str, args)],
                stdout=out, stderr=err, stdin=subprocess.DEVNULL,
                env=environment())
        end = time.monotonic() + 20
        while True:
            note = self.note_path.read_text(errors="replace")
            found = re.search(r"^listening (\w+) (\S+)", note, re.M)
            if found:
                break
            assert self.process.poll() is None, note
            assert time.monotonic() < end, note
            time.sleep(0.01)
        where = found[2]
        self.connect = {"udp": f"udp:{where}", "tcp": f"tcp:{where}",
                        "pty": f"serial:{where}"}[port]
        self.port = int(where.rsplit(":", 1)[1]) if port != "pty" else 0

    def stop(self):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
            self.process.wait(20)


def command_of(args):
    """`image upload` of all the words of a command line."""
    words = [str(a) for a in args]
    while words[0].startswith("--"):
        words = words[1 if words[0] == "--trace-data" else 2:]
    two = words[0] in ("image", "os")
    return " ".join(words[:2 if two else 1])


class World:
    """What a scenario works with; everything ends with it."""

    def __init__(self, tmp):
        self.tmp = pathlib.Path(tmp)
        self.trace = self.tmp / "session.jsonl"
        self.things = []
        self.sims = 0
        self.more = []  # what the doctor is given besides the trace
        self.last = None
        self.by = ""  # the command of smpctl that failed last

    def sim(self, preset, *args, port="udp"):
        self.sims += 1
        tmp = self.tmp / f"sim{self.sims}"
        tmp.mkdir()
        sim = Sim(preset, *args, tmp=tmp, port=port)
        self.things.append(sim)
        return sim

    def proxy(self, sim, **hooks):
        proxy = Proxy(sim.port, **hooks)
        self.things.append(proxy)
        return proxy

    def capture(self, sim, **hooks):
        """A proxy whose pcap is all the doctor gets."""
        self.trace = self.tmp / "wire.pcap"
        return self.proxy(sim, pcap=self.trace, **hooks)

    def smpctl(self, connect, *args, trace=True, timeout=60):
        words = ["--json", "-c", connect]
        if trace:
            words += ["--trace", self.trace]
        self.last = run(*words, *args, status=None, timeout=timeout)
        if self.last.returncode != 0:
            self.by = command_of(args)
        return self.last

    def fails(self, connect, *args, **more):
        done = self.smpctl(connect, *args, **more)
        assert done.returncode != 0, done.stdout
        return done

    def package(self, name="app.zip", net=False, app="name=Nordic_LTS",
                version="1.1.0", size=30000, net_size=34000, seed=7,
                more=()):
        path = self.tmp / name
        args = ["package", "create", path, "--app", app, "--app-version",
                version, "--app-size", size, "--seed", seed, "--time",
                1700000000, *more]
        if net:
            args += ["--net", "--net-version", version, "--net-size", net_size]
        run(*args)
        return path

    def images(self, package):
        with zipfile.ZipFile(package) as z:
            manifest = json.loads(z.read("manifest.json"))
            return [z.read(f["file"]) for f in manifest["files"]]

    def hash_of(self, package, image=0):
        doc = json.loads(run("--json", "package", "show", package).stdout)
        return bytes.fromhex(doc["images"][image]["hash"])

    def file(self, name, data):
        path = self.tmp / name
        path.write_bytes(data)
        return path

    def state(self, connect, image_hash=None, confirm=False, *options):
        """A test or confirm by smpctl raw, without any check before it."""
        body = {"confirm": confirm}
        if image_hash is not None:
            body["hash"] = {"$hex": image_hash.hex()}
        return self.smpctl(connect, *options, "raw", "write", 1, 0,
                           json.dumps(body), trace=False)

    def chunk(self, connect, data, *options, size=200, **more):
        """A first chunk by smpctl raw; more keys of its map."""
        body = {"off": 0, "len": len(data),
                "sha": {"$hex": hashlib.sha256(data).hexdigest()},
                "data": {"$hex": data[:size].hex()}, **more}
        return self.smpctl(connect, *options, "raw", "write", 1, 1,
                           json.dumps(body), trace=False)

    def send(self, connect, data, *options, name="app.bin", **more):
        """smpctl image upload of these bytes."""
        return self.smpctl(connect, "image", "upload", *options,
                           self.file(name, data), trace=False, **more)

    def close(self):
        for thing in reversed(self.things):
            thing.stop()

    def verdicts(self):
        """The doctor on what is left, or the failure document's own."""
        files = [self.trace] if self.trace.exists() else []
        files += self.more
        if not files:
            return json.loads(self.last.stdout)
        return doctor(*files)


SCENARIOS = []


SLOW = set()


def scenario(pattern):
    """A function that makes an update fail as the pattern says."""
    def add(function):
        SCENARIOS.append((pattern, function.__name__, function))
        return function
    return add


def slow_scenario(pattern):
    """One that waits for real time-outs."""
    def add(function):
        SLOW.add(function.__name__)
        return scenario(pattern)(function)
    return add


def source(function):
    """Text of a scenario."""
    return inspect.getsource(function)


# ---- several images --------------------------------------------------------


@scenario("N1")
def package_of_two_forced_on_one_image_device(w):
    sim = w.sim(SINGLE)
    w.fails(sim.connect, "upgrade", "--force", w.package(net=True))


@scenario("N1")
def package_of_two_refused_before_the_first_byte(w):
    sim = w.sim(SINGLE)
    w.fails(sim.connect, "upgrade", w.package(net=True))


@scenario("N1")
def package_of_two_on_old_server(w):
    sim = w.sim(LEGACY)
    w.fails(sim.connect, "upgrade", "--force", w.package(net=True))


@scenario("N1")
def package_of_two_on_new_server_for_one_image(w):
    sim = w.sim(ZEPHYR)
    w.fails(sim.connect, "upgrade", "--force", w.package(net=True))


@scenario("N1")
def two_images_one_after_the_other_to_one(w):
    package = w.package(net=True)
    app, net = w.images(package)
    to = w.capture(w.sim(SINGLE)).connect
    w.smpctl(to, "image", "list", trace=False)
    w.send(to, app)
    w.send(to, net, "--image", 1, "--force", name="net.bin")
    w.state(to, w.hash_of(package))
    assert w.last.returncode == 6, w.last.stdout


@scenario("N8")
def both_files_are_sent_as_image_0(w):
    package = w.package(net=True)
    app, net = w.images(package)
    to = w.capture(w.sim(MULTI)).connect
    w.smpctl(to, "image", "list", trace=False)
    w.send(to, app)
    w.send(to, net, "--image", 0, "--force", name="net.bin")
    w.state(to, w.hash_of(package))
    assert w.last.returncode == 6, w.last.stdout


@scenario("N2")
def confirm_of_network_core_after_reset(w):
    package = w.package(net=True)
    to = w.capture(w.sim(MULTI)).connect
    w.smpctl(to, "upgrade", package, trace=False)
    w.state(to, w.hash_of(package, 1), True)
    assert w.last.returncode == 6, w.last.stdout


# ---- test and confirm ------------------------------------------------------


def mark(w, preset, image_hash=None, confirm=False, version=2, hooks=None,
         upload=None):
    """One state write after a list, all of it by smpctl."""
    to = w.capture(w.sim(preset), **(hooks or {})).connect
    w.smpctl(to, "image", "list", trace=False)
    if upload is not None:
        w.send(to, upload)
        w.smpctl(to, "image", "list", trace=False)
    return w.state(to, image_hash, confirm, "--smp-version", version)


@scenario("G1")
def test_of_unknown_hash_new_server(w):
    assert mark(w, ZEPHYR, bytes(range(32))).returncode == 6


@scenario("G1")
def test_of_unknown_hash_old_server(w):
    assert mark(w, SINGLE, bytes(range(32)), version=1).returncode == 6


@scenario("G2")
def refusal_hidden_by_v1(w):
    def rx(m):
        if m.is_(WRITE, IMAGE, 0):
            return ("reply", m.reply({"rc": 1}))
    assert mark(w, ZEPHYR, None, True, 1, {"rx": rx}).returncode == 6


@scenario("G3")
def test_without_hash(w):
    assert mark(w, ZEPHYR).returncode == 6


@scenario("G4")
def test_with_eight_bytes_of_the_hash(w):
    package = w.package()
    done = mark(w, ZEPHYR, w.hash_of(package)[:8],
                upload=w.images(package)[0])
    assert done.returncode == 6, done.stdout


@scenario("G5")
def test_of_the_running_image(w):
    sim = w.sim(ZEPHYR)
    images = json.loads(w.smpctl(sim.connect, "image", "list",
                                 trace=False).stdout)["images"]
    w.fails(sim.connect, "raw", "write", 1, 0,
            json.dumps({"hash": {"$hex": images[0]["hash"]},
                        "confirm": False}))


@scenario("G6")
def confirm_of_another_image_denied(w):
    def tx(m):
        if m.is_(3, IMAGE, 0) and m.version:
            return m.answer({"err": {"group": 1, "rc": 32}})
    sim = w.sim(ZEPHYR)
    w.fails(w.proxy(sim, tx=tx).connect, "upgrade", "--mode", "confirm-only",
            w.package())


@scenario("G7")
def mark_is_accepted_and_not_set(w):
    w.list = {}

    def rx(m):
        if m.is_(WRITE, IMAGE, 0):
            return ("reply", m.reply(w.list))

    def tx(m):
        if m.is_(1, IMAGE, 0):
            w.list = m.body
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx, tx=tx).connect, "upgrade",
            "--reset-timeout", 8, w.package(), timeout=120)


@scenario("G9")
def confirm_while_pending_old_server(w):
    package = w.package()
    app = w.images(package)[0]
    def tx(m):
        if m.is_(3, IMAGE, 0) and "images" in m.body and w.marked:
            return m.answer({"rc": 6})
    w.marked = False
    to = w.capture(w.sim(SINGLE), tx=tx).connect
    w.send(to, app)
    w.state(to, w.hash_of(package))
    w.smpctl(to, "image", "list", trace=False)
    w.marked = True
    w.state(to, None, True)
    assert w.last.returncode == 6, w.last.stdout


@scenario("E9")
def hash_of_the_file_instead_of_the_image(w):
    app = w.images(w.package())[0]
    done = mark(w, ZEPHYR, hashlib.sha256(app).digest(), upload=app)
    assert done.returncode == 6, done.stdout


@scenario("E1")
def unsigned_file_is_taken_and_not_listed(w):
    def rx(m):
        # The device of a server that does not look at the magic.
        if m.is_(WRITE, IMAGE, 1):
            return ("reply", m.reply({"rc": 0, "off": m.body["off"]
                                      + len(m.body["data"])}))
    to = w.capture(w.sim(SINGLE), rx=rx).connect
    w.smpctl(to, "image", "list", trace=False)
    w.chunk(to, os.urandom(200))
    w.smpctl(to, "image", "list", trace=False)
    w.state(to, hashlib.sha256(b"x").digest())
    assert w.last.returncode == 6, w.last.stdout


@scenario("E7")
def vector_table_is_refused(w):
    def tx(m):
        if m.is_(3, IMAGE, 0) and m.version:
            return m.answer({"err": {"group": 1, "rc": 29}})
    w.fails(w.proxy(w.sim(ZEPHYR), tx=tx).connect, "upgrade", w.package())


@scenario("L2")
def direct_xip_has_no_test(w):
    def tx(m):
        if m.is_(3, IMAGE, 0):
            return m.answer({"rc": 8})
    proxy = w.proxy(w.sim(ZEPHYR), tx=tx)
    w.more.append(w.file("prj.conf", b"CONFIG_MCUMGR=y\nCONFIG_MCUMGR_GRP_IMG"
                         b"=y\nCONFIG_MCUBOOT_BOOTLOADER_MODE_DIRECT_XIP=y\n"))
    w.fails(proxy.connect, "upgrade", w.package())


# ---- slots in use ----------------------------------------------------------


@scenario("H4")
def upload_while_on_trial(w):
    sim = w.sim(ZEPHYR)
    w.smpctl(sim.connect, "upgrade", "--mode", "test-only",
             w.package(app="name=T,confirm=0"), trace=False)
    data = w.images(w.package("next.zip", version="1.2.0", seed=9))[0]
    to = w.capture(sim).connect
    w.smpctl(to, "image", "list", trace=False)
    assert w.chunk(to, data).returncode == 6


@scenario("H4")
def upload_while_on_trial_old_server(w):
    sim = w.sim(SINGLE)
    w.smpctl(sim.connect, "upgrade", "--mode", "test-only",
             w.package(app="name=T,confirm=0"), trace=False)
    data = w.images(w.package("next.zip", version="1.2.0", seed=9))[0]
    to = w.capture(sim).connect
    w.smpctl(to, "image", "list", trace=False)
    assert w.chunk(to, data).returncode == 6


def pending_device(w, preset):
    package = w.package()
    sim = w.sim(preset)
    w.send(sim.connect, w.images(package)[0])
    assert w.state(sim.connect, w.hash_of(package)).returncode == 0
    return sim


@scenario("H1")
def upload_over_a_pending_slot(w):
    data = w.images(w.package("next.zip", version="1.2.0", seed=9))[0]
    to = w.capture(pending_device(w, SINGLE)).connect
    w.smpctl(to, "image", "list", trace=False)
    assert w.chunk(to, data).returncode == 6


@scenario("H3")
def pending_slot_cannot_be_erased(w):
    sim = pending_device(w, SINGLE)
    to = w.capture(sim, tx=lambda m: m.answer({"rc": 6})
                   if m.is_(3, IMAGE, 5) else None).connect
    w.smpctl(to, "image", "list", trace=False)
    w.smpctl(to, "image", "erase", trace=False)
    assert w.last.returncode == 6, w.last.stdout


@scenario("H2")
def no_free_slot_though_nothing_is_marked(w):
    def tx(m):
        if m.is_(3, IMAGE, 1):
            return m.answer({"err": {"group": 1, "rc": 9}})
    sim = w.sim(ZEPHYR)
    w.smpctl(sim.connect, "image", "upload", w.package(), trace=False)
    w.fails(w.proxy(sim, tx=tx).connect, "upgrade",
            w.package("next.zip", version="1.2.0", seed=9))


@scenario("H5")
def orphan_trailer_in_an_empty_slot(w):
    def tx(m):
        if m.is_(3, IMAGE, 1):
            return m.answer({"rc": 6})
    w.fails(w.proxy(w.sim(SINGLE), tx=tx).connect, "upgrade", w.package())


@scenario("H6")
def same_image_in_both_slots(w):
    package = w.package()
    sim = w.sim(SINGLE)
    w.smpctl(sim.connect, "upgrade", package, trace=False)
    w.send(sim.connect, w.images(package)[0], "--force")
    w.smpctl(sim.connect, "image", "list")
    w.last = w.smpctl(sim.connect, "image", "list")


# ---- files -----------------------------------------------------------------


@scenario("E1")
def unsigned_binary(w):
    data = b"\0\0\4\x20" + os.urandom(5000)
    w.fails(w.sim(ZEPHYR).connect, "upgrade", w.file("zephyr.bin", data))


@scenario("E1")
def device_finds_no_magic(w):
    to = w.capture(w.sim(ZEPHYR)).connect
    w.smpctl(to, "image", "list", trace=False)
    assert w.chunk(to, os.urandom(4000)).returncode == 6


@scenario("E1")
def old_device_finds_no_magic(w):
    to = w.capture(w.sim(SINGLE)).connect
    w.smpctl(to, "image", "list", trace=False)
    assert w.chunk(to, os.urandom(4000)).returncode == 6


@scenario("E2")
def elf_file(w):
    w.fails(w.sim(ZEPHYR).connect, "upgrade", "/bin/true")


@scenario("E2")
def hex_file(w):
    line = b":10000000" + b"00" * 16 + b"F0\n"
    w.fails(w.sim(ZEPHYR).connect, "upgrade",
            w.file("app.hex", line * 200 + b":00000001FF\n"))


@scenario("E3")
def merged_file(w):
    app = w.images(w.package())[0]
    boot = b"\0\x40\0\x20\x01\x02\0\0" + b"\xff" * (0xc000 - 8)
    w.fails(w.sim(ZEPHYR).connect, "upgrade",
            w.file("merged.bin", boot + app))


@scenario("E4")
def zip_of_the_nrf5_sdk(w):
    path = w.tmp / "sdk5.zip"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("manifest.json", json.dumps({"manifest": {"application": {
            "bin_file": "a.bin", "dat_file": "a.dat"}}}))
        z.writestr("a.bin", b"x" * 100)
        z.writestr("a.dat", b"y" * 100)
    w.fails(w.sim(ZEPHYR).connect, "upgrade", path)


@scenario("E4")
def zip_without_manifest(w):
    path = w.tmp / "plain.zip"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("app_update.bin", b"x" * 100)
    w.fails(w.sim(ZEPHYR).connect, "upgrade", path)


@scenario("E4")
def zip_lacks_a_file(w):
    source = w.package()
    path = w.tmp / "lacks.zip"
    with zipfile.ZipFile(source) as a, zipfile.ZipFile(path, "w") as b:
        b.writestr("manifest.json", a.read("manifest.json"))
    w.fails(w.sim(ZEPHYR).connect, "upgrade", path)


@scenario("E5")
def signed_with_another_key(w):
    key, other = w.tmp / "key.pem", w.tmp / "other.pem"
    run("imagefile", "keygen", "--type", "ed25519", key)
    run("imagefile", "keygen", "--type", "ed25519", other)
    payload = w.file("zephyr.bin", os.urandom(5000))
    run("imagefile", "sign", "--key", key, "--version", "1.1.0", "--header-size", "0x200",
        "--pad-header", payload,
        w.tmp / "signed.bin")
    w.fails(w.sim(ZEPHYR).connect, "upgrade", "--key", other,
            w.tmp / "signed.bin")


@scenario("E5")
def not_signed_at_all(w):
    other = w.tmp / "other.pem"
    run("imagefile", "keygen", "--type", "ed25519", other)
    w.fails(w.sim(ZEPHYR).connect, "upgrade", "--key", other, w.package())


@scenario("E7")
def package_for_another_board(w):
    w.fails(w.sim(ZEPHYR).connect, "upgrade",
            w.package(more=["--board", "thingy53"]))


@scenario("E11")
def truncated_file(w):
    app = w.images(w.package())[0]
    w.fails(w.sim(ZEPHYR).connect, "upgrade",
            w.file("cut.bin", app[:len(app) // 2]))


@scenario("E11")
def damaged_file(w):
    app = bytearray(w.images(w.package())[0])
    app[2000] ^= 0xff
    w.fails(w.sim(ZEPHYR).connect, "upgrade", w.file("bad.bin", bytes(app)))


@scenario("K6")
def image_larger_than_slot(w):
    w.fails(w.sim(ZEPHYR).connect, "upgrade", w.package(size=700000))


@scenario("I5")
def image_leaves_no_room_to_swap(w):
    w.fails(w.sim(ZEPHYR).connect, "upgrade", w.package(size=0x74800))


@scenario("I5")
def device_refuses_a_large_image(w):
    def tx(m):
        if m.is_(3, IMAGE, 1):
            return m.answer({"err": {"group": 1, "rc": 30}})
    w.fails(w.proxy(w.sim(ZEPHYR), tx=tx).connect, "upgrade", w.package())


@scenario("I7")
def upgrade_only_refuses_same_version(w):
    w.fails(w.sim(ZEPHYR).connect, "upgrade", "--upgrade-only",
            w.package(version="0.9.0"))


@scenario("I7")
def bootloader_without_downgrade(w):
    w.fails(w.sim(ZEPHYR, "--set", "boot.options=no-downgrade").connect,
            "upgrade", w.package(version="0.9.0"))


@scenario("D11")
def first_chunk_too_short(w):
    to = w.capture(w.sim(ZEPHYR)).connect
    w.smpctl(to, "image", "list", trace=False)
    assert w.chunk(to, w.images(w.package())[0], size=16).returncode == 6


@scenario("I12")
def test_on_overwrite_only_device(w):
    w.fails(w.sim(ZEPHYR, "--set", "boot.mode=overwrite").connect, "upgrade",
            "--mode", "test-only", w.package())


# ---- what the bootloader makes of it ---------------------------------------


@scenario("I4")
def damaged_image_is_removed_at_boot(w):
    app = bytearray(w.images(w.package())[0])
    app[2000] ^= 0xff
    w.fails(w.sim(ZEPHYR).connect, "upgrade", "--force",
            w.file("bad.bin", bytes(app)))


@scenario("I4")
def damaged_image_with_the_console(w):
    app = bytearray(w.images(w.package())[0])
    app[2000] ^= 0xff
    sim = w.sim(ZEPHYR)
    w.fails(sim.connect, "upgrade", "--force", w.file("bad.bin", bytes(app)))
    w.more.append(sim.console_path)


@scenario("I7")
def downgrade_is_removed_at_boot(w):
    sim = w.sim(ZEPHYR, "--set", "boot.options=no-downgrade")
    w.fails(sim.connect, "upgrade", "--force", w.package(version="0.9.0"))


@scenario("I7")
def downgrade_with_the_console(w):
    sim = w.sim(ZEPHYR, "--set", "boot.options=no-downgrade")
    w.fails(sim.connect, "upgrade", "--force", w.package(version="0.9.0"))
    w.more.append(sim.console_path)


@scenario("I2")
def new_image_crashes_and_is_reverted(w):
    w.fails(w.sim(ZEPHYR).connect, "upgrade",
            w.package(app="name=T,crash=1"), timeout=120)


@scenario("I2")
def not_confirmed_and_reset_again(w):
    sim = w.sim(ZEPHYR)
    to = w.capture(sim).connect
    w.smpctl(to, "upgrade", "--mode", "test-only",
             w.package(app="name=T,confirm=0"), trace=False)
    w.smpctl(to, "os", "reset", trace=False)
    for _ in range(20):
        if w.smpctl(to, "image", "list", trace=False).returncode == 0 and \
                json.loads(w.last.stdout)["images"][0]["version"] == "1.0.0":
            break
        time.sleep(0.2)


@scenario("H3")
def swap_does_not_fit_and_slot_stays_pending(w):
    sim = w.sim(SINGLE, "--set", "boot.options=keep-oversized")
    w.fails(sim.connect, "--timeout", 20, "upgrade", "--force",
            "--reset-timeout", 15, w.package(size=SINGLE_TOO_BIG), timeout=180)


@scenario("I5")
def swap_does_not_fit_says_the_console(w):
    sim = w.sim(SINGLE, "--set", "boot.options=keep-oversized")
    w.fails(sim.connect, "--timeout", 20, "upgrade", "--force",
            "--reset-timeout", 15, w.package(size=SINGLE_TOO_BIG), timeout=180)
    w.more.append(sim.console_path)


SINGLE_TOO_BIG = 0x77c00


# ---- coming back -----------------------------------------------------------


@scenario("J1")
def new_firmware_has_no_smp(w):
    w.fails(w.sim(ZEPHYR).connect, "upgrade", "--reset-timeout", 2,
            w.package(app="name=T,smp=0"), timeout=60)


@scenario("J1")
def new_firmware_starts_slowly(w):
    w.fails(w.sim(ZEPHYR).connect, "upgrade", "--reset-timeout", 5,
            w.package(app="name=T,start=60000"), timeout=60)


def reset_answers(w, body):
    def rx(m):
        if m.is_(WRITE, OS, 5):
            return ("reply", m.reply(body))
    return w.proxy(w.sim(ZEPHYR), rx=rx).connect


@scenario("O1")
def application_vetoes_the_reset(w):
    w.fails(reset_answers(w, {"rc": 11}), "upgrade", w.package(), timeout=120)


@scenario("O2")
def no_reset_by_smp(w):
    w.fails(reset_answers(w, {"rc": 8}), "upgrade", w.package())


# ---- flash and memory ------------------------------------------------------


def upload_refused(w, body, at=0, sim=None, **more):
    """The answer to the chunk at an offset is a refusal."""
    def rx(m):
        if m.is_(WRITE, IMAGE, 1) and m.body and m.body["off"] >= at:
            return ("reply", m.reply(body))
    w.fails(w.proxy(sim or w.sim(ZEPHYR), rx=rx).connect, "upgrade",
            w.package(**more))


@scenario("K4")
def flash_area_cannot_be_opened(w):
    upload_refused(w, {"err": {"group": 1, "rc": 10}})


@scenario("K1")
def flash_cannot_be_read(w):
    upload_refused(w, {"err": {"group": 1, "rc": 11}})


@scenario("K2")
def flash_cannot_be_written(w):
    upload_refused(w, {"err": {"group": 1, "rc": 12}}, at=8000)


@scenario("K2")
def flash_cannot_be_erased(w):
    upload_refused(w, {"err": {"group": 1, "rc": 13}})


@scenario("C2")
def erase_fails_when_the_slot_is_in_use(w):
    sim = w.sim(ZEPHYR)
    w.smpctl(sim.connect, "image", "upload", w.package("old.zip", seed=3),
             trace=False)
    upload_refused(w, {"err": {"group": 1, "rc": 13}}, sim=sim)


@scenario("M3")
def no_heap_for_the_flash_context(w):
    upload_refused(w, {"err": {"group": 1, "rc": 15}})


@scenario("A8")
def flash_context_is_taken(w):
    upload_refused(w, {"err": {"group": 1, "rc": 16}})


@scenario("D7")
def more_data_than_announced(w):
    upload_refused(w, {"err": {"group": 1, "rc": 31}}, at=20000)


@scenario("L1")
def linked_for_the_other_slot(w):
    upload_refused(w, {"err": {"group": 1, "rc": 25}})


@scenario("D10")
def flash_holds_other_data(w):
    w.fails(w.sim(ZEPHYR, "--fault", "match-false").connect, "upgrade",
            w.package())


@scenario("A11")
def no_image_group(w):
    def rx(m):
        if m.group == IMAGE:
            return ("reply", m.reply({"rc": 8}))
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx).connect, "upgrade", w.package())


@scenario("A11")
def no_uploads(w):
    upload_refused(w, {"rc": 8})


# ---- offsets and time ------------------------------------------------------


@scenario("D3")
def server_asks_for_zero_for_ever(w):
    w.fails(w.sim(ZEPHYR, "--fault", "endless-zero").connect, "upgrade",
            w.package())


@scenario("D2")
def resume_into_an_erased_slot(w):
    app = w.images(w.package())[0]
    def rx(m):
        if m.is_(WRITE, IMAGE, 5):
            w.erased = True
        if m.is_(WRITE, IMAGE, 1) and m.body["off"] == 0 and w.erased:
            return ("reply", m.reply({"rc": 0, "off": 12000}))
        if m.is_(WRITE, IMAGE, 1) and m.body["off"] > 12000:
            return ("reply", m.reply({"rc": 1}))
    w.erased = False
    to = w.capture(w.sim(LEGACY), rx=rx).connect
    w.send(to, app)
    w.smpctl(to, "image", "erase", trace=False)
    w.send(to, app)
    assert w.last.returncode != 0, w.last.stdout


def silent(w, test, preset=ZEPHYR, args=("--timeout", 0.3, "--retries", 0),
           sim=None, more=()):
    """Requests that the test picks are lost."""
    def rx(m):
        return b"" if test(m) else None
    w.fails(w.proxy(sim or w.sim(preset), rx=rx).connect, *args, "upgrade",
            *more, w.package(), timeout=120)


@slow_scenario("C1")
def first_chunk_takes_too_long(w):
    sim = w.sim(ZEPHYR)
    w.smpctl(sim.connect, "image", "upload", w.package("old.zip", seed=3),
             trace=False)
    silent(w, lambda m: m.is_(WRITE, IMAGE, 1), sim=sim)


@scenario("C6")
def last_chunk_takes_too_long(w):
    def tx(m):
        # The answer that would acknowledge the whole file is late.
        if m.is_(3, IMAGE, 1) and m.body.get("off") == w.size:
            return b""
        if m.is_(1, IMAGE, 0) and w.asked:
            return b""
    def rx(m):
        w.asked = w.asked or (m.is_(WRITE, IMAGE, 1) and
                              m.body["off"] + len(m.body["data"]) >= w.size)
    package = w.package()
    w.size, w.asked = len(w.images(package)[0]), False
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx, tx=tx).connect, "--timeout", 0.3,
            "--retries", 0, "upgrade", package)


@scenario("U2")
def datagrams_get_lost(w):
    silent(w, lambda m: m.is_(WRITE, IMAGE, 1) and m.body and
           m.body["off"] > 9000,
           args=("--timeout", 0.3, "--retries", 2, "--window", 1))


@slow_scenario("U1")
def datagrams_above_a_size_are_lost(w):
    silent(w, lambda m: len(m.raw) > 400,
           args=("--timeout", 0.3, "--retries", 2))


@scenario("U1")
def datagrams_arrive_cut(w):
    def rx(m):
        if len(m.raw) > 400:
            return ("reply", m.reply({"rc": 9}))
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx).connect, "upgrade", w.package())


@scenario("B9")
def image_list_does_not_fit(w):
    def rx(m):
        if m.is_(READ, IMAGE, 0):
            return ("reply", m.reply({"rc": 7}))
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx).connect, "upgrade", w.package())


@scenario("B5")
def no_buffer_for_an_answer(w):
    def rx(m):
        if m.is_(WRITE, OS, 5):
            return ("reply", m.reply({"rc": 2}))
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx).connect, "upgrade", w.package())


@scenario("B4")
def answer_does_not_fit(w):
    def rx(m):
        if m.is_(WRITE, IMAGE, 0):
            return ("reply", m.reply({"rc": 7}))
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx).connect, "upgrade", w.package())


@scenario("V4")
def only_version_two_is_spoken(w):
    def rx(m):
        if m.version == 0:
            return ("reply", m.reply({"rc": 12}))
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx).connect, "--smp-version", 1,
            "image", "list")


@scenario("V1")
def only_version_one_is_spoken(w):
    def rx(m):
        if m.version == 1:
            return ("reply", m.reply({"rc": 13}))
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx).connect, "--smp-version", 2,
            "image", "list")


# ---- connections -----------------------------------------------------------


@scenario("U5")
def nobody_answers_on_udp(w):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    w.fails(f"udp:127.0.0.1:{s.getsockname()[1]}", "--timeout", 0.2,
            "--retries", 0, "upgrade", w.package())
    s.close()


@scenario("U5")
def nothing_listens_on_udp(w):
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    port = s.getsockname()[1]
    s.close()
    w.fails(f"udp:127.0.0.1:{port}", "--timeout", 0.2, "--retries", 0,
            "upgrade", w.package())


@scenario("A1")
def no_such_serial_device(w):
    w.fails(f"serial:{w.tmp}/ttyNONE", "upgrade", w.package())


class Tty:
    """A terminal whose other end is ours: deaf, or chatting."""

    def __init__(self, say=None):
        self.master, slave = pty.openpty()
        self.path = os.ttyname(slave)
        self.slave = slave
        self.say = say
        self.end = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.end:
            ready, _, _ = select.select([self.master], [], [], 0.1)
            if ready:
                try:
                    os.read(self.master, 4096)
                except OSError:
                    return
            if self.say:
                os.write(self.master, self.say)

    def stop(self):
        self.end = True
        self.thread.join()
        os.close(self.master)
        os.close(self.slave)


@scenario("F1")
def nothing_on_the_serial_port(w):
    tty = Tty()
    w.things.append(tty)
    w.fails(f"serial:{tty.path}", "--timeout", 0.3, "--retries", 0, "upgrade",
            w.package())


@scenario("F10")
def application_prints_on_the_port(w):
    tty = Tty(b"*** Booting Zephyr OS build v3.5.0 ***\r\n"
              b"[00:00:01.000,000] <inf> app: hello\r\n")
    w.things.append(tty)
    w.fails(f"serial:{tty.path}", "--timeout", 0.3, "--retries", 0, "upgrade",
            w.package())


def until_the_link_goes(w, at):
    """A TCP relay that hangs up after some bytes, and is gone then."""
    sim = w.sim(ZEPHYR, port="tcp")
    front = socket.create_server(("127.0.0.1", 0))

    def relay():
        client, _ = front.accept()
        front.close()
        back = socket.create_connection(("127.0.0.1", sim.port))
        passed = 0
        while passed < at:
            ready, _, _ = select.select([client, back], [], [], 5)
            for s in ready:
                data = s.recv(4096)
                passed += len(data) if s is client else 0
                (back if s is client else client).sendall(data)
            if not ready:
                break
        client.close()
        back.close()

    thread = threading.Thread(target=relay, daemon=True)
    port = front.getsockname()[1]
    thread.start()
    return f"tcp:127.0.0.1:{port}"


@slow_scenario("A9")
def link_is_lost_in_the_upload(w):
    w.fails(until_the_link_goes(w, 9000), "--timeout", 0.5, "--retries", 0,
            "upgrade", w.package(), timeout=200)


def short_lines_only(w, device):
    """Between two terminals: long lines to the device are lost."""
    master, slave = pty.openpty()
    back = os.open(device, os.O_RDWR | os.O_NOCTTY)
    attributes = termios.tcgetattr(slave)
    attributes[0:4] = [0, 0, termios.CS8 | termios.CREAD, 0]
    termios.tcsetattr(slave, termios.TCSANOW, attributes)
    end = threading.Event()

    def relay():
        line = b""
        while not end.is_set():
            ready, _, _ = select.select([master, back], [], [], 0.1)
            if back in ready:
                os.write(master, os.read(back, 4096))
            if master not in ready:
                continue
            line += os.read(master, 4096)
            while b"\n" in line:
                one, line = line.split(b"\n", 1)
                if len(one) < 64:
                    os.write(back, one + b"\n")

    class Relay:
        def stop(self):
            end.set()
            self.thread.join()
            for fd in (master, slave, back):
                os.close(fd)

    out = Relay()
    out.thread = threading.Thread(target=relay, daemon=True)
    out.thread.start()
    w.things.append(out)
    return os.ttyname(slave)


@slow_scenario("F5")
def frames_above_a_size_are_dropped(w):
    sim = w.sim(ZEPHYR, port="pty")
    path = short_lines_only(w, sim.connect.removeprefix("serial:"))
    w.fails(f"serial:{path}", "--timeout", 0.4, "--retries", 2,
            "upgrade", w.package(), timeout=400)


@scenario("C8")
def watchdog_restarts_the_device(w):
    sim = w.sim(ZEPHYR, "--fault", "reset:every=8,group=1,cmd=1", port="pty")
    w.fails(sim.connect, "--timeout", 0.4, "--retries", 2, "upgrade",
            w.package(), timeout=60)


@scenario("M1")
def device_restarts_in_the_upload(w):
    sim = w.sim(ZEPHYR, "--fault", "reset:every=8,group=1,cmd=1")
    w.fails(sim.connect, "--timeout", 0.4, "--retries", 2, "upgrade",
            w.package(), timeout=60)


# ---- more ------------------------------------------------------------------


@scenario("O4")
def reset_is_accepted_and_nothing_happens(w):
    def rx(m):
        if m.is_(WRITE, OS, 5):
            return ("reply", m.reply({}))
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx).connect, "upgrade",
            "--reset-timeout", 9, w.package(), timeout=120)


@scenario("H7")
def erase_of_the_running_slot(w):
    to = w.capture(w.sim(SINGLE)).connect
    w.smpctl(to, "image", "list", trace=False)
    w.smpctl(to, "raw", "write", 1, 5, '{"slot":0}', trace=False)
    assert w.last.returncode == 6, w.last.stdout


@scenario("I15")
def new_image_crashes_says_the_console(w):
    sim = w.sim(ZEPHYR)
    w.fails(sim.connect, "upgrade", w.package(app="name=T,crash=1"),
            timeout=120)
    w.more.append(sim.console_path)


@scenario("A8")
def two_clients_upload_at_once(w):
    one = w.images(w.package(size=120000))[0]
    two = w.images(w.package("two.zip", version="1.3.0", seed=21))[0]
    halfway = threading.Event()

    def rx(m):
        if m.is_(WRITE, IMAGE, 1) and m.body["off"] > 9000:
            halfway.set()

    sim = w.sim(ZEPHYR, "--link", "interval=10ms,mtu=252,per_interval=6")
    to = w.capture(sim, rx=rx).connect
    first = threading.Thread(target=w.send, args=(to, one))
    first.start()
    assert halfway.wait(60)
    run("-c", to, "image", "upload", w.file("two.bin", two), status=None)
    first.join()


@scenario("L4")
def images_are_with_the_firmware_loader(w):
    def rx(m):
        if m.group == IMAGE:
            return ("reply", m.reply({"rc": 8}))
        if m.is_(READ, OS, 8):
            return ("reply", m.reply({"mode": 7} if m.body else
                                     {"bootloader": "MCUboot"}))
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx).connect, "upgrade", w.package())


@scenario("F7")
def serial_recovery_answers(w):
    def rx(m):
        if m.is_(READ, IMAGE, 0):
            return ("reply", m.reply({"images": [
                {"slot": 0, "hash": bytes(range(32)), "version": "1.0.0"}]}))
        if m.is_(WRITE, IMAGE, 0):
            return ("reply", m.reply({"rc": 8}))
    done = mark(w, SINGLE, bytes(range(32)), version=1, hooks={"rx": rx})
    assert done.returncode == 6


@scenario("F9")
def answer_ends_after_its_header(w):
    def tx(m):
        if m.is_(1, IMAGE, 0):
            return m.raw[:8]
    to = w.capture(w.sim(SINGLE), tx=tx).connect
    w.smpctl(to, "--timeout", 0.3, "--retries", 0, "image", "list",
             trace=False)
    assert w.last.returncode == 3, w.last.stdout


@scenario("M5")
def names_of_an_older_sdk(w):
    w.more.append(w.file("prj.conf", b"CONFIG_MCUMGR=y\n"
                         b"CONFIG_MCUMGR_CMD_IMG_MGMT=y\n"
                         b"CONFIG_MCUMGR_CMD_OS_MGMT=y\n"
                         b"CONFIG_MCUMGR_SMP_UDP=y\n"))
    s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    s.bind(("127.0.0.1", 0))
    w.fails(f"udp:127.0.0.1:{s.getsockname()[1]}", "--timeout", 0.2,
            "--retries", 0, "upgrade", w.package())
    s.close()


@scenario("G8")
def device_crashes_when_marking(w):
    sim = w.sim(ZEPHYR, port="tcp")
    front = socket.create_server(("127.0.0.1", 0))

    def relay():
        client, _ = front.accept()
        front.close()
        back = socket.create_connection(("127.0.0.1", sim.port))
        done = False
        while not done:
            ready, _, _ = select.select([client, back], [], [], 5)
            for s in ready:
                data = s.recv(4096)
                if not data:
                    done = True
                # 0x43 is "confirm" in base64, at any of its three phases
                if s is client and any(k in data for k in (
                        b"Y29uZmlyb", b"NvbmZpcm", b"jb25maXJt")):
                    done = True
                    break
                (back if s is client else client).sendall(data)
            done = done or not ready
        client.close()
        back.close()

    threading.Thread(target=relay, daemon=True).start()
    w.fails(f"tcp:127.0.0.1:{front.getsockname()[1]}", "--timeout", 0.4,
            "--retries", 0, "upgrade", w.package(), timeout=200)


@scenario("X1")
def encrypted_for_another_key(w):
    keys = [w.tmp / "a.pem", w.tmp / "b.pem"]
    for key in keys:
        run("imagefile", "keygen", "--type", "x25519", key)
    run("imagefile", "getpub", "--pem", keys[0], w.tmp / "pub.pem",
        status=None)
    done = run("imagefile", "sign", "--version", "1.1.0", "--header-size",
               "0x200", "--pad-header", "--encrypt",
               w.tmp / "pub.pem" if (w.tmp / "pub.pem").exists() else keys[0],
               w.file("zephyr.bin", os.urandom(5000)), w.tmp / "enc.bin",
               status=None)
    assert done.returncode == 0, done.stderr
    w.fails(w.sim(ZEPHYR).connect, "upgrade", "--decrypt-key", keys[1],
            w.tmp / "enc.bin")


@scenario("E8")
def padded_file_is_too_large(w):
    padded = w.tmp / "padded.bin"
    run("imagefile", "sign", "--version", "1.1.0", "--header-size", "0x200",
        "--pad-header", "--slot-size", "0x76000", "--pad",
        w.file("zephyr.bin", os.urandom(5000)), padded)
    def rx(m):
        if m.is_(WRITE, IMAGE, 1):
            return ("reply", m.reply({"err": {"group": 1, "rc": 30}}))
    to = w.capture(w.sim(ZEPHYR), rx=rx).connect
    w.smpctl(to, "image", "list", trace=False)
    assert w.chunk(to, padded.read_bytes()).returncode == 6
    w.more += ["--package", padded]


def signed(w, name, *options, data=None):
    """An image file by smpctl imagefile sign."""
    payload = w.file("zephyr.bin", data or os.urandom(5000))
    run("imagefile", "sign", "--version", "1.1.0", "--header-size", "0x200",
        "--pad-header", *options, payload, w.tmp / name)
    return w.tmp / name


@scenario("E15")
def image_is_flagged_not_bootable(w):
    w.fails(w.sim(ZEPHYR).connect, "upgrade",
            signed(w, "nb.bin", "--non-bootable"))


@scenario("E15")
def image_flagged_not_bootable_is_sent(w):
    w.fails(w.sim(ZEPHYR).connect, "upgrade", "--force",
            signed(w, "nb.bin", "--non-bootable"))


@scenario("L3")
def direct_xip_keeps_the_higher_version(w):
    w.fails(w.sim(ZEPHYR, "--bootloader", "direct-xip").connect, "upgrade",
            "--mode", "upload-only", w.package(version="1.0.0"))


@scenario("L2")
def direct_xip_takes_no_mark(w):
    to = w.capture(w.sim(ZEPHYR, "--bootloader", "direct-xip")).connect
    w.smpctl(to, "info", trace=False)
    w.state(to, bytes(range(32)))
    assert w.last.returncode == 6, w.last.stdout


@scenario("L4")
def images_are_with_the_loader_of_the_device(w):
    w.fails(w.sim(ZEPHYR, "--bootloader", "firmware-loader").connect,
            "upgrade", w.package())


@scenario("I9")
def image_needs_another_one(w):
    w.fails(w.sim(MULTI).connect, "upgrade",
            signed(w, "needs.bin", "--dependencies", "(1,9.0.0)"))


@scenario("E16")
def image_with_another_kind_of_hash(w):
    w.fails(w.sim("nrf54l15dk-ncs3").connect, "upgrade", w.package())


@scenario("E12")
def network_core_file_is_no_image(w):
    source = w.package(net=True)
    path = w.tmp / "raw_net.zip"
    with zipfile.ZipFile(source) as a, zipfile.ZipFile(path, "w") as b:
        manifest = json.loads(a.read("manifest.json"))
        app, net = manifest["files"]
        b.writestr(app["file"], a.read(app["file"]))
        net["file"] = "ipc_radio.bin"
        data = b"\0\0\1\x21\1\x8a\0\1" + os.urandom(5000)
        net["size"] = len(data)
        b.writestr("ipc_radio.bin", data)
        b.writestr("manifest.json", json.dumps(manifest))
    w.fails(w.sim(MULTI).connect, "upgrade", path)


@scenario("L5")
def package_for_the_bootloader(w):
    path = w.tmp / "dfu_mcuboot.zip"
    with zipfile.ZipFile(path, "w") as z:
        z.writestr("manifest.json", json.dumps({
            "format-version": 0, "name": "mcuboot", "files": [
                {"type": "mcuboot", "file": f"s{n}.bin", "slot": str(n),
                 "size": 100, "image_index": "0"} for n in (0, 1)]}))
        for n in (0, 1):
            z.writestr(f"s{n}.bin", bytes(100))
    w.fails(w.sim(ZEPHYR).connect, "upgrade", path)


@scenario("E10")
def unsigned_file_over_an_old_image(w):
    """A server that does not look at the magic; the list shows what an
    earlier image left in the slot."""
    old = w.package("old.zip", version="0.9.0", seed=3)
    sim = w.sim(ZEPHYR)
    w.send(sim.connect, w.images(old)[0])

    def rx(m):
        if m.is_(WRITE, IMAGE, 1):
            return ("reply", m.reply({"off": m.body["off"]
                                      + len(m.body["data"])}))
    to = w.capture(sim, rx=rx).connect
    w.smpctl(to, "image", "list", trace=False)
    w.chunk(to, b"\0\0\4\x20" + os.urandom(196))
    w.smpctl(to, "image", "list", trace=False)


@scenario("A9")
def device_dies_in_the_upload(w):
    sim = w.sim(ZEPHYR)

    def rx(m):
        if m.is_(WRITE, IMAGE, 1) and m.body["off"] > 9000:
            sim.process.kill()
    w.fails(w.proxy(sim, rx=rx).connect, "--timeout", 0.3, "--retries", 1,
            "upgrade", w.package(), timeout=120)


@scenario("N11")
def recovery_is_writing_the_network_core(w):
    def rx(m):
        if m.is_(READ, IMAGE, 0):
            return ("reply", m.reply({"images": [
                {"image": 0, "slot": 0, "version": "1.0.0"}]}))
        if m.is_(WRITE, IMAGE, 1):
            return ("reply", m.reply({"rc": 0, "off": m.body["off"]
                                      + len(m.body["data"])}))
        if m.is_(WRITE, OS, 5):
            return ("reply", m.reply({"rc": 10}))
    to = w.capture(w.sim(MULTI), rx=rx).connect
    w.send(to, w.images(w.package(net=True))[1], "--image", 1, "--force")
    w.smpctl(to, "image", "list", trace=False)
    w.smpctl(to, "os", "reset", trace=False)
    assert w.last.returncode == 6, w.last.stdout


@scenario("F8")
def image_number_has_no_slot(w):
    to = w.capture(w.sim(MULTI)).connect
    w.smpctl(to, "image", "list", trace=False)
    w.send(to, w.images(w.package())[0], "--image", 5, "--force")
    if w.last.returncode != 6:  # refused before the first byte
        w.chunk(to, w.images(w.package())[0], image=5)
    assert w.last.returncode == 6, w.last.stdout


@scenario("D6")
def image_larger_than_slot_is_taken(w):
    def rx(m):
        if m.is_(WRITE, IMAGE, 1):
            if m.body["off"] + len(m.body["data"]) > 0x76000:
                return b""
            return ("reply", m.reply({"rc": 0, "off": m.body["off"]
                                      + len(m.body["data"])}))
    w.fails(w.proxy(w.sim(ZEPHYR), rx=rx).connect, "--timeout", 0.3,
            "--retries", 1, "upgrade", "--force", w.package(size=600000),
            timeout=120)
