#!/usr/bin/env python3
"""Records cases on a real kernel in the dataset's format: record-cases.py LAB.py OUT.json.gz

LAB.py says what stands and what happens (routers.py beside this file is one). Needs root, python3, iproute2, iptables, ipset. Everything
lives in namespaces that only this process holds, and ends with it. A case is run until two runs agree.
"""

import errno
import gzip
import importlib.util
import json
import os
import re
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent


def load(path, name):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


agent = load(HERE / "kernel-agent.py", "kernel_agent")

QUIET_S = 0.003
MOST_RUNS = 5
# Time after which the budget of ICMP errors about routes (one a second for each peer) is full again.
REST_S = 1.2
IP_HEADER = 14
MUTE = "protocol ip bpf da bytecode".split(" ") + ["1,6 0 0 2,"]
MADE_ICMP = (0, 3, 5, 11, 12)
LISTED_SYSCTLS = (
    "net/ipv4/ip_forward", "net/ipv4/conf/all/rp_filter", "net/ipv4/conf/all/route_localnet", "net/ipv4/conf/all/send_redirects",
    "net/ipv4/icmp_ratelimit", "net/bridge/bridge-nf-call-iptables", "net/netfilter/nf_conntrack_tcp_loose",
    "net/netfilter/nf_conntrack_checksum", "net/ipv4/ip_default_ttl",
)
DEVCONF = ("rp_filter", "accept_local", "route_localnet", "send_redirects", "proxy_arp", "arp_ignore", "arp_announce", "arp_filter")
LINK_KEYS = ("ifname", "ifindex", "link_index", "address", "mtu", "master", "linkinfo", "link_netnsid", "flags")
INFO_KEYS = ("hairpin", "nf_call_iptables", "mcast_snooping", "learning")


# ---------------------------------------------------------------- drop reasons (skb:kfree_skb by this process)


class DropTrace:
    def __init__(self):
        self.mount = "/run/tracefs"
        os.mkdir(self.mount)
        agent.checked(agent.libc.mount(b"none", self.mount.encode(), b"tracefs", 0, None), "mount tracefs")
        self.dir = f"{self.mount}/instances/kubehop{os.getpid()}"
        os.mkdir(self.dir)
        self.write("set_event_pid", str(os.getpid()))
        self.write("events/skb/kfree_skb/enable", "1")
        self.write("tracing_on", "1")
        self.pipe = os.open(f"{self.dir}/trace_pipe", os.O_RDONLY | os.O_NONBLOCK)

    def write(self, file, text):
        with open(f"{self.dir}/{file}", "w", encoding="ascii") as out:
            out.write(text)

    def drain(self):
        text = b""
        while True:
            try:
                part = os.read(self.pipe, 65536)
            except BlockingIOError:
                break
            if not part:
                break
            text += part
        # What this process itself throws away are answers of netlink.
        found = re.findall(rb"protocol=(?!0 )\d+ location=([\w.]+)\+\S+ reason: (\S+)", text)
        return {f"{reason.decode()} @{where.decode()}" for where, reason in found if reason not in (b"TC_INGRESS", b"QUEUE_PURGE")}

    def close(self):
        os.close(self.pipe)
        self.write("tracing_on", "0")
        self.write("events/skb/kfree_skb/enable", "0")
        os.rmdir(self.dir)


# ---------------------------------------------------------------- the lab


