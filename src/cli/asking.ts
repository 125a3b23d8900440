import { existsSync } from 'node:fs';
import { SERVICE_SOCKET, socketPath } from '../control/control.ts';
import { parsed } from './arguments.ts';
import type { Context, OptionTable } from './command.ts';
import { JSON_OUT } from './options.ts';

/** The options of every command that asks the gateway that runs. */
export const ASKING = {
  ...JSON_OUT,
  config: {
    type: 'string',
    short: 'c',
    value: 'FILE',
    help: 'the config of the gateway to ask; else the service is asked',
  },
  socket: { type: 'string', value: 'PATH', help: 'the socket to ask at' },
} as const satisfies OptionTable;

/** How such a command says its options. */
export const ASKING_USAGE = '[--json] [--config FILE | --socket PATH]';

/** What such a command was given: the socket to ask at, whether the answer is to be JSON, and what stands beside. */
export function asking(args: readonly string[], context: Context) {
  return askingAlso(args, {}, context);
}

/** As `asking`, for a command that has options of its own. */
export async function askingAlso<const O extends OptionTable>(args: readonly string[], options: O, context: Context) {
  const { values, positionals } = parsed(args, { ...ASKING, ...options });
  const { socket, config, json } = values as { socket?: string; config?: string; json?: boolean };
  return { socket: await socketOf({ socket, config }, context), isJson: json ?? false, positionals, values };
}

/** Where the gateway is asked that these options mean. */
export async function socketOf(
  { socket, config }: { socket?: string | undefined; config?: string | undefined },
  context: Context,
) {
  if (socket !== undefined) return socket;
  if (config === undefined) return SERVICE_SOCKET;
  // Only here: whoever asks the service needs no YAML, and hardly anybody the schema and the drivers.
  const { storageDirectory } = await import('../config/storage-directory.ts');
  const directory = storageDirectory(config);
  if (directory !== undefined) return socketFor(directory);
  const { loadConfig } = await import('../config/load.ts');
  const { storage } = await loadConfig(config, context.drivers);
  return socketFor(storage.directory);
}

/** Where a gateway that keeps its data there is to be asked. */
export function socketFor(storageDirectory: string): string {
  const beside = socketPath(storageDirectory);
  // The service's own config may be named though its socket stands elsewhere.
  return existsSync(beside) || !existsSync(SERVICE_SOCKET) ? beside : SERVICE_SOCKET;
}
