# SPDX-License-Identifier: Apache-2.0
"""A BlueZ that does what a test tells it, on a private bus.

    standin.py CONFIG.json

CONFIG: {"devices": [{"address", "name", "adapter", "udp": [host, port],
"mtu", "reassembly", "smp", "advertise", "paired", "bond_lost", "held",
"wants_pairing", "passkey", "question", "advertises_smp"}], "adapters":
[name…] or {name: powered}, "sockets": bool, "socket_bytes": n, "remote":
{device keys of what programs offer}, "addresses": {adapter: address},
"rules": [rule…]}.

A rule: {"on": EVENT, "nth": n (default 1), "nths": [n…] or "every": true,
"do": ACTION, …}. Events are D-Bus methods ("Connect", "AcquireNotify",
"WriteValue", "Pair", …), "resolve", "reset" (the device was told to reset),
"write" and "notification" (each one), and "bytes" with "at": the writes have
reached this many bytes. Actions: see act_… in standin_air.py.

Requests go to an SMP server over UDP (smpsim), answers come back as
notifications of mtu - 3 bytes; or to a program on this bus that offers GATT
services (standin_app.py). As in BlueZ, discovery and pairing agents belong to
a client of the bus: they end with it, and only there.
"""
import asyncio
import json
import os
import sys

from dbus_fast import Message, MessageType, Variant
from dbus_fast.aio import MessageBus

from standin_air import A, C, D, PROPERTIES, Air, Device, Refused
from standin_app import Peripherals

MANAGER = "org.freedesktop.DBus.ObjectManager"
BUS = "org.freedesktop.DBus"


