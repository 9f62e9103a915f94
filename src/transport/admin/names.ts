/** Names: what may name a tenant, namespace or cluster, and how Java writes names in keys. */

const ENTITY = /^[-=:.\w]+$/;

/** Pulsar's NamedEntity: letters, digits and `-=:._`. */
export function isEntityName(name: string): boolean {
  return ENTITY.test(name);
}

/** Java's URLEncoder, in which internal statistics give names of cursors. */
export function urlEncoded(text: string): string {
  return encodeURIComponent(text)
    .replace(/[!'()~]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`)
    .replaceAll('%20', '+');
}
