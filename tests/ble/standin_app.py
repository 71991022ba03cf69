# SPDX-License-Identifier: Apache-2.0
"""Peripherals of the scripted BlueZ: a program registers GATT services and an
advertisement on one adapter, and another adapter (hci0) hears it."""
import asyncio
import os

from dbus_fast import Message, MessageType, Variant

from standin_air import C, D, PROPERTIES, S, SMP_CHAR, SMP_SERVICE, Device

CENTRAL = "C0:00:00:00:00:0C"


class App:
    """Services of a program."""

    def __init__(self, sender, path, objects):
        self.sender, self.path, self.objects = sender, path, objects
        self.notify_fd = self.write_fd = None

    def of(self, iface):
        return sorted((p, o[iface]) for p, o in self.objects.items()
                      if iface in o)

    def flags(self, path):
        return self.objects[path][C]["Flags"].value

    def smp(self):
        for path, props in self.of(C):
            if props["UUID"].value == SMP_CHAR:
                return path
        return None


class Peripherals:
    """The part of the stand-in that hosts applications."""

    def remote(self, adapter):
        """The device that others hear when this adapter advertises."""
        for d in self.devices:
            if getattr(d, "of_adapter", None) == adapter:
                return d
        d = Device({"address": self.adapter_address(adapter),
                    "advertise": False, "of_adapter": adapter,
                    **self.config.get("remote", {})})
        self.devices.append(d)
        asyncio.ensure_future(self.worker(d))
        return d

    def is_local(self, d):
        return getattr(d, "of_adapter", None) is not None

    # ---- the program's calls ----

    async def do_RegisterApplication(self, m, d):
        reply = await self.call(m.sender, m.body[0],
                                "org.freedesktop.DBus.ObjectManager",
                                "GetManagedObjects")
        adapter = os.path.basename(m.path)
        remote = self.remote(adapter)
        remote.app = App(m.sender, m.body[0], reply.body[0])
        remote.wants_pairing = any(
            f.startswith("encrypt") for p, _ in remote.app.of(C)
            for f in remote.app.flags(p))
        uuids = [p["UUID"].value for _, p in remote.app.of(S)]
        print("services", adapter, *uuids, flush=True)
        return "", []

    async def do_UnregisterApplication(self, m, d):
        print("no services", os.path.basename(m.path), flush=True)
        return "", []

    async def do_RegisterAdvertisement(self, m, d):
        reply = await self.call(m.sender, m.body[0], PROPERTIES, "GetAll",
                                "s", ["org.bluez.LEAdvertisement1"])
        props = reply.body[0]
        adapter = os.path.basename(m.path)
        remote = self.remote(adapter)
        remote.name = props["LocalName"].value
        remote.advertises_smp = SMP_SERVICE in props["ServiceUUIDs"].value
        remote.advertise = True
        print("advertises", adapter, remote.name,
              *props["ServiceUUIDs"].value, flush=True)
        return "", []

    async def do_UnregisterAdvertisement(self, m, d):
        adapter = os.path.basename(m.path)
        self.remote(adapter).advertise = False
        print("silent", adapter, flush=True)
        return "", []

    # ---- a central is connected ----

    def central_path(self, d):
        return f"/org/bluez/{d.of_adapter}/dev_{CENTRAL.replace(':', '_')}"

    def app_connected(self, d):
        self.add(self.central_path(d), D, {
            "Address": Variant("s", CENTRAL),
            "Adapter": Variant("o", f"/org/bluez/{d.of_adapter}"),
            "Connected": Variant("b", True)})

    def app_disconnected(self, d):
        loop = asyncio.get_running_loop()
        for fd in (d.app.notify_fd, d.app.write_fd):
            if fd is not None:
                loop.remove_reader(fd)
                os.close(fd)
        d.app.notify_fd = d.app.write_fd = None
        self.remove(self.central_path(d))

    def resolve_app(self, d):
        for path, props in d.app.of(S):
            self.add(d.path + path[len(d.app.path):], S, {
                "UUID": props["UUID"], "Device": Variant("o", d.path),
                "Primary": props["Primary"]})
        for path, props in d.app.of(C):
            here = d.path + path[len(d.app.path):]
            self.add(here, C, {
                "UUID": props["UUID"],
                "Service": Variant("o", os.path.dirname(here)),
                "Flags": Variant("as", [f for f in props["Flags"].value
                                        if not f.startswith("encrypt")]),
                "MTU": Variant("q", d.mtu)})

    def app_path(self, d, path):
        return d.app.path + path[len(d.path):]

    def app_char(self, d):
        return d.path + d.app.smp()[len(d.app.path):]

    async def call(self, to, path, iface, member, signature="", body=()):
        reply = await self.bus.call(Message(
            destination=to, path=path, interface=iface, member=member,
            signature=signature, body=list(body)))
        if reply.message_type == MessageType.ERROR:
            self.fail("org.bluez.Error.Failed",
                      f"Operation failed with ATT error: 0x0e "
                      f"({reply.error_name})")
        return reply

    def app_options(self, d):
        return {"mtu": Variant("q", d.mtu), "link": Variant("s", "LE"),
                "device": Variant("o", self.central_path(d))}

    async def app_subscribe(self, d):
        """Notifications of the program come to us from now on."""
        char = d.app.smp()
        if "NotifyAcquired" not in d.app.objects[char][C]:
            await self.call(d.app.sender, char, C, "StartNotify")
            print("subscribed by method", flush=True)
            return
        reply = await self.call(d.app.sender, char, C, "AcquireNotify",
                                "a{sv}", [self.app_options(d)])
        d.app.notify_fd = reply.unix_fds[reply.body[0]]
        os.set_blocking(d.app.notify_fd, False)
        asyncio.get_running_loop().add_reader(
            d.app.notify_fd, self.app_readable, d)
        print("subscribed by socket", flush=True)

    def app_readable(self, d):
        try:
            data = os.read(d.app.notify_fd, 4096)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data:
            asyncio.get_running_loop().remove_reader(d.app.notify_fd)
            return
        self.app_notified(d, data)

    def app_notified(self, d, data):
        # BlueZ 5.66 cuts what does not fit one PDU of its multiple
        # notifications.
        if len(data) > d.mtu - 5:
            print(f"notification of {len(data)} bytes is cut", flush=True)
        print(f"notification {len(data)}", flush=True)
        self.notify(d, data[:d.mtu - 5])

    def app_signal(self, m):
        """PropertiesChanged of a program: a notification by method."""
        for d in self.devices:
            if d.app is not None and m.sender == d.app.sender and \
                    m.path == d.app.smp() and "Value" in m.body[1]:
                self.app_notified(d, bytes(m.body[1]["Value"].value))

    async def app_written(self, d, data):
        char = d.app.smp()
        if "WriteAcquired" in d.app.objects[char][C]:
            if d.app.write_fd is None:
                reply = await self.call(
                    d.app.sender, char, C, "AcquireWrite", "a{sv}",
                    [self.app_options(d)])
                d.app.write_fd = reply.unix_fds[reply.body[0]]
                print("writes by socket", flush=True)
            try:
                os.write(d.app.write_fd, data)
            except OSError:
                print("a write to a program that is off the air",
                      flush=True)
            return
        await self.call(d.app.sender, char, C, "WriteValue", "aya{sv}",
                        [data, self.app_options(d)])
