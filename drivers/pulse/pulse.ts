/**
 * Pulse outputs: S0 of electricity meters (IEC 62053-31), reed contacts of water, gas and heat meters, tipping-bucket
 * rain gauges. Each pulse is a fixed amount; the total survives a restart.
 */
import {
  choice,
  duration,
  type GpioDriver,
  number,
  options,
  type Parsed,
  type Quantity,
  SensorError,
} from '../../src/driver-kit.ts';
import { Contact } from './contact.ts';
import { Pace } from './pace.ts';

const HOUR_MS = 3_600_000;

/** What can be counted, and the rate that its pulses tell: `scale` times the counter's unit per hour. */
const RATES = {
  active_energy_import: { rate: 'active_power', scale: 1000 }, // kW to W
  water_volume: { rate: 'volume_flow', scale: 1 },
  gas_volume: { rate: 'volume_flow', scale: 1 },
  heat_energy: { rate: 'heat_power', scale: 1e9 / 3600 }, // GJ/h to W
  rainfall: { rate: 'rainfall_rate', scale: 1 },
  pulse_count: { rate: 'pulse_rate', scale: 1 / 3600 }, // per hour to Hz
} as const satisfies { readonly [Q in Quantity]?: { readonly rate: Quantity; readonly scale: number } };

// What is counted, and in what amounts, has no default: a wrong guess would be a wrong total, and nobody would see it.
const fields = options({
  counts: choice(['pulse_count', 'active_energy_import', 'water_volume', 'gas_volume', 'heat_energy', 'rainfall'], {
    help: 'what the pulses count',
  }),
  pulsesPerUnit: number({
    help: 'pulses per kWh, m3, GJ or mm, as the label of the meter says; 1 for pulse_count',
    min: 0.0001,
    max: 1e6,
  }),
  startValue: number({
    help: "the meter's reading when the counter stood at 0: at the installation",
    default: 0,
    min: 0,
    max: 1e9,
  }),
  debounce: duration({
    help: 'a pulse that begins sooner than this after the last one ended is the same pulse, bouncing',
    default: '20ms',
    min: '1ms',
    max: '500ms',
  }),
});

export type PulseOptions = Parsed<typeof fields>;

/** A pulse counter on a GPIO line: the total, and the rate from the time between pulses. */
export const driver: GpioDriver<PulseOptions> = {
  part: 'pulse',
  bus: 'gpio',
  measures: [
    'active_energy_import',
    'water_volume',
    'gas_volume',
    'heat_energy',
    'rainfall',
    'pulse_count',
    'active_power',
    'volume_flow',
    'heat_power',
    'rainfall_rate',
    'pulse_rate',
  ],
  streams: ({ counts }) => [counts, RATES[counts].rate],
  options: fields,
  period: { default: '10s', least: '1s' },

  create(device, { counts, pulsesPerUnit, startValue, debounce }, memory) {
    const contact = new Contact(debounce);
    const pace = new Pace();
    let count: number | undefined;
    let remembered: string | undefined;

    /** Counts the edges that wait, and remembers the count before anybody is told. */
    async function counted(): Promise<number> {
      if (count === undefined) {
        remembered = await memory.load();
        count = countFrom(remembered);
      }
      for (let edge = await device.edge(0); edge; edge = await device.edge(0)) {
        if (!contact.begins(edge)) continue;
        count += 1;
        pace.pulse(edge.uptimeMs);
      }
      const text = String(count);
      if (text !== remembered) await memory.save(text);
      remembered = text;
      return count;
    }

    return {
      async start() {
        await counted();
        // A pulse output has no identity; that the line can be read is all there is to prove.
        await device.level();
        return {};
      },
      async poll() {
        const total = startValue + (await counted()) / pulsesPerUnit;
        const { rate, scale } = RATES[counts];
        return { [counts]: total, [rate]: pace.reading(device.uptimeMs(), (scale * HOUR_MS) / pulsesPerUnit) };
      },
      async stop() {
        // A count that could not be loaded at the start is not to be replaced at the end.
        if (count !== undefined) await counted();
      },
    };
  },
};

/** The count that was kept; nothing kept is 0. */
function countFrom(text: string | undefined): number {
  if (text === undefined) return 0;
  const count = Number(text);
  if (/^\d+$/.test(text) && Number.isSafeInteger(count)) return count;
  throw new SensorError(
    'implausible',
    `the remembered count is "${text}", not a whole number: forget it, and set startValue to what the meter reads now`,
  );
}
