/** Opens a serial line as the gateway does, says a byte and ends: `open-line.js PATH SETTINGS`, for a test that looks on. */
import { linuxSerialLine } from '../../src/hal/linux/serialport.ts';
import { systemClock } from '../../src/hal/linux/system-clock.ts';
import type { LineSettings } from '../../src/hal/serial.ts';

const [path = '', settings = ''] = process.argv.slice(2);
const clock = systemClock(() => 'unsynced');
const line = linuxSerialLine(path, JSON.parse(settings) as LineSettings, clock);
await line.device(0).write(Uint8Array.of(0));
await line.close();
