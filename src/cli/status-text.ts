import { findings, lasting, subjectOf } from '../health/findings.ts';
import type { DeviceStatus, Status } from '../health/status.ts';
import { shownAge, shownBytes, shownNumber, shownUnit } from './shown-value.ts';
import { BOLD, cut, DIM, type Paint, RED } from './terminal.ts';

/** How much room there is, and whether there are colours. */
export interface Room {
  readonly columns: number;
  readonly rows: number;
  readonly paint: Paint;
}

/** Findings may take so much of a screen, two lines each, before it says how many more there are. */
const FINDINGS_SHARE = 0.4;
/** A heading, one device, and how many more there are. */
const LEAST_DEVICE_ROWS = 3;
const WIDEST_NAME = 20;

/** One screen: which gateway, what is wrong and what to type, the devices, what waits, the platforms. */
export function statusText(status: Status, room: Room): string[] {
  const head = [titleLine(status, room), ...wrongLines(status, room)];
  const foot = [outboxLine(status), ...status.uplinks.map((uplink) => uplinkLine(uplink, status))];
  const left = room.rows - 1 - head.length - foot.length;
  return [
    ...head,
    ...deviceLines(status.devices, { ...room, rows: left }),
    ...foot.map((line) => cut(line, room.columns)),
  ];
}

function titleLine({ gateway, clock, upSeconds }: Status, { columns, paint }: Room): string {
  const { owner, id, version } = gateway;
  const known = clock === 'unsynced' ? 'clock not known' : `clock by ${clock}`;
  return paint(BOLD, cut(`${owner}/${id}   Dorpel ${version}   up ${lasting(upSeconds)}   ${known}`, columns));
}

function wrongLines(status: Status, { columns, rows, paint }: Room): string[] {
  const found = findings(status);
  if (found.length === 0) return ['all is well', ''];
  const shown = found.slice(0, Math.max(1, Math.floor((rows * FINDINGS_SHARE) / 2)));
  const lines = shown.flatMap((finding) => {
    const { what, next } = finding;
    const text = `✗ ${subjectOf(finding)}: ${what}`;
    // On one line where both fit; else the command alone below, so that it is never cut.
    return text.length + next.length + 5 <= columns
      ? [`${paint(RED, text)}  → ${next}`]
      : [paint(RED, cut(text, columns)), cut(`  → ${next}`, columns)];
  });
  const more = found.length - shown.length;
  return [...lines, ...(more > 0 ? [`  and ${more} more: dorpel status | less`] : []), ''];
}

function deviceLines(devices: readonly DeviceStatus[], { columns, rows, paint }: Room): string[] {
  const inOrder = [
    ...devices.filter(({ state }) => state !== 'well'),
    ...devices.filter(({ state }) => state === 'well'),
  ];
  if (rows < Math.min(LEAST_DEVICE_ROWS, devices.length + 1)) return [];
  const heading = paint(DIM, cut(`${devices.length} devices`, columns));
  const shown = inOrder.length + 1 > rows ? inOrder.slice(0, Math.max(0, rows - 2)) : inOrder;
  const width = Math.min(WIDEST_NAME, Math.max(0, ...devices.map(({ device }) => device.length)));
  const lines = shown.map((device) => cut(deviceLine(device, width), columns));
  const more = inOrder.length - shown.length;
  return [heading, ...lines, ...(more > 0 ? [`… and ${more} more: dorpel status | less, or dorpel watch`] : [])];
}

function deviceLine({ device, state, forSeconds, streams }: DeviceStatus, width: number): string {
  const name = cut(device, width).padEnd(width);
  const youngest = Math.min(...streams.map(({ ageSeconds }) => ageSeconds));
  const age = streams.length > 0 ? shownAge(youngest) : shownAge(forSeconds);
  const values = streams.map(({ quantity, value }) => {
    return `${quantity} ${shownNumber(quantity, value)} ${shownUnit(quantity)}`.trimEnd();
  });
  return `${name} ${state.padEnd(8)} ${age.padStart(4)}  ${values.join(' · ')}`;
}

function outboxLine({ outbox }: Status): string {
  const { heads, rows, sizeBytes } = outbox;
  const kept = Object.values(heads).reduce((sum, head) => sum + head, 0);
  return `outbox   ${kept} observations so far, ${rows} rows kept, ${shownBytes(sizeBytes)}`;
}

function uplinkLine(
  { uplink, isConnected, inFlight, accepted }: Status['uplinks'][number],
  { outbox }: Status,
): string {
  const state = isConnected ? 'connected' : 'NOT CONNECTED';
  return `uplink   ${uplink} ${state}, ${outbox.backlog[uplink] ?? 0} waiting, ${inFlight} under way, ${accepted} told`;
}
