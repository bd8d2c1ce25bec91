import { serve } from "@kubehop/programs";
import { tcpListen } from "@kubehop/netstack";
import { encodeUtf8 } from "@kubehop/sim";
import { describe, expect, it } from "vitest";
import { Town } from "../support/town.ts";

/** pod-b answers http on 80 and 8080, echoes udp on 53; odd servers on 81.. */
function townWithServers(): Town {
  const town = new Town();
  serve({
    ns: town.b,
    hostname: "web",
    onServed: () => undefined,
    servers: [
      { kind: "http", protocol: "tcp", port: 80, body: "hello\n" },
      { kind: "http", protocol: "tcp", port: 8080, body: "eighty\n" },
      { kind: "echo", protocol: "udp", port: 53 },
    ],
  });
  const raw = (port: number, answer: string, end: "close" | "abort" | "stay"): void => {
    tcpListen(town.b, {
      port,
      onConnection: (sk) => ({
        data: () => {
          if (answer !== "") sk.send(encodeUtf8(answer));
          if (end === "close") sk.close();
          if (end === "abort") sk.abort();
        },
      }),
    });
  };
  raw(81, "", "close");
  raw(82, "", "abort");
  raw(83, "", "stay");
  raw(84, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "stay");
  raw(85, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc", "close");
  raw(86, "hello\n", "close");
  raw(87, "HTTP/1.1 404 Not Found\r\nContent-Length: 4\r\nConnection: close\r\n\r\nno!\n", "close");
  town.apply(town.b, [{ op: "iptables", args: ["-A", "INPUT", "-p", "tcp", "--dport", "99", "-j", "DROP"] }]);
  town.apply(town.b, [{ op: "iptables", args: ["-A", "INPUT", "-p", "udp", "--dport", "55", "-j", "DROP"] }]);
  town.names.set("web", "10.1.0.3");
  return town;
}

describe("curl", () => {
  const town = townWithServers();

  it.each([
    ["curl http://10.1.0.3/", "hello\n", "", 0, "ok"],
    ["curl 10.1.0.3", "hello\n", "", 0, "ok"],
    ["curl -s web:8080/x?y", "eighty\n", "", 0, "ok"],
    ["curl -s -o /dev/null -w '%{http_code}\\n' http://web/", "200\n", "", 0, "ok"],
    [
      "curl http://10.1.0.3:1234/",
      "",
      "curl: (7) Failed to connect to 10.1.0.3 port 1234: Connection refused\n",
      7,
      "refused",
    ],
    ["curl -s http://10.1.0.3:1234/", "", "", 7, "refused"],
    [
      "curl -sS http://web:1234/",
      "",
      "curl: (7) Failed to connect to web port 1234: Connection refused\n",
      7,
      "refused",
    ],
    [
      "curl http://10.1.0.77/",
      "",
      "curl: (7) Failed to connect to 10.1.0.77 port 80: No route to host\n",
      7,
      "unreachable",
    ],
    ["curl -m 1 http://10.1.0.3:99/", "", "curl: (28) Connection timed out after 1000 milliseconds\n", 28, "timeout"],
    [
      "curl --connect-timeout 2.5 http://10.1.0.3:99/",
      "",
      "curl: (28) Connection timed out after 2500 milliseconds\n",
      28,
      "timeout",
    ],
    [
      "curl http://10.1.0.3:99/",
      "",
      "curl: (28) Failed to connect to 10.1.0.3 port 99: Connection timed out\n",
      28,
      "timeout",
    ],
    ["curl http://10.1.0.3:81/", "", "curl: (52) Empty reply from server\n", 52, "reset"],
    ["curl http://10.1.0.3:82/", "", "curl: (56) Recv failure: Connection reset by peer\n", 56, "reset"],
    [
      "curl -m 2 http://10.1.0.3:83/",
      "",
      "curl: (28) Operation timed out after 2000 milliseconds with 0 bytes received\n",
      28,
      "timeout",
    ],
    [
      "curl -m 2 http://10.1.0.3:84/",
      "abc",
      "curl: (28) Operation timed out after 2000 milliseconds with 3 out of 10 bytes received\n",
      28,
      "timeout",
    ],
    ["curl http://10.1.0.3:85/", "abc", "curl: (18) transfer closed with 7 bytes remaining to read\n", 18, "reset"],
    ["curl http://10.1.0.3:86/", "", "curl: (1) Received HTTP/0.9 when not allowed\n", 1, "ok"],
    ["curl http://10.1.0.3:87/", "no!\n", "", 0, "ok"],
    ["curl -f http://10.1.0.3:87/", "", "curl: (22) The requested URL returned error: 404\n", 22, "ok"],
    ["curl http://nosuch/", "", "curl: (6) Could not resolve host: nosuch\n", 6, undefined],
  ])("%s", (line, out, err, code, result) => {
    const r = town.run(town.a, line);
    expect([r.out, r.err, r.code, r.command.outcome?.result]).toEqual([out, err, code, result]);
  });

  it("tells both ends and the bytes of a transfer", () => {
    const { command } = town.run(town.a, "curl --local-port 40000 http://10.1.0.3/");
    expect(command.outcome).toEqual({
      result: "ok",
      protocol: "tcp",
      local: { addr: 0x0a010002, port: 40000 },
      remote: { addr: 0x0a010003, port: 80 },
      bytes: 6,
    });
  });

  it("shows the conversation with -v", () => {
    expect(town.run(town.a, "curl -v http://web/").err).toBe(
      "*   Trying 10.1.0.3:80...\n* Connected to web (10.1.0.3) port 80 (#0)\n> GET / HTTP/1.1\n> Host: web\n> User-Agent: curl/7.74.0\n> Accept: */*\n> \n* Mark bundle as not supporting multiuse\n" +
        "< HTTP/1.1 200 OK\n< Content-Type: text/plain\n< Content-Length: 6\n< Connection: keep-alive\n< \n* Connection #0 to host web left intact\n",
    );
  });

  it("shows the header with -I", () => {
    expect(town.run(town.a, "curl -s -I http://web/").out).toBe(
      "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 6\r\nConnection: keep-alive\r\n\r\n",
    );
  });

  it.each([
    ["curl", "curl: try 'curl --help' or 'curl --manual' for more information\n", 2],
    [
      "curl --zzz x",
      "curl: option --zzz: is unknown\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
      2,
    ],
    [
      "curl x -m",
      "curl: option -m: requires parameter\ncurl: try 'curl --help' or 'curl --manual' for more information\n",
      2,
    ],
    ["curl -k https://web/", "curl: option -k is not modelled by kubehop\n", 2],
    ["curl https://web/", "curl: https (there is no TLS) is not modelled by kubehop\n", 2],
    ["curl foo://web/", 'curl: (1) Protocol "foo" not supported or disabled in libcurl\n', 1],
    ["curl http://web:99999/", "curl: (3) URL using bad/illegal format or missing URL\n", 3],
  ])("refuses: %s", (line, err, code) => {
    const r = town.run(town.a, line);
    expect([r.out, r.err, r.code]).toEqual(["", err, code]);
  });
});

describe("ping", () => {
  const town = townWithServers();

  it("prints as iputils does", () => {
    const r = town.run(town.a, "ping -c 2 10.1.0.3");
    expect(r.out).toBe(
      "PING 10.1.0.3 (10.1.0.3) 56(84) bytes of data.\n64 bytes from 10.1.0.3: icmp_seq=1 ttl=64 time=0.000 ms\n64 bytes from 10.1.0.3: icmp_seq=2 ttl=64 time=0.000 ms\n\n" +
        "--- 10.1.0.3 ping statistics ---\n2 packets transmitted, 2 received, 0% packet loss, time 1000ms\nrtt min/avg/max/mdev = 0.000/0.000/0.000/0.000 ms\n",
    );
    expect([r.code, r.took, r.command.outcome?.result]).toEqual([0, 1000, "ok"]);
  });

  it("waits for what does not come", () => {
    town.apply(town.b, [{ op: "iptables", args: ["-I", "INPUT", "-p", "icmp", "-j", "DROP"] }]);
    const r = town.run(town.a, "ping -c 3 -W 1 web");
    town.apply(town.b, [{ op: "iptables", args: ["-D", "INPUT", "-p", "icmp", "-j", "DROP"] }]);
    expect(r.out).toBe(
      "PING web (10.1.0.3) 56(84) bytes of data.\n\n--- web ping statistics ---\n3 packets transmitted, 0 received, 100% packet loss, time 2000ms\n\n",
    );
    expect([r.code, r.took, r.command.outcome?.result]).toEqual([1, 3000, "timeout"]);
  });

  it("tells who cannot reach the target", () => {
    const r = town.run(town.a, "ping -c 3 10.1.0.77");
    expect(r.out).toBe(
      "PING 10.1.0.77 (10.1.0.77) 56(84) bytes of data.\nFrom 10.1.0.2 icmp_seq=1 Destination Host Unreachable\nFrom 10.1.0.2 icmp_seq=2 Destination Host Unreachable\nFrom 10.1.0.2 icmp_seq=3 Destination Host Unreachable\n\n" +
        "--- 10.1.0.77 ping statistics ---\n3 packets transmitted, 0 received, +3 errors, 100% packet loss, time 3072ms\npipe 3\n".replace(
          "3072",
          String(r.took),
        ),
    );
    expect([r.code, r.command.outcome?.result]).toEqual([1, "unreachable"]);
  });

  it("hears of an exceeded TTL", () => {
    town.apply(town.node, [{ op: "route-add", dst: "10.9.0.0/16", via: "10.1.0.3" }]);
    expect(town.run(town.a, "ping -c 1 -t 1 10.9.9.9").out).toContain(
      "From 10.1.0.1 icmp_seq=1 Time to live exceeded\n",
    );
  });

  it("prints statistics when interrupted", () => {
    const { command, out } = town.start(town.a, "ping 10.1.0.3");
    town.run(town.a, "sleep 2.5");
    command.interrupt();
    expect(out()).toContain("3 packets transmitted, 3 received, 0% packet loss, time 2000ms");
    expect(command.exitCode).toBe(0);
  });

  it("does not send more than fits with -M do", () => {
    const r = town.run(town.a, "ping -c 1 -M do -s 1600 10.1.0.3");
    expect([r.err, r.code]).toEqual(["ping: local error: message too long, mtu=1500\n", 1]);
    expect(r.out).toBe(
      "PING 10.1.0.3 (10.1.0.3) 1600(1628) bytes of data.\n\n--- 10.1.0.3 ping statistics ---\n1 packets transmitted, 0 received, +1 errors, 100% packet loss, time 0ms\n\n",
    );
  });

  it.each([
    ["ping -c 1 -I 10.1.0.2 10.1.0.3", "PING 10.1.0.3 (10.1.0.3) from 10.1.0.2 : 56(84) bytes of data."],
    ["ping -c 1 -I eth0 10.1.0.3", "PING 10.1.0.3 (10.1.0.3) from 10.1.0.2 eth0: 56(84) bytes of data."],
    ["ping -c 1 -s 4 -q 10.1.0.3", "PING 10.1.0.3 (10.1.0.3) 4(32) bytes of data."],
  ])("heads %s", (line, head) => {
    expect(town.run(town.a, line).out.split("\n")[0]).toBe(head);
  });

  it.each([
    ["ping", "ping: usage error: Destination address required\n", 1],
    ["ping nosuch", "ping: nosuch: Name or service not known\n", 2],
    ["ping -c 0 10.1.0.3", "ping: invalid argument: '0': out of range: 1 <= value <= 9223372036854775807\n", 1],
    ["ping -f 10.1.0.3", "ping: option -f is not modelled by kubehop\n", 2],
    ["ping -I nodev 10.1.0.3", "ping: SO_BINDTODEVICE nodev: No such device\n", 2],
    ["ping -I 1.2.3.4 10.1.0.3", "ping: bind: Cannot assign requested address\n", 2],
    [
      "ping -c1 10.1.0.255",
      "ping: Do you want to ping broadcast? Then -b. If not, check your local firewall rules\n",
      2,
    ],
  ])("refuses: %s", (line, err, code) => {
    const r = town.run(town.a, line);
    expect([r.out, r.err, r.code]).toEqual(["", err, code]);
  });

  it("has no way without a route", () => {
    town.apply(town.b, [{ op: "route-del", dst: "default" }]);
    const r = town.run(town.b, "ping -c 1 10.77.0.1");
    expect([r.err, r.code, r.command.outcome?.result]).toEqual([
      "ping: connect: Network is unreachable\n",
      2,
      "unreachable",
    ]);
  });
});

describe("nc", () => {
  const town = townWithServers();

  it.each([
    ["nc -zv 10.1.0.3 80", "Connection to 10.1.0.3 80 port [tcp/http] succeeded!\n", 0, "ok"],
    ["nc -z 10.1.0.3 80", "", 0, "ok"],
    ["nc -zvn 10.1.0.3 80", "Connection to 10.1.0.3 80 port [tcp/*] succeeded!\n", 0, "ok"],
    ["nc -zv 10.1.0.3 1234", "nc: connect to 10.1.0.3 port 1234 (tcp) failed: Connection refused\n", 1, "refused"],
    ["nc -z 10.1.0.3 1234", "", 1, "refused"],
    [
      "nc -zv -w 1 10.1.0.3 99",
      "nc: connect to 10.1.0.3 port 99 (tcp) timed out: Operation now in progress\n",
      1,
      "timeout",
    ],
    ["nc -zvu 10.1.0.3 53", "Connection to 10.1.0.3 53 port [udp/domain] succeeded!\n", 0, "ok"],
    ["nc -zvu 10.1.0.3 54", "", 1, "refused"],
    ["nc -zvu -w 1 10.1.0.3 55", "Connection to 10.1.0.3 55 port [udp/*] succeeded!\n", 0, "ok"],
  ])("%s", (line, err, code, result) => {
    const r = town.run(town.a, line);
    expect([r.out, r.err, r.code, r.command.outcome?.result]).toEqual(["", err, code, result]);
  });

  it("scans a range of ports", () => {
    const r = town.run(town.a, "nc -zv 10.1.0.3 79-80");
    expect([r.err, r.code]).toEqual([
      "nc: connect to 10.1.0.3 port 79 (tcp) failed: Connection refused\nConnection to 10.1.0.3 80 port [tcp/http] succeeded!\n",
      0,
    ]);
  });

  it("carries standard input and the answer", () => {
    const r = town.run(town.a, "nc -w 2 10.1.0.3 86", "x\n");
    expect([r.out, r.code]).toEqual(["hello\n", 0]);
    const u = town.run(town.a, "echo hi | nc -u -w 1 10.1.0.3 53");
    expect([u.out, u.code, u.took]).toEqual(["hi\n", 0, 1000]);
  });

  it("listens", () => {
    const server = town.start(town.b, "nc -lv 7000");
    const client = town.run(town.a, "echo hi | nc -N 10.1.0.3 7000");
    town.run(town.a, "sleep 1");
    expect([client.code, server.out(), server.command.exitCode]).toEqual([0, "hi\n", 0]);
    expect(server.err()).toMatch(/^Listening on 0\.0\.0\.0 7000\nConnection received on 10\.1\.0\.2 \d+\n$/);
  });

  it("gives its port back", () => {
    const server = town.start(town.b, "nc -l 7001");
    server.command.interrupt();
    expect(town.run(town.a, "nc -zv 10.1.0.3 7001").err).toContain("Connection refused");
  });

  it.each([
    ["nc", /^usage: nc/, 1],
    ["nc -Y 1", /^nc: invalid option -- 'Y'\nusage: nc/, 1],
    ["nc -e /bin/sh 10.1.0.3 80", /^nc: option -e is not modelled by kubehop\n/, 2],
    ["nc -zv 10.1.0.3 99999", /^nc: port number too large: 99999\n/, 1],
    ["nc -zv 10.1.0.3", /^nc: missing port number\n/, 1],
    ["nc -zv nosuch 80", /^nc: getaddrinfo for host "nosuch" port 80: /, 1],
  ])("refuses: %s", (line, err, code) => {
    const r = town.run(town.a, line);
    expect(r.err).toMatch(err);
    expect([r.out, r.code]).toEqual(["", code]);
  });
});
