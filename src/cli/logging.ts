import { humanLog, type Log, structuredLog } from '../health/log.ts';

/** For people in a terminal, as `key=value` lines anywhere else. Log lines are the one use of the wall clock here. */
export function logTo(stream: NodeJS.WriteStream, now: () => number): Log {
  const write = (line: string) => void stream.write(line);
  // systemd.exec(5), "$JOURNAL_STREAM": set where the output goes to the journal.
  return stream.isTTY ? humanLog(write, now) : structuredLog(write, now, process.env['JOURNAL_STREAM'] !== undefined);
}
