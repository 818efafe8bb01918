/** Addresses that hold a secret: read once, then taken out of the address bar and the history; pure but for `takeToken`. */
export type TokenPage = 'go' | 'tag' | 'test'

const ADDRESS = /^\/(go|tag|test)(?:\/([A-Za-z0-9._~-]{1,512}))?\/?$/

export interface Address {
  page: TokenPage
  token: string | null
}

export function addressOf(path: string): Address | null {
  const found = ADDRESS.exec(path)
  return found === null ? null : { page: found[1] as TokenPage, token: found[2] ?? null }
}

export const isTokenPage = (path: string): boolean => addressOf(path) !== null

/**
 * Take the token out of the address. It stays with this tab only (`sessionStorage`), so that a
 * reload without network works; it is in no history, no bookmark and no other tab.
 */
export function takeToken(page: TokenPage): string | null {
  const stored = `tocsin.${page}`
  const given = addressOf(location.pathname)?.token ?? null
  try {
    if (given !== null) sessionStorage.setItem(stored, given)
    if (given !== null) history.replaceState(history.state, '', `/${page}`)
    return given ?? sessionStorage.getItem(stored)
  } catch {
    return given
  }
}

/** Let another page of this tab go on with a token. */
export function handOver(page: TokenPage, token: string): void {
  try {
    sessionStorage.setItem(`tocsin.${page}`, token)
  } catch {
    // The page then says that its link is not complete.
  }
}

/** Name of a token for what is kept by owner: one-way, so that the store does not hold the token twice. */
export async function ownerOf(token: string): Promise<string> {
  if (!('subtle' in crypto)) return `link:${token.slice(-12)}`
  const digest = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(token))
  return `link:${Array.from(new Uint8Array(digest).slice(0, 12), (byte) => byte.toString(16).padStart(2, '0')).join('')}`
}
