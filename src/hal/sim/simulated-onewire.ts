import type { SimulatedOneWirePart } from '../../driver-kit.ts';
import { SensorError } from '../../model/errors.ts';
import { hex } from '../../protocol/hex.ts';
import { crc8OneWire } from '../../protocol/one-wire.ts';
import type { Clock } from '../clock.ts';
import type { OneWireBus, OneWireDevice, OneWireFile } from '../onewire.ts';

/** What can go wrong between the bus and one part. */
export type OneWireFault = 'absent' | 'corrupt';

// "Max. conversion time" at 12 bits.
const CONVERSION_MS = 750;

/** A 1-Wire bus with simulated parts on it, behind a kernel that shows them as files. */
export class SimulatedOneWireBus implements OneWireBus {
  readonly #clock: Clock;
  readonly #parts = new Map<string, SimulatedOneWirePart>();
  readonly #faults = new Map<string, OneWireFault>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  attach(id: string, part: SimulatedOneWirePart): void {
    this.#parts.set(id, part);
  }

  /** Breaks what lies between the bus and the part, or (undefined) mends it. */
  break(id: string, fault: OneWireFault | undefined): void {
    if (fault) this.#faults.set(id, fault);
    else this.#faults.delete(id);
  }

  async list(): Promise<readonly string[]> {
    return [...this.#parts.keys()].filter((id) => this.#faults.get(id) !== 'absent');
  }

  device(id: string): OneWireDevice {
    return { id, read: (file) => this.#read(id, file) };
  }

  async close(): Promise<void> {
    this.#parts.clear();
  }

  async #read(id: string, file: OneWireFile): Promise<string | undefined> {
    const part = this.#parts.get(id);
    const fault = this.#faults.get(id);
    if (!part || fault === 'absent') throw new SensorError('no-acknowledge', `there is no ${id} on the bus`);
    if (file === 'ext_power') return part.isParasitic?.() ? '0\n' : '1\n';
    if (file === 'resolution') return `${9 + (((part.scratchpad()[4] ?? 0) >> 5) & 3)}\n`;
    await this.#clock.sleep(CONVERSION_MS);
    const sent = part.scratchpad();
    const scratchpad = fault === 'corrupt' ? sent.map((byte, at) => (at === 0 ? byte ^ 0x10 : byte)) : sent;
    return file === 'w1_slave' ? shownScratchpad(scratchpad) : undefined;
  }
}

/** `w1_slave` as w1_therm writes it; on the second line the kernel repeats the last good scratchpad. */
function shownScratchpad(scratchpad: Uint8Array): string {
  const computed = crc8OneWire(scratchpad.subarray(0, 8));
  const isRight = computed === scratchpad[8];
  const [low = 0, high = 0] = scratchpad;
  const milli = Math.trunc(((((high << 24) >> 16) | low) * 1000) / 16);
  const bytes = hex(scratchpad);
  return `${bytes} : crc=${hex(Uint8Array.of(computed))} ${isRight ? 'YES' : 'NO'}\n${bytes} t=${milli}\n`;
}
