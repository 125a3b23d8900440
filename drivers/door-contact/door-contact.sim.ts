import type { GpioSimulation, Level } from '../../src/driver-kit.ts';

const LOOK_MS = 200;
const BOUNCE_MS = 3;

/** A reed contact that bounces when the door opens and when it shuts, on a door that now and then rattles. */
export const simulation: GpioSimulation = {
  bus: 'gpio',
  // It tells open from shut, nothing in between.
  spans: { door_open: { min: 0, max: 1, resolution: 0.5 } },
  run: async (pin, world, _options, signal) => {
    const hold = async (level: Level, forMs: number) => {
      pin.set(level);
      await world.sleep(forMs, signal);
    };
    for (;;) {
      const level = world.truth('door_open') >= 0.5 ? 1 : 0;
      await hold(level, BOUNCE_MS);
      await hold(level === 1 ? 0 : 1, BOUNCE_MS);
      await hold(level, LOOK_MS);
    }
  },
};
