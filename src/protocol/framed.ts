/**
 * What parts that talk in frames of their own have in common: good frames are picked out of whatever the line brings.
 */
import type { SerialDevice } from '../hal/serial.ts';
import { SensorError } from '../model/errors.ts';

/** The size of the whole, undamaged frame that `bytes` begin with; `more`: they may yet become one; `none`: never. */
export type FrameAt = (bytes: Uint8Array) => number | 'more' | 'none';

/** What was found in some bytes. `rest` may yet become a frame: put it before the next chunk. */
export interface Found {
  readonly found: Uint8Array[];
  readonly skippedBytes: number;
  readonly rest: Uint8Array;
}

/** Which frames are waited for, and how long for each. */
export interface Listening {
  readonly frameAt: FrameAt;
  readonly isWanted: (frame: Uint8Array) => boolean;
  readonly patienceMs: number;
  /** So many bytes that are no frame were one, damaged. */
  readonly shortestBytes: number;
}

/**
 * The whole, undamaged frames in `bytes`. After a false head the search goes on at the very next byte, so that garbage
 * never swallows the good frame behind it.
 */
export function framesIn(bytes: Uint8Array, frameAt: FrameAt): Found {
  const found: Uint8Array[] = [];
  let foundBytes = 0;
  let at = 0;
  while (at < bytes.length) {
    const size = frameAt(bytes.subarray(at));
    if (size === 'more') break;
    if (size !== 'none') {
      found.push(bytes.subarray(at, at + size));
      foundBytes += size;
    }
    at += size === 'none' ? 1 : size;
  }
  return { found, skippedBytes: at - foundBytes, rest: bytes.subarray(at) };
}

/** The frames that are wanted, as they come; a SensorError once none came for `patienceMs`, whatever else did. */
export async function* listenFor(
  device: SerialDevice,
  { frameAt, isWanted, patienceMs, shortestBytes }: Listening,
  signal?: AbortSignal,
): AsyncGenerator<Uint8Array, never> {
  let rest: Uint8Array = new Uint8Array();
  let instead = { frames: 0, bytes: 0 };
  let untilMs = device.uptimeMs() + patienceMs;
  for (;;) {
    const chunk = await pieceOrNothing(device, untilMs - device.uptimeMs(), signal);
    const parsed = framesIn(Buffer.concat([rest, chunk]), frameAt);
    rest = parsed.rest;
    const wanted = parsed.found.filter(isWanted);
    instead = {
      frames: instead.frames + parsed.found.length - wanted.length,
      bytes: instead.bytes + parsed.skippedBytes,
    };
    yield* wanted;
    if (wanted.length > 0) {
      instead = { frames: 0, bytes: 0 };
      untilMs = device.uptimeMs() + patienceMs;
    } else if (device.uptimeMs() >= untilMs) {
      const { frames, bytes } = instead;
      throw missing(patienceMs, { frames, bytes: bytes + rest.length }, shortestBytes);
    }
  }
}

/** Asks, and gives the first wanted frame that comes then. What came in unread before answers an earlier question. */
export async function askFrame(device: SerialDevice, question: Uint8Array, answer: Listening): Promise<Uint8Array> {
  device.discard();
  await device.write(question);
  return (await listenFor(device, answer).next()).value;
}

/** What comes within so long; nothing if the line stays silent. */
async function pieceOrNothing(device: SerialDevice, withinMs: number, signal?: AbortSignal): Promise<Uint8Array> {
  try {
    return await device.read(Math.max(0, withinMs), signal);
  } catch (cause) {
    if (cause instanceof SensorError && cause.kind === 'timeout') return new Uint8Array();
    throw cause;
  }
}

/** Other good frames prove that the line is sound: what is missing was then not sent. */
function missing(
  patienceMs: number,
  { frames, bytes }: { readonly frames: number; readonly bytes: number },
  shortestBytes: number,
): SensorError {
  const isDamaged = frames === 0 && bytes >= shortestBytes;
  const instead = frames + bytes > 0 ? `${frames} other frames and ${bytes} bytes that are none` : 'silence';
  return new SensorError(isDamaged ? 'checksum' : 'timeout', `for ${patienceMs} ms only ${instead}`);
}
