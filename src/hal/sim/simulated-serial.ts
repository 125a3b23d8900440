import { isDeepStrictEqual } from 'node:util';
import { BusError } from '../../model/errors.ts';
import type { Clock } from '../clock.ts';
import { Inbox } from '../inbox.ts';
import type { LineSettings, SerialDevice, SerialLine } from '../serial.ts';

/** What can go wrong on the way from the parts to the gateway. */
export type SerialFault = 'silent' | 'corrupt' | 'unplugged';

/** What can go wrong between the line and one of its parts. */
export type SerialPartFault = Exclude<SerialFault, 'unplugged'>;

/** A serial line with simulated parts at its far end. Bytes take the time that the baud rate gives them. */
export class SimulatedSerialLine implements SerialLine {
  readonly #clock: Clock;
  readonly #settings: LineSettings;
  readonly #near: Inbox;
  readonly #far: Inbox[] = [];
  #fault: SerialFault | undefined;
  readonly #partFaults = new Map<number, SerialPartFault>();

  constructor(clock: Clock, name: string, settings: LineSettings) {
    this.#clock = clock;
    this.#settings = settings;
    this.#near = new Inbox(clock, name);
  }

  /** Breaks the line, or (undefined) mends it. */
  break(fault: SerialFault | undefined): void {
    this.#fault = fault;
    if (fault === 'unplugged') {
      this.#near.discard();
      this.#near.fail(new BusError('the adapter was unplugged'));
    } else {
      this.#near.mend();
    }
  }

  /** Breaks what lies between the line and the part at `address`, or (undefined) mends it. */
  breakPart(address: number, fault: SerialPartFault | undefined): void {
    if (fault) this.#partFaults.set(address, fault);
    else this.#partFaults.delete(address);
  }

  /** The gateway's end. */
  device(address: number): SerialDevice {
    return this.#end(address, this.#near, async (bytes) => {
      if (this.#fault === 'unplugged') throw new BusError('the adapter was unplugged');
      for (const inbox of this.#far) inbox.push(bytes);
    });
  }

  /**
   * A part's end. Each part on the line hears all that the gateway says; one whose own settings are others understands
   * nothing of it, and is not understood.
   */
  farEnd(address: number, settings: LineSettings = this.#settings): SerialDevice {
    const inbox = new Inbox(this.#clock, 'the far end');
    const isUnderstood = isDeepStrictEqual(this.#settings, settings);
    if (isUnderstood) this.#far.push(inbox);
    const hear = (bytes: Uint8Array) => this.#hear(bytes, this.#partFaults.get(address));
    return this.#end(address, inbox, async (bytes) => hear(isUnderstood ? bytes : bytes.map(garbled)));
  }

  /** Lets the gateway hear `bytes`, as if a part had sent them. */
  hear(bytes: Uint8Array): void {
    this.#hear(bytes, undefined);
  }

  async close(): Promise<void> {
    this.#far.length = 0;
  }

  #hear(bytes: Uint8Array, partFault: SerialPartFault | undefined): void {
    if (this.#fault === 'unplugged') return;
    const faults = [this.#fault, partFault];
    if (faults.includes('silent')) return;
    const middle = bytes.length >> 1;
    this.#near.push(faults.includes('corrupt') ? bytes.map((b, i) => (i === middle ? b ^ 0x04 : b)) : bytes);
  }

  #end(address: number, inbox: Inbox, send: (bytes: Uint8Array) => Promise<void>): SerialDevice {
    const { baudRate, dataBits, parity, stopBits } = this.#settings;
    const byteMs = ((1 + dataBits + (parity === 'none' ? 0 : 1) + stopBits) * 1000) / baudRate;
    return {
      address,
      baudRate,
      write: async (bytes) => {
        await this.#clock.sleep(bytes.length * byteMs);
        await send(Uint8Array.from(bytes));
      },
      read: (withinMs, signal) => inbox.read(withinMs, signal),
      discard: () => inbox.discard(),
      sleep: (ms, signal) => this.#clock.sleep(ms, signal),
      uptimeMs: () => this.#clock.uptimeMs(),
    };
  }
}

const garbled = (byte: number) => (byte * 3) ^ 0x5a;
