/** One act of a responder to the API. */
import { api, take } from '../api/client'
import { ApiError, isAway } from '../api/errors'
import { serverNow } from '../serverClock'
import type { Act, Result } from './queue'

const PATIENCE_MS = 12_000
const NOW_MS = 1_500

export async function sendAct(act: Act): Promise<Result> {
  const path = { params: { path: { incident: act.incident } }, signal: AbortSignal.timeout(PATIENCE_MS) }
  // A first try at once is now: only a later one must tell when it was tapped.
  const now = act.tries === 0 && serverNow() - Date.parse(act.at) < NOW_MS
  const when = now ? {} : { at: act.at }
  const body = { act: act.act, ...when }
  try {
    await take(post(act, path, body))
    return { kind: 'taken' }
  } catch (error) {
    if (isAway(error)) return { kind: 'away' }
    const told = error as ApiError
    // Signed out or an old token: the act is still true after the next sign-in.
    if (told.status === 401 || told.code === 'csrf.mismatch' || told.status === 409) return { kind: 'away' }
    return { kind: 'refused', code: told.code, message: told.message }
  }
}

type Path = { params: { path: { incident: string } }; signal: AbortSignal }

function post(act: Act, path: Path, body: { act: string; at?: string }) {
  switch (act.verb) {
    case 'see':
      return api.POST('/api/incidents/{incident}/see', { ...path, body })
    case 'accept':
      return api.POST('/api/incidents/{incident}/accept', { ...path, body })
    case 'help':
      return api.POST('/api/incidents/{incident}/help', { ...path, body })
    case 'done':
      return api.POST('/api/incidents/{incident}/done', { ...path, body })
    case 'real':
      return api.POST('/api/incidents/{incident}/real', { ...path, body })
    case 'nothing-here':
      return api.POST('/api/incidents/{incident}/nothing-here', { ...path, body })
    case 'arrive':
      return api.POST('/api/incidents/{incident}/arrive', {
        ...path,
        body: { ...body, ...(act.position && { position: act.position }) },
      })
    case 'refuse':
      return api.POST('/api/incidents/{incident}/refuse', {
        ...path,
        body: { ...body, reason: (act.reason ?? 'other') as 'busy' | 'away' | 'ill' | 'no_transport' | 'other' },
      })
  }
}
