/** `advertisedListeners`: names of the addresses under which clients of other networks come. */

import type { Scheme } from '../authority.ts';

/** A URL for each scheme that is served. */
export type ServiceUrls = { readonly [S in Scheme]?: string };

/** Listeners in the order of the text, which is `name:scheme://host:port` separated by commas. */
export function parseListeners(text: string): ReadonlyMap<string, ServiceUrls> | undefined {
  const listeners = new Map<string, { [S in Scheme]?: string }>();
  for (const entry of text.split(',')) {
    const [, name = '', url = '', scheme = ''] = LISTENER.exec(entry.trim()) ?? [];
    if (!isScheme(scheme)) return undefined;
    const urls = listeners.get(name) ?? {};
    if (urls[scheme] !== undefined) return undefined;
    urls[scheme] = url;
    listeners.set(name, urls);
  }
  const usable = [...listeners.values()].every((urls) => urls.pulsar ?? urls['pulsar+ssl']);
  return usable ? listeners : undefined;
}

const LISTENER =
  /^([^\s:,/]+):((pulsar\+ssl|pulsar|https|http):\/\/(?:[\w.-]+|\[[\w:.]+\]):\d{1,5})$/;

function isScheme(text: string): text is Scheme {
  return text !== '';
}
