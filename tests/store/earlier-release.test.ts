import Database from 'better-sqlite3';
import { expect, it } from 'vitest';
import { idsOf, leaseNow } from '../support/leasing.ts';
import { Platforms } from '../support/platforms.ts';

/** What the release before this one does with a file: its schema, version 100, knows no later column. */
const version100 = `
  INSERT INTO run (boot, started_at) VALUES ('boot', 1);
  INSERT INTO message (id, device, sequence, kind, run, at, uptime_ms, clock, duration_s, content)
    SELECT (SELECT max(id) FROM message) + 1, id, head + 1, 0, 1, 1795413600000, 1, 'ntp', NULL,
      '[{"n":"air_temperature","v":4711,"u":"Cel","q":"ok"}]' FROM device WHERE name = 'a';
  UPDATE device SET head = head + 1, durable_until = 1795413600000 WHERE name = 'a';
  UPDATE uplink SET settled = max(settled, 2) WHERE name = 'city';
  UPDATE run SET stopped_at = 2 WHERE stopped_at IS NULL;
`;

async function tellSome(platforms: Platforms, count: number): Promise<void> {
  const rows = await leaseNow(platforms.outbox, 'city', 'backlog', count);
  platforms.tell('city', rows);
  platforms.outbox.acknowledge('city', idsOf(rows));
}

const sql = (path: string, text: string): void => {
  const db = new Database(path);
  db.exec(text);
  db.close();
};

it('An outbox of the release before is gone on with: what is not settled may have been sent.', async () => {
  const platforms = await Platforms.open({ uplinks: ['city'] });
  platforms.append('a', 3);
  await platforms.wait();
  await tellSome(platforms, 2);
  await platforms.outbox.close();
  for (const [table, columns] of Object.entries({
    message: ['priority'],
    device: ['complete', 'counters'],
    run: ['first_id', 'gone'],
    uplink: ['beyond', 'unsure', 'sending', 'gone'],
  })) {
    for (const column of columns) sql(platforms.path, `ALTER TABLE ${table} DROP COLUMN ${column}`);
  }
  sql(platforms.path, `DROP TABLE IF EXISTS recovery; PRAGMA user_version = 100; ${version100}`);
  await platforms.reopen({ uplinks: ['city'], quotaBytes: 256 * 1024 });
  for (let round = 0; round < 10; round += 1) {
    platforms.append('b', 30, { text: 1000 });
    await platforms.wait();
  }
  expect(await platforms.verdicts()).toEqual([]);
  const lost = platforms.losses('city').filter(({ reason }) => reason === 'unclean');
  expect(lost).toEqual([{ from: 3, to: 4, reason: 'unclean' }]);
  await platforms.outbox.close();
  const db = new Database(platforms.path, { readonly: true });
  expect(db.pragma('user_version', { simple: true })).toBe(102);
  db.close();
});

it('The release before can go on with an outbox of this one, and this one after that.', async () => {
  const platforms = await Platforms.open({ uplinks: ['city'] });
  platforms.append('a', 5);
  await platforms.wait();
  await tellSome(platforms, 4);
  await platforms.outbox.close();
  sql(platforms.path, version100);
  await platforms.reopen();
  platforms.append('a', 1);
  expect(await platforms.verdicts()).toEqual([]);
  expect(platforms.values('city').has(4711)).toBe(true);
  expect((await platforms.outbox.stats()).heads).toEqual({ a: 7 });
  await platforms.outbox.close();
});
