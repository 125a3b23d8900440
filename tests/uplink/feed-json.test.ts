import { inflateSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import type { Row } from '../../src/store/outbox.ts';
import { feedJson } from '../../src/uplink/encodings/feed-json.ts';
import { complaints } from '../support/feed.ts';

const epoch = '5f0c7c1e-6a0e-4b5e-9a53-3d1f5a0a7c11';
const encoding = feedJson({ root: 'feed', owner: 'asten', gateway: 'asn-gw01', epoch });
const row: Row = {
  id: 7,
  kind: 'observation',
  epoch,
  device: 'lucht-kerkplein',
  sequence: 48_211,
  at: Date.UTC(2026, 10, 23, 16, 5),
  clock: 'ntp',
  durationSeconds: 300,
  priority: 'normal',
  content:
    '[{"n":"pm25","v":7.4,"u":"ug/m3","q":"ok"},{"n":"air_temperature","v":0,"u":"Cel","q":"ok"},' +
    '{"n":"no2","v":null,"u":"ug/m3","q":"fault","why":"checksum"}]',
};

describe('the feed’s JSON', () => {
  it('is, to the byte, the example of the contract', () => {
    const { topic, payload, isRetained } = encoding.row(row);
    expect(topic).toBe('feed/v1/asten/asn-gw01/lucht-kerkplein/obs');
    expect(isRetained).toBe(false);
    expect(payload).toBe(
      '{"v":1,"gw":"asn-gw01","dev":"lucht-kerkplein","epoch":"5f0c7c1e-6a0e-4b5e-9a53-3d1f5a0a7c11","seq":48211,' +
        '"t":"2026-11-23T16:05:00.000Z","dur":300,"clk":"ntp","obs":[{"n":"pm25","v":7.4,"u":"ug/m3","q":"ok"},' +
        '{"n":"air_temperature","v":0,"u":"Cel","q":"ok"},' +
        '{"n":"no2","v":null,"u":"ug/m3","q":"fault","why":"checksum"}]}',
    );
  });

  it('tells a loss in the epoch of the lost numbers, on a topic of its own', () => {
    const lost = '[{"from":48212,"to":48299,"reason":"quota"}]';
    const earlier = '0b0c7c1e-6a0e-4b5e-9a53-3d1f5a0a7c11';
    const loss = encoding.row({ ...row, kind: 'loss', epoch: earlier, sequence: 48_300, content: lost });
    expect(loss.topic).toBe('feed/v1/asten/asn-gw01/lucht-kerkplein/loss');
    expect(loss.payload).toBe(
      `{"v":1,"gw":"asn-gw01","dev":"lucht-kerkplein","epoch":"${earlier}","seq":48300,` +
        `"t":"2026-11-23T16:05:00.000Z","lost":${lost}}`,
    );
    expect(complaints({ topic: loss.topic, payload: String(loss.payload) })).toEqual([]);
  });

  it('deflates a batch to the same bytes each time, and they inflate to the batch', async () => {
    const rows = Array.from({ length: 100 }, (_, index) => ({ ...row, id: index + 1, sequence: index + 1 }));
    const deflated = await encoding.deflated(rows);
    expect(deflated).toMatchObject({
      topic: 'feed/v1/asten/asn-gw01/-/batch-deflate',
      isRetained: false,
      contentType: 'application/zlib',
    });
    const plain = encoding.batch(rows);
    expect(String(inflateSync(Buffer.from(deflated.payload)))).toBe(plain.payload);
    expect(deflated.payload.length).toBeLessThan(plain.payload.length / 10);
    expect(await encoding.deflated(rows)).toEqual(deflated);
  });

  it('validates: observation, descriptor, state and Will', () => {
    const state = { at: row.at, clock: 'ntp', startedAt: row.at, wasClean: false, durableUntil: row.at } as const;
    const messages = [
      encoding.row(row),
      encoding.meta({ device: 'a', part: 'SHT41', streams: [], location: { latitude: 51, longitude: 5, heightM: 3 } }),
      encoding.state({ ...state, isOnline: true, heads: { a: 3 }, backlog: 0 }),
      encoding.state({ ...state, isOnline: false }),
    ];
    for (const { topic, payload } of messages) expect(complaints({ topic, payload: String(payload) })).toEqual([]);
  });

  it.each([
    ['a key that nobody knows', { extra: 1 }],
    ['a number that is not one', { seq: 1.5 }],
    ['a time without a zone', { t: '2026-11-23T16:05:00.000' }],
    ['no reading', { obs: [] }],
    ['a value that is missing and called ok', { obs: [{ n: 'pm25', v: null, u: 'ug/m3', q: 'ok' }] }],
    ['a value that is there and called a fault', { obs: [{ n: 'pm25', v: 1, u: 'ug/m3', q: 'fault' }] }],
  ])('has schemas that refuse %s', (_, change) => {
    const { topic, payload } = encoding.row(row);
    const altered = JSON.stringify({ ...(JSON.parse(String(payload)) as object), ...change });
    expect(complaints({ topic, payload: altered })).not.toEqual([]);
  });
});
