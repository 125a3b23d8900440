import { describe, expect, it } from 'vitest';
import { queueText } from '../../src/cli/queue-text.ts';
import { statusText } from '../../src/cli/status-text.ts';
import { painted, plain } from '../../src/cli/terminal.ts';
import { deviceStatus, outboxStats, statusOf, uplinkStatus } from '../support/status.ts';

const TERMINAL = { columns: 80, rows: 24, paint: plain };
const broken = deviceStatus('cellar', {
  state: 'fault',
  fault: { kind: 'no-acknowledge', message: 'no acknowledge at 0x45' },
  forSeconds: 7300,
  streams: [],
});
const many = Array.from({ length: 40 }, (_, index) => deviceStatus(`device-${index}`));

describe('dorpel status', () => {
  it('says that all is well where it is', () => {
    const text = statusText(statusOf({ devices: [deviceStatus('hall')] }), TERMINAL);
    expect(text.slice(0, 2)).toEqual(['heihoek/hall   Dorpel 0.1.0   up 2 h   clock by ntp', 'all is well']);
    expect(text.join('\n')).toMatch(/hall +well +3s {2}air_temperature 21\.50 °C/);
  });

  it('says first what is wrong, for how long, and what to type', () => {
    const uplinks = [uplinkStatus('city', { isConnected: false, lastError: 'connection refused' })];
    const status = statusOf({ devices: [deviceStatus('hall'), broken], uplinks });
    const text = statusText(status, TERMINAL).join('\n');
    expect(text).toContain('✗ device cellar: no acknowledge at 0x45, for 2 h  → dorpel read cellar');
    expect(text).toContain('✗ uplink city: not connected: connection refused; 0 observations wait');
    expect(text.indexOf('cellar')).toBeLessThan(text.indexOf('\nhall   '));
  });

  it.each([
    [80, 24],
    [60, 12],
    [200, 40],
  ])('fits a terminal of %i by %i, however much there is to say', (columns, rows) => {
    const lasting = 'x'.repeat(300);
    const uplinks = [uplinkStatus('city', { isConnected: false, lastError: lasting }), uplinkStatus('region')];
    const status = statusOf({ devices: [...many, broken], uplinks, clock: 'unsynced' });
    const text = statusText(status, { columns, rows, paint: plain });
    expect(text.length).toBeLessThan(rows);
    for (const line of text) expect(line.length).toBeLessThanOrEqual(columns);
    expect(text.join('\n')).toMatch(/and \d+ more/);
  });

  it('shows everything where there is no terminal, and colours only where they are wanted', () => {
    const status = statusOf({ devices: many });
    expect(statusText(status, { columns: 120, rows: Infinity, paint: plain }).join('\n')).toContain('device-39');
    expect(statusText(status, { ...TERMINAL, paint: painted }).join('')).toContain('\x1b[1m');
    expect(statusText(status, TERMINAL).join('')).not.toContain('\x1b');
  });
});

describe('dorpel queue', () => {
  it('says for each platform what waits, and what it refuses', () => {
    const refused = { refused: ['air'], setAside: 5, refusedForGood: 2 };
    const text = queueText(
      statusOf({
        outbox: outboxStats({ backlog: { city: 9 }, rows: 12, sizeBytes: 3 * 2 ** 20, durableUntil: 0 }),
        uplinks: [uplinkStatus('city', refused)],
      }),
    );
    expect(text).toContain('12 rows, 3.0 MiB on disk; durable: everything up to 1970-01-01T00:00:00.000Z');
    expect(text).toContain('9 waiting');
    expect(text).toContain('5 set aside: it refuses air');
    expect(text).toContain('2 declared lost');
    expect(text).toContain('losses   none declared since the start');
  });

  it('says in which lanes it waits, since when, how full it is, and what was lost', () => {
    const status = statusOf({
      outbox: outboxStats({
        backlog: { city: 9 },
        waiting: { city: { alert: 1, live: 2, backlog: 6, oldestAt: Date.UTC(2026, 10, 23, 9) } },
        quotaBytes: 512 * 2 ** 20,
        filled: 0.42,
        losses: [
          { reason: 'quota', priority: 'low', count: 30 },
          { reason: 'unclean', count: 2 },
        ],
      }),
      uplinks: [uplinkStatus('city')],
    });
    expect(queueText(status).split('\n').slice(1)).toEqual([
      '         quota 512 MiB, 42 % of it taken before the oldest has to go',
      'uplink   city: connected',
      '         9 waiting (alert 1, live 2, backlog 6)',
      '         the oldest is of 2026-11-23T09:00:00.000Z, 3h ago',
      '         0 under way, 4 told since the start',
      'losses   30 declared since the start: quota of priority low or less',
      '         2 declared since the start: unclean',
      '',
    ]);
  });
});
