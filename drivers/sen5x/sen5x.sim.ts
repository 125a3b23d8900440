import {
  checkedWords,
  type I2cSimulation,
  type Quantity,
  SensorError,
  textWords,
  type World,
  wordBytes,
} from '../../src/driver-kit.ts';
import type { Sen5xOptions } from './sen5x.ts';

const PM = ['pm1', 'pm25', 'pm4', 'pm10'] as const;
const GAS = ['voc_index', 'nox_index'] as const;
const RHT = ['relative_humidity', 'air_temperature'] as const;
const STATUS: Readonly<Record<string, number>> = {
  'fan stands still': 1 << 4,
  'laser out of range': 1 << 5,
  'humidity sensor silent': 1 << 6,
  'gas sensor broken': 1 << 7,
  'cleans its fan': 1 << 19,
  'fan too slow': 1 << 21,
};
const STICKY = 0xf0;
const pm = { min: 0, max: 1000, resolution: 0.1 };
const index = { min: 1, max: 500, resolution: 0.1 };

/** A SEN5x that has just got power. It tells the upper limits where it has no value, and old values where it has no new ones. */
export const simulation: I2cSimulation<Sen5xOptions> = {
  bus: 'i2c',
  spans: {
    pm1: pm,
    pm25: pm,
    pm4: pm,
    pm10: pm,
    relative_humidity: { min: 0, max: 100, resolution: 0.01 },
    air_temperature: { min: -10, max: 50, resolution: 0.005 },
    voc_index: index,
    nox_index: index,
  },
  variants: [{}, { part: 'sen54', temperatureOffset: 2.5, cleaningInterval: 1 }, { part: 'sen50' }],
  settleMs: 1000,
  faults: {
    'fan stands still': { why: 'fan', streams: PM },
    'laser out of range': { why: 'laser', streams: PM },
    'fan too slow': { why: 'fan-speed', streams: PM },
    'cleans its fan': { why: 'cleaning', streams: PM },
    'humidity sensor silent': { why: 'rht', streams: RHT },
    'gas sensor broken': { why: 'gas-sensor', streams: GAS },
    'gases not yet known': { why: 'not-ready', streams: GAS },
    'algorithm at its begin': { why: 'not-ready', streams: GAS },
    'idle after a loss of power': { error: 'not-ready', at: 'poll' },
    'an SPS30 instead': { error: 'wrong-device', at: 'start' },
    'a SEN44 instead': { error: 'wrong-device', at: 'start' },
  },
  build: (world, { part }) => {
    const sen = new Part(world, part);
    return {
      write: (bytes) => sen.hear(bytes),
      read: (length) => Uint8Array.from(sen.answer.flatMap(wordBytes).slice(0, length)),
    };
  },
};

const refused = () => new SensorError('no-acknowledge', 'SEN5x does not do that, now');

class Part {
  readonly #world: World;
  readonly #part: Sen5xOptions['part'];
  #mode: 'idle' | 'without-pm' | 'measuring' = 'idle';
  #cleaningSeconds = 604_800;
  #measuredAtMs = 0;
  #busyUntilMs = 0;
  #status = 0;
  #answer: readonly number[] | undefined;

  constructor(world: World, part: Sen5xOptions['part']) {
    this.#world = world;
    this.#part = part;
  }

  get answer(): readonly number[] {
    if (!this.#answer || this.#world.uptimeMs() < this.#busyUntilMs) throw refused();
    return this.#answer;
  }

  hear(bytes: Uint8Array): void {
    if (this.#world.uptimeMs() < this.#busyUntilMs) throw refused();
    const [high = 0, low = 0] = bytes;
    const command = (high << 8) | low;
    this.#busyUntilMs = this.#world.uptimeMs() + (command === 0xd014 || command === 0xd033 ? 50 : 20);
    const words = checkedWords(bytes.subarray(2));
    if (this.#world.fault?.() === 'an SPS30 instead') {
      this.#busyUntilMs = 0;
      if (command !== 0xd002) throw refused();
      this.#answer = textWords('00080000', 4);
    } else {
      this.#answer = this.#told(command, words);
      if (!this.#answer && !this.#does(command, words)) throw refused();
    }
  }

  #does(command: number, [high = 0, low = 0]: readonly number[]): boolean {
    const modes = { 33: 'measuring', 55: 'without-pm', 260: 'idle' } as const;
    if (command === 0x0021 || command === 0x0037 || command === 0x0104) {
      this.#mode = modes[command];
      this.#measuredAtMs = this.#world.uptimeMs();
    } else if (command === 0x8004) this.#cleaningSeconds = high * 0x10000 + low;
    else return command === 0x60b2 && this.#part !== 'sen50';
    return true;
  }

  #told(command: number, words: readonly number[]): readonly number[] | undefined {
    switch (words.length === 0 ? command : undefined) {
      case 0xd014:
        return textWords(this.#world.fault?.() === 'a SEN44 instead' ? 'SEN44' : this.#part.toUpperCase(), 16);
      case 0xd033:
        return textWords('E4A1B2C3D4E5F607', 16);
      case 0xd100:
        return [0x0200, 0x0004, 0x0001, 0x0000];
      case 0x8004:
        return [this.#cleaningSeconds >>> 16, this.#cleaningSeconds & 0xffff];
      case 0xd210:
        return this.#readAndClearStatus();
      case 0x0202:
        return [this.#isReady() ? 1 : 0];
      case 0x03c4:
        return this.#values();
      default:
        return undefined;
    }
  }

  #readAndClearStatus(): readonly number[] {
    const now = STATUS[this.#world.fault?.() ?? ''] ?? 0;
    const status = this.#status | now;
    this.#status = 0;
    if (now & STICKY) this.#status = now;
    return [status >>> 16, status & 0xffff];
  }

  #isReady(): boolean {
    const fault = this.#world.fault?.();
    if (fault === 'cleans its fan' || fault === 'idle after a loss of power') return false;
    return this.#mode !== 'idle' && this.#world.uptimeMs() - this.#measuredAtMs >= 1000;
  }

  #values(): readonly number[] {
    if (this.#isReady()) this.#measuredAtMs = this.#world.uptimeMs();
    const fault = this.#world.fault?.();
    const isMeasuringPm = this.#mode === 'measuring';
    const hasRht = this.#part !== 'sen50';
    const gas = (quantity: Quantity, isFitted: boolean) => {
      if (fault === 'algorithm at its begin') return 0;
      return isFitted && fault !== 'gases not yet known' ? this.#scaled(quantity, 10) : 0x7fff;
    };
    return [
      ...PM.map((quantity) => (isMeasuringPm ? this.#scaled(quantity, 10) : 0xffff)),
      hasRht ? this.#scaled('relative_humidity', 100) : 0x7fff,
      hasRht ? this.#scaled('air_temperature', 200) : 0x7fff,
      gas('voc_index', hasRht),
      gas('nox_index', this.#part === 'sen55'),
    ];
  }

  #scaled(quantity: Quantity, perUnit: number): number {
    return Math.round(this.#world.truth(quantity) * perUnit) & 0xffff;
  }
}
