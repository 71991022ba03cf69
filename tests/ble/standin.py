# SPDX-License-Identifier: Apache-2.0
"""A BlueZ that does what a test tells it, on a private bus.

    standin.py CONFIG.json

CONFIG: {"devices": [{"address", "name", "udp": [host, port], "mtu",
"reassembly", "smp", "advertise", "paired", "advertises_smp"}],
"sockets": bool, "rules": [rule…]}.

A rule: {"on": EVENT, "nth": n (default 1) or "every": true, "do": ACTION,
…}. Events are D-Bus methods ("Connect", "AcquireNotify", "WriteValue", "Pair",
…), "reset" (the device was told to reset), and "bytes" with "at": the writes
have reached this many bytes. Actions: error (name, text), slow (ms), never,
vanish, disconnect, restart (ms), adapter-gone (ms: back after, 0 = never),
adapter-off, close-sockets, kill-bus (pid), and after the device was
disconnected: readdress (address), rename (name), mute (ms).

Requests go to an SMP server over UDP (smpsim), answers come back as
notifications of mtu - 3 bytes.
"""
import asyncio
import json
import os
import signal
import socket
import sys

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

SMP_SERVICE = "8d53dc1d-1db7-4cd3-868b-8a527460aa84"
SMP_CHAR = "da2e7828-fbce-4e01-ae9e-261174997c48"
OTHER_SERVICE = "00001523-1212-efde-1523-785feabcd123"
ADAPTER = "/org/bluez/hci0"
PROPERTIES = "org.freedesktop.DBus.Properties"
MANAGER = "org.freedesktop.DBus.ObjectManager"
A, D = "org.bluez.Adapter1", "org.bluez.Device1"
S, C = "org.bluez.GattService1", "org.bluez.GattCharacteristic1"


class Device:
    def __init__(self, config):
        self.__dict__.update({
            "name": None, "mtu": 247, "reassembly": True, "smp": True,
            "advertises_smp": True, "advertise": True, "paired": False,
            "wants_pairing": False, "rssi": -50, "udp": None, **config})
        self.connected = self.acquired = False
        self.notifying = False
        self.rx = self.tx = self.upstream = None
        self.partial = b""
        self.bytes = 0

    @property
    def path(self):
        return f"{ADAPTER}/dev_{self.address.replace(':', '_')}"

    @property
    def service(self):
        return self.path + "/service0010"

    @property
    def char(self):
        return self.service + "/char0011"


class Refused(Exception):
    def __init__(self, name, text):
        super().__init__(text)
        self.name = name


