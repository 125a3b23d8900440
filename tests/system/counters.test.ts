import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { VirtualClock } from '../../src/hal/sim/virtual-clock.ts';
import type { Outbox } from '../../src/store/outbox.ts';
import { openSqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { type FeedObservation, judged, single } from '../support/feed.ts';
import { temporaryDirectory } from '../support/temporary.ts';
import { type Altered, configOf, startVillage, type Village } from '../support/village.ts';

const MINUTE_MS = 60_000;

const config = configOf(`
gateway:
  id: gw
  owner: heihoek
  governance: { owner: Heihoek, contact: a@heihoek.example, goal: Energy of the hall, personalData: false }
storage: { clockWait: 0s }
buses:
  rs485: { kind: serial, path: /dev/ttyS1 }
  p1: { kind: serial, path: /dev/ttyS2 }
devices:
  cabinet: { driver: eastron-sdm, bus: rs485, address: 3, period: 10s, options: { model: sdm120 } }
  hall: { driver: dsmr-p1, bus: p1, period: 10s }
uplinks:
  city: { url: 'mqtts://broker.example' }
`);

/** What the parts show: a fault by its name, and how much less their counters have counted. */
interface Shown {
  fault?: string | undefined;
  less: number;
}

const altering =
  (shown: Shown): Altered =>
  (world) => ({
    ...world,
    truth: (quantity) => world.truth(quantity) - (/_energy_|_volume$/.test(quantity) ? shown.less : 0),
    fault: () => shown.fault,
  });

interface Life extends Village {
  readonly startedAt: number;
}

async function lived(clock: VirtualClock, shown: Shown, outbox?: Outbox): Promise<Life> {
  const startedAt = clock.now();
  const village = await startVillage(config, { clock, ...(outbox && { outbox }), altered: altering(shown) });
  return { ...village, startedAt };
}

/** What was told of a stream: values, and words for what has none or is remarkable. */
function told({ uplink, startedAt }: Life, device: string, stream: string) {
  return uplink.seen
    .flatMap(single)
    .filter(({ topic }) => topic.endsWith(`/${device}/obs`))
    .flatMap(({ payload }) => {
      const { t, obs } = JSON.parse(payload) as FeedObservation;
      // What the life before has left is told by the one after it.
      if (Date.parse(t) < startedAt) return [];
      return obs.filter(({ n }) => n === stream).map(({ v, why }) => ({ t, v, why }));
    });
}

/** The words, each once in a row; a value without one is 'ok'. */
function words(life: Life, device: string, stream: string): string[] {
  const all = told(life, device, stream).map(({ why }) => why ?? 'ok');
  return all.filter((word, index) => word !== all[index - 1]);
}

/** False where a value is less than one before it and no word says why. */
function isExplained(readings: readonly { readonly v: number | null; readonly why?: string | undefined }[]): boolean {
  const values = readings.filter(({ v }) => v !== null);
  return values.every(({ v, why }, index) => why !== undefined || Number(v) >= Number(values[index - 1]?.v ?? 0));
}

describe('meters whose counters go back, in virtual time', () => {
  it('a momentary zero is a fault, before and after a restart; a swapped meter is described, and says so once', async () => {
    const path = join(temporaryDirectory(), 'outbox.db');
    const open = (clock: VirtualClock) =>
      openSqliteOutbox({ path, commitMs: 1000, uplinks: ['city'], bootId: 'boot', clock });
    const shown: Shown = { less: 0 };
    const clock = new VirtualClock();
    const first = await lived(clock, shown, await open(clock));
    await clock.advance(3 * MINUTE_MS);
    shown.fault = 'counters at zero';
    await clock.advance(20_000);
    shown.fault = undefined;
    await clock.advance(MINUTE_MS);
    await first.stop();
    for (const [device, stream] of [
      ['cabinet', 'active_energy_import'],
      ['cabinet', 'reactive_energy_import'],
      ['hall', 'active_energy_import_t1'],
    ] as const) {
      expect(words(first, device, stream), stream).toEqual(['ok', 'fell', 'ok']);
      expect(told(first, device, stream).every(({ v }) => v !== 0)).toBe(true);
    }

    const later = new VirtualClock(clock.now());
    shown.fault = 'counters at zero';
    const second = await lived(later, shown, await open(later));
    await later.advance(30_000);
    shown.fault = undefined;
    await later.advance(MINUTE_MS);
    expect(words(second, 'cabinet', 'active_energy_import')).toEqual(['fell', 'ok']);
    expect(words(second, 'hall', 'active_energy_import_t1')).toEqual(['fell', 'ok']);

    // An electrician at work: the line is dead, then another meter answers.
    second.hal.serialLines.get('rs485')?.break('silent');
    await later.advance(2 * MINUTE_MS);
    shown.fault = 'swapped';
    shown.less = 400;
    second.hal.serialLines.get('rs485')?.break(undefined);
    await later.advance(5 * MINUTE_MS);
    await second.stop();
    const swapped = told(second, 'cabinet', 'active_energy_import').filter(({ why }) => why === 'swapped');
    expect(swapped.length).toBe(1);
    expect(words(second, 'cabinet', 'active_energy_import')).toEqual(['fell', 'ok', 'timeout', 'swapped', 'ok']);
    expect(isExplained(told(second, 'cabinet', 'active_energy_import'))).toBe(true);
    const numbers = second.uplink.seen
      .filter(({ topic }) => topic.endsWith('/cabinet/meta'))
      .map(({ payload }) => (JSON.parse(payload) as { serialNumber?: string }).serialNumber);
    expect(numbers.at(-1)).toBe('21063580');
    expect(judged([...first.uplink.seen, ...second.uplink.seen])).toEqual([]);
  });

  it('a meter that does not tell its number is believed after a minute; gas keeps its own time', async () => {
    const shown: Shown = { less: 0 };
    const village = await lived(new VirtualClock(), shown);
    await village.clock.advance(12 * MINUTE_MS);
    shown.less = 400;
    await village.clock.advance(20 * MINUTE_MS);
    await village.stop();
    expect(words(village, 'hall', 'active_energy_import_t1')).toEqual(['ok', 'fell', 'restarted', 'ok']);
    const power = told(village, 'hall', 'active_energy_import_t1');
    // A minute of telegrams each ten seconds.
    expect([6, 7]).toContain(power.filter(({ why }) => why === 'fell').length);
    expect(power.filter(({ why }) => why === 'restarted').length).toBe(1);
    // Once for electricity, once for gas.
    const restarts = village.logged.filter(
      ({ code, fields }) => code === 'counters-restarted' && fields['device'] === 'hall',
    );
    expect(restarts.map(({ fields }) => fields['count'])).toEqual([4, 1]);
    const gas = told(village, 'hall', 'gas_volume');
    expect(gas.map(({ why }) => why ?? 'ok').filter((word, index, all) => word !== all[index - 1])).toEqual([
      'ok',
      'fell',
      'restarted',
      'ok',
    ]);
    // Each at a full five minutes, as the gas meter says.
    expect(gas.every(({ t }) => Date.parse(t) % (5 * MINUTE_MS) === 0)).toBe(true);
    expect(isExplained(power) && isExplained(gas)).toBe(true);
    expect(judged(village.uplink.seen)).toEqual([]);
  });
});
