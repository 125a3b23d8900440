/** Modbus RTU: writes a setting. Headings in quotes are those of the _MODBUS Application Protocol Specification V1.1b3_. */
import type { SerialDevice } from '../hal/serial.ts';
import { SensorError } from '../model/errors.ts';
import { askFrame, type FrameAt } from './framed.ts';
import { frame, frameGapMs, isIntact } from './modbus-rtu.ts';

const WRITE_SINGLE_REGISTER = 6;
const EXCEPTION = WRITE_SINGLE_REGISTER | 0x80;
const ANSWER_BYTES = 8;
const EXCEPTION_BYTES = 5;
// A unit may write to slow memory before it answers.
const ANSWER_MS = 1000;

/**
 * "6.6 Write Single Register". The answer repeats the request, so an echo on the line looks the same: read the register
 * back to be sure. An exception is a SensorError `refused`.
 */
export async function writeRegister(device: SerialDevice, address: number, value: number): Promise<void> {
  const pdu = Uint8Array.of(WRITE_SINGLE_REGISTER, address >> 8, address & 0xff, value >> 8, value & 0xff);
  const request = frame(device.address, pdu);
  await device.sleep(frameGapMs(device.baudRate));
  const isWanted = (answer: Uint8Array) => answer[1] === EXCEPTION || answer.every((byte, at) => byte === request[at]);
  const listening = { isWanted, patienceMs: ANSWER_MS, shortestBytes: EXCEPTION_BYTES };
  const answer = await askFrame(device, request, { ...listening, frameAt: answersOf(device.address) });
  if (answer[1] !== EXCEPTION) return;
  const told = `unit ${device.address} refuses ${value} in register 0x${address.toString(16).padStart(4, '0')}`;
  throw new SensorError('refused', `${told} (exception ${answer[2]})`);
}

function answersOf(unit: number): FrameAt {
  return (bytes) => {
    const [address, code] = bytes;
    if (address !== unit) return 'none';
    if (code === undefined) return 'more';
    if (code !== WRITE_SINGLE_REGISTER && code !== EXCEPTION) return 'none';
    const size = code === EXCEPTION ? EXCEPTION_BYTES : ANSWER_BYTES;
    if (bytes.length < size) return 'more';
    return isIntact(bytes.subarray(0, size)) ? size : 'none';
  };
}