class Standin:
    def __init__(self, config):
        self.config = config
        self.sockets = config.get("sockets", True)
        self.rules = config.get("rules", [])
        self.counts = {}
        self.objects = {}
        self.devices = [Device(d) for d in config["devices"]]
        self.discovering = False
        self.agent = None
        self.powered = config.get("powered", True)

    # ---- objects ----

    def add(self, path, iface, props, quiet=False):
        self.objects.setdefault(path, {})[iface] = props
        if not quiet:
            self.signal("/", MANAGER, "InterfacesAdded", "oa{sa{sv}}",
                        [path, {iface: props}])

    def remove(self, path):
        for below in [p for p in self.objects
                      if p == path or p.startswith(path + "/")]:
            ifaces = list(self.objects.pop(below))
            self.signal("/", MANAGER, "InterfacesRemoved", "oas",
                        [below, ifaces])

    def change(self, path, iface, gone=(), **props):
        known = self.objects.get(path, {}).get(iface)
        if known is None:
            return
        known.update(props)
        for name in gone:
            known.pop(name, None)
        self.signal(path, PROPERTIES, "PropertiesChanged", "sa{sv}as",
                    [iface, props, list(gone)])

    def signal(self, path, iface, member, signature, body):
        self.bus.send(Message(message_type=MessageType.SIGNAL, path=path,
                              interface=iface, member=member,
                              signature=signature, body=body))

    def add_adapter(self, quiet=False):
        self.add(ADAPTER, A, {
            "Address": Variant("s", "00:00:00:00:00:01"),
            "Powered": Variant("b", self.powered),
            "Discovering": Variant("b", False)}, quiet)

    def advertise(self, d):
        if not (self.discovering and d.advertise and not d.connected):
            return
        uuids = [SMP_SERVICE] if d.smp and d.advertises_smp else []
        props = {"Address": Variant("s", d.address),
                 "Adapter": Variant("o", ADAPTER),
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

    def resolve(self, d, services=True):
        if services:
            if d.smp:
                self.add(d.service, S, {"UUID": Variant("s", SMP_SERVICE),
                                        "Device": Variant("o", d.path),
                                        "Primary": Variant("b", True)})
                flags = ["write-without-response", "notify"]
                props = {"UUID": Variant("s", SMP_CHAR),
                         "Service": Variant("o", d.service),
                         "Flags": Variant("as", flags),
                         "MTU": Variant("q", d.mtu)}
                self.add(d.char, C, props)
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
        for path in [p for p in self.objects if p.startswith(d.path + "/")]:
            self.remove(path)
        self.change(d.path, D, Connected=Variant("b", False),
                    ServicesResolved=Variant("b", False))

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
                    self.counts[event] == rule.get("nth", 1):
                return rule
        return None

    async def act(self, rule, d):
        """What happens instead of the answer. True: answer all the same."""
        do = rule["do"]
        print("rule:", json.dumps(rule), flush=True)
        if do == "error":
            raise Refused(rule["name"], rule.get("text", "because"))
        if do == "slow":
            await asyncio.sleep(rule["ms"] / 1000)
        elif do == "never":
            await asyncio.sleep(3600)
        elif do == "vanish":
            self.disconnect(d)
            self.remove(d.path)
        elif do == "disconnect":
            self.disconnect(d)
        elif do == "close-sockets":
            self.close_sockets(d)
        elif do == "readdress":
            self.disconnect(d)
            self.remove(d.path)
            d.address = rule["address"]
        elif do == "rename":
            self.disconnect(d)
            d.name = rule["name"]
        elif do == "mute":
            self.disconnect(d)
            d.advertise = False
            asyncio.get_running_loop().call_later(
                rule["ms"] / 1000, lambda: setattr(d, "advertise", True))
        elif do == "drop-smp":
            self.disconnect(d)
            d.smp = False
        elif do in ("restart", "quit"):
            await self.restart(rule.get("ms"))
        elif do == "kill-bus":
            os.kill(rule["pid"], signal.SIGKILL)
        elif do == "adapter-gone":
            self.disconnect(d)
            self.remove(ADAPTER)
            if rule.get("ms"):
                asyncio.get_running_loop().call_later(
                    rule["ms"] / 1000, self.add_adapter)
        elif do == "adapter-off":
            self.disconnect(d)
            self.powered = False
            self.change(ADAPTER, A, Powered=Variant("b", False))
        else:
            raise AssertionError(do)
        return do == "slow"

    async def restart(self, ms):
        for d in self.devices:
            d.connected = False
            self.close_sockets(d)
        self.objects.clear()
        await self.bus.release_name("org.bluez")
        if ms is None:
            return
        await asyncio.sleep(ms / 1000)
        self.discovering = False
        self.add_adapter(quiet=True)
        await self.bus.request_name("org.bluez")

    # ---- SMP ----

    async def written(self, d, data):
        d.bytes += len(data)
        rule = self.rule_for("bytes", d.bytes)
        if rule is not None:
            await self.act(rule, d)
            return
        if len(data) > d.mtu - 3:
            print(f"write of {len(data)} bytes is dropped", flush=True)
            return
        if d.reassembly:
            d.partial += data
            if len(d.partial) < 8:
                d.partial = b""
                return
            need = 8 + int.from_bytes(d.partial[2:4], "big")
            if len(d.partial) < need:
                return
            data, d.partial = d.partial[:need], b""
        if len(data) >= 8 and data[0] & 7 == 2 and data[4:6] == b"\0\0" \
                and data[7] == 5:
            rule = self.rule_for("reset")
            if rule is not None:
                asyncio.get_running_loop().call_later(
                    0.3, lambda: asyncio.ensure_future(self.act(rule, d)))
        if d.upstream is not None:
            d.upstream.sendto(data)

    def answered(self, d, data):
        for off in range(0, len(data), d.mtu - 3):
            piece = data[off:off + d.mtu - 3]
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

    def pair_of_sockets(self):
        ours, theirs = socket.socketpair(
            socket.AF_UNIX, socket.SOCK_SEQPACKET)
        ours.setblocking(False)
        return ours, theirs

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
            await self.written(d, await d.queue.get())

    # ---- methods ----

    def device_of(self, path):
        for d in self.devices:
            if path == d.path or path.startswith(d.path + "/"):
                return d
        return None

    async def method(self, m):
        d = self.device_of(m.path)
        if m.member in ("Get", "GetAll", "Set", "GetManagedObjects"):
            rule = self.rule_for(m.member)
        else:
            rule = self.rule_for(m.member)
        if rule is not None and not await self.act(rule, d):
            return None if rule["do"] not in ("disconnect", "vanish") else \
                self.fail("org.bluez.Error.Failed", "Not connected")
        handler = getattr(self, "do_" + m.member, None)
        if handler is None:
            self.fail("org.freedesktop.DBus.Error.UnknownMethod",
                      f"Method {m.member} doesn't exist")
        if m.path != "/" and m.path != "/org/bluez" and \
                m.path not in self.objects:
            self.fail("org.freedesktop.DBus.Error.UnknownObject",
                      f"no object {m.path}")
        return await handler(m, d)

    def fail(self, name, text):
        raise Refused(name, text)

    async def do_GetManagedObjects(self, m, d):
        return "a{oa{sa{sv}}}", [self.objects]

    async def do_GetAll(self, m, d):
        return "a{sv}", [self.objects[m.path][m.body[0]]]

    async def do_Get(self, m, d):
        props = self.objects[m.path].get(m.body[0], {})
        if m.body[1] not in props:
            self.fail("org.freedesktop.DBus.Error.InvalidArgs", "no such")
        return "v", [props[m.body[1]]]

    async def do_SetDiscoveryFilter(self, m, d):
        return "", []

    async def do_StartDiscovery(self, m, d):
        if not self.powered:
            self.fail("org.bluez.Error.NotReady", "Resource Not Ready")
        self.discovering = True
        return "", []

    async def do_StopDiscovery(self, m, d):
        self.discovering = False
        for other in self.devices:
            self.change(other.path, D, gone=["RSSI"])
        return "", []

    async def do_RemoveDevice(self, m, d):
        gone = self.device_of(m.body[0])
        if gone is None or m.body[0] not in self.objects:
            self.fail("org.bluez.Error.DoesNotExist", "Does Not Exist")
        self.disconnect(gone)
        gone.paired = gone.bond_lost = False
        self.remove(gone.path)
        return "", []

    async def do_Connect(self, m, d):
        if not d.advertise and not d.connected:
            await asyncio.sleep(1)
            self.fail("org.bluez.Error.Failed",
                      "le-connection-abort-by-local")
        d.connected = True
        await self.open_upstream(d)
        self.change(d.path, D, Connected=Variant("b", True), gone=["RSSI"])
        rule = self.rule_for("resolve")
        if rule is not None:
            if rule["do"] == "stale":
                self.resolve_stale(d)
            else:
                await self.act(rule, d)
        else:
            self.resolve(d)
        return "", []

    def resolve_stale(self, d):
        smp, d.smp = d.smp, False
        self.resolve(d)
        d.smp = smp

    async def do_Disconnect(self, m, d):
        await asyncio.sleep(0.1)
        self.disconnect(d)
        return "", []

    async def do_RegisterAgent(self, m, d):
        self.agent = (m.sender, m.body[0], m.body[1])
        return "", []

    async def do_RequestDefaultAgent(self, m, d):
        return "", []

    async def do_Pair(self, m, d):
        question = getattr(d, "question", "RequestAuthorization")
        if d.paired:
            self.fail("org.bluez.Error.AlreadyExists", "Already Exists")
        if self.agent is None:
            self.fail("org.bluez.Error.AuthenticationFailed", "no agent")
        body, signature = [d.path], "o"
        if question == "RequestConfirmation":
            body, signature = [d.path, d.passkey], "ou"
        answer = await self.bus.call(Message(
            destination=self.agent[0], path=self.agent[1],
            interface="org.bluez.Agent1", member=question,
            signature=signature, body=body))
        if answer.message_type == MessageType.ERROR:
            self.fail("org.bluez.Error.AuthenticationRejected",
                      "Authentication Rejected")
        if question == "RequestPasskey" and answer.body[0] != d.passkey:
            self.fail("org.bluez.Error.AuthenticationFailed",
                      "Authentication Failed")
        d.paired = True
        self.change(d.path, D, Paired=Variant("b", True))
        return "", []

    def check_pairing(self, d):
        if d.wants_pairing and not d.paired or \
                d.paired and getattr(d, "bond_lost", False):
            self.fail("org.bluez.Error.Failed",
                      "Operation failed with ATT error: 0x05")

    def check_sockets(self, d):
        if not self.sockets:
            self.fail("org.bluez.Error.NotSupported", "Not Supported")
        self.check_pairing(d)

    async def do_AcquireNotify(self, m, d):
        self.check_sockets(d)
        d.rx, theirs = self.pair_of_sockets()
        asyncio.get_running_loop().add_reader(
            d.rx.fileno(), self.readable, d, d.rx)
        return "hq", [0, d.mtu], theirs

    async def do_AcquireWrite(self, m, d):
        self.check_sockets(d)
        d.tx, theirs = self.pair_of_sockets()
        asyncio.get_running_loop().add_reader(
            d.tx.fileno(), self.readable, d, d.tx)
        return "hq", [0, d.mtu], theirs

    async def do_StartNotify(self, m, d):
        self.check_pairing(d)
        d.notifying = True
        return "", []

    async def do_StopNotify(self, m, d):
        d.notifying = False
        return "", []

    async def do_WriteValue(self, m, d):
        if not d.connected:
            self.fail("org.bluez.Error.Failed", "Not connected")
        d.queue.put_nowait(bytes(m.body[0]))
        return "", []

    # ---- bus ----

    async def answer(self, m):
        try:
            result = await self.method(m)
        except Refused as e:
            self.bus.send(Message.new_error(m, e.name, str(e)))
            return
        except KeyError as e:
            self.bus.send(Message.new_error(
                m, "org.freedesktop.DBus.Error.UnknownObject", str(e)))
            return
        if result is None:
            return
        fds = [result[2].fileno()] if len(result) > 2 else []
        self.bus.send(Message(
            message_type=MessageType.METHOD_RETURN, destination=m.sender,
            reply_serial=m.serial, signature=result[0], body=result[1],
            unix_fds=fds))
        if fds:
            # The bus has its own copy once the message is written.
            asyncio.get_running_loop().call_later(1, result[2].close)

    def handle(self, m):
        if m.message_type != MessageType.METHOD_CALL or \
                m.path == "/org/freedesktop/DBus" or \
                m.interface == "org.freedesktop.DBus.Peer":
            return None
        asyncio.ensure_future(self.answer(m))
        return True

    async def run(self):
        self.bus = await MessageBus(
            bus_address=os.environ["DBUS_SYSTEM_BUS_ADDRESS"],
            negotiate_unix_fd=True).connect()
        self.bus.add_message_handler(self.handle)
        if self.config.get("adapter", True):
            self.add_adapter(quiet=True)
        for d in self.devices:
            d.queue = asyncio.Queue()
            asyncio.ensure_future(self.worker(d))
        await self.bus.request_name("org.bluez")
        print("ready", flush=True)
        while True:
            for d in self.devices:
                self.advertise(d)
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as f:
        asyncio.run(Standin(json.load(f)).run())
