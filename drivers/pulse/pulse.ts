/**
 * Pulse outputs: S0 of electricity meters (IEC 62053-31), reed contacts of water, gas and heat meters, tipping-bucket
 * rain gauges. Each pulse is a fixed amount; the total survives a restart.
 */
import {
  choice,
  duration,
  type GpioDriver,
  KeptCounts,
  number,
  options,
  type Parsed,
  type Quantity,
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
    const kept = new KeptCounts(memory, 1);

    /** Counts the edges that wait, and remembers the count before anybody is told. */
    async function counted(): Promise<number> {
      let [count = 0] = await kept.load();
      try {
        for (let edge = await device.edge(0); edge; edge = await device.edge(0)) {
          if (!contact.begins(edge)) continue;
          count += 1;
          pace.pulse(edge.uptimeMs);
        }
      } finally {
        await kept.save([count]); // what was counted before a line failed stays counted
      }
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
      stop: async () => void (await counted()),
    };
  },
};
