import { SerialPort } from 'serialport';
import { SensorError } from '../../model/errors.ts';
import type { Clock } from '../clock.ts';
import { Inbox } from '../inbox.ts';
import type { LineSettings, SerialLine } from '../serial.ts';

/** A serial line of the board. It is opened at first use, and again at the next use after it was unplugged. */
export function linuxSerialLine(path: string, settings: LineSettings, clock: Clock): SerialLine {
  const inbox = new Inbox(clock, path);
  let opening: Promise<SerialPort> | undefined;

  const opened = (): Promise<SerialPort> => {
    opening ??= open(path, settings).then(
      (port) => {
        inbox.discard();
        inbox.mend();
        port.on('data', (chunk: Buffer) => inbox.push(chunk));
        const gone = (cause: Error | null) => {
          if (opening) inbox.fail(new SensorError('bus', `${path} is gone: ${cause?.message ?? 'closed'}`));
          opening = undefined;
        };
        port.once('close', gone);
        port.on('error', gone);
        return port;
      },
      (cause: unknown) => {
        opening = undefined;
        throw new SensorError('bus', openingFailed(path, cause as Error), { cause });
      },
    );
    return opening;
  };

  return {
    device: (address) => ({
      address,
      baudRate: settings.baudRate,
      write: async (bytes) => {
        const port = await opened();
        await new Promise<void>((resolve, reject) => {
          port.write(Buffer.from(bytes));
          port.drain((cause) =>
            cause ? reject(new SensorError('bus', `${path}: ${cause.message}`, { cause })) : resolve(),
          );
        });
      },
      read: async (withinMs, signal) => {
        await opened();
        return inbox.read(withinMs, signal);
      },
      discard: () => inbox.discard(),
      sleep: (milliseconds, signal) => clock.sleep(milliseconds, signal),
    }),
    close: async () => {
      const closing = opening;
      opening = undefined;
      const port = await closing?.catch(() => undefined);
      if (port?.isOpen) await new Promise<void>((resolve) => port.close(() => resolve()));
    },
  };
}

function open(path: string, settings: LineSettings): Promise<SerialPort> {
  return new Promise((resolve, reject) => {
    const port = new SerialPort({ path, ...settings, autoOpen: false });
    port.open((error) => (error ? reject(error) : resolve(port)));
  });
}

function openingFailed(path: string, { message }: Error): string {
  if (/No such file/i.test(message)) return `there is no ${path}: is the adapter plugged in? (ls /dev/serial/by-id)`;
  if (/Permission denied/i.test(message)) return `${path} may not be opened: the user must be in the group dialout`;
  if (/lock/i.test(message)) return `${path} is in use by another program`;
  return `${path}: ${message}`;
}
