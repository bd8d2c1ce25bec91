#!/usr/bin/env python3
"""Hands and eyes in the real kernel: namespaces, commands in them, frames in and out, conntrack. Protocol: README.md beside this file.

Everything it makes lives in a mount namespace and network namespaces of its own, held open by this process alone. When the process
ends, however it ends, the kernel removes them; nothing has to be tidied up, and nobody else's namespace can be met.
"""

import ctypes
import json
import mmap
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

from programs import Programs

CLONE_NEWNS = 0x00020000
CLONE_NEWNET = 0x40000000
MS_REC, MS_PRIVATE = 0x4000, 0x40000
PR_SET_PDEATHSIG = 1
# Every program that is needed, and Debian's package that has it.
TOOLS = {
    "ip": "iproute2",
    "bridge": "iproute2",
    "tc": "iproute2",
    "iptables-nft": "iptables",
    "iptables-legacy": "iptables",
    "ipset": "ipset",
    "conntrack": "conntrack",
    "sysctl": "procps",
    "ethtool": "ethtool",
    "mkfifo": "coreutils",
}

# Frames of one step from which on some may still be on their way (dev_weight), and how long to wait for them (s).
LONG_STEP = 64
LATE_FRAMES = 0.03

libc = ctypes.CDLL(None, use_errno=True)


class AgentError(Exception):
    """Told to the caller as text."""


def checked(result, what):
    if result != 0:
        code = ctypes.get_errno()
        raise OSError(code, f"{what}: {os.strerror(code)}")


# ---------------------------------------------------------------- namespaces


class Namespace:
    """One network namespace: its handle, its capture ring, its netlink sockets."""

    def __init__(self, name):
        self.name = name
        self.fd = os.open(f"/run/netns/{name}", os.O_RDONLY)
        self.ring = None
        self.inject = None
        self.events = None
        self._ctl = None

    @property
    def ctl(self):
        """Netlink to connection tracking, opened on first use."""
        if self._ctl is None:
            with self:
                self._ctl = netlink_socket()
        return self._ctl

    def close(self):
        """Everything held of it."""
        for sock in (self.inject, self.events, self._ctl, self.ring and self.ring.sock):
            if sock is not None:
                sock.close()
        if self.ring is not None:
            self.ring.map.close()
        os.close(self.fd)

    def __enter__(self):
        checked(libc.setns(self.fd, CLONE_NEWNET), f"setns {self.name}")
        return self

    def __exit__(self, *_):
        checked(libc.setns(HOME, CLONE_NEWNET), "setns home")


def isolate():
    """A private mount namespace with an empty /run: `ip netns` names and xtables.lock are then this process's own."""
    checked(libc.unshare(CLONE_NEWNS | CLONE_NEWNET), "unshare")
    checked(libc.mount(b"none", b"/", None, MS_REC | MS_PRIVATE, None), "make mounts private")
    checked(libc.mount(b"tmpfs", b"/run", b"tmpfs", 0, b"mode=755"), "mount /run")
    os.mkdir("/run/netns")


# ---------------------------------------------------------------- capture (AF_PACKET, TPACKET_V2)

SOL_PACKET = 263
PACKET_RX_RING, PACKET_STATISTICS, PACKET_VERSION = 5, 6, 10
TPACKET_V2 = 1
TP_STATUS_USER, TP_STATUS_VLAN_VALID = 1, 0x10
BLOCK = 65536
WORDS = {0: "in", 1: "in-bcast", 2: "in-mcast", 3: "in-other", 4: "out"}


