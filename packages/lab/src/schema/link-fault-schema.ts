// Keys of a fault of a link, and of its end.
import * as z from "zod";
import { optional } from "./key.ts";
import * as leaf from "./leaves.ts";

const dropSchema = z.strictObject({
  flow: optional(leaf.flow, "Addresses of the frame.", 'flow: "client > svc/web:80"', "any"),
  flags: optional(leaf.tcpFlags, "TCP flags as tcpdump prints them.", "flags: S.", "any"),
  nth: optional(
    z.union([z.number().int().min(1), z.array(z.number().int().min(1)).min(1)]),
    "Which of the frames that match, counted from 1 since the fault began; several as a list.",
    "nth: 3",
    "all of them",
  ),
});

export const linkKeys = {
  link: optional(
    leaf.placeAndDevice,
    "PLACE DEVICE: something happens to the frames that leave this device, as with `tc qdisc replace … root netem`. The newest fault of a device takes the place of its former one.",
    "link: node1 eth0",
    "none",
  ),
  loss: optional(leaf.fraction, "Share of frames that are lost; they end as QDISC_DROP.", "loss: 10%", "none"),
  delay: optional(leaf.duration, "Every frame leaves so much later.", "delay: 20ms", "none"),
  duplicate: optional(leaf.fraction, "Share of frames that leave twice.", "duplicate: 5%", "none"),
  reorder: optional(
    leaf.fraction,
    "Share of frames that do not wait for `delay`, and so overtake others.",
    "reorder: 10%",
    "none",
  ),
  cut: optional(
    z.literal(true),
    "The wire of a card or a veth is cut, as behind a broken switch: frames vanish both ways (LINK_CUT), the carrier stays. For a link that is down type `ip link set DEVICE down`.",
    "cut: true",
    "false",
  ),
  drop: optional(dropSchema, "Frames of a kind are lost.", "drop: { flags: S., nth: 3 }", "none"),
  for: optional(leaf.duration, "The fault ends by itself after this time.", "for: 10s", "until heal"),
};

export const healKeys = {
  heal: optional(leaf.placeAndDevice, "PLACE DEVICE: the fault of this link is over.", "heal: node1 eth0", "none"),
};
