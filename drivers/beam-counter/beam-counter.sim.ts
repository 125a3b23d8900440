import type { GpioSimulation, Level } from '../../src/driver-kit.ts';
import type { BeamCounterOptions } from './beam-counter.ts';

const LOOK_MS = 100;
const STEP_MS = 60;
const ALL = [
  'occupancy',
  'occupancy_duration',
  'occupancy_count',
  'people_count',
  'people_in',
  'people_out',
  'passages_unclear',
] as const;

/** A way with two beams; whoever passes breaks one, both, then the other. */
export const simulation: GpioSimulation<BeamCounterOptions> = {
  bus: 'gpio',
  spans: {
    people_in: { min: 0, max: 16, resolution: 0 },
    people_out: { min: 0, max: 8, resolution: 0 },
  },
  variants: [{ innerLine: 18 }],
  settleMs: 10_000,
  faults: {
    'a leaf in the outer beam': { why: 'outer-beam-blocked', streams: ALL },
    'a bicycle in both beams': { why: 'both-beams-blocked', streams: ALL },
  },

  run: async (pin, world, { gap }, signal) => {
    const whole: readonly [Level, Level] = [0, 0];
    const hold = async ([outer, inner]: readonly [Level, Level], forMs: number) => {
      pin.set(outer, 0);
      pin.set(inner, 1);
      await world.sleep(forMs, signal);
    };
    const pass = async (first: 0 | 1) => {
      await hold(first === 0 ? [1, 0] : [0, 1], STEP_MS);
      await hold([1, 1], STEP_MS);
      await hold(first === 0 ? [0, 1] : [1, 0], STEP_MS);
      await hold(whole, 2 * gap);
    };
    let entered = Math.floor(world.truth('people_in'));
    let left = Math.floor(world.truth('people_out'));
    for (;;) {
      const fault = world.fault?.();
      if (fault) await hold(fault === 'a bicycle in both beams' ? [1, 1] : [1, 0], LOOK_MS);
      else if (entered < Math.floor(world.truth('people_in'))) {
        entered += 1;
        await pass(0);
      } else if (left < Math.floor(world.truth('people_out'))) {
        left += 1;
        await pass(1);
      } else await hold(whole, LOOK_MS);
    }
  },
};
