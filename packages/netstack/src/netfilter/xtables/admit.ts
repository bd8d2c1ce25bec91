// What can be refused by looking at one rule and its chain: the checks of the program (iptables/xshared.c) and those that the kernel
// makes of a match or target alone (xt_check_match, xt_check_target). Loops and hooks reached by jumps are validate.ts's.

import type { XtResources } from "./extension.ts";
import type { XtBackendKind } from "./evaluate.ts";
import type { IptablesFlavour } from "./iptables-version.ts";
import { isTargetName, isUnmodelledTarget } from "./registry.ts";
import type { Rule } from "./rule.ts";
import { KernelError, MissingChainError, natIsNoFilter, parameterError, unmodelled } from "./xt-error.ts";
import { builtinHook } from "./xt-tables.ts";
import type { TableSpec } from "./xt-tables.ts";

export type RuleRequest = "RULE_APPEND" | "RULE_INSERT" | "RULE_REPLACE";

/** The table that a rule is to enter. */
export interface AdmittingTable {
  readonly spec: TableSpec;
  readonly kind: XtBackendKind;
  readonly flavour: IptablesFlavour;
  has(chain: string): boolean;
  isBuiltin(chain: string): boolean;
}

const MAX_CHAIN_NAME = 28;
const SYN = 2;

/** Throws XtError when a match or the target names something that the namespace does not have. */
export function checkResources(rule: Rule, resources: XtResources): void {
  for (const m of rule.matches) m.ext.admit?.(m.params, resources);
  if (rule.target.kind === "target") rule.target.ext.admit?.(rule.target.params, resources);
}

/** Throws XtError when the rule cannot stand in the chain. */
export function admitRule(table: AdmittingTable, chain: string, rule: Rule, request: RuleRequest): void {
  const where = `rule in chain ${chain}`;
  checkVersion(rule, table.flavour);
  checkUse(table, chain, rule);
  checkJumpTarget(table, rule, request, where);
  const hook = builtinHook(table.spec, chain);
  const hookFits = hook === undefined || (rule.hookMask & (1 << hook)) !== 0;
  if (!hookFits || !targetFits(table, rule) || excludesAll(table, rule))
    throw new KernelError(request, "EINVAL", where);
  if (table.kind === "legacy") checkParams(rule, request, where);
}

/** checkentry of the matches. */
function checkParams(rule: Rule, request: RuleRequest, where: string): void {
  for (const { ext, params } of rule.matches) {
    const errno = ext.legacyErrno?.(params) ?? null;
    if (errno !== null) throw new KernelError(request, errno, where);
  }
}

/** Options that this version of the program does not have. */
function checkVersion(rule: Rule, flavour: IptablesFlavour): void {
  if (flavour.randomFully || rule.target.kind !== "target" || rule.target.name !== "MASQUERADE") return;
  if (rule.action.includes(" --random-fully")) throw parameterError('unknown option "--random-fully"');
}

function checkUse(table: AdmittingTable, chain: string, rule: Rule): void {
  if (rule.out !== null && (chain === "PREROUTING" || chain === "INPUT")) {
    throw parameterError(`Can't use -o with ${chain}\n`);
  }
  if (rule.in !== null && (chain === "POSTROUTING" || chain === "OUTPUT")) {
    throw parameterError(`Can't use -i with ${chain}\n`);
  }
  if (table.spec.name === "nat" && rule.target.kind === "verdict" && rule.target.name === "DROP") {
    throw natIsNoFilter();
  }
}

/** `! -s 0.0.0.0/0`: a comparison of no bits with its answer turned round, which nf_tables does not take. */
function excludesAll({ kind }: AdmittingTable, { src, dst }: Rule): boolean {
  return kind === "nft" && [src, dst].some((addr) => addr !== null && addr.invert && addr.mask === 0);
}

function targetFits(table: AdmittingTable, rule: Rule): boolean {
  const { target } = rule;
  if (target.kind !== "target") return true;
  const { ext, params } = target;
  const { place } = ext;
  const legacy = table.kind === "legacy";
  const tables = legacy ? (place?.legacyTables ?? place?.tables) : place?.tables;
  if (tables !== undefined && !tables.includes(table.spec.name)) return false;
  if (legacy && ext.needsSyn === true && !matchesSynOnly(rule)) return false;
  return ext.check?.(params, rule.head) !== false;
}

/** find_syn_match: a tcp match that demands the SYN flag. */
function matchesSynOnly(rule: Rule): boolean {
  return rule.matches.some((m) => {
    if (m.ext.name !== "tcp") return false;
    const { flags } = m.params as { readonly flags: { readonly set: number; readonly invert: boolean } | null };
    return flags !== null && !flags.invert && (flags.set & SYN) !== 0;
  });
}

/** The chain of a jump or goto must be there, even for a rule that is only searched. */
export function checkJumpTarget(table: AdmittingTable, rule: Rule, request: RuleRequest, where: string): void {
  const name = rule.chainName;
  if (name === "") return;
  if (table.isBuiltin(name)) {
    if (table.kind === "legacy") throw new KernelError(request, "EINVAL", where);
    throw new KernelError(request, table.has(name) ? "EOPNOTSUPP" : "ENOENT", where);
  }
  if (table.has(name)) return;
  if (isUnmodelledTarget(name)) throw unmodelled(`target "${name}"`);
  if (table.kind === "nft") throw new MissingChainError(name);
  if (rule.target.kind === "goto") throw parameterError(`goto '${name}' is not a chain`);
  throw parameterError(`Couldn't load target \`${name}':No such file or directory\n`);
}

/** Throws when no user chain may have this name. */
export function checkChainName(name: string): void {
  if (name.length > MAX_CHAIN_NAME) {
    throw parameterError(`chain name \`${name}' too long (must be under ${MAX_CHAIN_NAME + 1} chars)`);
  }
  if (/^[-!]/.test(name)) throw parameterError(`chain name not allowed to start with \`${name.charAt(0)}'`);
  if (/\s/.test(name) || name === "") throw parameterError(`Invalid chain name \`${name}'`);
  if (isTargetName(name)) throw parameterError("chain name may not clash with target name");
}
