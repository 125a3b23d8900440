import { findings, subjectOf } from '../health/findings.ts';
import type { DeviceStatus, Status, StreamStatus } from '../health/status.ts';
import { shownAge, shownNumber, shownQuality, shownUnit } from './shown-value.ts';
import { BOLD, cut, DIM, type Paint, RED, YELLOW } from './terminal.ts';

/** In which order the streams stand. */
export const SORTS = ['device', 'quantity', 'trouble', 'age'] as const;
export type Sort = (typeof SORTS)[number];

/** All that one screen shows. */
export interface Screen {
  readonly title: string;
  /** Undefined until the gateway has answered. */
  readonly status: Status | undefined;
  readonly page: number;
  readonly sort: Sort;
  /** Only streams in whose name this stands. */
  readonly filter: string;
  /** The last line: what was said last, or what is being typed. */
  readonly notice: string;
  readonly keys: string;
}

interface Room {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
}

const BARS = '▁▂▃▄▅▆▇█';
/** Title, heading; outbox, wrong, notice, keys; and the line that the terminal keeps. One more for each uplink. */
const FRAME_ROWS = 7;

/** How many pages the screen's streams take. */
export function pagesOf(screen: Screen, rows: number): number {
  return Math.max(1, Math.ceil(linesOf(screen).length / perPage(screen, rows)));
}

/** The screen as rows of text, none longer than `columns` signs, fewer than `rows` of them. */
export function liveTable(screen: Screen, { columns, rows, paint }: Room): string[] {
  const { title, status, notice, keys, filter, sort } = screen;
  const lines = linesOf(screen);
  const fits = perPage(screen, rows);
  const page = screen.page % pagesOf(screen, rows);
  const shown = lines.slice(page * fits, (page + 1) * fits);
  const table = shown.map(cellsOf);
  const widths = widthsOf([HEADING, ...table], columns);
  const pages = pagesOf(screen, rows) > 1 ? `page ${page + 1} of ${pagesOf(screen, rows)} · ` : '';
  const order = `${pages}by ${sort}${filter && ` · only ${filter}`} · ${keys}`;
  return [
    paint(BOLD, cut(title, columns)),
    paint(DIM, cut(row(HEADING, widths), columns)),
    ...shown.map((line, index) => coloured(line, cut(row(table[index] ?? HEADING, widths), columns), paint)),
    ...Array.from({ length: Math.max(0, fits - table.length) }, () => ''),
    ...footOf(status).map((line) => cut(line, columns)),
    paint(DIM, cut(notice, columns)),
    cut(order, columns),
  ].slice(0, rows - 1);
}

const perPage = ({ status }: Screen, rows: number) => Math.max(1, rows - FRAME_ROWS - (status?.uplinks.length ?? 0));

/** One stream, or a device that has said nothing yet. */
interface Line {
  readonly device: DeviceStatus;
  readonly stream: StreamStatus | undefined;
}

function linesOf({ status, filter, sort }: Screen): readonly Line[] {
  const lines = (status?.devices ?? []).flatMap((device): Line[] => {
    return device.streams.length > 0
      ? device.streams.map((stream) => ({ device, stream }))
      : [{ device, stream: undefined }];
  });
  const wanted = lines.filter((line) => `${line.device.device}/${line.stream?.quantity ?? ''}`.includes(filter));
  return sort === 'device' ? wanted : wanted.toSorted(ORDERS[sort]);
}

const ORDERS: Readonly<Record<Exclude<Sort, 'device'>, (one: Line, other: Line) => number>> = {
  quantity: (one, other) => (one.stream?.quantity ?? '').localeCompare(other.stream?.quantity ?? ''),
  trouble: (one, other) => troubleOf(other) - troubleOf(one),
  age: (one, other) => (other.stream?.ageSeconds ?? Infinity) - (one.stream?.ageSeconds ?? Infinity),
};

function troubleOf({ device, stream }: Line): number {
  if (device.state === 'fault' || stream?.value === null) return 2;
  return stream?.quality === 'ok' ? 0 : 1;
}

type Cells = readonly [string, string, string, string, string, string, string];

const HEADING: Cells = ['DEVICE', 'QUANTITY', 'VALUE', 'UNIT', 'QUALITY', 'AGE', 'TREND'];
/** Columns whose numbers stand under each other at the right. */
const RIGHT: readonly number[] = [2, 5];
const WIDEST: readonly number[] = [18, 24, 12, 6, 24, 4];

function cellsOf({ device: { device, state, forSeconds, fault }, stream }: Line): Cells {
  if (!stream) return [device, '', '', '', fault ? `fault ${fault.kind}` : state, shownAge(forSeconds), ''];
  const { quantity, value, ageSeconds, trend } = stream;
  const [number, unit] = [shownNumber(quantity, value), shownUnit(quantity)];
  return [device, quantity, number, unit, shownQuality(stream), shownAge(ageSeconds), sparkline(trend)];
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
      const text = cut(cell, width);
      return RIGHT.includes(column) ? text.padStart(width) : text.padEnd(width);
    })
    .join(' ');
}

function coloured(line: Line, text: string, paint: Paint): string {
  const trouble = troubleOf(line);
  if (trouble === 0) return text;
  return paint(trouble === 2 ? RED : YELLOW, text);
}

/** Values as bars between their own lowest and highest. */
export function sparkline(values: readonly number[]): string {
  const low = Math.min(...values);
  const span = Math.max(...values) - low;
  return values
    .map((value) => BARS[span === 0 ? 0 : Math.round(((value - low) / span) * (BARS.length - 1))] ?? '')
    .join('');
}

function footOf(status: Status | undefined): string[] {
  if (!status) return ['outbox   opening', ''];
  const { heads, sizeBytes } = status.outbox;
  const kept = Object.values(heads).reduce((sum, head) => sum + head, 0);
  const found = findings(status);
  const [first] = found;
  const wrong = first ? `wrong    ${found.length}: ${subjectOf(first)}: ${first.what}` : 'wrong    nothing';
  return [
    `outbox   ${kept} observations kept, ${(sizeBytes / 1024).toFixed(0)} KiB on disk`,
    ...status.uplinks.map(({ uplink, isConnected, accepted, inFlight, lastError }) => {
      const waiting = status.outbox.backlog[uplink] ?? 0;
      const state = isConnected ? 'connected' : `not connected${lastError ? ` (${lastError})` : ''}`;
      return `uplink   ${uplink} ${state}, ${waiting} waiting, ${inFlight} under way, ${accepted} told`;
    }),
    wrong,
  ];
}
