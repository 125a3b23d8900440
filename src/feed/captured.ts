import type { Heard } from './heard.ts';

/**
 * One line of a capture: JSON with a topic and a payload, or what `mosquitto_sub -v` writes, a topic, a space and the
 * payload. Undefined where it is neither.
 */
export function captured(line: Buffer): Heard | undefined {
  if (line[0] === 0x7b) return fromJson(line.toString('utf8'));
  const space = line.indexOf(0x20);
  if (space < 1) return undefined;
  const topic = line.toString('utf8', 0, space);
  return { topic, payload: line.subarray(space + 1), qos: undefined, isRetained: undefined, at: undefined };
}

function fromJson(line: string): Heard | undefined {
  let value: Readonly<Record<string, unknown>>;
  try {
    value = JSON.parse(line) as Readonly<Record<string, unknown>>;
  } catch {
    return undefined; // the caller says which line it was
  }
  const payload = payloadOf(value);
  const { topic, qos, retain, at, tst } = value;
  if (typeof topic !== 'string' || !payload) return undefined;
  return {
    topic,
    payload,
    qos: typeof qos === 'number' ? qos : undefined,
    isRetained: typeof retain === 'boolean' || typeof retain === 'number' ? Boolean(retain) : undefined,
    at: timeOf(at ?? tst),
  };
}

/** mosquitto_sub's %j writes an empty payload as null, and %x one in hex, which can hold a deflated batch. */
function payloadOf(value: Readonly<Record<string, unknown>>): Buffer | undefined {
  const { payload, payload_b64: base64, payload_hex: hex } = value;
  if (typeof base64 === 'string') return Buffer.from(base64, 'base64');
  if (typeof hex === 'string') return Buffer.from(hex, 'hex');
  return typeof payload === 'string' || payload === null ? Buffer.from(payload ?? '') : undefined;
}

/** mosquitto_sub writes both a Z and a zone: `2026-11-23T22:25:29.295431Z+0000`. */
function timeOf(given: unknown): number | undefined {
  if (typeof given !== 'string') return undefined;
  const at = Date.parse(given.replace(/Z(?=[+-]\d)/, ''));
  return Number.isNaN(at) ? undefined : at;
}
