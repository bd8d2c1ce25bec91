/**
 * Services → the iptables-restore text of one node: a pure function.
 * Twin: `syncProxyRules` in `pkg/proxy/iptables/proxier.go`, without its sockets, health servers and metrics.
 */
import { pinned, compareText } from "../endpoints/order.ts";
import { checkInput } from "../model/check.ts";
import type { ProxyInput, ServicePort } from "../model/input.ts";
import { servicePortKey } from "../model/input.ts";
import type { RuleOrigin } from "../model/origin.ts";
import { featuresOf } from "../version/features.ts";
import type { Features } from "../version/features.ts";
import { planService } from "./context.ts";
import type { RenderContext } from "./context.ts";
import {
  declareTopChains,
  writeForward,
  writeKubeletFirewall,
  writeMasquerading,
  writeNodePortsTail,
} from "./fixed-rules.ts";
import { probabilityText } from "./probability.ts";
import { restoreText, TableBuilder } from "./rule-table.ts";
import type { RenderedTable } from "./rule-table.ts";
import { renderExtService } from "./service-ext.ts";
import { renderXlbService } from "./service-xlb.ts";

/** Both tables as values; the form that sync compares. */
export interface RenderedTables {
  readonly filter: RenderedTable;
  readonly nat: RenderedTable;
}

/** Both tables as text, with the origin of each line beside it. */
export interface RenderedIptables {
  /** Restore input of table nat. */
  readonly nat: string;
  /** Restore input of table filter; kube-proxy pipes it first. */
  readonly filter: string;
  /** Per table, parallel to the lines of the text. */
  readonly provenance: {
    readonly nat: readonly (RuleOrigin | undefined)[];
    readonly filter: readonly (RuleOrigin | undefined)[];
  };
}

/** @throws ProxyRefusal for a release, service or setting that is not modelled */
export function renderIptables(input: ProxyInput): RenderedIptables {
  const tables = renderTables(input);
  const nat = restoreText(tables.nat);
  const filter = restoreText(tables.filter);
  return { nat: nat.text, filter: filter.text, provenance: { nat: nat.origins, filter: filter.origins } };
}

/** @throws ProxyRefusal as renderIptables does */
export function renderTables(input: ProxyInput): RenderedTables {
  const features = featuresOf(input.version);
  checkInput(input, features);
  const ctx = contextOf(input, features);
  const renderService = features.externalChains === "XLB" ? renderXlbService : renderExtService;
  declareTopChains(ctx);
  writeMasquerading(ctx);
  writeKubeletFirewall(ctx);
  for (const svc of orderServices(input)) {
    renderService(ctx, planService(svc, input.node.name, features, input.pin?.endpoints));
  }
  writeNodePortsTail(ctx);
  writeForward(ctx);
  return { filter: ctx.filter.build(), nat: ctx.nat.build() };
}

function contextOf(input: ProxyInput, features: Features): RenderContext {
  const mark = `0x${(2 ** (input.node.masqueradeBit ?? 14)).toString(16).padStart(8, "0")}`;
  const limit = features.commentEndpointLimit;
  const total = input.services.reduce((sum, svc) => sum + svc.endpoints.length, 0);
  return {
    features,
    node: input.node,
    nat: new TableBuilder("nat"),
    filter: new TableBuilder("filter"),
    mark,
    largeCluster: limit > 0 && total > limit,
    probability: rememberedProbability(features.probabilityDigits),
  };
}

/** The same few fractions are printed over and over; each is formatted once per rendering. */
function rememberedProbability(digits: number): (n: number) => string {
  const texts = new Map<number, string>();
  return (n) => {
    const known = texts.get(n);
    if (known !== undefined) return known;
    const text = probabilityText(n, digits);
    texts.set(n, text);
    return text;
  };
}

function orderServices(input: ProxyInput): readonly ServicePort[] {
  const byKey = (a: ServicePort, b: ServicePort): number => compareText(servicePortKey(a), servicePortKey(b));
  return pinned(input.services, servicePortKey, input.pin?.services, byKey);
}
