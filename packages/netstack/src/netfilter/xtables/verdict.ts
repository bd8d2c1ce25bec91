// Verdicts of rules (include/uapi/linux/netfilter/x_tables.h). Non-negative numbers are those of netfilter (hooks.ts).

/** The rule has done its work; the walk goes on with the next rule. */
export const XT_CONTINUE = -1;
/** RETURN: back to the calling chain, in a base chain its policy. */
export const XT_RETURN = -5;

export type Policy = "ACCEPT" | "DROP";
