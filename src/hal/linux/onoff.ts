import type { BinaryValue, Gpio } from 'onoff';
import { SensorError } from '../../model/errors.ts';
import type { Clock } from '../clock.ts';
import { EdgeQueue } from '../edge-queue.ts';
import type { GpioChip, GpioDevice } from '../gpio.ts';
import { SYSFS_GPIO, sysfsGpioNumber } from './gpio-base.ts';

/** The part of onoff's Gpio that is used; a test gives lines of its own. */
export type GpioLine = Pick<Gpio, 'read' | 'watch' | 'unexport'>;

/** Takes line `number` of sysfs as an input that reports both edges. */
export type OpenGpioLine = (number: number, activeLow: boolean) => Promise<GpioLine>;

/** The Linux lines, through onoff. */
export const openLinuxGpioLine: OpenGpioLine = async (number, activeLow) => {
  const onoff = await import('onoff').catch((cause: unknown) => {
    throw new SensorError('bus', 'the package onoff is not installed: npm install --include=optional', { cause });
  });
  return new onoff.Gpio(number, 'in', 'both', { activeLow });
};

/** A GPIO chip of the board, found by its label. A line is taken at its first use. */
export function linuxGpioChip(
  label: string,
  clock: Clock,
  { root = SYSFS_GPIO, open = openLinuxGpioLine }: { root?: string; open?: OpenGpioLine } = {},
): GpioChip {
  const taken = new Set<GpioLine>();

  const device = (offset: number, { activeLow }: { readonly activeLow: boolean }): GpioDevice => {
    const edges = new EdgeQueue(clock);
    let taking: Promise<GpioLine> | undefined;
    const line = (): Promise<GpioLine> => {
      taking ??= take().catch((cause: unknown) => {
        taking = undefined;
        if (cause instanceof SensorError) throw cause;
        const message = `line ${offset} of ${label} cannot be taken: ${(cause as Error).message}`;
        throw new SensorError('bus', message, { cause });
      });
      return taking;
    };
    const take = async (): Promise<GpioLine> => {
      const gpio = await open(sysfsGpioNumber(label, offset, root), activeLow);
      taken.add(gpio);
      gpio.watch((error: Error | null | undefined, level: BinaryValue) => {
        if (!error) edges.push({ level, uptimeMs: clock.uptimeMs() });
      });
      return gpio;
    };
    return {
      level: async () => {
        try {
          return await (await line()).read();
        } catch (cause) {
          if (cause instanceof SensorError) throw cause;
          throw new SensorError('bus', `line ${offset} of ${label}: ${(cause as Error).message}`, { cause });
        }
      },
      edge: async (withinMs, signal) => {
        await line();
        return edges.take(withinMs, signal);
      },
      uptimeMs: () => clock.uptimeMs(),
    };
  };

  return {
    device,
    close: async () => {
      for (const gpio of taken) gpio.unexport();
      taken.clear();
    },
  };
}
