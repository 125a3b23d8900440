import { describe, expect, it } from 'vitest';
import { KeptCounts } from '../../src/driver-kit.ts';
import { testMemory } from '../support/drivers.ts';

describe('kept counts', () => {
  it('begin at zero, and go on after a restart', async () => {
    const memory = testMemory();
    const first = new KeptCounts(memory, 3);
    expect(await first.load()).toEqual([0, 0, 0]);
    await first.save([1, 20, 300]);
    expect(await new KeptCounts(memory, 3).load()).toEqual([1, 20, 300]);
  });

  it('are written only when they have changed', async () => {
    const saved: string[] = [];
    const counts = new KeptCounts({ load: async () => '4', save: async (text) => void saved.push(text) }, 1);
    await counts.load();
    await counts.save([4]);
    await counts.save([5]);
    await counts.save([5]);
    expect(saved).toEqual(['5']);
  });

  it('stay at hand when they cannot be kept, and are kept the next time', async () => {
    let isFull = true;
    const kept = testMemory('4');
    const save = (text: string) => (isFull ? Promise.reject(new Error('disk full')) : kept.save(text));
    const counts = new KeptCounts({ load: kept.load, save }, 1);
    await counts.load();
    await expect(counts.save([5])).rejects.toThrow('disk full');
    expect(await counts.load()).toEqual([5]);
    isFull = false;
    await counts.save([5]);
    expect(await kept.load()).toBe('5');
  });

  it.each(['', '1', '1 2 3', '1 -2', '1 2.5', '1  2', '9007199254740992 1', 'x 1', '1 2\n'])(
    'are not made of "%s", where two are wanted',
    async (text) => {
      await expect(new KeptCounts(testMemory(text), 2).load()).rejects.toMatchObject({ kind: 'implausible' });
    },
  );
});
