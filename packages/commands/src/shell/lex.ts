// Words and operators of a command line, in the manner of sh: quotes, backslash, comments, here-documents.
// What a shell would expand (variables, command substitution) is refused by name, never passed on as text.

export type Token =
  | {
      readonly kind: "word";
      readonly text: string;
      /** Some part was quoted: no keyword, no assignment. */ readonly quoted: boolean;
    }
  | { readonly kind: "op"; readonly op: "|" | "&&" | "||" | ";" }
  | {
      readonly kind: "redirect";
      readonly fd: number;
      readonly op: ">" | ">>" | "<" | "dup" | "text";
      /** For dup the other descriptor, for text the here-document. */ readonly target: string;
    };

/** A line the shell cannot read; `code` is the shell's exit code. */
export class ShellSyntaxError extends Error {
  override readonly name: string = "ShellSyntaxError";
  readonly code = 2;
}

/** A real shell takes it, kubehop does not. */
export class ShellNotModelled extends ShellSyntaxError {
  override readonly name = "ShellNotModelled";
}

const OPERATORS = ["&&", "||", "|", ";", "\n"] as const;

/** Reads one text: several lines are several commands; a here-document takes the lines behind its own. */
export function lex(text: string): Token[] {
  return new Lexer(text).run();
}

interface PendingHereDoc {
  readonly index: number;
  readonly delimiter: string;
  readonly quoted: boolean;
  readonly stripTabs: boolean;
}

class Lexer {
  private readonly text: string;
  private at = 0;
  private readonly tokens: Token[] = [];
  private hereDocs: PendingHereDoc[] = [];

  constructor(text: string) {
    this.text = text;
  }

  run(): Token[] {
    while (this.at < this.text.length) this.step();
    if (this.hereDocs.length > 0) this.readHereDocs();
    return this.tokens;
  }

  private step(): void {
    const c = this.text.charAt(this.at);
    if (c === " " || c === "\t" || c === "\r") this.at++;
    else if (this.text.startsWith("\\\n", this.at)) this.at += 2;
    else if (c === "#") this.skipComment();
    else if (!this.operator() && !this.redirect()) this.word();
  }

  private skipComment(): void {
    const end = this.text.indexOf("\n", this.at);
    this.at = end < 0 ? this.text.length : end;
  }

  private operator(): boolean {
    const op = OPERATORS.find((o) => this.text.startsWith(o, this.at));
    if (op === undefined) return false;
    this.at += op.length;
    this.tokens.push({ kind: "op", op: op === "\n" ? ";" : op });
    if (op === "\n" && this.hereDocs.length > 0) this.readHereDocs();
    return true;
  }

  private redirect(): boolean {
    const match = /^(?:(\d)?(>>|>&|>|<<-|<<<|<<|<)|(&>))/.exec(this.text.slice(this.at, this.at + 5));
    if (match === null) return false;
    this.at += match[0].length;
    if (match[3] !== undefined) this.pushBoth();
    else this.pushRedirect(match[2] ?? "", match[1]);
    return true;
  }

  /** `&>FILE` is `>FILE 2>&1`. */
  private pushBoth(): void {
    this.tokens.push(
      { kind: "redirect", fd: 1, op: ">", target: this.target().text },
      { kind: "redirect", fd: 2, op: "dup", target: "1" },
    );
  }

  private pushRedirect(op: string, digit: string | undefined): void {
    const fd = digit === undefined ? (op.startsWith("<") ? 0 : 1) : Number(digit);
    if (fd > 2) throw new ShellNotModelled(`file descriptor ${fd} is not modelled by kubehop`);
    const target = this.target();
    if (op === "<<" || op === "<<-") {
      this.hereDocs.push({
        index: this.tokens.length,
        delimiter: target.text,
        quoted: target.quoted,
        stripTabs: op === "<<-",
      });
      this.tokens.push({ kind: "redirect", fd, op: "text", target: "" });
    } else if (op === "<<<") this.tokens.push({ kind: "redirect", fd, op: "text", target: `${target.text}\n` });
    else if (op === ">&") this.tokens.push({ kind: "redirect", fd, op: "dup", target: target.text });
    else this.tokens.push({ kind: "redirect", fd, op: op as ">" | ">>" | "<", target: target.text });
  }

