/** An error as one line for whoever typed the command. */

const ERRNO: Readonly<Record<string, string>> = {
  EADDRINUSE: 'address in use',
  EACCES: 'permission denied',
  ENOENT: 'no such file or folder',
  EISDIR: 'it is a folder',
  EADDRNOTAVAIL: 'no such address on this machine',
  ENOSPC: 'no space left on the disk',
};

export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { code } = error as { code?: unknown };
  const known = typeof code === 'string' ? ERRNO[code] : undefined;
  const line = error.message.replace(/\s*[\r\n]+\s*/g, ' ');
  return known === undefined ? line : `${known} (${line})`;
}
