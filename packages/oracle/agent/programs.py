"""Servers and clients with real sockets: what a scenario's pods serve and its commands ask, as plainly as they can be."""

import errno
import selectors
import socket
import struct
import time

REQUEST = b"GET / HTTP/1.1\r\nHost: kubehop\r\n\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok\n"
DATAGRAM = b"kubehop\n"
IP_PKTINFO = 8
# What a server is known by; `silent`: it takes what comes, answers nothing and tells nobody.
LISTENER = ("ns", "protocol", "address", "port", "silent")
ICMP_ECHO = 8
# How long servers go on behind a request, in s: what closes a connection is under way.
AFTER = 0.03
# How long a client that expects no answer listens for an error, in s.
MUTE = 0.05
RESULTS = {errno.ECONNREFUSED: "refused", errno.ECONNRESET: "reset", errno.EPIPE: "reset", errno.ECONNABORTED: "reset", errno.ETIMEDOUT: "timeout"}


def result_of(code):
    """Every errno that is neither an answer nor silence tells that the other side cannot be reached."""
    return RESULTS.get(code, "unreachable")


class Programs:
    """All servers and all clients that have begun and not ended, in one loop."""

    def __init__(self, namespaces):
        self.namespaces = namespaces
        self.selector = selectors.DefaultSelector()
        self.servers = {}
        self.served = []
        self.clients = {}

    def listen(self, wanted):
        """Exactly these ports are served from now on."""
        keys = {tuple(one[field] for field in LISTENER) for one in wanted}
        for key in [key for key in self.servers if key not in keys]:
            self.forget(self.servers.pop(key))
        for key in sorted(keys - self.servers.keys()):
            self.servers[key] = self.server(key)

    def wanted(self):
        return [dict(zip(LISTENER, key)) for key in self.servers]

    def server(self, key):
        name, protocol, address, port, _ = key
        kind = socket.SOCK_STREAM if protocol == "tcp" else socket.SOCK_DGRAM
        with self.namespaces[name]:
            sock = socket.socket(socket.AF_INET, kind)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setblocking(False)
        sock.bind((address, port))
        if protocol == "tcp":
            sock.listen(64)
            self.selector.register(sock, selectors.EVENT_READ, lambda: self.accept(sock, key))
        else:
            sock.setsockopt(socket.IPPROTO_IP, IP_PKTINFO, 1)
            self.selector.register(sock, selectors.EVENT_READ, lambda: self.datagram(sock, key))
        return sock

    def saw(self, key, client, address):
        if key[4]:
            return
        self.served.append({"ns": key[0], "protocol": key[1], "port": key[3], "client": client[0], "clientPort": client[1], "address": address})

    def accept(self, listener, key):
        sock, client = listener.accept()
        sock.setblocking(False)
        self.saw(key, client, sock.getsockname()[0])
        self.selector.register(sock, selectors.EVENT_READ, lambda: self.answer(sock, key))

    def answer(self, sock, key):
        try:
            data = sock.recv(65536)
            if data:
                if not key[4]:
                    sock.send(ANSWER)
                return
        except OSError:
            pass
        self.forget(sock)

    def datagram(self, sock, key):
        try:
            data, ancillary, _, client = sock.recvmsg(65536, 128)
        except OSError:
            return
        _, local, asked = struct.unpack("=I4s4s", ancillary[0][2][:12])
        self.saw(key, client, socket.inet_ntoa(asked))
        if key[4]:
            return
        info = struct.pack("=I4s4s", 0, asked, b"\0\0\0\0")
        try:
            sock.sendmsg([data], [(socket.IPPROTO_IP, IP_PKTINFO, info)], 0, client)
        except OSError:
            pass

    def forget(self, sock):
        self.selector.unregister(sock)
        sock.close()

    def run(self, seconds, until=lambda: False):
        """Serve until `until` holds or the time is over."""
        end = time.monotonic() + seconds
        while not until() and (left := end - time.monotonic()) > 0:
            for key, _ in self.selector.select(left):
                key.data()

    def start(self, message):
        """A client begins its request; what it causes at once has happened when this returns."""
        client = Client(self, message)
        self.clients[message["id"]] = client
        client.begin()
        self.run(AFTER, lambda: client.result is not None)

    def end(self, message):
        """Its end: result, the client's own address, and what servers saw of anybody since it began."""
        client = self.clients.pop(message["id"])
        self.run(message["timeoutMs"] / 1000 if client.waits else MUTE, lambda: client.result is not None)
        answer = {"result": client.result or ("timeout" if client.waits else "ok"), "from": client.address()}
        client.end()
        self.run(AFTER)
        return {**answer, "served": self.served[client.served_before :]}


class Client:
    def __init__(self, programs, message):
        self.programs = programs
        self.message = message
        self.sock = None
        self.result = None
        self.made = False
        self.served_before = len(programs.served)
        # Sending is all a datagram without an answer is for.
        self.waits = message["protocol"] == "tcp" or not message["mute"]

    def begin(self):
        try:
            getattr(self, self.message["protocol"])()
        except OSError as error:
            self.result = result_of(error.errno)

    def open(self, kind, protocol=0):
        with self.programs.namespaces[self.message["ns"]]:
            self.sock = socket.socket(socket.AF_INET, kind, protocol)
        self.sock.setblocking(False)
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if self.message["sport"] is not None:
            self.sock.bind((self.message["src"] or "0.0.0.0", self.message["sport"]))

    def to(self):
        return (self.message["dst"], self.message["dport"])

    def tcp(self):
        self.open(socket.SOCK_STREAM)
        code = self.sock.connect_ex(self.to())
        if code not in (0, errno.EINPROGRESS):
            raise OSError(code, "connect")
        self.made = True
        self.programs.selector.register(self.sock, selectors.EVENT_WRITE, self.connected)

    def connected(self):
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code != 0:
            self.result = result_of(code)
        elif self.message["mute"]:
            self.result = "ok"
        else:
            if not self.message["silent"]:
                self.sock.send(REQUEST)
            self.programs.selector.modify(self.sock, selectors.EVENT_READ, self.read)

    def udp(self):
        self.open(socket.SOCK_DGRAM)
        self.sock.connect(self.to())
        self.made = True
        self.sock.send(DATAGRAM)
        self.programs.selector.register(self.sock, selectors.EVENT_READ, self.read)

    def icmp(self):
        self.open(socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
        self.sock.connect((self.message["dst"], 0))
        self.made = True
        self.sock.send(struct.pack("!BBHHH", ICMP_ECHO, 0, 0, 0, 1) + bytes(56))
        self.programs.selector.register(self.sock, selectors.EVENT_READ, self.read)

    def read(self):
        try:
            data = self.sock.recv(65536)
            # A server that hangs up without a word.
            self.result = "ok" if data or self.message["protocol"] != "tcp" else "reset"
        except OSError as error:
            self.result = result_of(error.errno)

    def address(self):
        return self.sock.getsockname()[0] if self.made else None

    def end(self):
        if self.sock is None:
            return
        if self.made and self.sock in self.programs.selector.get_map():
            self.programs.selector.unregister(self.sock)
        self.sock.close()
