import { gzipSync } from 'node:zlib';
import type { Board } from '../doctor/board.ts';
import type { Found } from '../doctor/check.ts';
import type { Status } from '../health/status.ts';
import { learnSecrets, type Sources } from './known-secrets.ts';
import { Masker } from './secrets.ts';
import { type Member, tar } from './tar.ts';
import { maskedYaml } from './yaml-text.ts';

/** All that may go into a support archive. */
export interface Contents extends Sources {
  readonly found: readonly Found[];
  /** Absent where no gateway answers, and so are its log lines. */
  readonly status: Status | undefined;
  readonly log: readonly string[] | undefined;
  /** The board's facts in a line, and the board itself. */
  readonly facts: string;
  readonly board: Board;
  /** UTC milliseconds. */
  readonly now: number;
}

/** A support archive. */
export interface Bundle {
  readonly archive: Buffer;
  readonly members: readonly Member[];
  /** Files with secrets that could not be read: what is in them could not be looked for. */
  readonly unread: readonly string[];
}

const JOURNAL = ['-u', 'dorpel', '-n', '2000', '--no-pager', '-o', 'short-iso'];
const KERNEL = ['-k', '-b', '-n', '1000', '--no-pager', '-o', 'short-monotonic'];

/** Puts everything together, and takes every secret out of each member. */
export async function bundled(contents: Contents): Promise<Bundle> {
  const { text, found, status, log, facts, board, now } = contents;
  const masker = new Masker();
  const unread = learnSecrets(masker, contents);
  const config = text === undefined ? undefined : maskedYaml(text, (secret) => masker.learn(secret));
  const [journal, kernel] = await Promise.all([board.said('journalctl', JOURNAL), board.said('journalctl', KERNEL)]);
  const raw: readonly (readonly [name: string, content: string | undefined])[] = [
    ['board.txt', boardText(facts, board)],
    ['config.yaml', config],
    ['status.json', status && JSON.stringify(status, undefined, 1)],
    ['doctor.json', JSON.stringify(found, undefined, 1)],
    ['log.txt', log?.join('\n')],
    ['journal.txt', journal],
    ['kernel.txt', kernel],
  ];
  const members = raw.flatMap(([name, content]): Member[] => {
    return content ? [{ name: `dorpel-bundle/${name}`, content: `${masker.masked(content)}\n` }] : [];
  });
  return { archive: gzipSync(tar(members, now)), members, unread };
}

const FILES = [
  '/proc/uptime',
  '/proc/loadavg',
  '/proc/meminfo',
  '/proc/cmdline',
  '/proc/self/mountinfo',
  '/proc/interrupts',
];
const FOLDERS = [
  '/dev/serial/by-id',
  '/sys/bus/i2c/devices',
  '/sys/bus/w1/devices',
  '/sys/class/gpio',
  '/sys/class/rtc',
];

function boardText(facts: string, board: Board): string {
  const files = FILES.map((path) => `== ${path}\n${board.text(path)?.trim() ?? 'none'}`);
  const folders = FOLDERS.map((path) => `== ${path}\n${board.names(path).join('\n') || 'none'}`);
  return [facts, ...files, ...folders].join('\n\n');
}