  private target(): { text: string; quoted: boolean } {
    while (this.text.charAt(this.at) === " " || this.text.charAt(this.at) === "\t") this.at++;
    const before = this.at;
    const word = this.readWord();
    if (this.at === before)
      throw new ShellSyntaxError(
        `syntax error near unexpected token \`${this.text.charAt(this.at).replace("\n", "newline") || "newline"}'`,
      );
    return word;
  }

  private word(): void {
    const before = this.at;
    const word = this.readWord();
    if (this.at === before)
      throw new ShellSyntaxError(`syntax error near unexpected token \`${this.text.charAt(this.at)}'`);
    this.tokens.push({ kind: "word", ...word });
  }

  private readWord(): { text: string; quoted: boolean } {
    let text = "";
    let quoted = false;
    for (;;) {
      const c = this.text.charAt(this.at);
      if (c === "" || /[\s|;<>]/.test(c) || this.text.startsWith("&&", this.at) || this.text.startsWith("&>", this.at))
        return { text, quoted };
      if (c === "'" || c === '"') {
        quoted = true;
        text += c === "'" ? this.singleQuoted() : this.doubleQuoted();
      } else if (c === "\\") text += this.escaped();
      else text += this.plain(c);
    }
  }

  private plain(c: string): string {
    if (c === "$" || c === "`") this.refuseExpansion();
    if (c === "&")
      throw new ShellNotModelled("`&' inside a line is not modelled by kubehop: put it at the end of a step's line");
    if (c === "(" || c === ")") throw new ShellNotModelled(`\`${c}' (subshells) is not modelled by kubehop`);
    this.at++;
    return c;
  }

  private escaped(): string {
    const next = this.text.charAt(this.at + 1);
    this.at += 2;
    return next === "\n" ? "" : next;
  }

  private singleQuoted(): string {
    const end = this.text.indexOf("'", this.at + 1);
    if (end < 0) throw new ShellSyntaxError("unexpected EOF while looking for matching `''");
    const text = this.text.slice(this.at + 1, end);
    this.at = end + 1;
    return text;
  }

  private doubleQuoted(): string {
    let text = "";
    this.at++;
    for (;;) {
      const c = this.text.charAt(this.at);
      if (c === "") throw new ShellSyntaxError("unexpected EOF while looking for matching `\"'");
      if (c === '"') break;
      const escape = c === "\\" && /[$`"\\\n]/.test(this.text.charAt(this.at + 1));
      if (escape) text += this.escaped();
      else {
        if (c === "$" || c === "`") this.refuseExpansion();
        text += c;
        this.at++;
      }
    }
    this.at++;
    return text;
  }

  /** `$` followed by nothing expandable is a plain character; the caller then takes it. */
  private refuseExpansion(): void {
    const match = /^(`|\$\(|\$\{|\$[A-Za-z_][A-Za-z0-9_]*|\$[0-9?!#@*$-])/.exec(this.text.slice(this.at, this.at + 40));
    if (match === null) return;
    const what = match[0] === "`" || match[0] === "$(" ? "command substitution" : `the variable ${match[0]}`;
    throw new ShellNotModelled(`${what} is not modelled by kubehop`);
  }

  private readHereDocs(): void {
    for (const doc of this.hereDocs) {
      const token = this.tokens[doc.index];
      if (token?.kind === "redirect") this.tokens[doc.index] = { ...token, target: this.hereDoc(doc) };
    }
    this.hereDocs = [];
  }

  private hereDoc({ delimiter, quoted, stripTabs }: PendingHereDoc): string {
    let body = "";
    while (this.at < this.text.length) {
      const end = this.text.indexOf("\n", this.at);
      const raw = this.text.slice(this.at, end < 0 ? undefined : end);
      const line = stripTabs ? raw.replace(/^\t+/, "") : raw;
      if (line === delimiter) {
        // The delimiter's own line end stays: it ends the command.
        this.at += raw.length;
        return body;
      }
      if (!quoted && /`|\$[({A-Za-z_0-9]/.test(line))
        throw new ShellNotModelled(
          `expansion in a here-document is not modelled by kubehop; quote its delimiter: <<'${delimiter}'`,
        );
      this.at = end < 0 ? this.text.length : end + 1;
      body += `${line}\n`;
    }
    throw new ShellSyntaxError(`here-document delimited by end-of-file (wanted \`${delimiter}')`);
  }
}