class Lab:
    def __init__(self, plan):
        self.plan = plan
        self.nodes = list(plan.RULES)
        self.names = plan.NAMESPACES
        self.agent = agent.Agent()
        self.agent.op_netns({"names": self.names})
        self.spaces = self.agent.namespaces
        self.loaded = None
        for name in self.names:
            self.sysctl(name, {"net/ipv6/conf/all/disable_ipv6": 1, "net/ipv6/conf/default/disable_ipv6": 1})
        self.run_all(plan.BUILD)
        for name in self.names:
            self.quiet(name)
        time.sleep(0.3)
        self.warm()
        for name in self.nodes:
            self.load_rules(name)
        self.agent.op_watch({"names": self.names, "frameSize": 4096, "frames": 512})
        self.drops = DropTrace()
        time.sleep(0.2)

    def sysctl(self, name, values):
        with self.spaces[name]:
            code, _, text = agent.write_sysctls([(key, str(value)) for key, value in values.items()])
        if code != 0:
            raise SystemExit(f"{name}: {text}")

    def sh(self, name, command, stdin=None, check=True):
        with self.spaces[name]:
            done = subprocess.run(command, shell=isinstance(command, str), input=stdin, capture_output=True, text=True, check=False)
        if check and done.returncode != 0:
            raise SystemExit(f"{name}: {command}: {done.stderr.strip()}")
        return done.stdout

    def run_all(self, pairs):
        for name, lines in pairs:
            for line in lines:
                self.sh(name, line)

    def quiet(self, name):
        """No rationing of ICMP, no redirects; hosts are mute behind the tap."""
        values = {"net/ipv4/icmp_ratelimit": 0, "net/ipv4/icmp_msgs_per_sec": 100000, "net/ipv4/icmp_msgs_burst": 10000}
        with self.spaces[name]:
            devices = [dev for _, dev in socket.if_nameindex()]
        for dev in ["all", "default", *devices]:
            values[f"net/ipv4/conf/{dev}/send_redirects"] = 0
        self.sysctl(name, values)
        if name in self.nodes:
            return
        self.sh(name, ["tc", "qdisc", "add", "dev", "eth0", "clsact"])
        self.sh(name, ["tc", "filter", "add", "dev", "eth0", "ingress", *MUTE])

    def warm(self):
        """One datagram to every neighbour of a node, one broadcast of every host: caches and bridge tables are filled."""
        for name in self.names:
            if name not in self.nodes:
                self.announce(name)
        for name in self.nodes:
            with self.spaces[name], socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
                for row in self.json(name, "ip", "-j", "neigh"):
                    sock.sendto(b"w", (row["dst"], 9))
        time.sleep(0.1)

    def announce(self, name):
        """A gratuitous ARP request of a host (RFC 5227 §3)."""
        link, addr = self.json(name, "ip", "-j", "link", "show", "eth0")[0], self.json(name, "ip", "-j", "-4", "addr", "show", "eth0")[0]
        mac = bytes.fromhex(link["address"].replace(":", ""))
        ip = socket.inet_aton(addr["addr_info"][0]["local"])
        frame = b"\xff" * 6 + mac + bytes.fromhex("08060001080006040001") + mac + ip + bytes(6) + ip
        with self.spaces[name], socket.socket(socket.AF_PACKET, socket.SOCK_RAW, 0) as sock:
            sock.sendto(frame, ("eth0", 0))

    def load_rules(self, name):
        self.sh(name, ["iptables-nft-restore"], stdin=self.plan.RULES[name])

    def json(self, name, *words):
        return json.loads(self.sh(name, list(words)) or "[]")

    def fdb(self, name):
        rows = self.json(name, "bridge", "-j", "fdb")
        return [row for row in rows if not row["mac"].startswith(("33:33", "01:00:5e"))]

    def state(self, name):
        links = [{k: v for k, v in row.items() if k in LINK_KEYS} for row in self.json(name, "ip", "-d", "-j", "link")]
        for link in links:
            info = link.get("linkinfo", {})
            kept = lambda part: {k: v for k, v in part.items() if k in INFO_KEYS}
            link["linkinfo"] = {k: kept(v) if isinstance(v, dict) else v for k, v in info.items()}
        addr = [
            {"dev": row["ifname"], "addr": [f"{a['local']}/{a['prefixlen']}" for a in row["addr_info"]]}
            for row in self.json(name, "ip", "-j", "-4", "addr")
        ]
        return {
            "links": links, "addr": addr, "routes": self.json(name, "ip", "-j", "route"), "neigh": self.json(name, "ip", "-j", "neigh"),
            "fdb": self.fdb(name), "sysctl": self.sysctls(name), "devconf": self.devconf(name),
        }

    def sysctls(self, name):
        found = {}
        with self.spaces[name]:
            for key in LISTED_SYSCTLS:
                path = Path("/proc/sys") / key
                if path.exists():
                    found[key.replace("/", ".")] = path.read_text(encoding="ascii").strip()
        return found

    def devconf(self, name):
        found = {}
        with self.spaces[name]:
            for _, dev in socket.if_nameindex():
                values = {key: int(Path(f"/proc/sys/net/ipv4/conf/{dev}/{key}").read_text(encoding="ascii")) for key in DEVCONF}
                if any(values.values()):
                    found[dev] = {key: value for key, value in values.items() if value != 0}
        return found

    def counters(self):
        """Listed order decides between equal rules: the second is ` #2`."""
        found = {}
        for name in self.nodes:
            table = ""
            for line in self.sh(name, ["iptables-nft-save", "-c"]).splitlines():
                rule = re.match(r"\[(\d+):(\d+)\] (.*)", line)
                policy = re.match(r":(\S+) (\S+) \[(\d+):(\d+)\]", line)
                if line.startswith("*"):
                    table = line[1:]
                elif rule:
                    key = unique(found, f"{name} {table} {rule[3]}")
                    found[key] = [int(rule[1]), int(rule[2])]
                elif policy and policy[2] != "-":
                    found[f"{name} {table} policy {policy[1]}"] = [int(policy[3]), int(policy[4])]
        return found

    def recent(self, lists):
        found = {}
        for name, wanted in lists.items():
            with self.spaces[name]:
                found[name] = {item: recent_rows(item) for item in wanted}
        return found


