// Names of a scenario as addresses in text, as captures and tables have them.

import { formatIpv4 } from "@kubehop/netstack";
import type { Places } from "../cluster/places.ts";
import type { Names } from "../expect/match-flow.ts";

/** As the cluster stands when a name is asked for. */
export function addressTexts(places: Places): Names {
  return {
    addressOf: (name) => {
      const address = places.address(name);
      return address === undefined ? undefined : formatIpv4(address);
    },
  };
}
