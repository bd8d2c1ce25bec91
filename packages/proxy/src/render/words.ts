/** Pieces of rule text, in the order and spelling kube-proxy writes them (a dump reorders them itself). */
import type { ServicePort } from "../model/input.ts";
import type { RenderContext } from "./context.ts";

/** `-m comment --comment …`; a comment with blanks is quoted, a bare service name is not. */
export function comment(text: string): string {
  return `-m comment --comment ${text.includes(" ") ? `"${text}"` : text}`;
}

/** `-m tcp -p tcp` */
export function protocolMatch(svc: ServicePort): string {
  return `-m ${svc.protocol} -p ${svc.protocol}`;
}

/** A host address as the release writes it in `-s` and `-d`. */
export function host(ctx: RenderContext, ip: string): string {
  return ctx.features.hostPrefixLength ? `${ip}/32` : ip;
}

/** Match of one of the service's addresses on its port. */
export function addressMatch(ctx: RenderContext, svc: ServicePort, ip: string): string {
  return `${protocolMatch(svc)} -d ${host(ctx, ip)} --dport ${svc.port}`;
}

/** Match of the service's node port; the destination address is tested by the jump to the chain. */
export function nodePortMatch(svc: ServicePort, nodePort: number): string {
  return `${protocolMatch(svc)} --dport ${nodePort}`;
}
