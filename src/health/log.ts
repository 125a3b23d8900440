/** How bad it is; the words of syslog (RFC 5424, 6.2.1). */
export type Level = 'error' | 'warning' | 'notice' | 'info';

/** Facts beside the message; undefined ones are left out. */
export type Fields = Readonly<Record<string, string | number | boolean | undefined>>;

/** Says one thing: `code` is a fixed word to search for, the message is for people. */
export type Log = (level: Level, code: string, message: string, fields?: Fields) => void;

/** Nothing is said. */
export const silent: Log = () => undefined;

const PRIORITY: Readonly<Record<Level, number>> = { error: 3, warning: 4, notice: 5, info: 6 };

/**
 * Lines of `key=value` for journald and for files: greppable as they are. Under journald each line carries its
 * priority (sd-daemon(3)) and leaves out the time, which the journal has itself.
 */
export function structuredLog(write: (line: string) => void, now: () => number, isJournal: boolean): Log {
  return (level, code, message, fields = {}) => {
    const head = isJournal ? `<${PRIORITY[level]}>` : `time=${new Date(now()).toISOString()} level=${level} `;
    const facts = Object.entries(fields)
      .filter(([, value]) => value !== undefined)
      .map(([key, value]) => ` ${key}=${quoted(String(value))}`)
      .join('');
    write(`${head}code=${code}${facts} msg=${quoted(message)}\n`);
  };
}

/** Lines for a person at a terminal: one each, whatever control characters a message brings. */
export function humanLog(write: (line: string) => void, now: () => number): Log {
  return (level, _code, message) => {
    const time = new Date(now()).toTimeString().slice(0, 8);
    write(`${time} ${level === 'info' ? '' : `${level}: `}${message.replaceAll(/\s*\p{Cc}+\s*/gu, ' ')}\n`);
  };
}

function quoted(value: string): string {
  return /^[\w.:/@+-]+$/.test(value) ? value : JSON.stringify(value);
}
