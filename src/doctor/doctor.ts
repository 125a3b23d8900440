import type { Config } from '../config/config.ts';
import type { Status } from '../health/status.ts';
import type { Board } from './board.ts';
import { busChecks } from './buses.ts';
import { certificateChecks } from './certificates.ts';
import type { Check } from './check.ts';
import { clockCheck } from './clock.ts';
import { diskCheck } from './disk.ts';
import type { Network } from './network.ts';
import { platformChecks, type Ways } from './platform.ts';
import { powerCheck } from './power.ts';
import { serviceChecks } from './service.ts';
import { type Program, versionsCheck } from './versions.ts';
import { wiringChecks } from './wiring.ts';

/** All that a check-up looks at. */
export interface Patient {
  readonly board: Board;
  readonly network: Network;
  readonly program: Program;
  /** UTC milliseconds. */
  readonly now: number;
  /** Absent where it is not known or wrong: what needs none is looked at all the same. */
  readonly config: Config | undefined;
  /** What the gateway says of itself; absent where none answers. */
  readonly status: Status | undefined;
  readonly knock?: Ways['knock'];
}

/** Every check there is for such a gateway. */
export function checksFor({ board, network, program, now, config, status, knock }: Patient): Check[] {
  const ways = { network, now, status, ...(knock ? { knock } : {}) };
  const ofConfig = config
    ? [
        ...busChecks(config.buses, board, status?.gateway.pid),
        ...(status ? wiringChecks(status, config.buses) : []),
        ...certificateChecks(config.uplinks, now),
        ...platformChecks(config.uplinks, ways),
        diskCheck(config.storage.directory, board),
      ]
    : [];
  return [
    ...ofConfig,
    clockCheck(board, now),
    powerCheck(board),
    ...serviceChecks(board),
    versionsCheck(program, status, board),
  ];
}
