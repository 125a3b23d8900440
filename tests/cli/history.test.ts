import { describe, expect, it } from 'vitest';
import { chart } from '../../src/cli/chart.ts';
import { historyText } from '../../src/cli/history.ts';

const point = (agoSeconds: number, mean: number, spread = 0) => {
  return { agoSeconds, lowest: mean - spread, mean, highest: mean + spread };
};
const label = (value: number) => value.toFixed(1);

describe('a chart', () => {
  it('puts the highest at the top, the lowest at the bottom, the oldest left', () => {
    const lines = chart([point(20, 1), point(10, 2), point(0, 3)], { columns: 10, rows: 3, label });
    expect(lines).toEqual(['3.0 ┤    •', '2.0 ┤  •', '1.0 ┤•']);
  });

  it('shows how far values lay apart, and leaves a gap where there are none', () => {
    const lines = chart([point(10, 2, 1), point(0, 2)], { columns: 9, rows: 3, label });
    expect(lines).toEqual(['3.0 ┤┊', '2.0 ┤•  •', '1.0 ┤┊']);
  });

  it('draws a value that never changes', () => {
    expect(chart([point(5, 4), point(0, 4)], { columns: 8, rows: 2, label }).join('\n')).toContain('•');
  });

  it('never grows wider than it may', () => {
    const points = Array.from({ length: 500 }, (_, index) => point(500 - index, Math.sin(index / 9) * 1e6));
    for (const line of chart(points, { columns: 80, rows: 12, label })) expect(line.length).toBeLessThanOrEqual(80);
  });
});

describe('dorpel history', () => {
  const stream = { device: 'hall', quantity: 'air_temperature' as const };

  it('draws single values until there are enough spans of five minutes', () => {
    const recent = [
      { agoSeconds: 4, value: 20 },
      { agoSeconds: 0, value: 21.25 },
    ];
    const text = historyText({ ...stream, recent, spans: [point(0, 20)] }, 80);
    expect(text[0]).toBe('hall/air_temperature, °C: now 21.25');
    expect(text.at(-1)).toBe('from 4s ago until now: single values');
    const spans = Array.from({ length: 6 }, (_, index) => point(1800 - 300 * index, index));
    expect(historyText({ ...stream, recent, spans }, 80).at(-1)).toMatch(/^from 30m ago until now: mean of each 5 min/);
  });

  it('says that there is no value where there is none', () => {
    expect(historyText({ ...stream, recent: [], spans: [] }, 80)).toEqual(['hall/air_temperature: no value yet']);
  });
});
