import { SensorError, type SerialDevice } from '../../src/driver-kit.ts';

/** The near end of a line on which these pieces come in after the first write, and then nothing more. Only waits take time. */
export function lineThatSays(pieces: readonly Uint8Array[], facts = { address: 1, baudRate: 9600 }) {
  const written: Uint8Array[] = [];
  const left = [...pieces];
  let uptimeMs = 0;
  const device: SerialDevice = {
    ...facts,
    write: async (bytes) => {
      written.push(bytes);
    },
    read: async (withinMs) => {
      const piece = left.shift();
      if (!piece) {
        uptimeMs += withinMs;
        throw new SensorError('timeout', `silence for ${withinMs} ms`);
      }
      return piece;
    },
    discard: () => undefined,
    sleep: async (milliseconds) => {
      uptimeMs += milliseconds;
    },
    uptimeMs: () => uptimeMs,
  };
  return { device, written };
}
