import type { ParseArgsConfig } from 'node:util';
import type { Config } from '../config/config.ts';
import type { DriverSources } from '../config/known-drivers.ts';
import type { ConfigSource } from '../control/configuring.ts';
import type { Controlled } from '../control/control.ts';
import type { Gateway } from '../gateway.ts';
import type { Clock } from '../hal/clock.ts';
import type { Hal } from '../hal/hal.ts';
import type { Log } from '../health/log.ts';
import type { ClockState } from '../model/observation.ts';
import type { MqttOptions } from '../uplink/mqtt-client.ts';
import type { Knock } from '../uplink/mqtt-knock.ts';
import type { Subscription } from '../uplink/mqtt-subscriber.ts';
import type { UplinkError } from '../uplink/uplink.ts';

/** What a command is given: the terminal it talks to, and the doors to the rest of the program. */
export interface Context {
  readonly stdout: NodeJS.WriteStream;
  readonly stderr: NodeJS.WriteStream;
  readonly stdin: NodeJS.ReadStream;
  readonly drivers: DriverSources;
  /** The board's buses, or simulated ones with the config's parts on them. */
  buses(
    config: Pick<Config, 'buses' | 'devices'>,
    isSimulated: boolean,
  ): Promise<{
    readonly hal: Hal;
    readonly clock: Clock;
    furnish(config: Config): Promise<void>;
    end(): Promise<void>;
  }>;
  /** The buses that this board shows. */
  boardBuses(): Promise<readonly { readonly path: string }[]>;
  /** What this board is, and how its clock is known at this moment. */
  board(): Promise<{ readonly model: string | undefined; readonly clock: ClockState }>;
  /** A running gateway, built from a config. */
  start(config: Config, how: Start): Promise<Gateway & Pick<Controlled, 'reload'>>;
  /** What a broker passes on, until it is told to stop; gives the reason where the connection was lost before. */
  subscribe(broker: MqttOptions, subscription: Subscription): Promise<UplinkError | undefined>;
  /** What the broker lets us do; never while the gateway runs. Rejects with an UplinkError where it does not let us in. */
  knock(broker: MqttOptions, prefix: string, signal: AbortSignal): Promise<Knock>;
  /** UTC milliseconds, for the log and the screen. */
  now(): number;
  sleep(milliseconds: number, signal?: AbortSignal): Promise<void>;
  /** Aborted when the program is asked to stop (SIGINT, SIGTERM). */
  readonly stop: AbortSignal;
  /** Calls `act` at each SIGHUP, which ends a program that does not ask for this. */
  onHangUp(act: () => Promise<void>): void;
}

/** How to start a gateway. */
export interface Start {
  readonly isSimulated: boolean;
  readonly log: Log;
  /** Where the config comes from, to read it again; absent: it stays as it is. */
  readonly source?: ConfigSource;
}

/** An option as Node's parser takes it, with what a person is told of it. */
export type Option = NonNullable<ParseArgsConfig['options']>[string] & {
  /** One line. */
  readonly help: string;
  /** What stands for its value in the help: `FILE`. An option with one is of type `string`. */
  readonly value?: string;
};

/** Options by their long name, without the `--`. */
export type OptionTable = Readonly<Record<string, Option>>;

/** What `--help`, the manual pages and the shell's completion say of a command. */
export interface CommandText {
  /** One line. */
  readonly summary: string;
  readonly usage: string;
  readonly options?: OptionTable;
  /** What there is to know beside, in lines of at most 78 columns. */
  readonly notes?: string;
  /** A command line. */
  readonly example?: string;
  /** By exit code. */
  readonly exitCodes?: Readonly<Record<number, string>>;
}

/** One command: resolves with the exit code. 0: done; 1: failed; 2: wrong usage or wrong config. */
export interface Command extends CommandText {
  run(args: readonly string[], context: Context): Promise<number>;
}

/** Called wrongly: says how it should have been. */
export class UsageError extends Error {
  constructor(message: string) {
    super(message);
    this.name = 'UsageError';
  }
}
