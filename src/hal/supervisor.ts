/** Who has started the program, wants to hear how it is, and starts it again when it hears nothing: systemd. */
export interface Supervisor {
  /** It wants to hear of us this often, in milliseconds; undefined where it does not watch. */
  readonly watchdogMs: number | undefined;
  /** Tells what sd_notify(3) lists, one assignment a line. Throws where it cannot be told. */
  tell(lines: string): void;
}

/** Started by systemd in a way in which it can never be told that all is well. */
export class UnheardError extends Error {
  readonly hint = 'put /usr/lib/dorpel/notified before the program in ExecStart=, or take WatchdogSec= out of the unit';

  constructor() {
    super('systemd watches this program (WatchdogSec=), but the program cannot reach it');
    this.name = 'UnheardError';
  }
}
