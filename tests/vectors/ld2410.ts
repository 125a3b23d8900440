import { expect } from 'vitest';
import { commandFrame, dataOf, frameAt, isAnswerTo, isReport, parameter, report } from '../../drivers/ld2410/frames.ts';
import { framesIn } from '../../src/driver-kit.ts';
import { bytes, hex } from '../../src/protocol/hex.ts';
import type { Adapter } from './adapter.ts';

interface FrameSet {
  readonly commands?: Readonly<Record<string, string>>;
  readonly replies?: Readonly<Record<string, string>>;
  readonly reports?: Readonly<Record<string, string>>;
  readonly bad_frames?: readonly { readonly bytes: string; readonly expect: string }[];
  readonly decoded_reports?: Readonly<Record<string, unknown>>;
}

/** Another project's test frames: commands built, answers and reports found in a stream, reports decoded. */
export const ld2410: Adapter = ({ json }) => {
  const { commands = {}, replies = {}, reports = {}, bad_frames = [], decoded_reports = {} } = json as FrameSet;
  return [
    ...Object.entries(commands).map(([name, frame]) => ({ name: `command ${name}`, run: () => built(frame) })),
    ...Object.entries(replies).map(([name, frame]) => ({ name: `answer ${name}`, run: () => answered(frame) })),
    ...Object.entries(reports).map(([name, frame]) => ({
      name: `report ${name}`,
      run: () => reported(frame, decoded_reports[name]),
    })),
    ...bad_frames.map(({ bytes, expect }) => ({ name: expect, run: () => refused(bytes) })),
    { name: 'all of them in one stream', run: () => streamed([...Object.values(replies), ...Object.values(reports)]) },
  ];
};

function built(text: string): void {
  const [command = 0, , ...value] = dataOf(bytes(text));
  expect(hex(commandFrame(command, ...value))).toBe(hex(bytes(text)));
  if (command !== 0x60) return;
  const [gate = 0, still = 0, seconds = 0] = [value[2], value[8], value[14]];
  const values = [parameter(0, gate), parameter(1, still), parameter(2, seconds)];
  expect(hex(commandFrame(command, ...values.flat()))).toBe(hex(bytes(text)));
}

function answered(text: string): void {
  const frame = bytes(text);
  expect(frameAt(frame)).toBe(frame.length);
  const [command = 0] = dataOf(frame);
  expect(isAnswerTo(command)(frame)).toBe(true);
  expect(isReport(frame)).toBe(false);
}

function reported(text: string, expected: unknown): void {
  const frame = bytes(text);
  expect(frameAt(frame)).toBe(frame.length);
  expect(isReport(frame)).toBe(true);
  const told = report(dataOf(frame));
  const { engineering } = told ?? {};
  const theirs = {
    target_status: told?.state,
    moving_distance_cm: told?.moving.distanceCm,
    moving_energy: told?.moving.energy,
    static_distance_cm: told?.still.distanceCm,
    static_energy: told?.still.energy,
    detection_distance_cm: told?.detectionCm,
    ...(engineering && {
      moving_gates: engineering.movingGates,
      static_gates: engineering.stillGates,
      photosensitive: engineering.light,
      out_pin: engineering.isOut ? 1 : 0,
    }),
  };
  if (expected !== undefined) expect(theirs).toEqual(expected);
}

function refused(text: string): void {
  expect(framesIn(bytes(text), frameAt).found).toEqual([]);
}

function streamed(texts: readonly string[]): void {
  const { found } = framesIn(bytes(`00 f4 fd ${texts.join(' f4 f3 ')}`), frameAt);
  expect(found.map(hex)).toEqual(texts.map((text) => hex(bytes(text))));
}