class Ring:
    """Every device of a namespace. The kernel copies at the tap; a clone read by recv() would show later rewrites of shared bytes."""

    def __init__(self, frame_size, frames):
        self.size, self.count, self.at = frame_size, frames, 0
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(3))
        self.sock.setsockopt(SOL_PACKET, PACKET_VERSION, struct.pack("i", TPACKET_V2))
        total = frame_size * frames
        block = max(BLOCK, frame_size)
        self.sock.setsockopt(SOL_PACKET, PACKET_RX_RING, struct.pack("IIII", block, total // block, frame_size, frames))
        self.map = mmap.mmap(self.sock.fileno(), total)
        self.names = dict(socket.if_nameindex())

    def drain(self, ns, into):
        """Append (time, order, [ns, dev, dir, hex]) for every new frame."""
        order = 0
        while True:
            base = self.at * self.size
            status, _, snap, mac, _, sec, nsec, tci, tpid = struct.unpack_from("=IIIHHIIHH", self.map, base)
            if not status & TP_STATUS_USER:
                return
            ifindex, _, kind = struct.unpack_from("=iHB", self.map, base + 36)
            data = self.map[base + mac : base + mac + snap]
            if status & TP_STATUS_VLAN_VALID:
                data = data[:12] + struct.pack("!HH", tpid or 0x8100, tci) + data[12:]
            row = [ns, self.names.get(ifindex, str(ifindex)), WORDS.get(kind, str(kind)), data.hex()]
            into.append((sec * 10**9 + nsec, order, row))
            order += 1
            struct.pack_into("=I", self.map, base, 0)
            self.at = (self.at + 1) % self.count

    def lost(self):
        return struct.unpack("II", self.sock.getsockopt(SOL_PACKET, PACKET_STATISTICS, 8))[1]


# ---------------------------------------------------------------- conntrack (ctnetlink)

NETLINK_NETFILTER = 12
SO_RCVBUFFORCE = 33
IPCTNL_GET, IPCTNL_DELETE = 0x101, 0x102
NLM_F_REQUEST, NLM_F_ACK, NLM_F_DUMP, NLM_F_NEW = 1, 4, 0x300, 0x600
NLMSG_ERROR, NLMSG_DONE = 2, 3
CT_EVENT_GROUPS = 0b111
STATUS = ("EXPECTED", "SEEN_REPLY", "ASSURED", "CONFIRMED", "SRC_NAT", "DST_NAT", "SEQ_ADJUST", "SRC_NAT_DONE",
          "DST_NAT_DONE", "DYING", "FIXED_TIMEOUT", "TEMPLATE", "UNTRACKED", "HELPER", "OFFLOAD")
TCP_STATES = ("NONE", "SYN_SENT", "SYN_RECV", "ESTABLISHED", "FIN_WAIT", "CLOSE_WAIT", "LAST_ACK", "TIME_WAIT", "CLOSE", "SYN_SENT2")
PROTOCOLS = {1: "icmp", 6: "tcp", 17: "udp", 132: "sctp"}


def netlink_socket(groups=0):
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER)
    try:
        sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, 4 << 20)
    except PermissionError:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4 << 20)
    sock.bind((0, groups))
    return sock


def attributes(data):
    found, at = {}, 0
    while at + 4 <= len(data):
        length, kind = struct.unpack_from("HH", data, at)
        if length < 4:
            break
        found[kind & 0x3FFF] = data[at + 4 : at + length]
        at += (length + 3) & ~3
    return found


def messages(data):
    at = 0
    while at + 16 <= len(data):
        length, kind, flags = struct.unpack_from("IHH", data, at)
        yield kind, flags, data[at + 16 : at + length]
        at += (length + 3) & ~3


def number(data):
    return int.from_bytes(data, "big")


def tuple_row(data):
    outer = attributes(data)
    ip, proto = attributes(outer.get(1, b"")), attributes(outer.get(2, b""))
    row = {"src": socket.inet_ntoa(ip[1]), "dst": socket.inet_ntoa(ip[2])}
    row["proto"] = PROTOCOLS.get(number(proto[1]), number(proto[1]))
    for key, name in ((2, "sport"), (3, "dport"), (4, "id"), (5, "type"), (6, "code")):
        if key in proto:
            row[name] = number(proto[key])
    return row


def entry_row(payload):
    parts = attributes(payload[4:])
    if 1 not in parts or len(attributes(attributes(parts[1]).get(1, b"")).get(1, b"")) != 4:
        return None
    status = number(parts[3]) if 3 in parts else 0
    row = {"orig": tuple_row(parts[1]), "reply": tuple_row(parts[2]), "mark": number(parts.get(8, b""))}
    row["status"] = [word for bit, word in enumerate(STATUS) if status >> bit & 1]
    if 7 in parts:
        row["timeout"] = number(parts[7])
    if 18 in parts:
        row["zone"] = number(parts[18])
    tcp = attributes(attributes(parts[4]).get(1, b"")) if 4 in parts else {}
    if row["orig"]["proto"] == "tcp" and 1 in tcp:
        row["tcp"] = TCP_STATES[tcp[1][0]]
    return row


def request(sock, kind, flags):
    body = struct.pack("!BBH", socket.AF_INET, 0, 0)
    sock.send(struct.pack("IHHII", 16 + len(body), kind, flags, 1, 0) + body)


def conntrack_dump(sock):
    request(sock, IPCTNL_GET, NLM_F_REQUEST | NLM_F_DUMP)
    rows = []
    while True:
        for kind, _, payload in messages(sock.recv(1 << 18)):
            if kind == NLMSG_DONE:
                return rows
            if kind == NLMSG_ERROR:
                raise OSError(-struct.unpack_from("i", payload)[0], "conntrack dump")
            row = entry_row(payload)
            if row is not None:
                rows.append(row)


