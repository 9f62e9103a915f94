/** What a process has used, as Linux counts it under /proc. */
import { readFileSync } from 'node:fs';

/** Ticks a second of utime and stime: 100 on every Linux that Node runs on. */
const TICKS = 100;

/** User and system time of a process with all of its threads, in seconds. */
export function cpuSeconds(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The name, in brackets, may hold blanks; utime and stime are fields 14 and 15.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS;
}

export interface Resident {
  readonly nowMb: number;
  readonly peakMb: number;
}

/** Resident memory of a process, file pages that it has mapped included, in MB (10^6 bytes). */
export function resident(pid: number): Resident {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  const kib = (key: string) => Number(new RegExp(`^${key}:\\s+(\\d+) kB`, 'm').exec(status)?.[1]);
  return { nowMb: (kib('VmRSS') * 1024) / 1e6, peakMb: (kib('VmHWM') * 1024) / 1e6 };
}

/** Memory that only this process holds and that is not backed by a file, in MB (10^6 bytes). */
export function anonymousMb(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return (Number(/^RssAnon:\s+(\d+) kB/m.exec(status)?.[1]) * 1024) / 1e6;
}
