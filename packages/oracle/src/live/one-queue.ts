// Pins what a machine with several CPUs leaves to chance.

const ONE_QUEUE = ["numtxqueues", "1", "numrxqueues", "1"];

/**
 * A veth has as many queues as there are CPUs. Choosing one hashes the packet as it is before NAT, now and then
 * (net.core.txq_reselection_ms), and the source port of a tunnel's outer packet follows that hash: here each end has one queue.
 */
export function withOneQueue(words: readonly string[]): readonly string[] {
  const at = words.indexOf("type");
  if (words[0] !== "link" || words[1] !== "add" || words[at + 1] !== "veth") return words;
  return [...words.slice(0, at), ...ONE_QUEUE, ...words.slice(at), ...ONE_QUEUE];
}