def conntrack_flush(sock):
    request(sock, IPCTNL_DELETE, NLM_F_REQUEST | NLM_F_ACK)
    for kind, _, payload in messages(sock.recv(65536)):
        code = struct.unpack_from("i", payload)[0] if kind == NLMSG_ERROR else 0
        if code != 0:
            raise OSError(-code, "conntrack flush")


def conntrack_events(sock):
    rows = []
    while True:
        try:
            data = sock.recv(1 << 18, socket.MSG_DONTWAIT)
        except BlockingIOError:
            return rows
        for kind, flags, payload in messages(data):
            if kind >> 8 != 1:
                continue
            row = entry_row(payload)
            if row is not None:
                row["event"] = "destroy" if kind & 0xFF == 2 else "new" if flags & NLM_F_NEW else "update"
                rows.append(row)


# ---------------------------------------------------------------- commands


def run_command(namespaces, command):
    """One command in one namespace: words with input, or sysctl files to write. Returns [exit, stdout, stderr]."""
    with namespaces[command["ns"]]:
        if "sysctl" in command:
            return write_sysctls(command["sysctl"])
        process = subprocess.run(command["argv"], input=command.get("stdin", ""), capture_output=True, encoding="utf-8", check=False)
        return [process.returncode, process.stdout, process.stderr]


def write_sysctls(pairs):
    for path, value in pairs:
        if ".." in path.split("/"):
            return [1, "", f"{path}: no sysctl"]
        try:
            with open("/proc/sys/" + path, "w", encoding="ascii") as file:
                file.write(value)
        except OSError as error:
            return [1, "", f"{path}: {os.strerror(error.errno)}"]
    return [0, "", ""]


class Agent:
    def __init__(self):
        self.namespaces = {}
        self.programs = Programs(self.namespaces)

    def op_hello(self, _):
        version = subprocess.run(["iptables-nft", "--version"], capture_output=True, text=True, check=False).stdout
        return {"kernel": os.uname().release, "iptables": version.strip(), "brNetfilter": os.path.isdir("/proc/sys/net/bridge")}

    def op_netns(self, message):
        for name in message["names"]:
            result = subprocess.run(["ip", "netns", "add", name], capture_output=True, text=True, check=False)
            if result.returncode != 0:
                raise AgentError(result.stderr.strip())
            self.namespaces[name] = Namespace(name)
        return {}

    def op_drop(self, message):
        """Remove namespaces and everything held of them."""
        gone = set(message["names"])
        self.programs.listen([one for one in self.programs.wanted() if one["ns"] not in gone])
        for name in message["names"]:
            self.namespaces.pop(name).close()
            subprocess.run(["ip", "netns", "del", name], capture_output=True, check=True)
        return {}

    def op_run(self, message):
        """Commands in order; ends behind the first that fails."""
        results = []
        for command in message["commands"]:
            results.append(run_command(self.namespaces, command))
            if results[-1][0] != 0:
                break
        return {"results": results}

    def op_runApart(self, message):
        """Every command, whatever becomes of the others; those of different namespaces at the same time (setns is a thread's own)."""
        commands = message["commands"]
        queues, results = {}, [None] * len(commands)
        for at, command in enumerate(commands):
            queues.setdefault(command["ns"], []).append(at)

        def work(queue):
            for at in queue:
                results[at] = run_command(self.namespaces, commands[at])

        with ThreadPoolExecutor(max_workers=max(1, len(queues))) as pool:
            list(pool.map(work, queues.values()))
        return {"results": results}

    def op_watch(self, message):
        """Open captures and conntrack sockets. Devices must be there already: their names are read once."""
        for name in message["names"]:
            ns = self.namespaces[name]
            with ns:
                if ns.ring is None:
                    ns.ring = Ring(message["frameSize"], message["frames"])
                    ns.inject = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0)
                    ns.events = netlink_socket(CT_EVENT_GROUPS)
                ns.ring.names = dict(socket.if_nameindex())
        return {}

    def watched(self):
        return [ns for ns in self.namespaces.values() if ns.ring is not None]

    def drain(self):
        rows = []
        for ns in self.watched():
            ns.ring.drain(ns.name, rows)
        rows.sort(key=lambda row: (row[0], row[1]))
        return [row[2] for row in rows]

    def op_play(self, message):
        """Steps one after the other; what each caused is read before the next one."""
        self.drain()
        for ns in self.watched():
            conntrack_events(ns.events)
        steps = [self.play_step(step) for step in message["steps"]]
        return {"steps": steps, "lost": sum(ns.ring.lost() for ns in self.watched())}

    def play_step(self, step):
        error = None
        try:
            if "frame" in step:
                name, dev, data = step["frame"]
                self.namespaces[name].inject.sendto(bytes.fromhex(data), (dev, 0))
            elif "udp" in step:
                self.send_datagram(*step["udp"])
            else:
                error = self.step_commands(step["commands"])
        except OSError as failure:
            error = failure.strerror or str(failure)
        events = self.new_events()
        frames = self.drain()
        if len(frames) >= LONG_STEP:
            self.await_the_rest(frames, events)
        return {"frames": frames, "ct": events, "error": error}

    def new_events(self):
        return {ns.name: found for ns in self.watched() if (found := conntrack_events(ns.events))}

    def await_the_rest(self, frames, events):
        """A packet that goes round and round outlives send(): after its budget the kernel leaves it to ksoftirqd."""
        while True:
            time.sleep(LATE_FRAMES)
            late = self.drain()
            for name, found in self.new_events().items():
                events.setdefault(name, []).extend(found)
            if not late:
                return
            frames.extend(late)

    def step_commands(self, commands):
        for command in commands:
            code, _, stderr = run_command(self.namespaces, command)
            if code != 0:
                return stderr.strip()
        return None

    def send_datagram(self, name, sport, dst, dport, data):
        """From a socket that is closed again at once: an answer finds nobody."""
        with self.namespaces[name]:
            sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        with sock:
            sock.bind(("0.0.0.0", sport))
            sock.sendto(bytes.fromhex(data), (dst, dport))

    def op_conntrack(self, message):
        return {"entries": {name: conntrack_dump(self.namespaces[name].ctl) for name in message["names"]}}

    def op_flush(self, message):
        for name in message["names"]:
            conntrack_flush(self.namespaces[name].ctl)
        for ns in self.watched():
            conntrack_events(ns.events)
        return {}

    def op_listen(self, message):
        self.programs.listen(message["listeners"])
        return {}

    def op_start(self, message):
        self.programs.start(message)
        return {}

    def op_end(self, message):
        return self.programs.end(message)

    def answer(self, message):
        try:
            return {"ok": getattr(self, "op_" + message["op"])(message)}
        except Exception as error:  # noqa: BLE001 - whatever went wrong is told, and the next request is heard
            return {"error": f"{type(error).__name__}: {error}"}


