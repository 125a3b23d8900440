import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf } from './templates.ts';

/** The name cannot be that of a new driver; the message says why, and what can. */
export class NameError extends Error {}

const WIDEST = 120;

/** Writes the folder of a new driver below `root`, and its line in the register. Throws a NameError. */
export function addDriver(root: string, name: string): readonly string[] {
  if (!/^[a-z]([a-z0-9-]*[a-z0-9])?$/.test(name) || name.length > 40) {
    throw new NameError(`"${name}" cannot be a driver's name: small letters, digits and hyphens, such as acme-wind`);
  }
  const folder = join(root, 'drivers', name);
  const index = join(root, 'drivers', 'index.ts');
  const register = readFileSync(index, 'utf8');
  if (existsSync(folder) || namesIn(register).some(({ is }) => is === name)) {
    throw new NameError(`there is a driver called ${name} already: drivers/${name}`);
  }
  mkdirSync(folder);
  const files = Object.entries(filesOf(name));
  for (const [file, text] of files) writeFileSync(join(folder, file), text);
  writeFileSync(index, withEntry(register, name));
  return [...files.map(([file]) => join('drivers', name, file)), join('drivers', 'index.ts')];
}

function namesIn(register: string): { readonly is: string; readonly at: number }[] {
  return Array.from(register.matchAll(/^ {2}'?([a-z0-9-]+)'?: \[/gm), ({ 1: is = '', index: at }) => ({ is, at }));
}

/** The register with the new driver in its place of the alphabet. */
function withEntry(register: string, name: string): string {
  const at = namesIn(register).find(({ is }) => is > name)?.at ?? register.lastIndexOf('};');
  return `${register.slice(0, at)}${entryOf(name)}${register.slice(at)}`;
}

function entryOf(name: string): string {
  const key = name.includes('-') ? `'${name}'` : name;
  const loads = [`() => import('./${name}/${name}.ts')`, `() => import('./${name}/${name}.sim.ts')`];
  const line = `  ${key}: [${loads.join(', ')}],\n`;
  return line.length <= WIDEST + 1 ? line : `  ${key}: [\n${loads.map((load) => `    ${load},\n`).join('')}  ],\n`;
}
