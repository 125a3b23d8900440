import { ControlError } from '../control/client.ts';

/** What the gateway that runs answers; undefined where none runs: then the buses are free to be opened here. */
export async function unlessAbsent<T>(asking: () => Promise<T>): Promise<T | undefined> {
  try {
    return await asking();
  } catch (cause) {
    if (cause instanceof ControlError && cause.isAbsent) return undefined;
    throw cause;
  }
}
