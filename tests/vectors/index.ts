import type { Adapter } from './adapter.ts';
import { bme280 } from './bme280.ts';
import { bmp280 } from './bmp280.ts';
import { ds18b20 } from './ds18b20.ts';
import { dsmrP1 } from './dsmr-p1.ts';
import { ld2410 } from './ld2410.ts';
import { mbus } from './mbus.ts';
import { mhz19 } from './mhz19.ts';
import { modbusRegisterMaps } from './modbus-register-maps.ts';
import { modbusRtu } from './modbus-rtu.ts';
import { pms50037003 } from './pms5003-7003.ts';
import { scd4x } from './scd4x.ts';
import { scd30 } from './scd30.ts';
import { sds011 } from './sds011.ts';
import { sen5x } from './sen5x.ts';
import { senseairS8Commands } from './senseair-s8.ts';
import { sensirionCommon } from './sensirion-common.ts';
import { shdlc } from './shdlc.ts';
import { sht3x } from './sht3x.ts';
import { sht4x } from './sht4x.ts';
import { sps30 } from './sps30.ts';

/** Which adapter reads which folder of vectors. A folder without a driver of ours is left alone. */
export const adapters: Readonly<Record<string, Adapter>> = {
  bme280,
  bmp280,
  ds18b20,
  'dsmr-p1': dsmrP1,
  mbus,
  'modbus-register-maps': modbusRegisterMaps,
  'modbus-rtu': modbusRtu,
  ld2410,
  mhz19,
  'pms5003-7003': pms50037003,
  'senseair-s8': senseairS8Commands,
  scd30,
  scd4x,
  sds011,
  sen5x,
  'sensirion-common': sensirionCommon,
  shdlc,
  sht3x,
  sht4x,
  sps30,
};
