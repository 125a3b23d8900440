import type { Board } from './board.ts';
import type { Check, Found } from './check.ts';

const SUBJECT = 'power';
const SUPPLY = 'a supply of 5.1 V and 3 A (Pi 5: 5 A), a short cable, no USB disk without power of its own';
const HOT_MILLIDEGREES = 80_000;

/** Whether the board has enough power and is cool enough, where it tells: a Raspberry Pi does. */
export function powerCheck(board: Board): Check {
  return {
    subject: SUBJECT,
    look: async () => [await supplyFound(board), ...heatFound(board)],
  };
}

/** The kernel's driver rpi_volt has an alarm for the present; the firmware's bits (vcgencmd get_throttled) for the past. */
async function supplyFound(board: Board): Promise<Found> {
  const bits = Number(/throttled=(0x[0-9a-f]+)/i.exec((await board.said('vcgencmd', ['get_throttled'])) ?? '')?.[1]);
  const monitors = board.names('/sys/class/hwmon').map((name) => `/sys/class/hwmon/${name}`);
  const volt = monitors.find((folder) => board.text(`${folder}/name`)?.trim() === 'rpi_volt');
  const alarm = volt && board.text(`${volt}/in0_lcrit_alarm`)?.trim();
  if (alarm === '1' || (bits & 0x1) !== 0) {
    return { subject: SUBJECT, verdict: 'wrong', what: 'under-voltage at this moment', hint: SUPPLY };
  }
  if ((bits & 0x1_0000) !== 0) {
    return { subject: SUBJECT, verdict: 'warning', what: 'under-voltage since the start', hint: SUPPLY };
  }
  if (alarm === undefined && Number.isNaN(bits)) {
    return { subject: SUBJECT, verdict: 'unknown', what: 'this board does not tell of its supply' };
  }
  return {
    subject: SUBJECT,
    verdict: 'ok',
    what: Number.isNaN(bits) ? 'enough at this moment' : 'enough since the start',
  };
}

function heatFound(board: Board): Found[] {
  const millidegrees = Number(board.text('/sys/class/thermal/thermal_zone0/temp') || Number.NaN);
  if (Number.isNaN(millidegrees)) return [];
  const what = `the processor has ${(millidegrees / 1000).toFixed(0)} °C`;
  if (millidegrees < HOT_MILLIDEGREES) return [{ subject: 'heat', verdict: 'ok', what }];
  return [{ subject: 'heat', verdict: 'warning', what: `${what}: it slows down`, hint: 'shade, air, a heat sink' }];
}
