/**
 * HC-SR501, AM312 and any other motion detector that holds a level while it sees motion: occupancy.
 *
 * A detector sees people move, not people: whoever sits still is missed. So a place counts as occupied for some time
 * after the last motion, and that time is the installer's choice, not the part's.
 */
import {
  duration,
  type GpioDevice,
  type GpioDriver,
  HeldState,
  KeptCounts,
  OCCUPANCY,
  occupancyOf,
  options,
  type Parsed,
  type Sample,
} from '../../src/driver-kit.ts';

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
export const driver: GpioDriver<Parsed<typeof fields>> = {
  part: 'pir',
  bus: 'gpio',
  measures: OCCUPANCY,
  options: fields,
  // A change is told when it happens; `repeat` bounds the rest.
  period: { default: '0s', least: '0s' },
  // "Power-up initialization" (HC-SR501): for about a minute the output may go high of itself.
  warmUpSeconds: 60,

  create: (device, { hold, repeat }, memory) => {
    const place = new HeldState({ holdMs: hold, repeatMs: repeat });
    const kept = new KeptCounts(memory, 1);
    return {
      async start() {
        await kept.load();
        // A line cannot say who drives it; that it can be read is all there is to prove.
        await device.level();
        return {};
      },
      samples: (signal) => occupancy(device, { place, kept }, signal),
    };
  },
};

async function* occupancy(
  device: GpioDevice,
  { place, kept }: { readonly place: HeldState; readonly kept: KeptCounts },
  signal: AbortSignal,
): AsyncGenerator<Sample> {
  const [count = 0] = await kept.load();
  place.begin((await device.level()) === 1, { uptimeMs: device.uptimeMs(), count });
  for (;;) {
    const held = place.due(device.uptimeMs());
    // Remembered before anybody is told.
    if (held) await kept.save([held.count]);
    if (held) yield occupancyOf(held);
    const edge = await device.edge(place.quietMs(device.uptimeMs()), signal);
    // Any edge is motion: one that falls from a low level ends a motion that was too short to be seen.
    if (edge) place.saw(true, edge.uptimeMs);
    if (edge?.level === 0) place.saw(false, edge.uptimeMs);
  }
}
