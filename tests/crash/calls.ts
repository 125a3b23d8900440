/** One system call as strace wrote it. */
export interface Call {
  readonly name: string;
  /** The numbers among the arguments, in their order: descriptors, lengths, offsets. */
  readonly numbers: readonly number[];
  /** Paths and bytes. */
  readonly strings: readonly Buffer[];
  /** The flags, where the call has any. */
  readonly flags: string;
  /** Negative where the call failed. */
  readonly result: number;
}

/** Every call that may change what stands in a storage directory; `?` for those that not every processor has. */
export const TRACED = [
  ...['?open', '?creat', 'openat', '?openat2', 'close', 'dup', '?dup2', 'dup3', 'lseek', 'mmap'],
  ...['write', 'pwrite64', 'writev', 'pwritev', '?pwritev2', 'copy_file_range', 'sendfile', 'splice'],
  ...['truncate', 'ftruncate', 'fallocate', 'fsync', 'fdatasync', 'sync_file_range', 'sync', 'syncfs'],
  ...['?rename', 'renameat', 'renameat2', '?unlink', 'unlinkat', '?rmdir', '?mkdir', 'mkdirat'],
  ...['?link', 'linkat', '?symlink', 'symlinkat'],
].join(',');

/** The descriptor on which the traced program says what it has been promised. */
export const MARKS_FD = 1;

/**
 * The calls of a trace, in the order in which they ended. What the program says of itself stands where it began to say
 * it: the promise was older than that.
 */
export function* callsIn(trace: string): Generator<Call> {
  const unfinished = new Map<string, string>();
  for (const line of trace.split('\n')) {
    const [, thread = '', text = ''] = /^(\d+) +(.*)$/.exec(line) ?? [];
    const begun = /^(.*) <unfinished \.\.\.>$/.exec(text)?.[1];
    const rest = /^<\.\.\. \w+ resumed>(.*)$/.exec(text)?.[1];
    if (begun !== undefined) {
      unfinished.set(thread, begun);
      if (isMark(begun)) yield parsed(`${begun}, 0) = 0`);
      continue;
    }
    const whole = rest === undefined ? text : (unfinished.get(thread) ?? '') + rest;
    const isSaid = rest !== undefined && isMark(unfinished.get(thread) ?? '');
    if (/^\w+\(.*\) += -?\d/.test(whole) && !isSaid) yield parsed(whole);
  }
}

const isMark = (text: string) => text.startsWith(`write(${MARKS_FD}, `);

function parsed(text: string): Call {
  const [, name = '', inside = '', result = ''] = /^(\w+)\((.*)\) += (-?\d+)/.exec(text) ?? [];
  if (inside.includes('"...')) throw new Error(`strace cut off what was written: ${name}`);
  const strings = Array.from(inside.matchAll(/"([^"]*)"/g), ([, hex = '']) =>
    Buffer.from(hex.replaceAll('\\x', ''), 'hex'),
  );
  const plain = inside.replaceAll(/"[^"]*"/g, '').split(', ');
  const numbers = plain.filter((part) => /^-?\d+$/.test(part)).map(Number);
  const flags = plain.filter((part) => /^[A-Z_|]+$/.test(part)).join(' ');
  return { name, numbers, strings, flags, result: Number(result) };
}