def missing():
    """What this machine lacks, in words for the one who reads it."""
    lacks = [f"{tool} is not installed (Debian: {package})" for tool, package in TOOLS.items() if shutil.which(tool) is None]
    try:
        isolate()
    except OSError as error:
        lacks.append(f"no network namespaces here ({error.strerror}); run as root, or under `unshare -Urnm`")
        return lacks
    try:
        Ring(4096, 16).sock.close()
    except OSError as error:
        lacks.append(f"no packet capture ({error.strerror})")
    try:
        sock = netlink_socket()
        sock.settimeout(2)
        conntrack_dump(sock)
    except OSError as error:
        lacks.append(f"no conntrack over netlink ({error})")
    return lacks


TURN = "\0kubehop-kernel-agent"


def take_turns():
    """One comparison at a time: a TRACE rule in any namespace makes nf_tables draw flow hashes before NAT in all of them.
    Agents of one program are its own business.

    The name lives in the namespace of the machine, so this comes before isolate(); it is free again when the process ends.
    """
    turn = socket.socket(socket.AF_UNIX)
    told = False
    while True:
        try:
            turn.bind(TURN)
            turn.listen()
            return turn
        except OSError:
            if of_same_parent(holder()):
                return None
            if not told:
                print("kubehop: waiting for another comparison on this machine to end", file=sys.stderr, flush=True)
            told = True
            time.sleep(0.2)


def holder():
    """Process that has the turn; 0: it has just ended."""
    with socket.socket(socket.AF_UNIX) as asking:
        try:
            asking.connect(TURN)
        except OSError:
            return 0
        return struct.unpack("iII", asking.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12))[0]


def of_same_parent(pid):
    try:
        with open(f"/proc/{pid}/status", encoding="ascii") as status:
            return f"PPid:\t{os.getppid()}\n" in status
    except OSError:
        return False


def serve(requests, answers):
    agent = Agent()
    for line in requests:
        answers.write(json.dumps(agent.answer(json.loads(line)), separators=(",", ":")) + "\n")
        answers.flush()


if __name__ == "__main__":
    # Debian leaves the sbin folders out of the PATH of everybody but root.
    os.environ["PATH"] = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/local/sbin", "/usr/sbin", "/sbin"])
    if sys.argv[1:] == ["--check"]:
        print(json.dumps(missing()))
        sys.exit(0)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    with open(sys.argv[1], encoding="utf-8") as incoming, open(sys.argv[2], "w", encoding="ascii") as outgoing:
        turn = take_turns()
        isolate()
        HOME = os.open("/proc/self/ns/net", os.O_RDONLY)
        serve(incoming, outgoing)
