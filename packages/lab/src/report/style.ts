/** Colours are the caller's: text in, text out. */
export interface Style {
  readonly good: (text: string) => string;
  readonly bad: (text: string) => string;
  readonly dim: (text: string) => string;
}

export const PLAIN: Style = { good: (text) => text, bad: (text) => text, dim: (text) => text };
