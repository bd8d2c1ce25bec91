// What `kubehop explain --help` says behind its usage.

export const DETAILS = `FILE alone tells a request of its steps: one that went wrong in the first failing step, else the first one made.
  --step ID      a request of this step (its id, or its number from 1)
  --at TIME      the first request that begins at this time (18s, 2500ms) or later

'FLOW' is a request of your own, FROM[:port] > TO[:port][/proto], as send: has it: 'client > node1:30080', 'client > svc/dns:53/udp'.
  (alone)        sent at time 0, before all steps
  --step ID      sent when this step would begin, in its place: all that happens before has happened
  --at TIME      sent at this time, beside the steps

--minimal is one line per hop and decision, without MACs, times and drawn ports: it may be kept and compared.
--summary (default) adds them, and who wrote each rule and row. --full tells every step, and every rule that was looked at.
`;
