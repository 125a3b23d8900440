import { join } from 'node:path';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import type { Outbox } from '../../src/store/outbox.ts';
import { openSqliteOutbox } from '../../src/store/sqlite-outbox.ts';
import { describeDevice } from '../../src/uplink/describe.ts';
import { feedJson } from '../../src/uplink/encodings/feed-json.ts';
import type { Message } from '../../src/uplink/uplink.ts';
import type { Seen } from './feed.ts';
import { idsOf, leaseAny } from './leasing.ts';
import { observation } from './observations.ts';
import { temporaryDirectory } from './temporary.ts';

const clock = systemClock(() => 'ntp');
const encoding = feedJson({ root: 'feed', owner: 'asten', gateway: 'gw01', epoch: '' });
const seen = ({ topic, payload }: Message): Seen => ({ topic, payload: String(payload) });

/** An outbox with two uplinks, and what each platform has been told over all its lives. */
export class TwoPlatforms {
  readonly path: string;
  readonly told: Readonly<Record<'city' | 'region', Seen[]>> = { city: [], region: [] };

  constructor(path = join(temporaryDirectory(), 'outbox.db')) {
    this.path = path;
    for (const one of [this.told.city, this.told.region]) {
      for (const name of ['a', 'b']) {
        const known = { device: undefined, identity: undefined, streams: ['air_temperature'] };
        one.push(seen(encoding.meta(describeDevice(name, known))));
      }
    }
  }

  open(path = this.path): Promise<Outbox> {
    return openSqliteOutbox({ path, commitMs: 5, uplinks: ['city', 'region'], bootId: 'boot', clock });
  }

  /** Tells a platform the next rows, as many as there are at most, and settles them. */
  async tell(outbox: Outbox, uplink: 'city' | 'region', count: number): Promise<void> {
    for (let left = count; left > 0; ) {
      const { backlog } = await outbox.stats();
      if ((backlog[uplink] ?? 0) === 0) return;
      const rows = await leaseAny(outbox, uplink, left);
      this.told[uplink].push(...rows.map((row) => seen(encoding.row(row))));
      outbox.acknowledge(uplink, idsOf(rows));
      left -= rows.length;
    }
  }

  /** Rows of two devices, a memory, a backlog of 240 for one platform and of 320 for the other. */
  async fill(): Promise<Outbox> {
    const outbox = await this.open();
    for (let round = 0; round < 4; round += 1) {
      const values = Array.from({ length: 75 }, (_, n) => n);
      await Promise.all([
        ...values.map((n) => outbox.append(observation('a', n))),
        ...values.slice(0, 15).map((n) => outbox.append(observation('b', n))),
      ]);
    }
    await outbox.memory('a').save('4711');
    await outbox.memory('a', 'counters').save('4712');
    await this.tell(outbox, 'city', 120);
    await this.tell(outbox, 'region', 40);
    await outbox.append(observation('b', 1));
    return outbox;
  }

  /** Opens the damaged file, goes on, tells everything to both, and closes. */
  async goOn(path = this.path): Promise<Outbox> {
    const outbox = await this.open(path);
    await outbox.append(observation('a', 50));
    for (const uplink of ['city', 'region'] as const) await this.tell(outbox, uplink, 100_000);
    return outbox;
  }
}
