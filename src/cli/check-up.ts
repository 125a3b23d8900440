import { resolve } from 'node:path';
import type { Config } from '../config/config.ts';
import { ask, ControlError } from '../control/client.ts';
import { PATHS, SERVICE_SOCKET } from '../control/control.ts';
import { thisBoard } from '../doctor/board.ts';
import { examined, type Found } from '../doctor/check.ts';
import { checksFor } from '../doctor/doctor.ts';
import { thisNetwork } from '../doctor/network.ts';
import type { Knocked } from '../doctor/platform.ts';
import { configFileOf, isOutboxHeld } from '../doctor/running.ts';
import type { Status } from '../health/status.ts';
import { version } from '../health/version.ts';
import { UplinkError } from '../uplink/uplink.ts';
import { socketFor } from './asking.ts';
import type { Context } from './command.ts';

/** What was asked for: each may be left to be found out. */
export interface Asked {
  readonly config?: string | undefined;
  readonly socket?: string | undefined;
}

/** What a check-up has come across. */
export interface CheckedUp {
  readonly found: readonly Found[];
  readonly status: Status | undefined;
  readonly socket: string;
  readonly config: Config | undefined;
  /** The config file, as far as it is known. */
  readonly file: string | undefined;
}

/** Looks at everything that can be looked at from here, and changes nothing. */
export async function checkUp(asked: Asked, context: Context): Promise<CheckedUp> {
  const given = asked.config === undefined ? undefined : await configIn(resolve(asked.config), context);
  const socket = asked.socket ?? (given?.config ? socketFor(given.config.storage.directory) : SERVICE_SOCKET);
  const { status, found, isSure } = await statusAt(socket);
  const file = given ? undefined : status && configFileOf(status.gateway.pid, thisBoard);
  const { config, found: ofConfig } = given ?? (file === undefined ? NO_CONFIG : await configIn(file, context));
  const mayKnock = isSure && !status && config && !isOutboxHeld(config.storage.directory, thisBoard);
  const checks = checksFor({
    board: thisBoard,
    network: thisNetwork,
    program: { version: version(), node: process.version },
    now: context.now(),
    config,
    status,
    ...(mayKnock ? { knock: (uplink: Config['uplinks'][number]) => knockAt(uplink, config, context) } : {}),
  });
  const all = await examined(
    [{ subject: 'config', look: () => ofConfig }, { subject: 'gateway', look: () => found }, ...checks],
    context,
  );
  return { found: all, status, socket, config, file: file ?? (asked.config && resolve(asked.config)) };
}

interface Read {
  readonly config: Config | undefined;
  readonly found: readonly Found[];
}

const NO_CONFIG: Read = {
  config: undefined,
  found: [
    {
      subject: 'config',
      verdict: 'unknown',
      what: 'nobody says which: buses, certificates, platforms and the disk are not looked at',
      hint: 'name it with --config FILE',
    },
  ],
};

async function configIn(file: string, { drivers }: Context): Promise<Read> {
  const [{ loadConfig }, { ConfigError }] = await Promise.all([
    import('../config/load.ts'),
    import('../config/problem.ts'),
  ]);
  const subject = 'config';
  try {
    return { config: await loadConfig(file, drivers), found: [{ subject, verdict: 'ok', what: `${file} can run` }] };
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    const found = cause.problems.map(({ file: place, line, column, key, message, hint }): Found => {
      const what = `${place}:${line}:${column}: ${key ? `${key}: ` : ''}${message}`;
      return { subject, verdict: 'wrong', what, ...(hint === undefined ? {} : { hint }) };
    });
    return { config: undefined, found };
  }
}

interface Answer {
  readonly status: Status | undefined;
  readonly found: readonly Found[];
  /** Whether it is certain that nobody is behind the socket where nobody has answered. */
  readonly isSure: boolean;
}

async function statusAt(socket: string): Promise<Answer> {
  const subject = 'gateway';
  try {
    const status = await ask<Status>(socket, PATHS.status);
    const { owner, id, pid } = status.gateway;
    return {
      status,
      found: [{ subject, verdict: 'ok', what: `${owner}/${id} answers (process ${pid})` }],
      isSure: true,
    };
  } catch (cause) {
    if (!(cause instanceof ControlError)) throw cause;
    const { code } = (cause.cause ?? {}) as NodeJS.ErrnoException;
    const isSure = code === 'ENOENT' || code === 'ECONNREFUSED';
    const found: Found = { subject, verdict: isSure ? 'warning' : 'unknown', what: cause.message, hint: cause.hint };
    return { status: undefined, found: [found], isSure };
  }
}

async function knockAt(
  uplink: Config['uplinks'][number],
  { gateway: { owner, id } }: Config,
  { knock, stop }: Context,
): Promise<Knocked> {
  try {
    return { kind: 'let-in', ...(await knock(uplink, `${uplink.root}/v1/${owner}/${id}`, stop)) };
  } catch (cause) {
    if (!(cause instanceof UplinkError)) throw cause;
    return { kind: 'refused', message: cause.message, hint: cause.hint };
  }
}
