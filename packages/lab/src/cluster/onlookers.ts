// The world has one tracer and one listener for drops; several steps may look on at once, and stop in any order.

import type { Step, Tracer, World } from "@kubehop/netstack";

class Tracers implements Tracer {
  readonly list = new Set<Tracer>();

  step(step: Step): void {
    for (const tracer of this.list) tracer.step(step);
  }
}

/** `tracer` hears every step, beside those who listen already. The function returned ends it. */
export function addTracer(world: World, tracer: Tracer): () => void {
  const known = world.tracer;
  const hub = known instanceof Tracers ? known : new Tracers();
  if (known !== null && known !== hub) hub.list.add(known);
  hub.list.add(tracer);
  world.tracer = hub;
  return () => {
    hub.list.delete(tracer);
    if (hub.list.size === 0 && world.tracer === hub) world.tracer = null;
  };
}

type DropListener = NonNullable<World["onDrop"]>;

/** `listener` hears every drop, beside those who listen already. The function returned ends it. */
export function addDropListener(world: World, listener: DropListener): () => void {
  const before = world.onDrop;
  let on = true;
  world.onDrop = (ns, pkt, reason, fn) => {
    before?.(ns, pkt, reason, fn);
    if (on) listener(ns, pkt, reason, fn);
  };
  const mine = world.onDrop;
  return () => {
    on = false;
    if (world.onDrop === mine) world.onDrop = before;
  };
}
