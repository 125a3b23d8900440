/** `npm run schema`: writes `config/dorpel.schema.json`, for editors, and `config/REFERENCE.md`, for people. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drivers } from '../support/every-driver.ts';
import { configJsonSchema } from './json-schema.ts';
import { configReference } from './reference.ts';

const all = drivers.map(({ driver }) => driver);
writeFileSync(join('config', 'dorpel.schema.json'), `${JSON.stringify(configJsonSchema(all), null, 2)}\n`);
writeFileSync(join('config', 'REFERENCE.md'), configReference(all));
