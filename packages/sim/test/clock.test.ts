import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { Clock, SimulationBudgetError } from "../src/clock.ts";
import type { Timer } from "../src/clock.ts";

describe("Clock", () => {
  it("starts at zero with nothing to do", () => {
    const clock = new Clock();
    expect(clock.now).toBe(0);
    expect(clock.pending).toBe(0);
    expect(clock.nextAt()).toBeUndefined();
    expect(clock.runNext()).toBe(false);
  });

  it("stands at the event's time while it runs, fractions included", () => {
    const clock = new Clock();
    const seen: number[] = [];
    clock.schedule(0.25, () => {
      seen.push(clock.now);
      clock.schedule(0.5, () => seen.push(clock.now));
    });
    clock.runUntil(10);
    expect(seen).toEqual([0.25, 0.75]);
    expect(clock.now).toBe(10);
  });

  it("runs what is due at the limit itself and leaves what is later", () => {
    const clock = new Clock();
    const seen: string[] = [];
    clock.at(5, () => seen.push("at"));
    clock.at(5.001, () => seen.push("after"));
    clock.runUntil(5);
    expect(seen).toEqual(["at"]);
    expect(clock.nextAt()).toBe(5.001);
  });

  it("does not go back in time", () => {
    const clock = new Clock();
    clock.runUntil(100);
    const seen: number[] = [];
    clock.at(7, () => seen.push(clock.now));
    clock.runUntil(50);
    expect(clock.now).toBe(100);
    clock.runNext();
    expect(seen).toEqual([100]);
  });

  it("puts an event scheduled for now behind those already due", () => {
    const clock = new Clock();
    const seen: string[] = [];
    clock.schedule(1, () => {
      seen.push("first");
      clock.schedule(0, () => seen.push("third"));
    });
    clock.schedule(1, () => seen.push("second"));
    clock.runUntil(1);
    expect(seen).toEqual(["first", "second", "third"]);
  });

  it("refuses a time that is not a number", () => {
    const clock = new Clock();
    expect(() => clock.schedule(Number.NaN, () => {})).toThrow(RangeError);
    expect(() => clock.at(Infinity, () => {})).toThrow(RangeError);
  });

  it("cancels once, also a timer that ran", () => {
    const clock = new Clock();
    let runs = 0;
    const ran = clock.schedule(1, () => runs++);
    const cancelled = clock.schedule(2, () => runs++);
    clock.cancel(cancelled);
    clock.cancel(cancelled);
    expect(cancelled.active).toBe(false);
    expect(clock.pending).toBe(1);
    clock.runUntil(1);
    clock.cancel(ran);
    expect(clock.pending).toBe(0);
    clock.runUntil(3);
    expect(runs).toBe(1);
  });

  it("lets an event cancel its neighbour of the same time", () => {
    const clock = new Clock();
    const seen: string[] = [];
    clock.schedule(1, () => {
      seen.push("first");
      clock.cancel(second);
    });
    const second: Timer = clock.schedule(1, () => seen.push("second"));
    clock.runUntil(2);
    expect(seen).toEqual(["first"]);
  });

  it("keeps working after an event throws", () => {
    const clock = new Clock();
    let runs = 0;
    clock.schedule(1, () => {
      throw new Error("broken");
    });
    clock.schedule(2, () => runs++);
    expect(() => clock.runUntil(5)).toThrow("broken");
    clock.runUntil(5);
    expect(runs).toBe(1);
  });
});

describe("the event budget", () => {
  const storm = (clock: Clock, delay: number) => {
    const again = () => void clock.schedule(delay, again);
    again();
  };

  it("ends a storm that stands still in time", () => {
    const clock = new Clock({ maxEventsPerSecond: 1000 });
    storm(clock, 0);
    expect(() => clock.runUntil(1)).toThrow(SimulationBudgetError);
    expect(() => clock.runUntil(1)).toThrow(/more than 1000 events within one second of virtual time \(now 0 ms\)/);
  });

  it("lets the same number of events pass when time goes on", () => {
    const clock = new Clock({ maxEventsPerSecond: 1000 });
    storm(clock, 1.5);
    clock.runUntil(10_000);
    expect(clock.now).toBe(10_000);
  });

  it("counts work done inside an event", () => {
    const clock = new Clock({ maxEventsPerSecond: 10 });
    clock.spend(10);
    expect(() => clock.spend(1)).toThrow(SimulationBudgetError);
    clock.renewBudget();
    expect(() => clock.spend(10)).not.toThrow();
  });
});

describe("order", () => {
  it("is by time, and by scheduling where times are equal, whatever was cancelled", () => {
    const event = fc.record({ time: fc.integer({ min: 0, max: 20 }), cancelled: fc.boolean() });
    fc.assert(
      fc.property(fc.array(event, { maxLength: 900 }), (events) => {
        const clock = new Clock();
        const seen: number[] = [];
        const timers = events.map(({ time }, i) => clock.at(time, () => seen.push(i)));
        timers.forEach((timer, i) => events[i]?.cancelled && clock.cancel(timer));
        const expected = events
          .map((event, i) => ({ ...event, i }))
          .filter((event) => !event.cancelled)
          .sort((a, b) => a.time - b.time || a.i - b.i)
          .map((event) => event.i);
        expect(clock.pending).toBe(expected.length);
        while (clock.runNext());
        expect(seen).toEqual(expected);
      }),
    );
  });

  it("survives the sweep of many cancelled timers", () => {
    const clock = new Clock();
    const seen: number[] = [];
    let timer = clock.at(5000, () => {});
    for (let i = 0; i < 5000; i++) {
      clock.cancel(timer);
      timer = clock.at(10_000 - i, () => seen.push(clock.now));
      if (i % 1000 === 0) clock.at(i, () => seen.push(clock.now));
    }
    expect(clock.pending).toBe(6);
    clock.runUntil(20_000);
    expect(seen).toEqual([0, 1000, 2000, 3000, 4000, 5001]);
  });

  it("is kept when most of a large heap is cancelled at once", () => {
    const clock = new Clock();
    const seen: number[] = [];
    const timers = Array.from({ length: 5000 }, (_, i) => clock.at((i * 7919) % 5003, () => seen.push(clock.now)));
    timers.forEach((timer, i) => i % 5 !== 0 && clock.cancel(timer));
    while (clock.runNext());
    expect(seen).toHaveLength(1000);
    expect(seen).toEqual([...seen].sort((a, b) => a - b));
  });
});
