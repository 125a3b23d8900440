/** Problems go to terminals, journals and bundles; passwords that stand in a wrong place do not. */
export function withoutSecrets(text: string): string {
  const hidden = (_: string, before: string, secret: string) => before + '*'.repeat(secret.length);
  return text
    .replace(/(:\/\/)([^\s"']+)(?=@)/g, hidden)
    .replace(/(\b(?:\w*(?:password|key|token|secret)File)["']?\s*:\s*["']?)([^\s"',}]+)/g, (whole, before, file) =>
      isPath(file) || file.startsWith('$') ? whole : hidden(whole, before, file),
    )
    .replace(/(\b(?:password|passwd|secret|token)["']?\s*:\s*)(.*)$/i, hidden);
}

/** False for what may be the secret itself, where the name of the file should stand that holds it. */
export function isPath(text: string): boolean {
  return /[/.]/.test(text);
}

/** That there is no such file, and what to do; what may be the secret itself is not repeated. */
export function noSecretFile(written: string, file: string): readonly [message: string, hint: string] {
  if (isPath(written)) return [`there is no file ${file} that may be read`, RELATIVE];
  return [
    'there is no file of that name that may be read',
    'name the file that holds it; a secret itself never stands in a config',
  ];
}

const RELATIVE = 'put it there, or correct the path; it is relative to this file';
