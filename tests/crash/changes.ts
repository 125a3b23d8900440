import type { Chance } from './chance.ts';

/** A disk tears a write between its sectors, never inside one. */
const SECTOR_BYTES = 512;

/** One write into a file, or a new size for it. */
export type Change = { readonly at: number; readonly bytes: Buffer } | { readonly size: number };

/** The bytes after the changes; what nobody wrote is zero. */
export function patched(durable: Buffer, changes: readonly Change[]): Buffer {
  let size = durable.length;
  let most = size;
  for (const change of changes) {
    size = 'size' in change ? change.size : Math.max(size, change.at + change.bytes.length);
    most = Math.max(most, size);
  }
  const bytes = Buffer.alloc(most);
  durable.copy(bytes);
  let end = durable.length;
  for (const change of changes) {
    if ('size' in change) {
      bytes.fill(0, Math.min(change.size, end));
      end = change.size;
    } else {
      change.bytes.copy(bytes, change.at);
      end = Math.max(end, change.at + change.bytes.length);
    }
  }
  return bytes.subarray(0, size);
}

/** The parts of a write that lie in one sector each. */
function sectorsOf({ at, bytes }: { readonly at: number; readonly bytes: Buffer }): { at: number; bytes: Buffer }[] {
  const parts = [];
  for (let from = at; from < at + bytes.length; ) {
    const to = Math.min(at + bytes.length, (Math.floor(from / SECTOR_BYTES) + 1) * SECTOR_BYTES);
    parts.push({ at: from, bytes: bytes.subarray(from - at, to - at) });
    from = to;
  }
  return parts;
}

/** All changes, but of the last one only the first sectors, or only the last ones. */
export function tornLast(changes: readonly Change[], chance: Chance): Change[] {
  const last = changes.at(-1);
  if (!last || 'size' in last) return changes.slice(0, -1);
  const sectors = sectorsOf(last);
  const middle = chance.below(sectors.length);
  return [...changes.slice(0, -1), ...(chance.isOneIn(2) ? sectors.slice(0, middle) : sectors.slice(middle))];
}

/** Each sector as it was at a moment of its own. */
export function sectorwise(changes: readonly Change[], chance: Chance): Change[] {
  const until = new Map<number, number>();
  return changes.flatMap((change, index): Change[] => {
    const parts = 'size' in change ? [change] : sectorsOf(change);
    return parts.filter((part) => {
      const sector = 'size' in part ? -1 : Math.floor(part.at / SECTOR_BYTES);
      const limit = until.get(sector) ?? chance.below(changes.length + 1);
      until.set(sector, limit);
      return index < limit;
    });
  });
}
