/**
 * The link layer of M-Bus, EN 13757-2 (format class FT 1.2 of IEC 60870-5-2): `e5`; `10 C A sum 16`; and
 * `68 L L 68 C A CI data sum 16`, where L counts from C to the last data byte and the sum is that of the same bytes.
 */

/** What can stand on the line. A master writes short and long frames, a meter answers `e5` or a long one. */
export type Frame =
  | { readonly kind: 'acknowledge' }
  | { readonly kind: 'short'; readonly control: number; readonly address: number }
  | LongFrame;

export interface LongFrame {
  readonly kind: 'long';
  readonly control: number;
  readonly address: number;
  /** CI: what `data` is, and in which byte order. */
  readonly information: number;
  readonly data: Uint8Array;
}

const ACKNOWLEDGE = 0xe5;
const SHORT = 0x10;
const LONG = 0x68;
const STOP = 0x16;

const SHORT_BYTES = 5;
/** `68 L L 68` before, sum and stop after what L counts. */
const AROUND_BYTES = 6;
/** C, A and CI. */
const LEAST_COUNTED = 3;

/** The acknowledgement as it goes over the line. */
export const acknowledgement = (): Uint8Array => Uint8Array.of(ACKNOWLEDGE);

/** A short frame as it goes over the line. */
export function shortFrame(control: number, address: number): Uint8Array {
  return Uint8Array.of(SHORT, control, address, (control + address) & 0xff, STOP);
}

/** A long frame as it goes over the line. */
export function longFrame({ control, address, information, data }: Omit<LongFrame, 'kind'>): Uint8Array {
  const counted = Uint8Array.of(control, address, information, ...data);
  if (counted.length > 0xff) throw new RangeError(`${data.length} bytes of data in one frame`);
  return Uint8Array.of(LONG, counted.length, counted.length, LONG, ...counted, sum(counted), STOP);
}

/**
 * The intact frames in `bytes`. `rest` may yet become a frame: put it before the next chunk. With `isOver` nothing more
 * will come, and what only began like a frame is passed over, so that it cannot hide the frame behind it.
 */
export function framesIn(
  bytes: Uint8Array,
  isOver = false,
): { readonly found: readonly Frame[]; readonly damagedBytes: number; readonly rest: Uint8Array } {
  const found: Frame[] = [];
  let damagedBytes = 0;
  let at = 0;
  while (at < bytes.length) {
    const candidate = frameAt(bytes.subarray(at));
    if (candidate === 'unfinished' && !isOver) break;
    if (typeof candidate === 'object') {
      found.push(candidate.frame);
      at += candidate.size;
    } else {
      damagedBytes += 1;
      at += 1;
    }
  }
  return { found, damagedBytes, rest: bytes.subarray(at) };
}

/** The frame that `bytes` begin with; `unfinished` if they may become one; undefined if they do not. */
function frameAt(bytes: Uint8Array): { readonly frame: Frame; readonly size: number } | 'unfinished' | undefined {
  switch (bytes[0]) {
    case ACKNOWLEDGE:
      return { frame: { kind: 'acknowledge' }, size: 1 };
    case SHORT:
      return shortAt(bytes);
    case LONG:
      return longAt(bytes);
    default:
      return undefined;
  }
}

function shortAt(bytes: Uint8Array) {
  if (bytes.length < SHORT_BYTES) return 'unfinished';
  const [, control = 0, address = 0, checksum, stop] = bytes;
  if (stop !== STOP || checksum !== ((control + address) & 0xff)) return undefined;
  return { frame: { kind: 'short', control, address }, size: SHORT_BYTES } as const;
}

function longAt(bytes: Uint8Array) {
  const [, length, again, start] = bytes;
  if (length !== undefined && length < LEAST_COUNTED) return undefined;
  if (again !== undefined && again !== length) return undefined;
  if (start !== undefined && start !== LONG) return undefined;
  const size = (length ?? 0) + AROUND_BYTES;
  if (length === undefined || bytes.length < size) return 'unfinished';
  const counted = bytes.subarray(4, 4 + length);
  if (bytes[size - 1] !== STOP || bytes[size - 2] !== sum(counted)) return undefined;
  const [control = 0, address = 0, information = 0] = counted;
  const data = Uint8Array.from(counted.subarray(LEAST_COUNTED));
  return { frame: { kind: 'long', control, address, information, data }, size } as const;
}

function sum(counted: Uint8Array): number {
  return counted.reduce((total, byte) => total + byte, 0) & 0xff;
}
