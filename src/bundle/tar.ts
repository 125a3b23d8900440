/** One file of an archive. */
export interface Member {
  /** At most 100 bytes. */
  readonly name: string;
  readonly content: string;
}

const BLOCK_BYTES = 512;
/** POSIX.1-2017, pax, "ustar Interchange Format": where each field begins, and how long it is. */
const FIELDS = {
  name: [0, 100],
  mode: [100, 8],
  uid: [108, 8],
  gid: [116, 8],
  size: [124, 12],
  mtime: [136, 12],
  checksum: [148, 8],
  type: [156, 1],
  magic: [257, 6],
  version: [263, 2],
} as const;

/** The members as a tar archive, in their order; `at` is UTC milliseconds. */
export function tar(members: readonly Member[], at: number): Buffer {
  const blocks = members.flatMap(({ name, content }) => {
    const bytes = Buffer.from(content);
    return [header(name, bytes.length, at), bytes, Buffer.alloc(-bytes.length & (BLOCK_BYTES - 1))];
  });
  // Two blocks of zeroes end it.
  return Buffer.concat([...blocks, Buffer.alloc(2 * BLOCK_BYTES)]);
}

function header(name: string, sizeBytes: number, at: number): Buffer {
  const block = Buffer.alloc(BLOCK_BYTES);
  const write = (field: keyof typeof FIELDS, text: string) => {
    const [from, length] = FIELDS[field];
    if (Buffer.byteLength(text) > length) throw new RangeError(`${name}: too long for an archive`);
    block.write(text, from);
  };
  const octal = (number: number, field: keyof typeof FIELDS) =>
    write(field, `${number.toString(8).padStart(FIELDS[field][1] - 1, '0')}\0`);
  write('name', name);
  octal(0o600, 'mode');
  octal(0, 'uid');
  octal(0, 'gid');
  octal(sizeBytes, 'size');
  octal(Math.floor(at / 1000), 'mtime');
  write('type', '0');
  write('magic', 'ustar\0');
  write('version', '00');
  // The sum is made with spaces in its own place.
  write('checksum', ' '.repeat(8));
  const sum = block.reduce((all, byte) => all + byte, 0);
  write('checksum', `${sum.toString(8).padStart(6, '0')}\0 `);
  return block;
}
