"""A lab for record-cases.py: two routers, one of them with a bridge, five hosts, a link with a smaller MTU.

    a 10.1.0.2 ── veth-a ┐                                    ┌ veth-e ── e 10.4.0.2
    b 10.2.0.2 ── veth-b ┤ r1 ── p-r2 172.16.0.0/30 eth0 ── r2 ┘
       (MTU 1400)        │
    c 10.3.0.2 ── veth-c ┤
    d 10.3.0.3 ── veth-d ┴ br0 10.3.0.1 (hairpin on veth-c)
"""

import socket
import struct

NOTE = "two routers, a bridge, five hosts; one link with MTU 1400"
NAMESPACES = ["r1", "r2", "a", "b", "c", "d", "e"]
HOSTS = {"a": ("r1", "10.1.0.2"), "b": ("r1", "10.2.0.2"), "c": ("r1", "10.3.0.2"), "d": ("r1", "10.3.0.3"), "e": ("r2", "10.4.0.2")}
R1_LINK, R2_LINK = "172.16.0.1", "172.16.0.2"


def mac(ip):
    return "02:ab:" + ":".join(f"{int(part):02x}" for part in ip.split("."))


def gateway(host):
    return HOSTS[host][1].rsplit(".", 1)[0] + ".1"


def host_lines(router, host):
    ip, gw = HOSTS[host][1], gateway(host)
    mtu = "mtu 1400 " if host == "b" else ""
    port = "br0" if host in "cd" else f"veth-{host}"
    own = mac("0.0.0.3" if host == "c" else "0.0.0.4") if host in "cd" else mac(gw)
    lines = [f"ip link add veth-{host} address {own} {mtu}type veth peer name eth0 netns {host} address {mac(ip)} {mtu}"]
    lines += [f"ip link set veth-{host} master br0"] if host in "cd" else [f"ip addr add {gw}/24 dev veth-{host}"]
    return lines + [f"ip link set veth-{host} up", f"ip neigh replace {ip} lladdr {mac(ip)} dev {port} nud permanent"]


def host_side(host):
    ip, gw = HOSTS[host][1], gateway(host)
    return [
        "ip link set lo up", f"ip addr add {ip}/24 dev eth0", "ip link set eth0 up", f"ip route add default via {gw}",
        f"ip neigh replace {gw} lladdr {mac(gw)} dev eth0 nud permanent",
    ]


BUILD = [
    ("r1", [
        "ip link set lo up", "echo 1 > /proc/sys/net/ipv4/ip_forward", "echo 3600 > /proc/sys/net/ipv4/ipfrag_time",
        f"ip link add br0 address {mac('10.3.0.1')} type bridge mcast_snooping 0", "ip link set br0 up", "ip addr add 10.3.0.1/24 dev br0",
        *[line for host in "abcd" for line in host_lines("r1", host)], "ip link set veth-c type bridge_slave hairpin on",
        f"ip link add p-r2 address {mac(R1_LINK)} type veth peer name eth0 netns r2 address {mac(R2_LINK)}",
        f"ip addr add {R1_LINK}/30 dev p-r2", "ip link set p-r2 up",
    ]),
    ("r2", [
        "ip link set lo up", "echo 1 > /proc/sys/net/ipv4/ip_forward", "echo 3600 > /proc/sys/net/ipv4/ipfrag_time", f"ip addr add {R2_LINK}/30 dev eth0", "ip link set eth0 up",
        f"ip neigh replace {R1_LINK} lladdr {mac(R1_LINK)} dev eth0 nud permanent", *host_lines("r2", "e"),
        f"ip route add 10.0.0.0/14 via {R1_LINK}",
    ]),
    ("r1", [f"ip neigh replace {R2_LINK} lladdr {mac(R2_LINK)} dev p-r2 nud permanent", f"ip route add default via {R2_LINK}"]),
    *[(host, host_side(host)) for host in HOSTS],
]

