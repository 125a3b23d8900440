import type { Config } from '../config/config.ts';
import { difference, differenceText } from '../config/difference.ts';
import { ConfigError, shown } from '../config/problem.ts';
import type { Gateway } from '../gateway.ts';
import type { Clock } from '../hal/clock.ts';
import type { Log } from '../health/log.ts';
import type { Controlled, Told, Trial } from './control.ts';

/** Where the config stands, and how it is read; each throws a ConfigError where it cannot be used. */
export interface ConfigSource {
  readonly file: string;
  /** The file as it stands now. */
  load(): Promise<Config>;
  /** A text as if it stood in the file. */
  parse(text: string): Promise<Config>;
}

/** The gateway, its config, and what tells of both. */
export interface Configured {
  readonly gateway: Pick<Gateway, 'config' | 'follow' | 'status'>;
  readonly source: ConfigSource;
  readonly clock: Clock;
  readonly log: Log;
}

interface Running extends Trial {
  readonly was: Config;
  readonly untilMs: number;
  readonly connected: readonly string[];
  readonly over: AbortController;
  lost: readonly string[];
}

const BUSY: Told = { isDone: false, lines: ['a config is on trial: dorpel confirm, or wait until it is over'] };
/** How often it is looked whether the platforms are there. */
const LOOK_MS = 1000;

/** What changes the config of a gateway that runs. */
export type Configuring = Pick<Controlled, 'reload' | 'try' | 'trial' | 'confirm'> & {
  /** Nothing goes back by itself any more. */
  stop(): void;
};

/** Changes a config: one that is wrong changes nothing, and one that is on trial goes back by itself. */
export function configuring({ gateway, source, clock, log }: Configured): Configuring {
  let running: Running | undefined;

  const goBack = async (trial: Running): Promise<void> => {
    const { was, untilMs, connected, over } = trial;
    while (!over.signal.aborted && clock.uptimeMs() < untilMs) {
      // Ends early when confirmed; the loop sees it.
      await clock.sleep(Math.min(LOOK_MS, untilMs - clock.uptimeMs()), over.signal).catch(() => undefined);
      const now = await connectedOf(gateway);
      trial.lost = connected.filter((name) => !now.includes(name));
    }
    if (over.signal.aborted) return;
    running = undefined;
    await gateway.follow(was);
    log('warning', 'config-returned', 'nobody confirmed the config that was on trial: the one of before is back');
  };

  const begin = async (next: Config, { text, seconds }: Trial): Promise<Told> => {
    const was = gateway.config();
    const connected = await connectedOf(gateway);
    if (running) return BUSY;
    const untilMs = clock.uptimeMs() + seconds * 1000;
    running = { text, seconds, was, untilMs, connected, over: new AbortController(), lost: [] };
    const lines = differenceText(await gateway.follow(next));
    void goBack(running);
    log('notice', 'config-trial', `another config is on trial for ${seconds} s: ${lines.join('; ')}`);
    return { isDone: true, lines };
  };

  const end = (): boolean => {
    const wasRunning = running !== undefined;
    running?.over.abort();
    running = undefined;
    return wasRunning;
  };

  return {
    reload: async () => {
      if (running) return BUSY;
      return checked(source.load(), gateway, async (next) => {
        const lines = differenceText(await gateway.follow(next));
        log('notice', 'config-reloaded', `the config was read again: ${lines.join('; ')}`);
        return { isDone: true, lines };
      });
    },
    try: (trial) => checked(source.parse(trial.text), gateway, (next) => begin(next, trial)),
    trial: () => {
      if (!running) return undefined;
      const { text, seconds, untilMs, lost } = running;
      const secondsLeft = Math.max(0, Math.round((untilMs - clock.uptimeMs()) / 1000));
      return { text, seconds, secondsLeft, lost, file: source.file };
    },
    confirm: () => {
      if (!end()) return { isDone: false, lines: ['nothing is on trial'] };
      log('notice', 'config-confirmed', 'the config that was on trial stays');
      return { isDone: true, lines: ['confirmed'] };
    },
    stop: () => void end(),
  };
}

/** Of a gateway without a config file of its own, as the demo is. */
export function unconfigurable(): Configuring {
  const told: Told = { isDone: false, lines: ['this gateway has no config file to read again'] };
  return {
    reload: async () => told,
    try: async () => told,
    trial: () => undefined,
    confirm: () => told,
    stop: () => undefined,
  };
}

/** Acts by a config that is sound, and of which nothing takes a restart. */
async function checked(
  reading: Promise<Config>,
  gateway: Configured['gateway'],
  act: (config: Config) => Promise<Told>,
): Promise<Told> {
  try {
    const next = await reading;
    const found = difference(gateway.config(), next);
    if (found.needsRestart.length === 0) return await act(next);
    return {
      isDone: false,
      lines: [...differenceText(found), 'nothing was changed: systemctl restart dorpel takes it over'],
    };
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    return { isDone: false, lines: [...cause.problems.map(shown), 'nothing was changed'] };
  }
}

async function connectedOf(gateway: Configured['gateway']): Promise<string[]> {
  const { uplinks } = await gateway.status();
  return uplinks.filter(({ isConnected }) => isConnected).map(({ uplink }) => uplink);
}
