// What `kubehop verify --help` tells.
import { FUZZ_KINDS } from "@kubehop/oracle";
import { DEFAULT_SEED } from "../options.ts";
import { DEFAULT_STOP, FUZZ_CASES, ROUND_TRIP_CASES } from "./verify-options.ts";

export const DETAILS = `One of four ways at a time:

  kubehop verify FILE|DIR…
      Scenarios: each case runs here once; what was done is then done again on this engine and on the kernel of this
      machine, frame by frame, and by programs with real sockets. A folder is searched for scenarios. Seconds for a case.
      --seed N      what chance starts from; ${DEFAULT_SEED}

  kubehop verify --recorded FILE|DIR…
      Recordings of a real kernel, replayed; needs no kernel. Of a folder every *.json.gz in it. Seconds for a file.
      --case NAME   only this case

  kubehop verify --fuzz
      Random labs with random rules, the same packets on both kernels. What differs is made small and shown.
      A minute for some hundred cases, and up to a minute more for each difference.
      --seed S      any text; the same text draws the same labs and packets; ${DEFAULT_SEED}
      --cases N     rule sets with their packets, up to 12 of them on a lab; ${FUZZ_CASES}
      --kind KIND   of labs: ${Object.keys(FUZZ_KINDS).join(", ")}; may be repeated; all
      --stop N      differences after which it ends; ${DEFAULT_STOP}
      --out DIR     each difference becomes a scenario file there, for verify FILE, run and explain

  kubehop verify --round-trip
      Random rules and sets from here to the real iptables and ipset programs and back, as text. About a minute.
      --seed S      any text; ${DEFAULT_SEED}
      --cases N     states of rules, and as many of sets; ${ROUND_TRIP_CASES}
      --stop N      differences after which it ends; ${DEFAULT_STOP}

All but --recorded need Linux, root or a user namespace (as anybody else than root one is made), and Debian's packages
iproute2 iptables ipset conntrack ethtool procps python3. They work in network namespaces of their own, which are gone
afterwards; comparisons on one machine take turns.

Exit codes: 0 no difference, 1 differences, 2 what was typed or a file is wrong or nothing could be compared, 3 a bug of ours.
`;