REJECTS = [
    "icmp-net-unreachable", "icmp-host-unreachable", "icmp-proto-unreachable", "icmp-port-unreachable", "icmp-net-prohibited",
    "icmp-host-prohibited", "icmp-admin-prohibited", "tcp-reset",
]
RULES = {
    "r1": "\n".join([
        "*raw", ":PREROUTING ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", "-A PREROUTING -p udp -m udp --dport 7400 -j CT --notrack", "COMMIT",
        "*mangle", ":PREROUTING ACCEPT [0:0]", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]",
        "-A PREROUTING -p tcp -m tcp --dport 8081 -j MARK --set-xmark 0x5/0xffffffff",
        "-A PREROUTING -p tcp -m tcp --dport 8082 -j TTL --ttl-dec 3",
        "-A FORWARD -o p-r2 -p tcp -m tcp --tcp-flags SYN,RST SYN -j TCPMSS --set-mss 1200",
        "-A OUTPUT -p udp -m udp --dport 8083 -j MARK --set-xmark 0x5/0xffffffff", "COMMIT",
        "*nat", ":PREROUTING ACCEPT [0:0]", ":INPUT ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]", ":SVC - [0:0]",
        "-A PREROUTING -j SVC", "-A PREROUTING -p tcp -m tcp --dport 8088 -j REDIRECT --to-ports 9090", "-A OUTPUT -j SVC",
        "-A POSTROUTING -s 10.3.0.0/24 -d 10.3.0.0/24 -m conntrack --ctstate DNAT -j MASQUERADE",
        "-A POSTROUTING -s 10.2.0.0/24 -o p-r2 -j MASQUERADE",
        "-A POSTROUTING -s 10.1.0.0/24 -d 10.2.0.0/24 -p udp -m udp --dport 7500 -j SNAT --to-source 10.2.0.77",
        "-A SVC -d 10.99.0.1/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.3.0.3:8080",
        "-A SVC -d 10.99.0.2/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.3.0.2:8080",
        "-A SVC -d 10.99.0.3/32 -p udp -m udp --dport 53 -j DNAT --to-destination 10.4.0.2:53",
        "-A SVC -d 10.99.0.4/32 -p tcp -m tcp --dport 80 -m statistic --mode nth --every 2 --packet 0 -j DNAT --to-destination 10.4.0.2:80",
        "-A SVC -d 10.99.0.4/32 -p tcp -m tcp --dport 80 -j DNAT --to-destination 10.2.0.2:80", "COMMIT",
        "*filter", ":INPUT ACCEPT [0:0]", ":FORWARD ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]",
        "-A INPUT -p udp -m udp --dport 7100 -j REJECT --reject-with icmp-port-unreachable",
        *[f"-A FORWARD -p tcp -m tcp --dport {7001 + i} -j REJECT --reject-with {kind}" for i, kind in enumerate(REJECTS)],
        "-A FORWARD -p udp -m udp --dport 7001 -j REJECT --reject-with icmp-port-unreachable",
        "-A FORWARD -p tcp -m tcp --dport 7300 -m recent --set --name knock --mask 255.255.255.255 --rsource -j DROP",
        "-A FORWARD -p tcp -m tcp --dport 7301 -m recent ! --rcheck --name knock --mask 255.255.255.255 --rsource -j DROP",
        "-A FORWARD -m conntrack --ctstate INVALID -j DROP",
        "-A OUTPUT -p udp -m udp --dport 7200 -j DROP",
        "-A OUTPUT -p udp -m udp --dport 7201 -j REJECT --reject-with icmp-host-prohibited", "COMMIT", "",
    ]),
    "r2": "\n".join([
        "*nat", ":PREROUTING ACCEPT [0:0]", ":INPUT ACCEPT [0:0]", ":OUTPUT ACCEPT [0:0]", ":POSTROUTING ACCEPT [0:0]",
        "-A POSTROUTING -s 10.1.0.0/24 -o veth-e -j MASQUERADE", "COMMIT", "",
    ]),
}


# ---------------------------------------------------------------- frames


def checksum(data):
    data += b"\0" * (len(data) & 1)
    total = sum(struct.unpack(f"!{len(data) // 2}H", data))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF


