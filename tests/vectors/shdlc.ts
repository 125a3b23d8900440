import { expect } from 'vitest';
import { bytes, hex } from '../../src/protocol/hex.ts';
import { answerFrame, answerIn, askShdlc, requestFrame, requestIn, unframed } from '../../src/protocol/shdlc.ts';
import { lineThatSays } from '../protocol/modbus-line.ts';
import type { Adapter } from './adapter.ts';

interface Content {
  readonly address: number;
  readonly command: number;
  readonly data: string;
}

interface FrameSet {
  readonly mosi?: readonly (Content & { readonly id: string; readonly expected_frame: string })[];
  readonly miso?: readonly {
    readonly id: string;
    readonly frame: string;
    readonly expected: Content & { state: number };
  }[];
  readonly invalid?: readonly { readonly id: string; readonly frame: string }[];
}

/** Frames of Sensirion's own test set: built and taken apart, and heard by our client as answers. */
export const shdlc: Adapter = ({ json }) => {
  const { mosi = [], miso = [], invalid = [] } = json as FrameSet;
  return [
    ...mosi.map(({ id, expected_frame, ...content }) => ({
      name: `request ${id}`,
      run: () => requested(content, expected_frame),
    })),
    ...miso.map(({ id, frame, expected }) => ({ name: `answer ${id}`, run: () => answered(frame, expected) })),
    ...invalid.map(({ id, frame }) => ({ name: `invalid: ${id}`, run: () => refused(frame) })),
  ];
};

function requested({ address, command, data }: Content, frame: string): void {
  const request = { address, command, data: bytes(data) };
  expect(hex(requestFrame(request))).toBe(hex(bytes(frame)));
  expect(unframed(bytes(frame)).found.map(requestIn)).toEqual([request]);
}

async function answered(frame: string, { address, command, state, data }: FrameAnswer): Promise<void> {
  const answer = { address, command, state, data: bytes(data) };
  expect(hex(answerFrame(answer))).toBe(hex(bytes(frame)));
  const heard = await ask(frame, { address, command });
  expect({ ...heard, data: hex(heard.data) }).toEqual({ ...answer, data: hex(answer.data) });
}

type FrameAnswer = Content & { readonly state: number };

async function refused(frame: string): Promise<void> {
  expect(unframed(bytes(frame)).found.map(answerIn).filter(Boolean)).toEqual([]);
  const [, address = 0, command = 0] = bytes(frame);
  await expect(ask(frame, { address, command })).rejects.toMatchObject({
    kind: expect.stringMatching(/^(checksum|timeout)$/),
  });
}

function ask(frame: string, to: Pick<FrameAnswer, 'address' | 'command'>) {
  const { device } = lineThatSays([bytes(frame)], { address: to.address, baudRate: 115_200 });
  return askShdlc(device, { ...to, data: new Uint8Array() });
}
