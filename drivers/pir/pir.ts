/**
 * HC-SR501, AM312 and any other motion detector that holds a level while it sees motion: occupancy.
 *
 * A detector sees people move, not people: whoever sits still is missed. So a place counts as occupied for some time
 * after the last motion, and that time is the installer's choice, not the part's.
 */
import { duration, type GpioDevice, type GpioDriver, options, type Parsed, type Sample } from '../../src/driver-kit.ts';

const fields = options({
  hold: duration({ help: 'still occupied for so long after the last motion', default: '60s', max: '1h' }),
  repeat: duration({
    help: 'the state is told again at least so often, so that "nobody was there" differs from "no data"',
    default: '60s',
    min: '1s',
    max: '1h',
  }),
});

/** A motion detector on a GPIO line, active high: tells each change at once, and the state every `repeat`. */
export const pir: GpioDriver<Parsed<typeof fields>> = {
  part: 'pir',
  bus: 'gpio',
  measures: ['occupancy'],
  options: fields,
  // A change is told when it happens; `repeat` bounds the rest.
  period: { default: '0s', least: '0s' },
  // "Power-up initialization" (HC-SR501): for about a minute the output may go high of itself.
  warmUpSeconds: 60,

  create: (device, { hold, repeat }) => ({
    async start() {
      // A line cannot say who drives it; that it can be read is all there is to prove.
      await device.level();
      return {};
    },
    samples: (signal) => occupancy(device, { holdMs: hold, repeatMs: repeat }, signal),
  }),
};

async function* occupancy(
  device: GpioDevice,
  { holdMs, repeatMs }: { readonly holdMs: number; readonly repeatMs: number },
  signal: AbortSignal,
): AsyncGenerator<Sample> {
  let isHigh = (await device.level()) === 1;
  // The end of the last motion that was seen, by the edge's own time: an edge may be read late.
  let motionEndedMs = Number.NEGATIVE_INFINITY;
  let told: boolean | undefined;
  let tellAgainAtMs = 0;

  for (;;) {
    const nowMs = device.uptimeMs();
    const freeAtMs = isHigh ? Number.POSITIVE_INFINITY : motionEndedMs + holdMs;
    const isOccupied = nowMs < freeAtMs;
    if (isOccupied !== told || nowMs >= tellAgainAtMs) {
      told = isOccupied;
      tellAgainAtMs = nowMs + repeatMs;
      yield { occupancy: isOccupied ? 1 : 0 };
    }
    const nextAtMs = isOccupied ? Math.min(freeAtMs, tellAgainAtMs) : tellAgainAtMs;
    const edge = await device.edge(Math.max(0, nextAtMs - device.uptimeMs()), signal);
    if (!edge) continue;
    isHigh = edge.level === 1;
    motionEndedMs = edge.uptimeMs;
  }
}
