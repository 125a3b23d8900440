import { ask } from '../control/client.ts';
import { PATHS } from '../control/control.ts';
import type { StreamHistory } from '../health/status.ts';
import { quantities } from '../model/quantity.ts';
import { ASKING, ASKING_USAGE, asking } from './asking.ts';
import { chart } from './chart.ts';
import { type Command, UsageError } from './command.ts';
import { ASKING_EXITS } from './options.ts';
import { shownAge, shownUnit } from './shown-value.ts';

/** Fewer spans than this make no line: the single values are shown. */
const SPANS_NEEDED = 6;
const CHART_ROWS = 12;

export const history: Command = {
  summary: 'Draws what a stream has said since the start, at most a day.',
  usage: `dorpel history DEVICE/QUANTITY ${ASKING_USAGE}`,
  options: ASKING,
  example: 'dorpel history hall-air/air_temperature',
  exitCodes: ASKING_EXITS,
  async run(args, context) {
    const { socket, isJson, positionals } = await asking(args, context);
    const [stream] = positionals;
    if (!stream?.includes('/')) throw new UsageError('which stream? DEVICE/QUANTITY, as dorpel status shows them');
    const answer = await ask<StreamHistory>(socket, PATHS.history + stream);
    const { stdout } = context;
    const columns = stdout.isTTY ? stdout.columns : 80;
    stdout.write(isJson ? `${JSON.stringify(answer)}\n` : `${historyText(answer, columns).join('\n')}\n`);
    return 0;
  },
};

/** The stream as a chart, with what it is and how far back it goes. */
export function historyText({ device, quantity, recent, spans }: StreamHistory, columns: number): string[] {
  const isLong = spans.length >= SPANS_NEEDED;
  const points = isLong
    ? spans
    : recent.map(({ agoSeconds, value }) => ({ agoSeconds, lowest: value, mean: value, highest: value }));
  if (points.length === 0) return [`${device}/${quantity}: no value yet`];
  const { decimals } = quantities[quantity];
  const oldest = points[0]?.agoSeconds ?? 0;
  const newest = points.at(-1)?.mean ?? 0;
  const title = `${device}/${quantity}, ${shownUnit(quantity) || 'no unit'}: now ${newest.toFixed(decimals)}`;
  const how = isLong ? 'mean of each 5 min; ┊ from lowest to highest' : 'single values';
  const lines = chart(points, { columns, rows: CHART_ROWS, label: (value) => value.toFixed(decimals) });
  return [title, ...lines, `from ${shownAge(oldest)} ago until now: ${how}`];
}
