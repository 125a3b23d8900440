import type { BinaryValue, Gpio } from 'onoff';
import { SensorError } from '../../model/errors.ts';
import type { Clock } from '../clock.ts';
import { EdgeQueue } from '../edge-queue.ts';
import type { GpioChip, Level } from '../gpio.ts';
import { SYSFS_GPIO, sysfsGpioNumber } from './gpio-base.ts';

/** The part of onoff's Gpio that is used; a test gives lines of its own. */
export type GpioLine = Pick<Gpio, 'read' | 'watch' | 'unexport'>;

/** Takes line `number` of sysfs as an input that reports both edges; `activeLow` inverts levels and edges alike. */
export type OpenGpioLine = (number: number, activeLow: boolean) => Promise<GpioLine>;

/** The Linux lines, through onoff; a test gives a `load` that fails as a missing package does. */
export function openLinuxGpioLine(load = () => import('onoff')): OpenGpioLine {
  return async (number, activeLow) => {
    const onoff = await load().catch((cause: unknown) => {
      throw new SensorError('bus', 'the package onoff is not installed: npm install --include=optional', { cause });
    });
    return new onoff.Gpio(number, 'in', 'both', { activeLow });
  };
}

/** A GPIO chip of the board, found by its label. A line is taken at its first use, and again after it failed. */
export function linuxGpioChip(
  label: string,
  clock: Clock,
  { root = SYSFS_GPIO, open = openLinuxGpioLine() }: { root?: string; open?: OpenGpioLine } = {},
): GpioChip {
  const inputs: LinuxInput[] = [];
  return {
    device: (offset, { activeLow, further = [] }) => {
      const edges = new EdgeQueue(clock);
      const taken = [offset, ...further].map((offset, line) => {
        const take = async () => open(sysfsGpioNumber(label, offset, root), activeLow);
        return new LinuxInput(`line ${offset} of ${label}`, take, { clock, edges, line });
      });
      inputs.push(...taken);
      return {
        level: async (line = 0) => {
          const input = taken[line];
          if (!input) throw new RangeError(`no line ${line}`);
          return input.level();
        },
        edge: async (withinMs, signal) => {
          await Promise.all(taken.map((input) => input.watch()));
          return edges.take(withinMs, signal);
        },
        uptimeMs: () => clock.uptimeMs(),
      };
    },
    close: async () => {
      await Promise.all(inputs.map((input) => input.release()));
    },
  };
}

class LinuxInput {
  readonly #name: string;
  readonly #take: () => Promise<GpioLine>;
  readonly #clock: Clock;
  readonly #edges: EdgeQueue;
  readonly #number: number;
  #taking: Promise<GpioLine> | undefined;

  constructor(
    name: string,
    take: () => Promise<GpioLine>,
    { clock, edges, line }: { readonly clock: Clock; readonly edges: EdgeQueue; readonly line: number },
  ) {
    this.#name = name;
    this.#take = take;
    this.#clock = clock;
    this.#edges = edges;
    this.#number = line;
  }

  async level(): Promise<Level> {
    const line = await this.#line();
    try {
      return await line.read();
    } catch (cause) {
      await this.release();
      throw this.#failure(cause);
    }
  }

  /** Takes the line, so that its edges are queued. */
  async watch(): Promise<void> {
    await this.#line();
  }

  /** Gives the line back to the kernel. */
  async release(): Promise<void> {
    const taking = this.#taking;
    this.#taking = undefined;
    try {
      (await taking)?.unexport();
    } catch {
      // It could not be taken, or its chip is gone: there is nothing to give back.
    }
  }

  #line(): Promise<GpioLine> {
    this.#taking ??= this.#watched().catch((cause: unknown) => {
      this.#taking = undefined;
      throw cause instanceof SensorError ? cause : this.#failure(cause);
    });
    return this.#taking;
  }

  async #watched(): Promise<GpioLine> {
    const line = await this.#take();
    line.watch((error: Error | null | undefined, level: BinaryValue) => {
      const seen = { level, uptimeMs: this.#clock.uptimeMs(), ...(this.#number > 0 && { line: this.#number }) };
      if (!error) return this.#edges.push(seen);
      // Edges may be missed from here on, so that a count would be invented: tell it, and take the line anew.
      this.#edges.fail(this.#failure(error));
      void this.release();
    });
    return line;
  }

  #failure(cause: unknown): SensorError {
    const { code, message } = cause as NodeJS.ErrnoException;
    const hint = (code && HINTS[code]) ?? message;
    return new SensorError('bus', `${this.#name}: ${hint}`, { cause });
  }
}

const HINTS: Readonly<Record<string, string>> = {
  EACCES: 'it may not be used: the user must be in the group gpio',
  EBUSY: 'it is in use by a kernel driver or another program',
};
