import type { GatewayStatus } from '../gateway.ts';
import type { Quality } from '../model/quality.ts';
import { type Quantity, quantities } from '../model/quantity.ts';

/** One stream as the table shows it. */
export interface Line {
  readonly device: string;
  readonly quantity: Quantity;
  readonly value: number | null;
  readonly quality: Quality;
  readonly why: string | undefined;
  /** UTC milliseconds of the last observation. */
  readonly at: number;
  /** Earlier values, oldest first. */
  readonly trend: readonly number[];
}

/** All that one screen shows. */
export interface Screen {
  readonly title: string;
  readonly subscribe: string;
  readonly now: number;
  readonly lines: readonly Line[];
  readonly page: number;
  readonly status: GatewayStatus | undefined;
  /** The last thing that the log said. */
  readonly notice: string;
}

const BARS = '▁▂▃▄▅▆▇█';
const NO_VALUE = '–';
/** Title, heading; blank, outbox, uplinks, subscribe, notice, keys. */
const FRAME_ROWS = 8;
const BOLD = '\x1b[1m';
const DIM = '\x1b[2m';
const YELLOW = '\x1b[33m';
const RED = '\x1b[31m';
const PLAIN = '\x1b[0m';

/** How many pages the lines take in a terminal of so many rows. */
export function pagesOf(lines: number, rows: number): number {
  return Math.max(1, Math.ceil(lines / Math.max(1, rows - FRAME_ROWS)));
}

/** The screen as rows of text, none longer than `columns` signs, `rows` of them at most. */
export function liveTable(screen: Screen, { columns, rows }: { columns: number; rows: number }): string[] {
  const { title, lines, now, status, subscribe, notice } = screen;
  const perPage = Math.max(1, rows - FRAME_ROWS);
  const pages = pagesOf(lines.length, rows);
  const page = screen.page % pages;
  const shownLines = lines.slice(page * perPage, (page + 1) * perPage);
  const table = shownLines.map((line) => cellsOf(line, now));
  const widths = widthsOf([HEADING, ...table], columns);
  const cut = (text: string) => (text.length > columns ? `${text.slice(0, columns - 1)}…` : text);

  const keys = pages > 1 ? `page ${page + 1} of ${pages}: space for the next · ` : '';
  return [
    BOLD + cut(title) + PLAIN,
    DIM + cut(row(HEADING, widths)) + PLAIN,
    ...shownLines.map((line, index) => colour(line, cut(row(table[index] ?? HEADING, widths)))),
    ...Array.from({ length: Math.max(0, perPage - table.length) }, () => ''),
    cut(outboxRow(status)),
    cut(uplinkRow(status)),
    cut(`watch    ${subscribe}`),
    DIM + cut(notice) + PLAIN,
    cut(`${keys}Ctrl-C to stop`),
  ].slice(0, rows - 1);
}

type Cells = readonly [string, string, string, string, string, string, string];

const HEADING: Cells = ['DEVICE', 'QUANTITY', 'VALUE', 'UNIT', 'QUALITY', 'AGE', 'TREND'];
/** Columns whose numbers stand under each other at the right. */
const RIGHT: readonly number[] = [2, 5];
const WIDEST: readonly number[] = [18, 24, 12, 6, 24, 4];

function cellsOf({ device, quantity, value, quality, why, at, trend }: Line, now: number): Cells {
  const { unit, decimals } = quantities[quantity];
  const shownValue = value === null ? NO_VALUE : value.toFixed(decimals);
  const shownQuality = why ? `${quality} ${why}` : quality;
  return [device, quantity, shownValue, SHORT_UNIT[unit] ?? unit, shownQuality, age(now - at), sparkline(trend)];
}

/** Each column as wide as what stands in it, within limits; the trend takes what is left. */
function widthsOf(table: readonly Cells[], columns: number): readonly number[] {
  const widths = WIDEST.map((widest, column) => {
    return Math.min(widest, Math.max(...table.map((cells) => cells[column]?.length ?? 0)));
  });
  const taken = widths.reduce((sum, width) => sum + width + 1, 0);
  return [...widths, Math.max(0, columns - taken)];
}

function row(cells: Cells, widths: readonly number[]): string {
  return cells
    .map((cell, column) => {
      const width = widths[column] ?? 0;
      // Of a trend the newest end counts, of a name the beginning.
      if (column === cells.length - 1) return width === 0 ? '' : cell.slice(-width);
      const text = cell.length > width ? `${cell.slice(0, width - 1)}…` : cell;
      return RIGHT.includes(column) ? text.padStart(width) : text.padEnd(width);
    })
    .join(' ');
}

function colour({ quality, value }: Line, text: string): string {
  if (quality === 'ok') return text;
  return (value === null ? RED : YELLOW) + text + PLAIN;
}

const SHORT_UNIT: Readonly<Record<string, string>> = {
  Cel: '°C',
  'ug/m3': 'µg/m³',
  m3: 'm³',
  'm3/h': 'm³/h',
  'kW.h': 'kWh',
  'V.A': 'VA',
  'kV.A.h': 'kVAh',
  'kV.A.h{reactive}': 'kvarh',
  '[ppm]': 'ppm',
  deg: '°',
  '1': '',
};

/** Values as bars between their own lowest and highest. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  return values
    .map((value) => BARS[span === 0 ? 0 : Math.round(((value - low) / span) * (BARS.length - 1))] ?? '')
    .join('');
}

function age(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000));
  if (seconds < 100) return `${seconds}s`;
  if (seconds < 6000) return `${Math.round(seconds / 60)}m`;
  return `${Math.round(seconds / 3600)}h`;
}

function outboxRow(status: GatewayStatus | undefined): string {
  if (!status) return 'outbox   opening';
  const { heads, sizeBytes } = status.outbox;
  const kept = Object.values(heads).reduce((sum, head) => sum + head, 0);
  return `outbox   ${kept} observations kept, ${(sizeBytes / 1024).toFixed(0)} KiB on disk`;
}

function uplinkRow(status: GatewayStatus | undefined): string {
  const shown = (status?.uplinks ?? []).map(({ uplink, isConnected, accepted, lastError }) => {
    const waiting = status?.outbox.backlog[uplink] ?? 0;
    const state = isConnected ? 'connected' : `not connected${lastError ? ` (${lastError})` : ''}`;
    return `${uplink} ${state}, ${waiting} waiting, ${accepted} told`;
  });
  return `uplink   ${shown.join(' · ') || 'none'}`;
}
