/** What a meter answers: EN 13757-3, "CI-field", the data headers, and the two structures behind them. */
import { SensorError } from '../../src/driver-kit.ts';
import { unsigned } from './data-types.ts';
import { fixedTelegram } from './fixed.ts';
import type { LongFrame } from './frames.ts';
import { digitsOf, type Header, lettersOf, statusOf, type Telegram } from './header.ts';
import { MalformedTelegram, type Records, recordsIn } from './records.ts';

const LONG_HEADER = 0x72;
const FIXED = 0x73;
const SHORT_HEADER = 0x7a;
const NO_HEADER = 0x78;
const APPLICATION_ERROR = 0x70;
/** "M bit": mode 2, the high byte first. */
const MODE_2 = 0x04;

const LONG_HEADER_BYTES = 12;
const SHORT_HEADER_BYTES = 4;

/** The telegram in a frame. Throws a SensorError that names what else the meter said, or that it cannot be read. */
export function telegramIn(frame: LongFrame): Telegram {
  try {
    return parsed(frame);
  } catch (cause) {
    if (!(cause instanceof MalformedTelegram)) throw cause;
    throw new SensorError('implausible', `a telegram that is not as EN 13757-3 has it: ${cause.message}`, { cause });
  }
}

function parsed({ information, data }: LongFrame): Telegram {
  const isHighFirst = (information & MODE_2) !== 0;
  switch (information) {
    case APPLICATION_ERROR:
      throw applicationError(data[0]);
    case LONG_HEADER:
    case LONG_HEADER | MODE_2:
      return behindLongHeader(data, isHighFirst);
    case FIXED:
    case FIXED | MODE_2:
      return fixedTelegram(data, isHighFirst);
    case SHORT_HEADER:
      return { status: statusOf(data[1] ?? 0), ...behindHeader(data, SHORT_HEADER_BYTES, false) };
    case NO_HEADER:
      return { status: statusOf(0), ...recordsIn(data) };
    default:
      throw new SensorError('implausible', `an answer of a kind that is not known here: CI ${hexByte(information)}`);
  }
}

function behindLongHeader(data: Uint8Array, isHighFirst: boolean): Telegram {
  if (data.length < LONG_HEADER_BYTES) throw new MalformedTelegram('it ends within its header');
  const inOrder = (bytes: Uint8Array) => (isHighFirst ? bytes.toReversed() : bytes);
  const [id, maker] = [inOrder(data.subarray(0, 4)), inOrder(data.subarray(4, 6))];
  const header: Header = {
    id: digitsOf(id),
    manufacturer: lettersOf(unsigned(maker)),
    version: data[6] ?? 0,
    medium: data[7] ?? 0,
    secondary: Uint8Array.of(...id, ...maker, ...data.subarray(6, 8)),
  };
  return { header, status: statusOf(data[9] ?? 0), ...behindHeader(data, LONG_HEADER_BYTES, isHighFirst) };
}

/** The records behind a header whose last two bytes are the configuration. */
function behindHeader(data: Uint8Array, headerBytes: number, isHighFirst: boolean): Records {
  if (data.length < headerBytes) throw new MalformedTelegram('it ends within its header');
  const configuration = data.subarray(headerBytes - 2, headerBytes);
  refuseEncrypted(unsigned(isHighFirst ? configuration.toReversed() : configuration));
  return recordsIn(data.subarray(headerBytes), isHighFirst);
}

const MODES: Readonly<Record<number, string>> = {
  2: 'DES',
  3: 'DES',
  4: 'AES-128-CBC',
  5: 'AES-128-CBC',
  7: 'AES-128-CBC with a derived key',
  8: 'AES-128-CTR',
  9: 'AES-128-GCM',
  10: 'AES-128-CCM',
  13: 'TLS',
};

/**
 * "Configuration field": bits 8 to 12 are the security mode, bits 4 to 7 the encrypted blocks of modes 4 and 5. Meters
 * from before 2005 wrote a signature there, whose bits may be any: modes above 15 have never been given out.
 */
function refuseEncrypted(configuration: number): void {
  const mode = (configuration >> 8) & 0x1f;
  const blocks = (configuration >> 4) & 0x0f;
  if (mode === 0 || mode > 15 || ((mode === 4 || mode === 5) && blocks === 0)) return;
  const how = MODES[mode] ?? 'unknown';
  throw new SensorError(
    'refused',
    `the meter encrypts its telegrams (security mode ${mode}, ${how}): have it set to plain ones on the wired bus`,
  );
}

// "Application error reporting".
const APPLICATION_ERRORS = [
  'unspecified error',
  'unimplemented CI field',
  'buffer too long, truncated',
  'too many records',
  'premature end of record',
  'more than 10 DIFEs',
  'more than 10 VIFEs',
  'reserved',
  'application busy',
  'too many readouts',
];
const BUSY = 8;
const TOO_MANY_READOUTS = 9;

function applicationError(code = 0): SensorError {
  const isForNow = code === BUSY || code === TOO_MANY_READOUTS;
  const what = APPLICATION_ERRORS[code] ?? `error ${hexByte(code)}`;
  return new SensorError(isForNow ? 'not-ready' : 'refused', `the meter answers with an error: ${what}`);
}

const hexByte = (byte: number) => byte.toString(16).padStart(2, '0');
