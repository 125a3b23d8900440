import { ask } from '../control/client.ts';
import { PATHS } from '../control/control.ts';
import type { Status } from '../health/status.ts';
import { asking } from './asking.ts';
import { type Command, UsageError } from './command.ts';
import { LiveView } from './live-view.ts';

export const watch: Command = {
  summary: 'Shows every stream of the running gateway, live.',
  usage: 'dorpel watch [--config FILE | --socket PATH]',
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
