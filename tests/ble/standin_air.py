# SPDX-License-Identifier: Apache-2.0
"""What is on the air of the scripted BlueZ: devices, their writes and
notifications, and the rules that disturb them."""
import asyncio
import json
import os
import signal
import socket

from dbus_fast import Variant

SMP_SERVICE = "8d53dc1d-1db7-4cd3-868b-8a527460aa84"
SMP_CHAR = "da2e7828-fbce-4e01-ae9e-261174997c48"
OTHER_SERVICE = "00001523-1212-efde-1523-785feabcd123"
PROPERTIES = "org.freedesktop.DBus.Properties"
A, D = "org.bluez.Adapter1", "org.bluez.Device1"
S, C = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"


class Refused(Exception):
    def __init__(self, name, text):
        super().__init__(text)
        self.name = name


class Device:
    def __init__(self, config):
        self.__dict__.update({
            "name": None, "mtu": 247, "reassembly": True, "smp": True,
            "advertises_smp": True, "advertise": True, "paired": False,
            "bond_lost": False, "wants_pairing": False, "rssi": -50,
            "udp": None, "adapter": "hci0", "held": False,
            "auto_connect": False,
            "question": "RequestAuthorization", **config})
        self.connected = self.notifying = self.authenticated = False
        self.rx = self.tx = self.upstream = self.app = None
        self.partial = b""
        self.bytes = self.stalled = 0
        self.queue = asyncio.Queue()

    @property
    def path(self):
        return f"/org/bluez/{self.adapter}/dev_" \
            f"{self.address.replace(':', '_')}"

    @property
    def service(self):
        return self.path + "/service0010"

    @property
    def char(self):
        return self.service + "/char0011"


