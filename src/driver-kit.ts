/**
 * The only door from `drivers/` into `src/`: what a driver is, and the words it is written in.
 * `drivers/README.md` shows how to add one.
 */
import type { Schema } from './config/fields.ts';

export { meterOptions } from './config/meter-options.ts';

import type { GpioDevice, Level } from './hal/gpio.ts';
import type { I2cDevice } from './hal/i2c.ts';
import type { Memory } from './hal/memory.ts';
import type { OneWireDevice } from './hal/onewire.ts';
import type { LineSettings, SerialDevice } from './hal/serial.ts';
import type { SensorFault } from './model/errors.ts';
import type { Sample } from './model/observation.ts';
import type { Quantity } from './model/quantity.ts';
import type { LinePoll } from './protocol/meter-reader.ts';

export {
  choice,
  duration,
  flag,
  list,
  type Misfit,
  number,
  options,
  type Parsed,
  quantityName,
  secretFile,
  text,
} from './config/fields.ts';
export type { Edge, GpioDevice, Level } from './hal/gpio.ts';
export type { I2cDevice } from './hal/i2c.ts';
export type { Memory } from './hal/memory.ts';
export type { OneWireDevice } from './hal/onewire.ts';
export type { LineSettings, SerialDevice } from './hal/serial.ts';
export { SensorError, type SensorFault } from './model/errors.ts';
export { faulty, type Reading, reading, type Sample, withoutValues } from './model/observation.ts';
export { type Quantity, quantities, quantityNames } from './model/quantity.ts';
export { type Seal, sealed, unsealed } from './protocol/aes-gcm.ts';
export { crc8, crc16 } from './protocol/crc.ts';
export { askFrame, type Found, type FrameAt, framesIn, type Listening, listenFor } from './protocol/framed.ts';
export { type Held, HeldState } from './protocol/held-state.ts';
export { bytes, hex } from './protocol/hex.ts';
export { KeptCounts } from './protocol/kept-counts.ts';
export { type LinePoll, meterBusyMs, meterReader } from './protocol/meter-reader.ts';
export {
  type BlockLimits,
  planBlocks,
  quantitiesIn,
  type Register,
  readBlocks,
  registerOrders,
  registerText,
  registerTypes,
  wordsIn,
} from './protocol/modbus-registers.ts';
export { readingMs, readRegisters, readRegistersIfAny, UNIT_ADDRESSES } from './protocol/modbus-rtu.ts';
export { float32Words, serveRegisters, wordsOf } from './protocol/modbus-server.ts';
export { writeRegister } from './protocol/modbus-write.ts';
export { OCCUPANCY, occupancyOf } from './protocol/occupancy.ts';
export { crc8OneWire } from './protocol/one-wire.ts';
export {
  checkedWords,
  floatsOf,
  Patience,
  readWords,
  type SensirionCommand,
  sendCommand,
  textOf,
  textWords,
  uint32Of,
  wordBytes,
} from './protocol/sensirion.ts';
export { answerFrame, askShdlc, requestIn, type ShdlcAnswer, unframed } from './protocol/shdlc.ts';
export { hasSps30Error, SPS30, sps30Sample, sps30Streams, sps30Trouble } from './protocol/sps30.ts';

/**
 * The version of this kit. A driver from outside says for which one it was written; another is not loaded. Raised when
 * what such a driver uses goes or changes, not when something is added (`decisions/0012`).
 */
export const KIT_VERSION = 1;

/** This kit as a driver from outside gets it: such a file has no path into this tree. */
export type Kit = typeof import('./driver-kit.ts');

/** What a part says of itself when asked; it goes into the device's descriptor. */
export interface Identity {
  /** The product, where the part can tell it from its siblings. */
  readonly part?: string;
  readonly serialNumber?: string;
  readonly firmware?: string;
}

/** What a scan has learned of a part. */
export interface Sighting {
  readonly identity: Identity;
  /** The options that a device of this part needs in YAML. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** What the part does not say and a person must: its device is then written as a comment. */
  readonly unsaid?: string;
}

/** A part that answers when asked. Every call throws a SensorError where the part does not do as its datasheet says. */
export interface Sensor {
  /**
   * Wakes it, proves its identity, reads its calibration. Called again after a fault. `signal` ends what takes long:
   * a part that need not be woken may have to be waited for.
   */
  start(signal?: AbortSignal): Promise<Identity>;
  /** One measurement. */
  poll(): Promise<Sample>;
  stop?(): Promise<void>;
}

