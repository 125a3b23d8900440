import { describe, expect, it } from 'vitest';
import { complaints, GATEWAY, parsed } from './told.ts';

const QUOTA = 'The outbox takes no more room. Default: a third of the free disk, at most 2GiB.';

/**
 * Each row: what is wrong, the YAML, and all that must be told of it: `line:column key | message | hint`.
 * The YAML stands below a gateway in line 1.
 */
const table: readonly (readonly [string, string, ...string[]])[] = [
  [
    'a quota without a unit',
    'storage: { quota: 512 }',
    '2:19 storage.quota | should be a size such as 500MB, 64MiB or 2GiB, not 512 | with its unit, such as 512MiB',
  ],
  [
    'a quota in another notation',
    'storage: { quota: 2 gb }',
    '2:19 storage.quota | should be a size such as 500MB, 64MiB or 2GiB, not "2 gb" | did you mean 2GB?',
  ],
  [
    'a quota in half a unit',
    'storage: { quota: 512Mi }',
    '2:19 storage.quota | should be a size such as 500MB, 64MiB or 2GiB, not "512Mi" | did you mean 512MiB?',
  ],
  [
    'a quota in which nothing fits',
    'storage: { quota: 512kB }',
    `2:19 storage.quota | should be a size between 8MiB and 1024GiB, not "512kB" | ${QUOTA}`,
  ],
  [
    'a quota in per cent',
    'storage: { quota: 30% }',
    `2:19 storage.quota | should be a size such as 500MB, 64MiB or 2GiB, not "30%" | ${QUOTA}`,
  ],
  [
    'thinning that keeps all',
    'storage: { thinning: 1 }',
    '2:22 storage.thinning | should be a whole number between 2 and 1000, not 1 | When room is short, one of so many that wait is kept before any is dropped. Default: none.',
  ],
  [
    'a durability that there is not',
    'storage: { durability: after-acks }',
    '2:24 storage.durability | should be one of commit, after-ack, not "after-acks" | did you mean after-ack?',
  ],
  [
    'a wait without a unit',
    'storage: { clockWait: 10 }',
    '2:23 storage.clockWait | should be a duration such as 500ms, 30s, 15min, 6h or 1d, not 10 | with its unit, such as 10s',
  ],
  [
    'a wait for weeks',
    'storage: { clockWait: 14d }',
    '2:23 storage.clockWait | should be a duration between 0s and 7d, not "14d" | How long observations wait for the clock to be known; then they are told as unsynced.',
  ],
];

describe('a config is refused for its storage', () => {
  it.each(table)('%s', (_, yaml, ...told) => {
    expect(complaints(() => parsed(`${GATEWAY}\n${yaml}\n`))).toEqual(told);
  });
});
