/** `npm run new-driver NAME`: the folder of a new driver in the tree, and its line in the register. */
import { addDriver, NameError } from './add-driver.ts';

const NEXT = `It builds and passes its tests as it stands. What is left to do:
  1. the part's own conversation, simulated part, vectors and README: drivers/README.md says how
  2. npm run schema, so that editors know it
  3. a device with it in config/gateway.example.yaml, which shows every driver and every option
  4. a row in README.md and a word in CHANGELOG.md
`;

const [name, ...more] = process.argv.slice(2);
try {
  if (name === undefined || more.length > 0) throw new NameError('which driver? npm run new-driver NAME');
  process.stdout.write(`${addDriver(process.cwd(), name).join('\n')}\n\n${NEXT}`);
} catch (cause) {
  if (!(cause instanceof NameError)) throw cause;
  process.stderr.write(`${cause.message}\n`);
  process.exitCode = 2;
}
