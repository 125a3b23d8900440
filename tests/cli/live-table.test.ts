import { stripVTControlCharacters } from 'node:util';
import { describe, expect, it } from 'vitest';
import { type Line, liveTable, pagesOf, type Screen, sparkline } from '../../src/cli/live-table.ts';
import { quantityNames } from '../../src/model/quantity.ts';

const now = Date.UTC(2026, 10, 23, 12);

function lines(count: number): Line[] {
  return Array.from({ length: count }, (_, index) => ({
    device: `a-device-with-a-long-name-${index}`,
    quantity: quantityNames[index % quantityNames.length] ?? 'air_temperature',
    value: index % 7 === 0 ? null : index * 1234.5,
    quality: index % 7 === 0 ? 'fault' : 'ok',
    why: index % 7 === 0 ? 'no-acknowledge' : undefined,
    at: now - index * 1000,
    trend: Array.from({ length: 60 }, (_, n) => Math.sin(n)),
  }));
}

function screen(count: number, page = 0): Screen {
  const status = {
    outbox: { heads: { a: 7 }, backlog: { city: 3 }, rows: 3, sizeBytes: 40_960 },
    uplinks: [
      {
        uplink: 'city',
        isConnected: false,
        accepted: 4,
        inFlight: 0,
        lastError: 'x'.repeat(200),
        refused: [],
        setAside: 0,
        refusedForGood: 0,
      },
    ],
  };
  const subscribe = "mosquitto_sub -h 127.0.0.1 -p 1883 -t 'feed/v1/#' -v";
  return { title: 'Dorpel', subscribe, now, lines: lines(count), page, status, notice: 'n'.repeat(300) };
}

const shown = (count: number, size: { columns: number; rows: number }, page = 0) =>
  liveTable(screen(count, page), size).map((row) => stripVTControlCharacters(row));

describe('the live table', () => {
  it.each([
    [80, 24],
    [200, 60],
    [40, 12],
  ])('fits a terminal of %i columns and %i rows', (columns, rows) => {
    for (const count of [0, 3, 75]) {
      const text = shown(count, { columns, rows });
      expect(text.length).toBeLessThan(rows);
      for (const row of text) expect(row.length).toBeLessThanOrEqual(columns);
    }
  });

  it('shows every stream on one of its pages', () => {
    const size = { columns: 120, rows: 24 };
    const pages = pagesOf(75, size.rows);
    const all = Array.from({ length: pages }, (_, page) => shown(75, size, page).join('\n')).join('\n');
    for (const { quantity } of lines(75)) expect(all).toContain(quantity.slice(0, 23));
    expect(shown(75, size).at(-1)).toContain(`page 1 of ${pages}`);
  });

  it('says what waits, where the uplink stands, and how to watch the feed', () => {
    const text = shown(2, { columns: 120, rows: 24 }).join('\n');
    expect(text).toMatch(/outbox {3}7 observations kept, 40 KiB on disk/);
    expect(text).toMatch(/uplink {3}city not connected \(x+/);
    expect(text).toContain("mosquitto_sub -h 127.0.0.1 -p 1883 -t 'feed/v1/#' -v");
  });

  it('shows no value as none, with its reason', () => {
    expect(shown(1, { columns: 120, rows: 24 })[2]).toMatch(/ – .*fault no-acknowledge/);
  });

  it('draws a trend between its own lowest and highest', () => {
    expect(sparkline([1, 2, 3, 8])).toBe('▁▂▃█');
    expect(sparkline([5, 5])).toBe('▁▁');
    expect(sparkline([])).toBe('');
  });
});
