import type { Status } from '../health/status.ts';
import type { OutboxStats } from '../store/outbox.ts';
import { shownAge, shownBytes } from './shown-value.ts';

/** What waits, for a person: the whole, each platform by its lanes, and what was lost. */
export function queueText({ outbox, uplinks, now }: Pick<Status, 'outbox' | 'uplinks' | 'now'>): string {
  const lines = [...outboxLines(outbox), ...uplinks.flatMap((uplink) => uplinkLines(uplink, outbox, now))];
  return [...lines, ...lossLines(outbox)].map((line) => `${line}\n`).join('');
}

function outboxLines({ rows, sizeBytes, quotaBytes, filled, durableUntil }: OutboxStats): string[] {
  const durable = durableUntil === undefined ? 'nothing' : `everything up to ${new Date(durableUntil).toISOString()}`;
  const quota = quotaBytes === undefined ? 'no quota' : `quota ${shownBytes(quotaBytes)}`;
  const taken = filled === undefined ? '' : `, ${Math.round(filled * 100)} % of it taken before the oldest has to go`;
  return [`outbox   ${rows} rows, ${shownBytes(sizeBytes)} on disk; durable: ${durable}`, `         ${quota}${taken}`];
}

function uplinkLines(
  { uplink, isConnected, inFlight, accepted, lastError, refused, setAside, refusedForGood }: Status['uplinks'][number],
  { backlog, waiting }: OutboxStats,
  now: number,
): string[] {
  const { alert, live, backlog: old, oldestAt } = waiting[uplink] ?? { alert: 0, live: 0, backlog: 0 };
  const lines = [
    `uplink   ${uplink}: ${isConnected ? 'connected' : `not connected${lastError ? `: ${lastError}` : ''}`}`,
    `         ${backlog[uplink] ?? 0} waiting (alert ${alert}, live ${live}, backlog ${old})`,
  ];
  if (oldestAt !== undefined) {
    const age = shownAge(Math.max(0, now - oldestAt) / 1000);
    lines.push(`         the oldest is of ${new Date(oldestAt).toISOString()}, ${age} ago`);
  }
  lines.push(`         ${inFlight} under way, ${accepted} told since the start`);
  if (setAside > 0) lines.push(`         ${setAside} set aside: it refuses ${refused.join(', ')}`);
  if (refusedForGood > 0) lines.push(`         ${refusedForGood} declared lost to it: it did not take them`);
  return lines;
}

function lossLines({ losses }: OutboxStats): string[] {
  if (losses.length === 0) return ['losses   none declared since the start'];
  return losses.map(({ reason, priority, count }, index) => {
    const what = priority ? `of priority ${priority} or less` : '';
    return `${index === 0 ? 'losses  ' : '        '} ${count} declared since the start: ${reason} ${what}`.trimEnd();
  });
}
