import type { GpioSimulation } from '../../src/driver-kit.ts';

const LOOK_MS = 200;

/** A detector with a retriggerable output: high for as long as somebody is there. */
export const simulation: GpioSimulation = {
  bus: 'gpio',
  // It tells somebody from nobody, nothing in between.
  spans: { occupancy: { min: 0, max: 1, resolution: 0.5 } },
  run: async (pin, world, _options, signal) => {
    for (;;) {
      pin.set(world.truth('occupancy') >= 0.5 ? 1 : 0);
      await world.sleep(LOOK_MS, signal);
    }
  },
};
