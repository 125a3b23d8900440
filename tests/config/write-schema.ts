/** `npm run schema`: writes `config/dorpel.schema.json`, for editors. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { drivers } from '../support/every-driver.ts';
import { configJsonSchema } from './json-schema.ts';

const schema = configJsonSchema(drivers.map(({ driver }) => driver));
writeFileSync(join('config', 'dorpel.schema.json'), `${JSON.stringify(schema, null, 2)}\n`);
