// Cost of an event and of renewing a timer, the two things every packet does.
import { Bench } from "tinybench";
import { Clock } from "../src/index.ts";

const PENDING = 1000;
const bench = new Bench({ time: 300 });
const clock = new Clock({ maxEventsPerSecond: Infinity });
for (let i = 0; i < PENDING; i++) {
  const again = () => void clock.schedule((i * 7919) % 100, again);
  again();
}
const renewed = new Clock();
let timer = renewed.schedule(1e6, () => {});

bench
  .add(`run and schedule an event, ${PENDING} pending`, () => void clock.runNext())
  .add("cancel and schedule a timer", () => {
    renewed.cancel(timer);
    timer = renewed.schedule(1e6, () => {});
  });
await bench.run();
console.table(bench.table());