/** A part that talks unasked. */
export interface StreamingSensor {
  start(signal?: AbortSignal): Promise<Identity>;
  /** Every sample it sends, until `signal` ends it; throws a SensorError where it falls silent or talks garbage. */
  samples(signal: AbortSignal): AsyncIterable<Sample>;
  stop?(): Promise<void>;
}

interface DriverFacts<O> {
  /** The driver's name in YAML and its folder. */
  readonly part: string;
  /** Every quantity that a part of this family may tell; its README has the same table. */
  readonly measures: readonly Quantity[];
  /** The quantities of a device with these options, where they are fewer; a fault is told for each of them. */
  streams?(options: O): readonly Quantity[];
  readonly options: Schema<O>;
  /**
   * How often a sample is kept. For a part that talks unasked `default` may be `0s`: every sample is kept.
   * Written like `60s`; `least` is what the datasheet allows, and `why` completes "cannot be read so often: …".
   */
  readonly period: { readonly default: string; readonly least: string; readonly why?: string };
  /** The least period of a device with these options, where it is more than `period.least`; `why` as there. */
  leastPeriod?(options: O): { readonly seconds: number; readonly why: string } | undefined;
  /** Readings at which its counters begin again at 0, in the quantity's unit, where the datasheet says so. */
  readonly rollsOverAt?: { readonly [Q in Quantity]?: number };
  /**
   * So long a conversation may take, a start and a poll together, before the bus goes on without it; absent: `10s`.
   * Longer than the longest that the datasheet allows.
   */
  readonly deadline?: string;
  /** After `start`, for so long, values are told as `warming_up`. In seconds. */
  readonly warmUpSeconds?: number;
}

export interface I2cDriver<O = object> extends DriverFacts<O> {
  readonly bus: 'i2c';
  /** The 7-bit addresses that the part can have; the first is the default. */
  readonly addresses: readonly [number, ...number[]];
  /**
   * How a scan asks a part who it is: it sets nothing that the part would keep. Throws as `start` does. Where `start`
   * itself is as harmless, and needs no options, it is left out: a scan then starts and stops the part.
   */
  identify?(device: I2cDevice): Promise<Sighting>;
  /** Touches nothing: the first byte goes out in `start`. */
  create(device: I2cDevice, options: O, memory: Memory): Sensor;
}

/** How a scan finds a part on a serial line. Nothing of this sets what the part would keep. */
export interface SerialSearch {
  /** How its line may stand, beside the driver's own `line`. */
  readonly lines?: readonly LineSettings[];
  /** Of a part that talks unasked: at most so long from one report to the next, and what bytes from the line tell of it. */
  readonly hear?: { readonly withinMs: number; in(bytes: Uint8Array): Sighting | undefined };
  /** Asks the only part on a line. Throws as `start` does. */
  ask?(device: SerialDevice): Promise<Sighting>;
  /** Asks a unit that is known to answer to Modbus at the device's address. Throws as `start` does. */
  askUnit?(device: SerialDevice): Promise<Sighting>;
  /** Every part on a shared line that is not Modbus. Each conversation is had inside `turn`; others come between. */
  askAll?(device: SerialDevice, search: SharedLine): AsyncIterable<Sighting & { readonly address?: number }>;
}

/** What a search of a whole line is done with. */
export interface SharedLine {
  readonly addresses: readonly number[];
  turn<T>(talk: () => Promise<T>): Promise<T>;
}

export interface SerialDriver<O = object> extends DriverFacts<O> {
  readonly bus: 'serial';
  /** How the part leaves the factory; the bus in YAML may say otherwise. */
  readonly line: LineSettings;
  /** The addresses it can have on a line that it shares with others; absent for a part that needs a line of its own. */
  readonly addresses?: readonly [number, ...number[]];
  /** How long one poll takes the line at least, ms, on average; absent: too short, or too unsure, to be counted. */
  busyMs?(options: O, line: LinePoll): number;
  /** What a device with these options is called by instead of its address; such devices may share one address. */
  selectedBy?(options: O): string | undefined;
  /** How a scan finds it; absent: it does not look for it. */
  readonly search?: SerialSearch;
  create(device: SerialDevice, options: O, memory: Memory): Sensor | StreamingSensor;
}