class Standin(Air, Peripherals):
    def __init__(self, config):
        self.config = config
        self.sockets = config.get("sockets", True)
        self.rules = config.get("rules", [])
        self.counts = {}
        self.objects = {}
        self.devices = [Device(d) for d in config["devices"]]
        self.listeners = {}   # adapter: clients that discover
        self.agents = {}      # client: (path, capability)
        self.default_agent = None
        self.writes_open = 0
        adapters = config.get("adapters", ["hci0"])
        self.powered = dict(adapters) if isinstance(adapters, dict) else \
            {name: True for name in adapters}

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

    # ---- adapters ----

    def adapter_address(self, name):
        return self.config.get("addresses", {}).get(
            name, f"00:00:00:00:00:{int(name[3:]) + 1:02X}")

    def add_adapter(self, name, quiet=False):
        self.add(f"/org/bluez/{name}", A, {
            "Address": Variant("s", self.adapter_address(name)),
            "Alias": Variant("s", f"lab-{name}"),
            "Powered": Variant("b", self.powered[name]),
            "Discovering": Variant("b", False)}, quiet)

    def power(self, adapter, on):
        for d in self.devices:
            if d.connected and adapter in (d.adapter,
                                           getattr(d, "of_adapter", None)):
                self.disconnect(d)
        self.powered[adapter] = on
        self.change(f"/org/bluez/{adapter}", A, Powered=Variant("b", on))
        print("power", adapter, on, flush=True)

    async def restart(self, ms):
        for d in self.devices:
            d.connected = False
            self.close_sockets(d)
            if self.is_local(d):
                d.advertise = False
        self.objects.clear()
        await self.bus.release_name("org.bluez")
        if ms is None:
            return
        await asyncio.sleep(ms / 1000)
        self.listeners.clear()
        self.agents.clear()
        for name in self.powered:
            self.add_adapter(name, quiet=True)
        await self.bus.request_name("org.bluez")

    # ---- methods ----

    def device_of(self, path):
        for d in self.devices:
            if path == d.path or path.startswith(d.path + "/"):
                return d
        for d in self.devices:
            if self.is_local(d) and path == self.central_path(d):
                return d
        return None

    async def method(self, m):
        d = self.device_of(m.path)
        rule = self.rule_for(m.member)
        if m.member == "WriteValue":
            self.writes_open += 1
            print("writes open:", self.writes_open, flush=True)
        try:
            return await self.perform(m, d, rule)
        finally:
            self.writes_open -= m.member == "WriteValue"

    async def perform(self, m, d, rule):
        if rule is not None and rule["do"] == "answer-late":
            result = await self.perform(m, d, None)
            await asyncio.sleep(rule["ms"] / 1000)
            return result
        if rule is not None and not await self.act(rule, d):
            if rule["do"] == "hold" and m.member == "Connect":
                self.fail("org.bluez.Error.Failed",
                          "le-connection-abort-by-local")
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

    async def do_Set(self, m, d):
        name, value = m.body[1], m.body[2]
        if name == "Powered":
            self.power(os.path.basename(m.path), value.value)
        else:
            print("set", os.path.basename(m.path), name, value.value,
                  flush=True)
            self.change(m.path, m.body[0], **{name: value})
        return "", []

    async def do_SetDiscoveryFilter(self, m, d):
        return "", []

    async def do_StartDiscovery(self, m, d):
        adapter = os.path.basename(m.path)
        if not self.powered[adapter]:
            self.fail("org.bluez.Error.NotReady", "Resource Not Ready")
        clients = self.listeners.setdefault(adapter, set())
        if m.sender in clients:
            self.fail("org.bluez.Error.InProgress",
                      "Operation already in progress")
        clients.add(m.sender)
        return "", []

    def stop_listening(self, adapter, client):
        clients = self.listeners.get(adapter, set())
        if client not in clients:
            return False
        clients.discard(client)
        if not clients:
            for other in self.devices:
                if other.adapter == adapter:
                    self.change(other.path, D, gone=["RSSI"])
        return True

    async def do_StopDiscovery(self, m, d):
        if not self.stop_listening(os.path.basename(m.path), m.sender):
            self.fail("org.bluez.Error.Failed", "No discovery started")
        return "", []

    def client_gone(self, name):
        for adapter in self.listeners:
            self.stop_listening(adapter, name)
        if self.agents.pop(name, None) is not None:
            print("agent gone", flush=True)
        for d in self.devices:
            if d.app is not None and d.app.sender == name:
                self.disconnect(d)
                d.advertise = False
                d.app = None

    async def do_RemoveDevice(self, m, d):
        gone = self.device_of(m.body[0])
        if gone is None or m.body[0] not in self.objects:
            self.fail("org.bluez.Error.DoesNotExist", "Does Not Exist")
        self.disconnect(gone)
        gone.paired = gone.bond_lost = gone.authenticated = False
        self.remove(gone.path)
        return "", []

    async def do_Connect(self, m, d):
        if (not d.advertise or d.held) and not d.connected:
            await asyncio.sleep(0.3)
            self.fail("org.bluez.Error.Failed",
                      "le-connection-abort-by-local")
        if d.connected:
            self.fail("org.bluez.Error.AlreadyConnected", "Already Connected")
        await self.connect(d)
        rule = self.rule_for("resolve")
        if rule is None:
            self.resolve(d)
        elif rule["do"] == "stale":
            smp, d.smp = d.smp, False
            self.resolve(d)
            d.smp = smp
        else:
            await self.act(rule, d)
        return "", []

    async def do_Disconnect(self, m, d):
        await asyncio.sleep(0.1)
        self.disconnect(d)
        return "", []

    # ---- pairing ----

    async def do_RegisterAgent(self, m, d):
        self.agents[m.sender] = (m.body[0], m.body[1])
        print("agent", m.body[1], flush=True)
        return "", []

    async def do_RequestDefaultAgent(self, m, d):
        self.default_agent = m.sender
        return "", []

    async def do_Pair(self, m, d):
        question = d.question
        if d.paired:
            self.fail("org.bluez.Error.AlreadyExists", "Already Exists")
        # As BlueZ: the agent of who asks for pairing, else the default one.
        client = m.sender if m.sender in self.agents else self.default_agent
        if client not in self.agents:
            self.fail("org.bluez.Error.AuthenticationFailed", "no agent")
        path, capability = self.agents[client]
        body, signature = [d.path], "o"
        if question == "RequestConfirmation":
            body, signature = [d.path, d.passkey], "ou"
        answer = await self.bus.call(Message(
            destination=client, path=path, interface="org.bluez.Agent1",
            member=question, signature=signature, body=body))
        if answer.message_type == MessageType.ERROR:
            self.fail("org.bluez.Error.AuthenticationRejected",
                      "Authentication Rejected")
        if question == "RequestPasskey" and answer.body[0] != d.passkey:
            self.fail("org.bluez.Error.AuthenticationFailed",
                      "Authentication Failed")
        d.paired = True
        d.authenticated = question != "RequestAuthorization"
        self.change(d.path, D, Paired=Variant("b", True))
        return "", []

    def check_pairing(self, d):
        if d.wants_pairing and not d.paired or d.paired and d.bond_lost:
            self.fail("org.bluez.Error.Failed",
                      "Operation failed with ATT error: 0x05")
        if d.app is not None and not d.authenticated and any(
                "authenticated" in f for f in d.app.flags(d.app.smp())):
            self.fail("org.bluez.Error.Failed",
                      "Operation failed with ATT error: 0x05")

    # ---- characteristics ----

    def check_sockets(self, d):
        if not self.sockets:
            self.fail("org.bluez.Error.NotSupported", "Not Supported")
        self.check_pairing(d)

    async def do_AcquireNotify(self, m, d):
        self.check_sockets(d)
        if d.rx is not None:
            self.fail("org.bluez.Error.NotPermitted", "Notify acquired")
        d.rx, theirs = self.pair_of_sockets()
        self.listen_to(d, d.rx)
        if d.app is not None:
            await self.app_subscribe(d)
        return "hq", [0, d.mtu], theirs

    async def do_AcquireWrite(self, m, d):
        self.check_sockets(d)
        if d.tx is not None:
            self.fail("org.bluez.Error.NotPermitted", "Write acquired")
        d.tx, theirs = self.pair_of_sockets()
        self.listen_to(d, d.tx)
        return "hq", [0, d.mtu], theirs

    async def do_StartNotify(self, m, d):
        self.check_pairing(d)
        if d.app is not None:
            await self.app_subscribe(d)
        d.notifying = True
        return "", []

    async def do_StopNotify(self, m, d):
        d.notifying = False
        return "", []

    async def do_WriteValue(self, m, d):
        if not d.connected:
            self.fail("org.bluez.Error.Failed", "Not connected")
        if d.app is not None and self.app_path(d, m.path) != d.app.smp():
            await self.call(d.app.sender, self.app_path(d, m.path), C,
                            "WriteValue", "aya{sv}",
                            [m.body[0], self.app_options(d)])
        else:
            d.queue.put_nowait(bytes(m.body[0]))
        return "", []

    async def do_ReadValue(self, m, d):
        reply = await self.call(d.app.sender, self.app_path(d, m.path), C,
                                "ReadValue", "a{sv}", [self.app_options(d)])
        return "ay", [reply.body[0]]

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
        await self.bus.send(Message(
            message_type=MessageType.METHOD_RETURN, destination=m.sender,
            reply_serial=m.serial, signature=result[0], body=result[1],
            unix_fds=fds))
        if fds:
            # The bus has its own copy now.
            result[2].close()

    def handle(self, m):
        if m.message_type == MessageType.SIGNAL:
            if m.member == "NameOwnerChanged" and m.body[2] == "":
                self.client_gone(m.body[0])
            elif m.member == "PropertiesChanged" and \
                    m.sender != self.bus.unique_name:
                self.app_signal(m)
            return None
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
        for rule in ("type='signal',member='NameOwnerChanged'",
                     "type='signal',member='PropertiesChanged',"
                     f"arg0='{C}'"):
            await self.bus.call(Message(
                destination=BUS, path="/org/freedesktop/DBus", interface=BUS,
                member="AddMatch", signature="s", body=[rule]))
        for name in self.powered:
            self.add_adapter(name, quiet=True)
        for d in self.devices:
            asyncio.ensure_future(self.worker(d))
        await self.bus.request_name("org.bluez")
        print("ready", flush=True)
        while True:
            for d in self.devices:
                self.advertise(d)
                await self.connect_by_itself(d)
            await asyncio.sleep(0.1)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as f:
        config = json.load(f)

    async def main():
        await Standin(config).run()

    asyncio.run(main())
