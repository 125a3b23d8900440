import { ask } from '../control/client.ts';
import { PATHS } from '../control/control.ts';
import type { Status } from '../health/status.ts';
import { ASKING, asking } from './asking.ts';
import { type Command, UsageError } from './command.ts';
import { LiveView } from './live-view.ts';
import { ASKING_EXITS } from './options.ts';

const { json: _, ...OPTIONS } = ASKING;

export const watch: Command = {
  summary: 'Shows every stream of the running gateway, live.',
  usage: 'dorpel watch [--config FILE | --socket PATH]',
  options: OPTIONS,
  notes: `Keys: space turns the page, s sorts, / filters (Enter keeps it, Esc clears it),
q leaves. Only what has changed is drawn: a slow line will do.`,
  example: 'dorpel watch --config gateway.yaml',
  exitCodes: { ...ASKING_EXITS, 0: 'left' },
  async run(args, context) {
    const { socket } = await asking(args, context);
    if (!context.stdout.isTTY) throw new UsageError('watch needs a terminal; dorpel status or dorpel tail do not');
    const status = () => ask<Status>(socket, PATHS.status);
    // Asked once before the terminal is taken over: that nobody answers is to stay on it.
    const { gateway } = await status();
    const view = new LiveView(context, { title: `Dorpel: ${gateway.owner}/${gateway.id}`, notice: '' });
    view.show(status);
    const stop = AbortSignal.any([context.stop, view.stop]);
    await new Promise<void>((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
    await view.leave();
    return 0;
  },
};
