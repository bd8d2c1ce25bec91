// `OBJECT EVENT [N] [+ T]` → the event, its object checked.
import { didYouMean, type Path } from "@kubehop/kube";
import { serviceSubject } from "../schema/subjects.ts";
import type { Moment } from "../model/expect-spec.ts";
import type { EventSpec } from "../model/step-spec.ts";
import { type EventKind, parseDuration, parseEvent, parsePodText, parseServiceText } from "../schema/notation.ts";
import { own } from "./draft.ts";
import type { ExpectContext } from "./expectation.ts";

/** Undefined: it was wrong, and that is reported. */
export function buildEvent(ec: ExpectContext, text: string, path: Path): EventSpec | undefined {
  const parsed = parseEvent(text);
  // The schema has said what is wrong with it.
  if (typeof parsed === "string") return undefined;
  const { object, kind, number, plus } = parsed;
  const written = kind.object === "step" ? object : (own(ec.names.aliases, object) ?? object);
  const subject = SUBJECTS[kind.object](ec, written, path);
  return subject === undefined ? undefined : { text, subject, event: kind.word, number, plus };
}

/** A time since 0, or an event. */
export function buildMoment(ec: ExpectContext, written: string | number, path: Path): Moment | undefined {
  return parseDuration(written) ?? buildEvent(ec, String(written), path);
}

type SubjectOf = (ec: ExpectContext, text: string, path: Path) => string | undefined;

const SUBJECTS: Readonly<Record<EventKind["object"], SubjectOf>> = {
  pod: podSubject,
  service: (ec, text, path) => {
    const service = parseServiceText(text);
    if (service === undefined) {
      ec.context.report(path, `${JSON.stringify(text)} is no Service`, { hint: "write svc/NAME endpoints N" });
      return undefined;
    }
    return serviceSubject(ec.names.checkService(service.namespace, service.name, path), service.name);
  },
  agent: (ec, text, path) => {
    const found = ec.names.agent(text, path);
    return found === undefined ? undefined : `${found.node}/${found.agent}`;
  },
  step: stepSubject,
};

/** Pods are known by their number: which one an event is about must be plain before there are any. */
function podSubject(ec: ExpectContext, text: string, path: Path): string | undefined {
  const before = ec.context.diagnostics.length;
  ec.names.podRef(text, path);
  const parts = parsePodText(text);
  if (ec.context.diagnostics.length > before || typeof parts === "string") return undefined;
  if (parts.index === undefined && !ec.names.isSinglePod(text)) {
    ec.context.report(path, `${JSON.stringify(text)} may be any of several pods`, { hint: `write ${text}#1` });
    return undefined;
  }
  return text;
}

function stepSubject(ec: ExpectContext, id: string, path: Path): string | undefined {
  const ids = (ec.context.draft.steps ?? []).map((step, index) => step?.id ?? `step ${index + 1}`);
  if (!ids.includes(id)) {
    ec.context.report(path, `no step is named ${JSON.stringify(id)}`, {
      code: "unresolved",
      hint: didYouMean(id, ids) ?? `steps: ${ids.join(", ")}`,
    });
    return undefined;
  }
  if (path[0] === "steps" && ids[Number(path[1])] === id && path[2] === "after") {
    ec.context.report(path, "a step cannot wait for itself");
    return undefined;
  }
  return id;
}