export interface GpioDriver<O = object> extends DriverFacts<O> {
  readonly bus: 'gpio';
  /** The chip's lines that the options name beside the device's own. */
  furtherLines?(options: O): readonly number[];
  create(device: GpioDevice, options: O, memory: Memory): Sensor | StreamingSensor;
}

export interface OneWireDriver<O = object> extends DriverFacts<O> {
  readonly bus: 'onewire';
  /** The family codes of its parts: the first two digits of their numbers. */
  readonly families: readonly [string, ...string[]];
  /** How long one poll takes the bus, ms. */
  busyMs?(options: O): number;
  create(device: OneWireDevice, options: O, memory: Memory): Sensor;
}

export type Driver<O = object> = I2cDriver<O> | SerialDriver<O> | OneWireDriver<O> | GpioDriver<O>;

/** The physical truth around a simulated part, and its clock. */
export interface World {
  /** The true value at this moment, in the quantity's unit. */
  truth(quantity: Quantity): number;
  /** UTC milliseconds: for parts that have a clock of their own, as a smart meter has. */
  now(): number;
  uptimeMs(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** What is wrong with the part at this moment: one of its simulation's `faults`. */
  fault?(): string | undefined;
}

/** What a driver must make of a fault that its part shows: an error, or streams without a value and the reason. */
export type ToldFault =
  | { readonly error: SensorFault; readonly at: 'start' | 'poll' }
  | { readonly why: string; readonly streams: readonly Quantity[] }
  /** Another part has taken its place, and says so when it is started again. */
  | { readonly serialNumber: string };

/** The values over which a simulated part follows the truth, and how closely (the part's resolution, in the unit). */
export interface Span {
  readonly min: number;
  readonly max: number;
  readonly resolution: number;
}

interface SimulationFacts {
  /** Every quantity that the part follows; the generic test sets values over each span and reads them back. */
  readonly spans: { readonly [Q in Quantity]?: Span };
  /** Options, as YAML holds them, with which the generic test builds the part; without it, once with the defaults. */
  readonly variants?: readonly object[];
  /** Every fault that the part can show by itself; `world.fault` says which one it shows. */
  readonly faults?: Readonly<Record<string, ToldFault>>;
  /** How long the part takes to follow a jump of the truth over an eighth of its spans; absent: no time. */
  readonly settleMs?: number;
}

/** An I2C part, byte for byte. It throws a SensorError `no-acknowledge` where the real one would not acknowledge. */
export interface SimulatedI2cPart {
  write(bytes: Uint8Array): void;
  read(length: number): Uint8Array;
}

export interface I2cSimulation<O = object> extends SimulationFacts {
  readonly bus: 'i2c';
  build(world: World, options: O): SimulatedI2cPart;
}

/** A serial part: it holds the far end of the line, and talks or answers until `signal` ends it. */
export interface SerialSimulation<O = object> extends SimulationFacts {
  readonly bus: 'serial';
  /** Its frames have no checksum: a damaged byte inside a value cannot be seen. */
  readonly isUnchecked?: boolean;
  run(far: SerialDevice, world: World, options: O, signal: AbortSignal): Promise<void>;
}

/** A part on a GPIO line, or on a few (`line` 1 is the first further one): it sets levels until `signal` ends it. */
export interface GpioSimulation<O = object> extends SimulationFacts {
  readonly bus: 'gpio';
  run(pin: { set(level: Level, line?: number): void }, world: World, options: O, signal: AbortSignal): Promise<void>;
}

/** A 1-Wire thermometer: its memory after a measurement, from which the simulated kernel makes its files. */
export interface SimulatedOneWirePart {
  /** Nine bytes, the last of them their checksum. */
  scratchpad(): Uint8Array;
  /** True where it takes its supply from the data line. */
  isParasitic?(): boolean;
}

export interface OneWireSimulation<O = object> extends SimulationFacts {
  readonly bus: 'onewire';
  build(world: World, options: O): SimulatedOneWirePart;
}

export type Simulation<O = object> = I2cSimulation<O> | SerialSimulation<O> | OneWireSimulation<O> | GpioSimulation<O>;

/** The drivers of the tree by name: how each is loaded, and its simulated part. */
export type DriverRegister = Readonly<
  Record<
    string,
    readonly [
      driver: () => Promise<{ readonly driver: Driver }>,
      simulation: () => Promise<{ readonly simulation: Simulation }>,
    ]
  >
>;
