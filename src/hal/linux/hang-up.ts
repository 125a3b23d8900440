import { readSync } from 'node:fs';

/** What an open port of serialport is made of, as far as it is used here. */
interface PolledPort {
  readonly fd: number | null;
  readonly poller: { once(event: 'readable', told: (error: Error | null) => void): unknown };
  read(buffer: Buffer, offset: number, length: number): Promise<{ buffer: Buffer; bytesRead: number }>;
}

/**
 * Makes a port tell that its line was hung up, as it is when its adapter is unplugged. The kernel says so by reads of 0
 * bytes. serialport 13 takes them for "nothing yet" and reads again, as fast as it can and in a recursion that eats
 * memory until the program dies (bindings-cpp issue 162); whether it does depends on what it was doing just then.
 */
export function tellHangUps(port: object): void {
  if (!isPolled(port)) return;
  let isEmptied = false;
  port.read = async (buffer, offset, length) => {
    for (;;) {
      if (isEmptied && port.fd !== null) await readable(port);
      // Without a descriptor the port was closed by us; `canceled` says that it is no failure.
      if (port.fd === null) throw Object.assign(new Error('the port is closed'), { canceled: true });
      const bytesRead = readNow(port.fd, { buffer, offset, length });
      if (bytesRead === 0) throw new Error('the line was hung up');
      isEmptied = bytesRead === undefined || bytesRead < length;
      if (bytesRead !== undefined) return { buffer, bytesRead };
    }
  };
}

/** Resolves once there are bytes, or the line is hung up. */
function readable({ poller }: PolledPort): Promise<void> {
  return new Promise((resolve, reject) => {
    poller.once('readable', (error) => (error ? reject(error) : resolve()));
  });
}

/**
 * How many bytes there were; undefined where none have come yet. The descriptor is opened so that it never waits: a
 * thread of the pool, as serialport takes one, would cost several times the read itself, for each piece of an answer.
 */
function readNow(
  descriptor: number,
  { buffer, offset, length }: { readonly buffer: Buffer; readonly offset: number; readonly length: number },
): number | undefined {
  try {
    return readSync(descriptor, buffer, offset, length, null);
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'EAGAIN' || code === 'EINTR') return undefined;
    throw cause;
  }
}

function isPolled(port: object): port is PolledPort {
  return 'poller' in port && 'fd' in port;
}
