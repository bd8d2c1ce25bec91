// Versions of tools as scenarios write them: text or number, short or long form.
import { atLeast } from "@kubehop/sim";
import type { IptablesSpec, IptablesVersion } from "../model/cluster-spec.ts";
import type { ClusterFile } from "../schema/scenario-schema.ts";
import type { LoadContext } from "./context.ts";
import type { Draft } from "./draft.ts";

/** Versions may have been written as numbers. */
export function versionText<T extends string>(value: string | number | undefined): T | undefined {
  return value === undefined ? undefined : (String(value) as T);
}

type DraftIptables = Draft<ClusterFile>["iptables"];

/** A release, or release and back end. A release before 1.8 has the legacy back end only. */
export function iptablesOf(
  context: LoadContext,
  draft: DraftIptables,
  path: string,
  fallback: IptablesSpec,
  because: string,
): IptablesSpec {
  const long = typeof draft === "object" ? draft : {};
  const short = typeof draft === "object" ? undefined : versionText<IptablesVersion>(draft);
  const version = context.or(
    short ?? versionText<IptablesVersion>(long.version),
    `${path}.version`,
    fallback.version,
    because,
  );
  const old = !atLeast(version, "1.8");
  const usual = old ? "legacy" : version === fallback.version ? fallback.backend : "nft";
  const backend = context.or(
    long.backend,
    `${path}.backend`,
    usual,
    old ? `iptables ${version} has no other` : because,
  );
  if (old && backend === "nft") {
    context.report([...path.split("."), "backend"], `iptables ${version} has no nft back end`, {
      code: "conflict",
      hint: "releases from 1.8 on have it",
    });
  }
  return { version, backend };
}
