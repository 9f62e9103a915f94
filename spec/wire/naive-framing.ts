/** Framing the plain way: the whole stream in one buffer. The model for `FrameReader`. */

/** Commands and payloads of the whole frames at the beginning of a stream, as hex. */
export function cutFrames(stream: Buffer): string[] {
  const frames: string[] = [];
  let at = 0;
  while (at + 8 <= stream.length) {
    const end = at + 4 + stream.readUInt32BE(at);
    if (end > stream.length) break;
    const commandEnd = at + 8 + stream.readUInt32BE(at + 4);
    const command = stream.toString('hex', at + 8, commandEnd);
    frames.push(`${command}|${stream.toString('hex', commandEnd, end)}`);
    at = end;
  }
  return frames;
}
