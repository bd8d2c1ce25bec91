// First windows and scales that were seen on real kernels, by segment size.

import { describe, expect, it } from "vitest";
import { KERNEL_FLAVOURS } from "../../src/netns/flavour.ts";
import { TcpSysctls } from "../../src/sock/tcp-sysctls.ts";
import { tcpModelTimeout } from "../../src/sock/tcp-timer.ts";
import { tcpSelectInitialWindow } from "../../src/sock/tcp-window.ts";

describe("tcp_select_initial_window", () => {
  it.each([
    // flavour, bytes per segment, window, what it belongs to
    ["6.18", 1460, 64240, "SYN, MTU 1500"],
    ["6.18", 1448, 65160, "SYN-ACK with timestamps, MTU 1500"],
    ["6.18", 1410, 64860, "SYN, MTU 1450"],
    ["6.18", 1398, 64308, "SYN-ACK with timestamps, MTU 1450"],
    ["6.18", 65495, 65495, "SYN on lo"],
    ["6.18", 65483, 65483, "SYN-ACK on lo"],
    ["4.9", 1460, 29200, "SYN, MTU 1500"],
    ["4.9", 1448, 28960, "SYN-ACK with timestamps, MTU 1500"],
    ["4.9", 8911, 26733, "SYN, MTU 8951"],
    ["4.9", 8899, 26697, "SYN-ACK with timestamps, MTU 8951"],
    ["4.9", 65495, 43690, "SYN on lo"],
    ["3.10", 1460, 29200, "SYN, MTU 1500"],
  ] as const)("%s: %i bytes per segment → %i (%s)", (version, mss, window, _what) => {
    const flavour = KERNEL_FLAVOURS[version];
    expect(tcpSelectInitialWindow(flavour, new TcpSysctls(flavour), mss, true).rcvWnd).toBe(window);
  });

  it.each([
    [6291456, 7],
    [16777216, 9],
    [33554432, 10],
    [65535, 0],
    [65536, 1],
    [4294967295, 14],
  ])("tcp_rmem[2] %i → scale %i", (most, scale) => {
    const flavour = KERNEL_FLAVOURS["6.18"];
    const sysctls = new TcpSysctls(flavour);
    sysctls.tcp_rmem[2] = most;
    expect(tcpSelectInitialWindow(flavour, sysctls, 1460, true).wscale).toBe(scale);
    expect(tcpSelectInitialWindow(flavour, sysctls, 1460, false).wscale).toBe(0);
  });
});

describe("tcp_model_timeout", () => {
  it("is 924.6 s for tcp_retries2, 102.2 s for an orphan", () => {
    expect(tcpModelTimeout(15)).toBe(924_600);
    expect(tcpModelTimeout(8)).toBe(102_200);
  });
});
