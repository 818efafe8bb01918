/** What the service worker may keep, and where a click on a message leads; pure. */

export type Way = 'page' | 'part' | 'network'

/**
 * How a request is answered: `page` from the network, else the kept shell; `part` from what is kept, else the network;
 * everything else, all answers of the API among it, passes by untouched and is never kept.
 */
export function wayOf(request: { method: string; mode: string; url: string }, origin: string): Way {
  const url = new URL(request.url)
  if (request.method !== 'GET' || url.origin !== origin) return 'network'
  if (url.pathname.startsWith('/assets/') || url.pathname === '/icon.svg') return 'part'
  if (request.mode !== 'navigate' || isApi(url.pathname)) return 'network'
  return 'page'
}

function isApi(path: string): boolean {
  return ['/api', '/healthz', '/readyz', '/metrics'].some((one) => path === one || path.startsWith(`${one}/`))
}

export interface Message {
  title: string
  body: string
  /** Messages with the same tag replace each other. */
  tag: string
  /** Where a click leads, within this site. */
  path: string
  urgent: boolean
}

/** What a push says: JSON of our own server; anything else is still shown, in few words, rather than lost. */
export function messageOf(text: string | undefined, origin: string): Message {
  const said = parsed(text)
  const word = (key: string) => (typeof said[key] === 'string' ? said[key] : '')
  return {
    title: word('title') || '警钟',
    body: word('body') || word('text') || '有新的通知，请打开查看。',
    tag: word('tag') || word('incident') || 'tocsin',
    path: ownPath(word('url') || word('link'), origin),
    urgent: said['urgent'] !== false,
  }
}

function parsed(text: string | undefined): Record<string, unknown> {
  try {
    const found: unknown = JSON.parse(text ?? '{}')
    return typeof found === 'object' && found !== null ? (found as Record<string, unknown>) : {}
  } catch {
    return { body: text }
  }
}

/** The path of an address of this site; the start page for any other: a message never leads elsewhere. */
export function ownPath(address: string, origin: string): string {
  try {
    const url = new URL(address === '' ? '/' : address, origin)
    return url.origin === origin ? `${url.pathname}${url.search}` : '/'
  } catch {
    return '/'
  }
}
