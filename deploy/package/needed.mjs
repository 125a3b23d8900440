/** Prints the folders of the packages that the program loads: those of package.json, and what they depend on in turn. */
import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Wanted by a package only to be built, or for types: nothing of them is loaded by a program that runs. */
const NOT_LOADED = /^(prebuild-install|nan|node-addon-api|@types\/.*|typescript)$/;

const root = process.argv[2] ?? '.';
const found = new Set();

/** As Node looks: in the package's own node_modules, then in each folder above. */
function folderOf(name, from) {
  for (let folder = from; folder.startsWith(root); folder = dirname(folder)) {
    const candidate = join(folder, 'node_modules', name);
    if (existsSync(join(candidate, 'package.json'))) return candidate;
  }
  throw new Error(`${name}, which ${from} wants, is not installed: npm ci --omit=dev`);
}

function walk(folder) {
  if (found.has(folder)) return;
  found.add(folder);
  const { dependencies, optionalDependencies } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    if (!NOT_LOADED.test(name)) walk(folderOf(name, folder));
  }
}

walk(root);
found.delete(root);
process.stdout.write(
  [...found]
    .toSorted()
    .map((folder) => `${folder}\n`)
    .join(''),
);
