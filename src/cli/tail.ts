import { follow } from '../control/client.ts';
import { PATHS } from '../control/control.ts';
import type { Observation } from '../model/observation.ts';
import { ASKING, ASKING_USAGE, asking } from './asking.ts';
import type { Command } from './command.ts';
import { ASKING_EXITS } from './options.ts';
import { shownNumber, shownUnit } from './shown-value.ts';

/** A line of the answer: an observation, or how many were left out because this end did not keep up. */
type Line = Observation | { readonly skipped: number };

export const tail: Command = {
  summary: 'Shows observations as the running gateway keeps them.',
  usage: `dorpel tail [DEVICE] ${ASKING_USAGE}`,
  options: ASKING,
  example: 'dorpel tail hall-air',
  exitCodes: ASKING_EXITS,
  async run(args, context) {
    const { socket, isJson, positionals } = await asking(args, context);
    const [device] = positionals;
    const path =
      device === undefined ? PATHS.observations : `${PATHS.observations}?device=${encodeURIComponent(device)}`;
    for await (const line of follow<Line>(socket, path, context.stop)) {
      context.stdout.write(isJson ? `${JSON.stringify(line)}\n` : shownLine(line));
    }
    return 0;
  },
};

function shownLine(line: Line): string {
  if ('skipped' in line) return `… ${line.skipped} observations not shown: they came faster than they could be read\n`;
  const time = new Date(line.instant.at).toISOString().slice(11, 19);
  const values = line.readings.map(({ quantity, value, quality, why }) => {
    const shown = `${quantity} ${shownNumber(quantity, value)} ${shownUnit(quantity)}`.trimEnd();
    return quality === 'ok' ? shown : `${shown} (${why ? `${quality}: ${why}` : quality})`;
  });
  return `${time} ${line.device}  ${values.join(' · ')}\n`;
}
