import type { GpioSimulation, Level } from '../../src/driver-kit.ts';
import type { PulseOptions } from './pulse.ts';

const LOOK_MS = 100;
const PULSE_MS = 40;

/** A reed contact with the timing of an S0 output: it bounces when it closes and when it opens. */
export const simulation: GpioSimulation<PulseOptions> = {
  bus: 'gpio',
  // Each span is 80 pulses of the variant that counts it.
  spans: {
    pulse_count: { min: 0, max: 80, resolution: 0 },
    active_energy_import: { min: 0, max: 0.08, resolution: 0.001 },
    water_volume: { min: 0, max: 0.08, resolution: 0.001 },
    gas_volume: { min: 0, max: 0.8, resolution: 0.01 },
    heat_energy: { min: 0, max: 0.8, resolution: 0.01 },
    rainfall: { min: 0, max: 16, resolution: 0.2 },
  },
  variants: [
    { counts: 'pulse_count', pulsesPerUnit: 1 },
    { counts: 'active_energy_import', pulsesPerUnit: 1000 },
    { counts: 'water_volume', pulsesPerUnit: 1000 },
    { counts: 'gas_volume', pulsesPerUnit: 100 },
    { counts: 'heat_energy', pulsesPerUnit: 100 },
    { counts: 'rainfall', pulsesPerUnit: 5 },
  ],
  settleMs: 1500,

  run: async (pin, world, { counts, pulsesPerUnit, debounce }, signal) => {
    const hold = async (level: Level, forMs: number) => {
      pin.set(level);
      await world.sleep(forMs, signal);
    };
    // Computed values of whole pulses may end in …99999.
    const pulsesUntilNow = () => Math.floor(world.truth(counts) * pulsesPerUnit + 1e-6);
    let given = pulsesUntilNow();
    for (;;) {
      if (given >= pulsesUntilNow()) {
        await hold(0, LOOK_MS);
        continue;
      }
      given += 1;
      await hold(1, debounce / 10);
      await hold(0, debounce / 10);
      await hold(1, PULSE_MS);
      await hold(0, debounce / 10);
      await hold(1, debounce / 10);
      await hold(0, Math.max(PULSE_MS, 2 * debounce));
    }
  },
};
