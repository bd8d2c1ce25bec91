// -m comment (net/netfilter/xt_comment.c): says something to people, always true.

import type { MatchExtension } from "../extension.ts";
import { saveString, truncateBytes } from "../syntax.ts";

/** XT_MAX_COMMENT_LEN without the final zero. */
const MAX_COMMENT = 255;

export const commentMatch: MatchExtension<{ readonly text: string }> = {
  name: "comment",
  options: [{ name: "comment" }],
  parse: (o) => ({ text: truncateBytes(o.need("comment"), MAX_COMMENT) }),
  save: (p) => ` --comment ${saveString(p.text)}`,
  list: (p) => `/* ${p.text} */`,
  test: () => true,
  always: true,
};
