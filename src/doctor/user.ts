import type { Board } from './board.ts';

/** Whoever opens the buses. */
export interface User {
  readonly name: string;
  readonly uid: number;
  readonly groups: readonly number[];
}

/** The user of the service, by its unit (DESIGN: the package makes it). */
const SERVICE_USER = 'dorpel';

/** As whom the gateway runs: as its process does, else as the service's user would, else as we do. */
export function gatewayUser(board: Board, pid: number | undefined): User | undefined {
  if (pid !== undefined) return userOfProcess(board, `${pid}`);
  const [name, , uid, gid] = entries(board, '/etc/passwd').find(([entry]) => entry === SERVICE_USER) ?? [];
  if (name === undefined) return userOfProcess(board, 'self');
  const further = entries(board, '/etc/group').filter(([, , , members]) => members?.split(',').includes(name));
  return { name, uid: Number(uid), groups: [Number(gid), ...further.map(([, , id]) => Number(id))] };
}

/** proc(5), "/proc/pid/status": `Uid` is real, effective, saved and of files. */
function userOfProcess(board: Board, pid: string): User | undefined {
  const status = board.text(`/proc/${pid}/status`);
  if (status === undefined) return undefined;
  const numbers = (key: string) => (new RegExp(`^${key}:\\s*(.*)$`, 'm').exec(status)?.[1] ?? '').trim().split(/\s+/);
  const uid = Number(numbers('Uid')[1]);
  const [name = `user ${uid}`] = entries(board, '/etc/passwd').find(([, , id]) => Number(id) === uid) ?? [];
  const groups = [numbers('Gid')[1], ...numbers('Groups')].filter((id) => id !== undefined && id !== '');
  return { name, uid, groups: groups.map(Number) };
}

/** The name of a group, else its number. */
export function groupName(board: Board, gid: number): string {
  return entries(board, '/etc/group').find(([, , id]) => Number(id) === gid)?.[0] ?? `${gid}`;
}

const entries = (board: Board, file: string): string[][] =>
  (board.text(file) ?? '').split('\n').map((line) => line.split(':'));

/** Whether a file's mode lets the user read it, and with `isWritten` write it, too. */
export function may(
  user: User,
  { mode, uid, gid }: Pick<NonNullable<ReturnType<Board['owner']>>, 'mode' | 'uid' | 'gid'>,
  isWritten: boolean,
): boolean {
  if (user.uid === 0) return true;
  const needed = isWritten ? 0o6 : 0o4;
  const shift = uid === user.uid ? 6 : user.groups.includes(gid) ? 3 : 0;
  return ((mode >> shift) & needed) === needed;
}
