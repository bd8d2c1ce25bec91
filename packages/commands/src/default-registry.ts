// All commands of this package in a new registry.

import { brctl } from "./bridge/brctl.ts";
import { bridge } from "./bridge/bridge.ts";
import { ip } from "./ip/ip.ts";
import { kubectl } from "./kubectl/kubectl.ts";
import { curl } from "./net/curl.ts";
import { nc } from "./net/nc.ts";
import { ping } from "./net/ping.ts";
import { conntrack } from "./netfilter/conntrack.ts";
import { ipset } from "./netfilter/ipset.ts";
import { iptablesCommands } from "./netfilter/iptables.ts";
import { Registry } from "./registry.ts";
import { dmesg } from "./system/dmesg.ts";
import { mkdir, rm } from "./system/mkdir.ts";
import { lsmod, modprobe, rmmod } from "./system/modprobe.ts";
import { bash, sh } from "./system/sh.ts";
import { falseCommand, sleep, timeout, trueCommand } from "./system/sleep.ts";
import { sysctl } from "./system/sysctl.ts";
import { tcpdump } from "./tcpdump/tcpdump.ts";
import { cat, less } from "./text/cat.ts";
import { diff } from "./text/diff.ts";
import { echo } from "./text/echo.ts";
import { egrep, fgrep, grep } from "./text/grep.ts";
import { head, tail } from "./text/head-tail.ts";
import { sort, uniq } from "./text/sort-uniq.ts";
import { wc } from "./text/wc.ts";

export function defaultRegistry(): Registry {
  return new Registry()
    .add(ip, bridge, brctl, ...iptablesCommands, conntrack, ipset, tcpdump, kubectl)
    .add(curl, ping, nc, { ...nc, name: "netcat" })
    .add(sysctl, modprobe, rmmod, lsmod, dmesg, sleep, timeout, trueCommand, falseCommand, mkdir, rm, sh, bash)
    .add(cat, less, echo, grep, egrep, fgrep, head, tail, wc, sort, uniq, diff);
}
