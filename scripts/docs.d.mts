export declare const root: string;
export declare const DOCUMENTS: readonly string[];
export declare function renewed(text: string): string;
