import type { Status } from '../health/status.ts';
import type { Board } from './board.ts';
import type { Check, Found } from './check.ts';

/** package.json, "engines". */
const NODE_AT_LEAST = [20, 19] as const;

/** The program that looks. */
export interface Program {
  readonly version: string;
  /** `v20.20.2` */
  readonly node: string;
}

/** What runs here, on what. */
export function versionsCheck({ version, node }: Program, status: Status | undefined, board: Board): Check {
  return {
    subject: 'versions',
    look: () => {
      const found: Found[] = [{ subject: 'versions', ...nodeFound(node), what: factsText(version, node, board) }];
      if (status && status.gateway.version !== version) {
        const what = `the gateway that runs is still ${status.gateway.version}, installed is ${version}`;
        found.push({ subject: 'versions', verdict: 'warning', what, hint: 'systemctl restart dorpel' });
      }
      return found;
    },
  };
}

/** What there is to know of the board, in one line. */
export function factsText(version: string, node: string, board: Board): string {
  const kernel = board.text('/proc/sys/kernel/osrelease')?.trim();
  const system = /^PRETTY_NAME="?([^"\n]*)/m.exec(board.text('/etc/os-release') ?? '')?.[1];
  const model = board.text('/proc/device-tree/model')?.replaceAll('\0', '').trim();
  return [`Dorpel ${version}`, `Node ${node}`, system, kernel && `Linux ${kernel}`, model].filter(Boolean).join(', ');
}

function nodeFound(node: string): Pick<Found, 'verdict' | 'hint'> {
  const [major = 0, minor = 0] = node.replace('v', '').split('.').map(Number);
  const [least, leastMinor] = NODE_AT_LEAST;
  const isEnough = major > least || (major === least && minor >= leastMinor);
  return isEnough
    ? { verdict: 'ok' }
    : { verdict: 'wrong', hint: `Node ${NODE_AT_LEAST.join('.')} or later is needed` };
}
