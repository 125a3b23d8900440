import { existsSync } from 'node:fs';
import type { ParseArgsConfig } from 'node:util';
import { loadConfig } from '../config/load.ts';
import { SERVICE_SOCKET, socketPath } from '../control/control.ts';
import { parsed } from './arguments.ts';
import type { Context } from './command.ts';

type Options = NonNullable<ParseArgsConfig['options']>;

/** The options of every command that asks the gateway that runs. */
const ASKING = {
  socket: { type: 'string' },
  config: { type: 'string', short: 'c' },
  json: { type: 'boolean' },
} as const;

/** How such a command says its options. */
export const ASKING_USAGE = '[--json] [--config FILE | --socket PATH]';

/** What such a command was given: the socket to ask at, whether the answer is to be JSON, and what stands beside. */
export function asking(args: readonly string[], context: Context) {
  return askingAlso(args, {}, context);
}

/** As `asking`, for a command that has options of its own. */
export async function askingAlso<const O extends Options>(args: readonly string[], options: O, context: Context) {
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
  const { storage } = await loadConfig(config, context.drivers);
  const beside = socketPath(storage.directory);
  // The service's own config may be named though its socket stands elsewhere.
  return existsSync(beside) || !existsSync(SERVICE_SOCKET) ? beside : SERVICE_SOCKET;
}