class Air:
    """The part of the stand-in that knows devices."""

    # ---- advertising, services ----

    def advertise(self, d):
        if not (self.listeners.get(d.adapter) and d.advertise and not d.held
                and not d.connected and self.powered.get(d.adapter)):
            return
        uuids = [SMP_SERVICE] if d.smp and d.advertises_smp else []
        props = {"Address": Variant("s", d.address),
                 "Adapter": Variant("o", f"/org/bluez/{d.adapter}"),
                 "Alias": Variant("s", d.name or d.address.replace(":", "-")),
                 "UUIDs": Variant("as", uuids),
                 "Connected": Variant("b", False),
                 "Paired": Variant("b", d.paired),
                 "ServicesResolved": Variant("b", False),
                 "RSSI": Variant("n", d.rssi)}
        if d.name:
            props["Name"] = Variant("s", d.name)
        if d.path in self.objects:
            self.change(d.path, D, **props)
        else:
            self.add(d.path, D, props)

    def resolve(self, d):
        if d.app is not None:
            self.resolve_app(d)
        elif d.smp:
            self.add(d.service, S, {"UUID": Variant("s", SMP_SERVICE),
                                    "Device": Variant("o", d.path),
                                    "Primary": Variant("b", True)})
            self.add(d.char, C, {
                "UUID": Variant("s", SMP_CHAR),
                "Service": Variant("o", d.service),
                "Flags": Variant("as", ["write-without-response", "notify"]),
                "MTU": Variant("q", d.mtu)})
        if d.app is None:
            self.add(d.path + "/service0020", S,
                     {"UUID": Variant("s", OTHER_SERVICE),
                      "Device": Variant("o", d.path),
                      "Primary": Variant("b", True)})
        self.change(d.path, D, ServicesResolved=Variant("b", True))

    def close_sockets(self, d):
        loop = asyncio.get_running_loop()
        for fd in (d.rx, d.tx):
            if fd is not None:
                loop.remove_reader(fd.fileno())
                fd.close()
        d.rx = d.tx = None
        d.notifying = False
        d.partial = b""
        while not d.queue.empty():
            d.queue.get_nowait()

    def disconnect(self, d):
        d.connected = False
        self.close_sockets(d)
        if d.app is not None:
            self.app_disconnected(d)
        for path in [p for p in self.objects if p.startswith(d.path + "/")]:
            self.remove(path)
        self.change(d.path, D, Connected=Variant("b", False),
                    ServicesResolved=Variant("b", False))

    async def connect(self, d):
        d.connected = True
        await self.open_upstream(d)
        self.change(d.path, D, Connected=Variant("b", True), gone=["RSSI"])
        if d.app is not None:
            self.app_connected(d)

    async def connect_by_itself(self, d):
        """Some program, or BlueZ's own policy for bonded devices."""
        if d.auto_connect and d.advertise and not d.held and \
                not d.connected and d.path in self.objects:
            await self.connect(d)
            self.resolve(d)
            print("connected by itself", flush=True)

    # ---- rules ----

    def rule_for(self, event, reached=None):
        self.counts[event] = self.counts.get(event, 0) + 1
        for rule in self.rules:
            if rule["on"] != event or rule.get("done"):
                continue
            if "at" in rule:
                if reached >= rule["at"]:
                    rule["done"] = True
                    return rule
            elif rule.get("every") or \
                    self.counts[event] in rule.get("nths",
                                                   [rule.get("nth", 1)]):
                return rule
        return None

    def later(self, ms, what, *args):
        asyncio.get_running_loop().call_later(ms / 1000, what, *args)

    async def act(self, rule, d):
        """What happens instead of the answer. True: answer all the same."""
        do = rule["do"].replace("-", "_")
        print("rule:", json.dumps(rule), flush=True)
        result = getattr(self, "act_" + do)(rule, d)
        if asyncio.iscoroutine(result):
            await result
        return do in ("slow", "stall", "log", "nearer")

    def act_log(self, rule, d):
        """Only the line in the log."""

    def act_error(self, rule, d):
        raise Refused(rule["name"], rule.get("text", "because"))

    async def act_slow(self, rule, d):
        await asyncio.sleep(rule["ms"] / 1000)

    async def act_never(self, rule, d):
        await asyncio.sleep(3600)

    def act_vanish(self, rule, d):
        self.disconnect(d)
        self.remove(d.path)

    def act_disconnect(self, rule, d):
        self.disconnect(d)

    def act_close_sockets(self, rule, d):
        self.close_sockets(d)

    def act_readdress(self, rule, d):
        self.disconnect(d)
        self.remove(d.path)
        d.address = rule["address"]

    def act_rename(self, rule, d):
        self.disconnect(d)
        d.name = rule["name"]

    def act_mute(self, rule, d):
        self.disconnect(d)
        d.advertise = False
        self.later(rule["ms"], setattr, d, "advertise", True)

    def act_hold(self, rule, d):
        """Another central takes the device."""
        self.disconnect(d)
        d.held = True
        self.change(d.path, D, gone=["RSSI"])
        if rule.get("ms"):
            self.later(rule["ms"], setattr, d, "held", False)

    def act_drop_smp(self, rule, d):
        self.disconnect(d)
        d.smp = False

    def act_lose_bond(self, rule, d):
        self.disconnect(d)
        d.bond_lost = True

    def act_nearer(self, rule, d):
        """A device comes nearer after a while."""
        for other in self.devices:
            if other.address == rule["address"]:
                self.later(rule["ms"], setattr, other, "rssi", rule["rssi"])

    def act_stall(self, rule, d):
        """The controller takes nothing for a while."""
        if d.tx is not None:
            d.stalled += 1
            asyncio.get_running_loop().remove_reader(d.tx.fileno())
            self.later(rule["ms"], self.listen_to, d, d.tx)

    async def act_restart(self, rule, d):
        await self.restart(rule.get("ms"))

    act_quit = act_restart

    def act_kill_bus(self, rule, d):
        os.kill(rule["pid"], signal.SIGKILL)

    def act_adapter_gone(self, rule, d):
        adapter = d.adapter
        self.disconnect(d)
        self.remove(f"/org/bluez/{adapter}")
        if rule.get("ms"):
            self.later(rule["ms"], self.add_adapter, adapter)

    def act_adapter_off(self, rule, d):
        self.power(d.adapter, False)

    # ---- SMP ----

    async def written(self, d, data):
        d.bytes += len(data)
        # Cut with the write, or after it was delivered.
        rule = self.rule_for("bytes", d.bytes) or self.rule_for("write")
        if rule is not None and not await self.act(rule, d):
            return
        if len(data) > d.mtu - 3:
            print(f"write of {len(data)} bytes is dropped", flush=True)
            return
        if d.app is not None:
            await self.app_written(d, data)
            return
        if d.reassembly:
            d.partial += data
            if len(d.partial) < 8:
                d.partial = b""
                return
            need = 8 + int.from_bytes(d.partial[2:4], "big")
            # As Zephyr: too long for the buffer, or past the end: dropped.
            if need > 2475 or len(d.partial) > need:
                print("a torn message is dropped", flush=True)
                d.partial = b""
                return
            if len(d.partial) < need:
                return
            data, d.partial = d.partial[:need], b""
        if len(data) >= 8 and data[0] & 7 == 2 and data[4:6] == b"\0\0" \
                and data[7] == 5:
            rule = self.rule_for("reset") or \
                {"on": "reset", "do": "mute", "ms": 300}
            self.later(300, lambda: asyncio.ensure_future(self.act(rule, d)))
        if d.upstream is not None:
            d.upstream.sendto(data)

    def answered(self, d, data):
        for off in range(0, len(data), d.mtu - 3):
            self.notify(d, data[off:off + d.mtu - 3])

    def notify(self, d, piece):
        rule = self.rule_for("notification")
        if rule is not None:
            asyncio.ensure_future(self.act(rule, d))
            if rule["do"] != "log":
                return
        if d.rx is not None:
            try:
                d.rx.send(piece)
            except OSError:
                pass
        elif d.notifying:
            self.change(d.char, C, Value=Variant("ay", piece))

    async def open_upstream(self, d):
        if d.upstream is not None or d.udp is None:
            return
        standin = self

        class Proto(asyncio.DatagramProtocol):
            def datagram_received(self, data, addr):
                standin.answered(d, data)

        d.upstream, _ = await asyncio.get_running_loop(
        ).create_datagram_endpoint(Proto, remote_addr=tuple(d.udp))

    # ---- sockets ----

    def pair_of_sockets(self):
        ours, theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        if "socket_bytes" in self.config:
            theirs.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF,
                              self.config["socket_bytes"])
        return ours, theirs

    def listen_to(self, d, sock):
        if sock.fileno() >= 0:
            asyncio.get_running_loop().add_reader(
                sock.fileno(), self.readable, d, sock)

    def readable(self, d, sock):
        try:
            data = sock.recv(2048)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(sock.fileno())
            sock.close()
            if d.tx is sock:
                d.tx = None
            if d.rx is sock:
                d.rx = None
            return
        d.queue.put_nowait(data)

    async def worker(self, d):
        while True:
            try:
                await self.written(d, await d.queue.get())
            except Refused as e:
                print("a write was refused:", e, flush=True)
