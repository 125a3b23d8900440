import { createReadStream } from 'node:fs';

const LINE_FEED = 0x0a;
const CARRIAGE_RETURN = 0x0d;

/** The lines of a file, or of `input` where it is called `-`, as bytes: what is not UTF-8 is for others to judge. */
export async function* linesOf(file: string, input: AsyncIterable<unknown>): AsyncGenerator<Buffer> {
  let rest: Buffer[] = [];
  for await (const chunk of file === '-' ? input : createReadStream(file)) {
    const bytes = Buffer.from(chunk as Uint8Array);
    let from = 0;
    for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, from)) {
      yield whole([...rest, bytes.subarray(from, end)]);
      rest = [];
      from = end + 1;
    }
    if (from < bytes.length) rest.push(bytes.subarray(from));
  }
  if (rest.length > 0) yield whole(rest);
}

function whole(parts: readonly Buffer[]): Buffer {
  const [only] = parts;
  const line = parts.length === 1 && only ? only : Buffer.concat(parts);
  return line.at(-1) === CARRIAGE_RETURN ? line.subarray(0, -1) : line;
}