def ip4(src, dst, proto, body, ttl=64, ident=1, frag=0x4000, tos=0, options=b""):
    head = struct.pack("!BBHHHBBH", 0x45 + len(options) // 4, tos, 20 + len(options) + len(body), ident, frag, ttl, proto, 0)
    head += socket.inet_aton(src) + socket.inet_aton(dst) + options
    return head[:10] + struct.pack("!H", checksum(head)) + head[12:] + body


def pseudo(src, dst, proto, length):
    return socket.inet_aton(src) + socket.inet_aton(dst) + struct.pack("!BBH", 0, proto, length)


def tcp(src, dst, sport, dport, flags=2, seq=1000, ack=0, data=b"", options=b""):
    body = struct.pack("!HHIIBBHHH", sport, dport, seq, ack, (20 + len(options)) << 2, flags, 64240, 0, 0) + options + data
    return body[:16] + struct.pack("!H", checksum(pseudo(src, dst, 6, len(body)) + body)) + body[18:]


def udp(src, dst, sport, dport, data=b"hello"):
    body = struct.pack("!HHHH", sport, dport, 8 + len(data), 0) + data
    return body[:6] + struct.pack("!H", checksum(pseudo(src, dst, 17, len(body)) + body) or 0xFFFF) + body[8:]


def icmp(kind, code, rest=b"\x12\x34\0\1", data=b"abcdefgh"):
    body = struct.pack("!BBH", kind, code, 0) + rest + data
    return body[:2] + struct.pack("!H", checksum(body)) + body[4:]


def raw_mac(text):
    return bytes.fromhex(text.replace(":", ""))


def frame(host, packet, to=None, kind=b"\x08\x00"):
    data = raw_mac(to or mac(gateway(host))) + raw_mac(mac(HOSTS[host][1])) + kind + packet
    return {"ns": host, "dev": "eth0", "data": data}


MSS = b"\x02\x04\x05\xb4"
SYN, RST, ACK, SYNACK, FINACK, PSHACK = 2, 4, 16, 18, 17, 24


def T(host, dst, dport, sport=1000, flags=SYN, src=None, to=None, seq=1000, ack=0, data=b"", options=b"", **ip):
    src = src or HOSTS[host][1]
    return frame(host, ip4(src, dst, 6, tcp(src, dst, sport, dport, flags, seq, ack, data, options), **ip), to)


def U(host, dst, dport, sport=1000, src=None, to=None, data=b"hello", **ip):
    src = src or HOSTS[host][1]
    return frame(host, ip4(src, dst, 17, udp(src, dst, sport, dport, data), **ip), to)


def I(host, dst, kind=8, code=0, src=None, to=None, rest=b"\x12\x34\0\1", data=b"abcdefgh", **ip):
    return frame(host, ip4(src or HOSTS[host][1], dst, 1, icmp(kind, code, rest, data), **ip), to)


def arp(host, target, op=1, sender=None, to="ff:ff:ff:ff:ff:ff", sha=None):
    own = sha or mac(HOSTS[host][1])
    sender = sender if sender is not None else HOSTS[host][1]
    body = bytes.fromhex("000108000604") + struct.pack("!H", op) + raw_mac(own) + socket.inet_aton(sender) + bytes(6) + socket.inet_aton(target)
    return {"ns": host, "dev": "eth0", "data": raw_mac(to) + raw_mac(mac(HOSTS[host][1])) + b"\x08\x06" + body}


def local(ns, packet):
    return {"ns": ns, "data": packet}


A, B, C, D, E = (HOSTS[host][1] for host in "abcde")
idents = iter(range(100, 60000))


def fragments(host, dst, proto, body, cuts, order=None, ident=None, to=None):
    """A datagram in pieces of the given lengths (multiples of 8, the last takes the rest)."""
    ident, parts, at = ident or next(idents), [], 0
    for size in [*cuts, len(body) - sum(cuts)]:
        more = 0x2000 if at + size < len(body) else 0
        parts.append(frame(host, ip4(HOSTS[host][1], dst, proto, body[at : at + size], ident=ident, frag=more | at // 8), to))
        at += size
    return [parts[i] for i in order] if order else parts


def quoted(packet):
    return packet["data"][14 : 14 + 28]


def with_sysctl(ns, key, value, back=0):
    return {"setup": [(ns, f"sysctl -w {key}={value}")], "teardown": [(ns, f"sysctl -w {key}={back}")]}


def with_ip(ns, *lines):
    """`ip … add …` before the case, `ip … del …` behind it."""
    undo = [(ns, line.replace(" add ", " del ", 1)) for line in reversed(lines)]
    return {"setup": [(ns, line) for line in lines], "teardown": undo}


def both(*parts):
    return {"setup": [x for p in parts for x in p["setup"]], "teardown": [x for p in reversed(parts) for x in p["teardown"]]}


# ---------------------------------------------------------------- cases


def cases():
    found = []

    def case(name, *steps, **more):
        flat = [one for step in steps for one in (step if isinstance(step, list) else [step])]
        found.append({"name": name, "steps": flat, **more})

    routing(case)
    mtu(case)
    filters(case)
    sources(case)
    routes(case)
    policy(case)
    bridge(case)
    local_packets(case)
    neighbours(case)
    return found


def routing(case):
    reply = T("b", A, 1000, 80, SYNACK, seq=7000, ack=1001)
    case("routed_handshake", T("a", B, 80, 1000), reply, T("a", B, 80, 1000, ACK, seq=1001, ack=7001))
    case("routed_udp_two_hops_masqueraded_there", U("a", E, 53), U("e", R2_LINK.replace("172.16.0.2", "10.4.0.1"), 1000, 53))
    case("masquerade_on_the_way_out", T("b", E, 80, 1001, options=MSS), T("e", R1_LINK, 1001, 80, SYNACK, seq=7, ack=1001))
    case("mss_set_on_syn_only", T("a", E, 80, 1002, options=MSS), T("a", E, 80, 1002, ACK, seq=1001, ack=1))
    case("ttl_1", T("a", B, 80, 1003, ttl=1))
    case("ttl_2_dies_at_second_router", U("a", E, 33434, 1004, ttl=2))
    case("ttl_taken_by_a_rule", T("a", B, 8082, 1005, ttl=9))
    case("ttl_taken_down_to_nothing", T("a", B, 8082, 1006, ttl=3))
    case("tos_is_kept", U("a", B, 53, 1007, tos=0xB8))
    case("dnat_to_bridge_host", T("a", "10.99.0.1", 80, 1008), T("d", A, 1008, 8080, SYNACK, seq=7, ack=1001))
    case("dnat_behind_second_router", U("c", "10.99.0.3", 53, 1009), U("e", C, 1009, 53))
    case("nth_takes_turns", *[T("a", "10.99.0.4", 80, 1010 + i) for i in range(4)], fresh_rules=True)
    case("redirect_to_own_port", T("a", B, 8088, 1020), listen=[{"ns": "r1", "proto": "tcp", "addr": "0.0.0.0", "port": 9090}])
    case("snat_to_an_unknown_address", U("a", B, 7500, 1021), U("b", "10.2.0.77", 1021, 7500))
    case("untracked_udp", U("a", B, 7400, 1022), U("b", A, 1022, 7400))
    error = U("a", "10.99.0.3", 53, 1023)
    inner = ip4(R2_LINK.replace("172.16.0.2", "10.4.0.1"), E, 17, udp("10.4.0.1", E, 1023, 53))[:28]
    case("icmp_error_back_through_two_nats", error, I("e", "10.4.0.1", 3, 3, rest=bytes(4), data=inner))
    case("echo_through_masquerade", I("b", E), I("e", R1_LINK, 0))
    case("udp_entry_times_out", U("a", B, 53, 1024), {**U("a", B, 53, 1024), "wait_ms_before": 2500},
         **with_sysctl("r1", "net.netfilter.nf_conntrack_udp_timeout", 1, 30))
    case("record_route_option", U("a", B, 53, 1025, options=bytes.fromhex("070b04000000000000000001")))
    case("source_route_is_refused", U("a", B, 53, 1026, options=bytes.fromhex("8307040a02000200")))


def mtu(case):
    big = b"x" * 1400
    case("df_too_big_for_the_link", U("a", B, 53, 1030, data=big))
    case("cut_for_the_smaller_link", U("a", B, 53, 1031, data=big, frag=0, ident=next(idents)))
    case("exactly_the_mtu", U("a", B, 53, 1032, data=b"x" * 1372))
    case("one_byte_more_than_the_mtu", U("a", B, 53, 1033, data=b"x" * 1373))
    body = udp(A, B, 1034, 53, b"y" * 2600)
    case("fragments_reassembled_and_cut_anew", fragments("a", B, 17, body, [1480]))
    case("fragments_backwards", fragments("a", B, 17, udp(A, B, 1035, 53, b"z" * 2600), [1480], [1, 0]))
    case("three_fragments_middle_last", fragments("a", B, 17, udp(A, B, 1036, 53, b"w" * 3000), [1000, 1000], [0, 2, 1]))
    case("overlapping_fragments", overlap())
    case("fragment_twice", (lambda f: [f[0], f[0], f[1]])(fragments("a", B, 17, udp(A, B, 1038, 53, b"v" * 2000), [1000])))
    case("first_fragment_alone", fragments("a", B, 17, udp(A, B, 1039, 53, b"u" * 2000), [1000])[:1])
    case("fragments_to_the_service", fragments("a", "10.99.0.3", 17, udp(A, "10.99.0.3", 1040, 53, b"t" * 2000), [1000]))
    case("fragments_to_the_router_itself", fragments("a", "10.1.0.1", 1, icmp(8, 0, data=b"s" * 2000), [1000]))
    case("frag_needed_for_the_translated", T("b", E, 80, 1041), I("e", R1_LINK, 3, 4, rest=struct.pack("!HH", 0, 1300),
         data=ip4(R1_LINK, E, 6, tcp(R1_LINK, E, 1041, 80), ttl=62)[:28]))
    case("route_with_an_mtu", U("a", "10.60.0.1", 53, 1042, data=b"x" * 900), **with_ip("r1", f"ip route add 10.60.0.0/24 via {R2_LINK} mtu 800"))


def overlap():
    ident, body = next(idents), udp(A, B, 1037, 53, b"o" * 1600)
    first = frame("a", ip4(A, B, 17, body[:800], ident=ident, frag=0x2000))
    second = frame("a", ip4(A, B, 17, body[400:1200], ident=ident, frag=0x2000 | 50))
    return [first, second, frame("a", ip4(A, B, 17, body[1200:], ident=ident, frag=150))]


def filters(case):
    for i, kind in enumerate(REJECTS):
        case(f"reject_{kind}", T("a", B, 7001 + i, 1050 + i))
    case("reject_udp", U("a", B, 7001, 1060))
    case("reset_answers_an_ack", T("a", B, 7008, 1061, ACK, seq=5, ack=77))
    case("a_reset_is_not_answered", T("a", B, 7008, 1062, RST, seq=5))
    case("reject_at_the_router", U("a", "10.1.0.1", 7100, 1063))
    case("reject_of_a_bad_checksum", {**(f := T("a", B, 7001, 1064)), "data": f["data"][:-4] + b"\1\2\0\0"})
    case("reject_of_a_fragment", fragments("a", B, 6, tcp(A, B, 1065, 7001, data=b"x" * 100), [40]))
    knock = {"recent": {"r1": ["knock"]}, "fresh_rules": True}
    case("recent_without_a_knock", T("a", B, 7301, 1066), **knock)
    case("recent_after_a_knock", T("a", B, 7300, 1067), T("a", B, 7301, 1068), T("c", B, 7301, 1069), **knock)
    case("invalid_is_dropped", T("a", B, 80, 1070, SYNACK, ack=1))


def sources(case):
    spoofed = T("a", B, 80, 1080, src="10.2.0.9")
    for value in (0, 1, 2):
        sysctl = with_sysctl("r1", "net.ipv4.conf.veth-a.rp_filter", value)
        case(f"source_of_another_net_rp_{value}", spoofed, **sysctl)
        case(f"source_of_the_default_route_rp_{value}", T("a", B, 80, 1081, src="8.8.8.8"), **sysctl)
    case("source_is_the_router", T("a", B, 80, 1082, src="10.1.0.1"))
    case("source_is_the_router_accept_local", T("a", B, 80, 1083, src="10.2.0.1"), **with_sysctl("r1", "net.ipv4.conf.veth-a.accept_local", 1))
    case("source_is_loopback", T("a", B, 80, 1084, src="127.0.0.1"))
    case("loopback_destination", T("a", "127.0.0.1", 80, 1085))
    case("loopback_destination_route_localnet", T("a", "127.0.0.1", 80, 1086), **with_sysctl("r1", "net.ipv4.conf.veth-a.route_localnet", 1))
    case("source_is_broadcast", U("a", B, 53, 1087, src="255.255.255.255"))
    case("directed_broadcast_is_not_forwarded", U("a", "10.2.0.255", 9, 1088))
    case("wrong_mac_is_not_ours", T("a", B, 80, 1089, to="02:00:00:00:00:77"))


def routes(case):
    for i, kind in enumerate(("blackhole", "unreachable", "prohibit")):
        case(f"{kind}_route", U("a", "10.50.0.9", 53, 1100 + i), **with_ip("r1", f"ip route add {kind} 10.50.0.0/24"), rest=True)
    twice = with_ip("r1", "ip route add unreachable 10.50.0.0/24")
    case("unreachable_twice_then_a_pause", *[{**U("a", "10.50.0.9", 53, 1112 + i), **wait} for i, wait in enumerate(({}, {}, {"wait_ms_before": 1300}))],
         rest=True, **twice)
    case("unreachable_after_a_reject", T("a", B, 7004, 1115), U("a", "10.50.0.9", 53, 1116), rest=True, **twice)
    case("throw_route_falls_to_nothing", U("a", "10.50.0.9", 53, 1104), **with_ip("r1", "ip route add throw 10.50.0.0/24"), rest=True)
    case("longest_prefix_wins", U("a", "10.50.0.9", 53, 1105),
         **with_ip("r1", "ip route add unreachable 10.50.0.0/16", f"ip route add 10.50.0.0/24 via {B}"))
    case("lower_metric_wins", U("a", "10.51.0.9", 53, 1106),
         **with_ip("r1", f"ip route add 10.51.0.0/24 via {B} metric 20", f"ip route add 10.51.0.0/24 via {D} metric 10"))
    case("tos_route", U("a", "10.52.0.9", 53, 1107, tos=0x10), U("a", "10.52.0.9", 53, 1108),
         **with_ip("r1", f"ip route add 10.52.0.0/24 via {B}", f"ip route add 10.52.0.0/24 tos 0x10 via {D}"))
    case("redirect_sent_to_a_neighbour", U("c", "10.3.0.9", 53, 1109, to=mac("10.3.0.1")), br_nf=0,
         **both(with_sysctl("r1", "net.ipv4.conf.br0.send_redirects", 1), {
             "setup": [("r1", "ip neigh add 10.3.0.9 lladdr 02:00:00:00:09:09 dev br0 nud permanent")],
             "teardown": [("r1", "ip neigh del 10.3.0.9 dev br0")],
         }))
    case("forwarding_off_on_one_port", U("a", B, 53, 1110), U("c", B, 53, 1111, to=mac("10.3.0.1")),
         rest=True, **with_sysctl("r1", "net.ipv4.conf.veth-a.forwarding", 0, 1))


def policy(case):
    table = f"ip route add default via {D} table 100"
    case("rule_by_source", U("a", "8.8.8.8", 53, 1120), U("b", "8.8.8.8", 53, 1121), **with_ip("r1", table, f"ip rule add from {A} table 100"))
    case("rule_by_mark", T("a", "8.8.8.8", 8081, 1122), T("a", "8.8.8.8", 80, 1123), **with_ip("r1", table, "ip rule add fwmark 0x5 table 100"))
    case("rule_by_interface", U("a", "8.8.8.8", 53, 1124), U("b", "8.8.8.8", 53, 1125), **with_ip("r1", table, "ip rule add iif veth-b table 100"))
    case("rule_by_port", U("a", "8.8.8.8", 53, 1126), U("a", "8.8.8.8", 54, 1127), **with_ip("r1", table, "ip rule add ipproto udp dport 53 table 100"))
    for kind in ("blackhole", "unreachable", "prohibit"):
        case(f"{kind}_rule", U("a", B, 53, 1128), **with_ip("r1", f"ip rule add from {A} {kind}"), rest=True)
    case("rule_falls_through_an_empty_table", U("a", B, 53, 1129), **with_ip("r1", f"ip rule add from {A} table 77"))
    case("suppressed_default", U("a", "8.8.8.8", 53, 1130), U("a", B, 53, 1131),
         **with_ip("r1", table, "ip rule add from all table main suppress_prefixlength 0 priority 100", "ip rule add from all table 100 priority 200"))
    case("dnat_before_the_rule_by_destination", T("a", "10.99.0.1", 80, 1132), **with_ip("r1", f"ip route add default via {B} table 100", "ip rule add to 10.99.0.0/24 table 100"))


def bridge(case):
    to_d, to_c = mac(D), mac(C)
    for value in (0, 1):
        case(f"bridged_syn_brnf{value}", T("c", D, 80, 1140, to=to_d), T("d", C, 1140, 80, SYNACK, to=to_c, seq=7, ack=1001), br_nf=value)
        case(f"bridged_reject_brnf{value}", T("c", D, 7004, 1141, to=to_d), br_nf=value)
        case(f"service_on_the_bridge_brnf{value}", T("c", "10.99.0.1", 80, 1142, to=mac("10.3.0.1")), br_nf=value)
        case(f"hairpin_brnf{value}", T("c", "10.99.0.2", 80, 1143, to=mac("10.3.0.1")), br_nf=value)
        tagged = T("c", D, 7004, 1144, to=to_d)
        case(f"vlan_tagged_brnf{value}", {**tagged, "data": tagged["data"][:12] + b"\x81\0\0\5" + tagged["data"][12:]}, br_nf=value)
        case(f"bridged_fragments_brnf{value}", fragments("c", D, 17, udp(C, D, 1145, 53, b"f" * 2000), [1000], to=to_d), br_nf=value)
        case(f"flooded_unknown_mac_brnf{value}", T("c", "10.3.0.77", 80, 1146, to="02:00:00:00:00:55"), br_nf=value)
        case(f"broadcast_on_the_bridge_brnf{value}", U("c", "255.255.255.255", 67, 68, to="ff:ff:ff:ff:ff:ff"), br_nf=value)
        case(f"routed_back_onto_the_bridge_brnf{value}", U("c", D, 53, 1147, to=mac("10.3.0.1")), br_nf=value)
    moved = arp("d", "10.3.0.1", sender=C, sha=mac(C))
    stranger = {**moved, "data": moved["data"][:6] + raw_mac("02:00:00:00:00:66") + moved["data"][12:]}
    case("bridge_learns_a_stranger", stranger, fdb=["r1"], teardown=[("r1", "bridge fdb del 02:00:00:00:00:66 dev veth-d master")])
    case("isolated_ports", T("c", D, 80, 1148, to=to_d),
         setup=[("r1", f"bridge link set dev veth-{x} isolated on") for x in "cd"], teardown=[("r1", f"bridge link set dev veth-{x} isolated off") for x in "cd"])
    case("hairpin_off", T("c", "10.99.0.2", 80, 1149, to=mac("10.3.0.1")),
         setup=[("r1", "bridge link set dev veth-c hairpin off")], teardown=[("r1", "bridge link set dev veth-c hairpin on")])


def local_packets(case):
    def out(dst, dport, sport=1150, src="10.1.0.1", **ip):
        return local("r1", ip4(src, dst, 17, udp(src, dst, sport, dport), ident=7, **ip))

    case("local_udp", out(B, 53))
    case("local_dropped_in_output", out(B, 7200))
    case("local_rejected_in_output", out(B, 7201))
    case("local_to_a_service", out("10.99.0.3", 53))
    case("local_without_a_source", out(B, 53, 1151, src="0.0.0.0"))
    case("local_too_big", local("r1", ip4("10.2.0.1", B, 17, udp("10.2.0.1", B, 1152, 53, b"x" * 1400), ident=7)))
    case("local_no_route", local("r2", ip4("10.4.0.1", "99.9.9.9", 17, udp("10.4.0.1", "99.9.9.9", 1, 53), ident=7)))
    case("local_into_a_blackhole", out("10.50.0.9", 53), **with_ip("r1", "ip route add blackhole 10.50.0.0/24"))
    case("local_into_a_prohibit", out("10.50.0.9", 53), **with_ip("r1", "ip route add prohibit 10.50.0.0/24"))
    case("local_to_itself", out("10.3.0.1", 53, 1153))
    mark = with_ip("r1", f"ip route add default via {D} table 100", "ip rule add fwmark 0x5 table 100")
    case("local_rerouted_by_mark", out("8.8.8.8", 8083, 1154), **mark)
    case("local_masquerades_elsewhere", local("r2", ip4("10.1.0.9", E, 17, udp("10.1.0.9", E, 1155, 53), ident=7)))
    case("local_to_a_foreign_source", out(B, 53, 1156, src="9.9.9.9"))
    listens = [{"ns": "r1", "proto": "udp", "addr": "0.0.0.0", "port": 5353}, {"ns": "r1", "proto": "tcp", "addr": "10.1.0.1", "port": 5354}]
    case("socket_takes_a_datagram", U("a", "10.1.0.1", 5353, 1157), listen=listens)
    case("socket_answers_a_syn", T("a", "10.1.0.1", 5354, 1158, options=MSS), listen=listens)
    case("socket_of_another_address", T("a", "10.2.0.1", 5354, 1159), listen=listens)
    case("no_socket_udp", U("a", "10.1.0.1", 5355, 1160))
    case("no_socket_tcp", T("a", "10.1.0.1", 5355, 1161))
    case("echo_to_the_far_address", I("a", "10.2.0.1"))
    case("echo_ignored", I("a", "10.1.0.1"), **with_sysctl("r1", "net.ipv4.icmp_echo_ignore_all", 1))
    case("socket_through_the_second_router", U("e", R1_LINK, 5353, 1162), T("e", R1_LINK, 5355, 1163), listen=listens)


def neighbours(case):
    flush = {"teardown": [("r1", "ip neigh del 10.1.0.9 dev veth-a")]}
    case("arp_for_the_router", arp("a", "10.1.0.1"))
    case("arp_for_an_address_of_another_port", arp("a", "10.2.0.1"))
    case("arp_for_another_port_ignored", arp("a", "10.2.0.1"), **with_sysctl("r1", "net.ipv4.conf.veth-a.arp_ignore", 1))
    case("arp_probe", arp("a", "10.1.0.1", sender="0.0.0.0"))
    proxy = with_sysctl("r1", "net.ipv4.conf.veth-a.proxy_arp", 1)
    delay = with_sysctl("r1", "net.ipv4.neigh.veth-a.proxy_delay", 0, 80)
    case("proxy_arp_off", arp("a", B))
    case("proxy_arp", arp("a", B), **both(delay, proxy))
    case("proxy_arp_not_for_its_own_side", arp("a", "10.1.0.77"), **both(delay, proxy))
    case("proxy_arp_of_one_address", arp("a", "10.1.0.78"),
         **both(delay, {"setup": [("r1", "ip neigh add proxy 10.1.0.78 dev veth-a")], "teardown": [("r1", "ip neigh del proxy 10.1.0.78 dev veth-a")]}))
    case("router_learns_from_a_request", arp("a", "10.1.0.1", sender="10.1.0.9"), neigh=["r1"], **flush)
    case("gratuitous_arp_of_a_stranger", arp("a", "10.1.0.9", sender="10.1.0.9"), neigh=["r1"])
    case("question_for_a_missing_neighbour", U("b", "10.1.0.9", 53, 1170), **flush)
    case("answer_releases_the_packet", U("b", "10.1.0.9", 53, 1171), arp("a", "10.1.0.1", op=2, sender="10.1.0.9", to=mac("10.1.0.1")), **flush)
