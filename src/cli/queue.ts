import { ask } from '../control/client.ts';
import { PATHS } from '../control/control.ts';
import type { Status } from '../health/status.ts';
import { ASKING, ASKING_USAGE, asking } from './asking.ts';
import type { Command } from './command.ts';
import { ASKING_EXITS } from './options.ts';
import { shownBytes } from './shown-value.ts';

export const queue: Command = {
  summary: 'Shows what waits in the outbox, and for whom.',
  usage: `dorpel queue ${ASKING_USAGE}`,
  options: ASKING,
  example: 'dorpel queue --json',
  exitCodes: ASKING_EXITS,
  async run(args, context) {
    const { socket, isJson } = await asking(args, context);
    const { outbox, uplinks } = await ask<Status>(socket, PATHS.status);
    context.stdout.write(isJson ? `${JSON.stringify({ outbox, uplinks })}\n` : queueText({ outbox, uplinks }));
    return 0;
  },
};

/** What waits, for a person. */
export function queueText({ outbox, uplinks }: Pick<Status, 'outbox' | 'uplinks'>): string {
  const { rows, sizeBytes, durableUntil } = outbox;
  const durable = durableUntil === undefined ? 'nothing' : `everything up to ${new Date(durableUntil).toISOString()}`;
  const lines = [`outbox   ${rows} rows, ${shownBytes(sizeBytes)} on disk; durable: ${durable}`];
  for (const { uplink, isConnected, inFlight, accepted, lastError, refused, setAside, refusedForGood } of uplinks) {
    lines.push(
      `uplink   ${uplink}: ${isConnected ? 'connected' : `not connected${lastError ? `: ${lastError}` : ''}`}`,
    );
    lines.push(
      `         ${outbox.backlog[uplink] ?? 0} waiting, ${inFlight} under way, ${accepted} told since the start`,
    );
    if (setAside > 0) lines.push(`         ${setAside} set aside: it refuses ${refused.join(', ')}`);
    if (refusedForGood > 0) lines.push(`         ${refusedForGood} declared lost to it: it did not take them`);
  }
  return lines.map((line) => `${line}\n`).join('');
}