def unique(found, key):
    number = 1
    while (key if number == 1 else f"{key} #{number}") in found:
        number += 1
    return key if number == 1 else f"{key} #{number}"


def recent_rows(name):
    text = subprocess.run(["cat", f"/proc/thread-self/net/xt_recent/{name}"], capture_output=True, text=True, check=True).stdout
    return [{"src": src, "ttl": int(ttl)} for src, ttl in re.findall(r"src=(\S+) ttl: (\d+)", text)]


# ---------------------------------------------------------------- a case


def run_case(lab, case):
    for name in lab.nodes:
        lab.sysctl(name, {"net/bridge/bridge-nf-call-iptables": case.get("br_nf", 1)})
        if case.get("fresh_rules"):
            lab.sh(name, "for f in /proc/thread-self/net/xt_recent/*; do [ -e $f ] && echo / > $f; done; true")
            lab.load_rules(name)
    for ns, command in case.get("setup", []):
        lab.sh(ns, command)
    lab.agent.op_flush({"names": lab.nodes})
    time.sleep(REST_S if case.get("rest") else 0)
    sockets = [listen(lab, one) for one in case.get("listen", [])]
    time.sleep(0.02)
    lab.agent.drain()
    lab.drops.drain()
    before, fdb_before = lab.counters(), {name: lab.fdb(name) for name in case.get("fdb", [])}
    neigh_before = {name: lab.json(name, "ip", "-j", "neigh") for name in case.get("neigh", [])}
    dropped = set()
    steps = [run_step(lab, case, step, dropped) for step in case["steps"]]
    conntrack = {name: [entry(row) for row in agent.conntrack_dump(lab.spaces[name].ctl)] for name in lab.nodes}
    after = lab.counters()
    out = {"name": case["name"], "note": case.get("note", ""), "br_nf": case.get("br_nf", 1), "steps": steps, "conntrack": conntrack}
    out["drops"] = sorted(dropped)
    out["rules"] = {k: [v[0] - before[k][0], v[1] - before[k][1]] for k, v in after.items() if v != before[k]}
    out["snmp"] = {}
    for key in ("setup", "teardown"):
        if key in case:
            out[key] = [{"ns": ns, "cmd": command} for ns, command in case[key]]
    if "listen" in case:
        out["listen"] = case["listen"]
    if case.get("fresh_rules"):
        out["fresh_rules"] = True
    if "recent" in case:
        out["recent"] = lab.recent(case["recent"])
    if "fdb" in case:
        out["fdb"] = {"before": fdb_before, "after": {name: lab.fdb(name) for name in case["fdb"]}}
    if "neigh" in case:
        out["neigh"] = {"before": neigh_before, "after": {name: lab.json(name, "ip", "-j", "neigh") for name in case["neigh"]}}
    for sock in sockets:
        sock.close()
    for ns, command in case.get("teardown", []):
        lab.sh(ns, command)
    return out


def listen(lab, one):
    kind = socket.SOCK_STREAM if one["proto"] == "tcp" else socket.SOCK_DGRAM
    with lab.spaces[one["ns"]]:
        sock = socket.socket(socket.AF_INET, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.bind((one["addr"], one["port"]))
        if one["proto"] == "tcp":
            sock.listen(8)
    return sock


def run_step(lab, case, step, dropped):
    ns, dev, data = step["ns"], step.get("dev"), step["data"]
    if "wait_ms_before" in step:
        time.sleep(step["wait_ms_before"] / 1000)
    inject = {"ns": ns, "dev": dev, "hex": data.hex(), "error": None}
    inject |= {key: step[key] for key in ("wait_ms_before",) if key in step}
    if dev is None:
        inject["local"] = True
    try:
        if dev is None:
            with lab.spaces[ns], socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW) as sock:
                sock.sendto(data, (socket.inet_ntoa(data[16:20]), 0))
        else:
            lab.spaces[ns].inject.sendto(data, (dev, 0))
    except OSError as failure:
        inject["error"] = errno.errorcode[failure.errno]
    time.sleep(QUIET_S)
    frames = [row for row in lab.agent.drain() if not is_noise(bytes.fromhex(row[3]))]
    dropped |= lab.drops.drain()
    return {"inject": inject, "packets": [packet(row, case) for row in frames]}


