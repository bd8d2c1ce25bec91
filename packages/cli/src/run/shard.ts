// `run --shard i/n`: a part of the files, the same on every machine.
import { UsageError } from "../io.ts";

export interface Shard {
  /** 1-based. */
  readonly index: number;
  readonly count: number;
}

/** `2/5`. */
export function parseShard(text: string | undefined): Shard | undefined {
  if (text === undefined) return undefined;
  const [, index, count] = /^(\d{1,6})\/(\d{1,6})$/.exec(text)?.map(Number) ?? [];
  if (index === undefined || count === undefined || index < 1 || index > count)
    throw new UsageError(`--shard wants i/n with i from 1 to n, found ${JSON.stringify(text)}`);
  return { index, count };
}

/**
 * Every n-th file, from the i-th on: all shards together are the whole, and no two of them differ by more than one file. Neighbours in a
 * folder, which are often alike, go to different shards. A shard without files is refused: it would test nothing.
 */
export function shardOf<T>(files: readonly T[], shard: Shard | undefined): readonly T[] {
  if (shard === undefined) return files;
  const own = files.filter((_, at) => at % shard.count === shard.index - 1);
  if (own.length === 0)
    throw new UsageError(
      `shard ${shard.index}/${shard.count} is empty: nothing would be tested`,
      files.length === 1 ? "there is only one file" : `there are only ${files.length} files`,
    );
  return own;
}
