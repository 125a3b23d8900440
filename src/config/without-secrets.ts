/** Problems go to terminals, journals and bundles; passwords that stand in a wrong place do not. */
export function withoutSecrets(text: string): string {
  const hidden = (_: string, before: string, secret: string) => before + '*'.repeat(secret.length);
  return text
    .replace(/(:\/\/)([^\s"']+)(?=@)/g, hidden)
    .replace(/(\b(?:passwordFile|keyFile)["']?\s*:\s*["']?)([^\s"',}]+)/g, (whole, before, file) =>
      isPath(file) ? whole : hidden(whole, before, file),
    )
    .replace(/(\b(?:password|passwd|secret|token)["']?\s*:\s*)(.*)$/i, hidden);
}

/** False for what may be the secret itself, where the name of the file should stand that holds it. */
export function isPath(text: string): boolean {
  return /[/.]/.test(text);
}
