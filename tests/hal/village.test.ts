import { describe, expect, it } from 'vitest';
import { villageWorld } from '../../src/hal/sim/village.ts';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import { quantities, quantityNames } from '../../src/model/quantity.ts';

const HOUR_MS = 3_600_000;

describe('the world of the simulated village', () => {
  const clock = new VirtualClock();
  const world = villageWorld({ seed: 'hall', placement: 'indoor' }, clock);

  it('is plausible in every quantity at every hour, and no counter goes back', async () => {
    const before = new Map<string, number>();
    for (let hour = 0; hour < 48; hour += 1) {
      for (const quantity of quantityNames) {
        const { min, max, kind } = quantities[quantity];
        const value = world.truth(quantity);
        expect(value, `${quantity} in hour ${hour}`).toBeGreaterThanOrEqual(min);
        expect(value, `${quantity} in hour ${hour}`).toBeLessThanOrEqual(max);
        if (kind === 'counter') expect(value, quantity).toBeGreaterThanOrEqual(before.get(quantity) ?? 0);
        before.set(quantity, value);
      }
      await clock.advance(HOUR_MS);
    }
  });

  it('has 230 V in each phase, and 400 V between two', () => {
    for (const quantity of ['voltage', 'voltage_l1', 'voltage_l3'] as const) {
      expect(Math.abs(world.truth(quantity) - 230), quantity).toBeLessThan(5);
    }
    for (const quantity of ['voltage_l1_l2', 'voltage_l2_l3', 'voltage_l3_l1'] as const) {
      expect(Math.abs(world.truth(quantity) - 398), quantity).toBeLessThan(9);
    }
  });
});
