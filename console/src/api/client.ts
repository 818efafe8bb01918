/** The one way to the API: typed by its OpenAPI document, with the CSRF token and one kind of error. */
import createClient from 'openapi-fetch'

import { learn } from '../serverClock'
import { ApiError } from './errors'
import type { paths } from './schema'

/** A phone on a weak network gives up on one try after this. */
const PATIENCE_MS = 12_000
const PICTURE_PATIENCE_MS = 60_000

let csrf = ''

export function setCsrf(token: string): void {
  csrf = token
}

export const api = createClient<paths>({ baseUrl: '/', credentials: 'same-origin' })

api.use({
  onRequest({ request }) {
    if (request.method !== 'GET' && csrf !== '') request.headers.set('X-CSRF-Token', csrf)
    return request
  },
})

/** The same for people who hold a token and no session: no cookie goes along. */
export const byToken = createClient<paths>({ baseUrl: '/', credentials: 'omit' })

interface Answer<T> {
  data?: T
  error?: unknown
  response: Response
}

type Listener = () => void
const signedOut = new Set<Listener>()

/** Hear when the server no longer knows this session. */
export function onSignedOut(listener: Listener): () => void {
  signedOut.add(listener)
  return () => signedOut.delete(listener)
}

/** Wait for an answer and give its body, or throw `ApiError`; learns the server's time on the way. */
export async function take<T>(asked: Promise<Answer<T>>): Promise<T> {
  const sent = Date.now()
  const { data, error, response } = await asked
  if (response.ok) {
    const now = (data as { now?: unknown } | undefined)?.now
    if (typeof now === 'string') learn(now, sent, Date.now())
    return data as T
  }
  const body = (error ?? {}) as { code?: string; message?: string }
  const wait = Number(response.headers.get('Retry-After') ?? Number.NaN)
  const code = body.code ?? `http.${response.status}`
  if (code === 'session.missing') for (const listener of signedOut) listener()
  throw new ApiError(response.status, code, body.message ?? '', Number.isFinite(wait) ? wait : null)
}

/** Post exactly these bytes: a signature covers them. */
export async function postText(
  path: string,
  body: string,
  headers: Record<string, string> = {},
  credentials: RequestCredentials = 'same-origin',
): Promise<void> {
  const typed = { 'Content-Type': 'application/json', ...headers }
  await post(path, { body, headers: typed, credentials, signal: AbortSignal.timeout(PATIENCE_MS) })
}

export async function postForm(
  path: string,
  body: FormData,
  credentials: RequestCredentials = 'same-origin',
): Promise<void> {
  await post(path, { body, headers: {}, credentials, signal: AbortSignal.timeout(PICTURE_PATIENCE_MS) })
}

async function post(path: string, init: RequestInit & { headers: Record<string, string> }): Promise<void> {
  const token: Record<string, string> = init.credentials !== 'omit' && csrf !== '' ? { 'X-CSRF-Token': csrf } : {}
  const asked = fetch(path, { ...init, method: 'POST', headers: { ...init.headers, ...token } })
  await take(
    asked.then(async (response) => {
      const body: unknown = await response.json().catch(() => undefined)
      return response.ok ? { data: body, response } : { error: body, response }
    }),
  )
}

/** An id for one act of a person: the same id is answered once. */
export function newAct(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16))
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('')
}
