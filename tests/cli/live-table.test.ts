import { describe, expect, it } from 'vitest';
import { liveTable, pagesOf, type Screen, sparkline } from '../../src/cli/live-table.ts';
import { plain } from '../../src/cli/terminal.ts';
import { quantityNames } from '../../src/model/quantity.ts';
import { deviceStatus, outboxStats, statusOf, streamStatus, uplinkStatus } from '../support/status.ts';

const trend = Array.from({ length: 60 }, (_, n) => Math.sin(n));

function devices(count: number) {
  return Array.from({ length: count }, (_, index) => {
    const isFault = index % 7 === 0;
    const stream = streamStatus({
      quantity: quantityNames[index % quantityNames.length] ?? 'air_temperature',
      value: isFault ? null : index * 1234.5,
      quality: isFault ? 'fault' : 'ok',
      ...(isFault ? { why: 'no-acknowledge' } : {}),
      ageSeconds: index,
      trend,
    });
    return deviceStatus(`a-device-with-a-long-name-${index}`, { streams: [stream] });
  });
}

function screen(count: number, parts: Partial<Screen> = {}): Screen {
  const status = statusOf({
    devices: devices(count),
    outbox: outboxStats({ heads: { a: 7 }, backlog: { city: 3 }, rows: 3, sizeBytes: 40_960 }),
    uplinks: [uplinkStatus('city', { isConnected: false, lastError: 'x'.repeat(200) })],
  });
  const shown = { title: 'Dorpel', status, page: 0, sort: 'device' as const, filter: '' };
  return { ...shown, notice: 'n'.repeat(300), keys: 'q quit', ...parts };
}

const WIDE = { columns: 120, rows: 24 };
const shown = (one: Screen, size: { columns: number; rows: number }) => liveTable(one, { ...size, paint: plain });

describe('the live table', () => {
  it.each([
    [80, 24],
    [200, 60],
    [40, 12],
  ])('fits a terminal of %i columns and %i rows', (columns, rows) => {
    for (const count of [0, 3, 75]) {
      const text = shown(screen(count), { columns, rows });
      expect(text.length).toBeLessThan(rows);
      for (const row of text) expect(row.length).toBeLessThanOrEqual(columns);
    }
  });

  it('shows every stream on one of its pages', () => {
    const pages = pagesOf(screen(75), WIDE.rows);
    const all = Array.from({ length: pages }, (_, page) => shown(screen(75, { page }), WIDE).join('\n')).join('\n');
    for (const { streams } of devices(75)) expect(all).toContain(streams[0]?.quantity.slice(0, 23));
    expect(shown(screen(75), WIDE).at(-1)).toContain(`page 1 of ${pages}`);
  });

  it('says what waits, where the uplink stands, and what is wrong', () => {
    const text = shown(screen(2), WIDE).join('\n');
    expect(text).toMatch(/outbox {3}7 observations kept, 40 KiB on disk/);
    expect(text).toMatch(/uplink {3}city not connected \(x+/);
    expect(text).toMatch(/wrong {4}2: device a-device-with-a-long-name-0: .* is fault/);
  });

  it('shows no value as none, with its reason', () => {
    expect(shown(screen(1), WIDE)[2]).toMatch(/ – .*fault no-acknowledge/);
  });

  it('shows a device that has said nothing yet, with what is wrong with it', () => {
    const fault = { kind: 'timeout', message: 'no answer' };
    const status = statusOf({ devices: [deviceStatus('hall', { state: 'fault', fault, streams: [] })] });
    expect(shown(screen(0, { status }), WIDE)[2]).toMatch(/^hall .*fault timeout/);
  });

  it('puts what is in trouble, or what is oldest, first where that is asked for', () => {
    expect(
      shown(screen(9, { sort: 'trouble' }), WIDE)
        .slice(2, 4)
        .join('\n'),
    ).toMatch(/name-0.*\n.*name-7|–.*\n.*–/);
    expect(shown(screen(9, { sort: 'age' }), WIDE)[2]).toContain(' 8s ');
  });

  it('shows only what the filter names', () => {
    const text = shown(screen(9, { filter: 'name-3/' }), WIDE);
    expect(text.filter((row) => row.includes('a-device-with'))).toHaveLength(2); // the stream, and what is wrong
    expect(text.at(-1)).toContain('only name-3/');
  });

  it('draws a trend between its own lowest and highest', () => {
    expect(sparkline([1, 2, 3, 8])).toBe('▁▂▃█');
    expect(sparkline([5, 5])).toBe('▁▁');
    expect(sparkline([])).toBe('');
  });
});