def is_noise(data):
    kind = data[12:14]
    return kind == b"\x86\xdd" or (kind == b"\x08\x00" and data[0] & 1)


def packet(row, case):
    ns, dev, direction, data = row[0], row[1], row[2], bytearray.fromhex(row[3])
    masked = []
    text = describe(bytes(data))
    if data[12:14] == b"\x08\x00":
        l4 = IP_HEADER + (data[14] & 15) * 4
        later = struct.unpack("!H", data[20:22])[0] & 0x1FFF
        if data[23] == 1 and (later or data[l4] in MADE_ICMP):
            masked = blank(data, {"ip.id": (18, 2), "ip.csum": (24, 2)})
        elif data[23] == 6 and speaks(data, l4, case):
            masked = blank(data, {"tcp.seq": (l4 + 4, 4), "tcp.csum": (l4 + 16, 2)})
    return {"ns": ns, "dev": dev, "dir": direction, "hex": data.hex(), "text": text, "masked": masked}


def blank(data, fields):
    for at, length in fields.values():
        data[at : at + length] = bytes(length)
    return list(fields)


def speaks(data, l4, case):
    """A SYN-ACK of a listening socket, whatever NAT made of its port: nobody else sends one here."""
    return bool(case.get("listen")) and data[l4 + 13] & 0x12 == 0x12


def describe(data):
    if data[12:14] == b"\x08\x06":
        return f"ARP op {data[21]} {socket.inet_ntoa(data[28:32])} > {socket.inet_ntoa(data[38:42])}"
    if data[12:14] != b"\x08\x00":
        return f"ethertype 0x{data[12:14].hex()} len {len(data)}"
    src, dst = socket.inet_ntoa(data[26:30]), socket.inet_ntoa(data[30:34])
    return f"{src} > {dst} proto {data[23]} ttl {data[22]} len {len(data) - IP_HEADER}"


def entry(row):
    return {key: row[key] for key in ("orig", "reply", "status", "mark", "tcp") if key in row}


def record_until_sure(lab, plan):
    """A case is kept once two runs agree: who else uses the machine can change a time stamp, and with it the order of two frames."""
    seen, kept = {}, {}
    for _ in range(MOST_RUNS):
        for case in plan.cases():
            if case["name"] in kept:
                continue
            found = run_case(lab, case)
            if comparable(found) in seen.setdefault(case["name"], []):
                kept[case["name"]] = found
            seen[case["name"]].append(comparable(found))
    names = [case["name"] for case in plan.cases()]
    for name in [name for name in names if name not in kept]:
        print("never the same twice, left out:", name)
    return [kept[name] for name in names if name in kept]


def comparable(case):
    """IP ids of fragments differ from run to run, since an unfinished datagram waits for its rest."""
    text = json.dumps(case)
    return re.sub(r'"hex": "[0-9a-f]*"', "", text) if re.search(r'"hex": "[0-9a-f]{40}[23]', text) else text


def main():
    plan, out = load(Path(sys.argv[1]).resolve(), "plan"), sys.argv[2]
    agent.isolate()
    agent.HOME = os.open("/proc/self/ns/net", os.O_RDONLY)
    lab = Lab(plan)
    try:
        state = {name: lab.state(name) for name in lab.names}
        ruleset = {name: lab.sh(name, ["iptables-nft-save"]) for name in lab.nodes}
        kept = record_until_sure(lab, plan)
    finally:
        lab.drops.close()
    recording = {"kernel": os.uname().release, "note": plan.NOTE, "lab": state, "ruleset": ruleset, "cases": kept}
    with gzip.GzipFile(out, "wb", mtime=0) as file:
        file.write(json.dumps(recording, separators=(",", ":")).encode())
    print(f"{len(kept)} cases, {sum(len(s['packets']) for c in kept for s in c['steps'])} packets, {os.path.getsize(out)} bytes")


if __name__ == "__main__":
    main()
