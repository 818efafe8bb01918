/** One act of a responder to the API: with the session, or by the token of a one-tap link. */
import { newAct, postForm, postText } from '../api/client'
import { ApiError } from '../api/errors'
import { serverNow } from '../serverClock'
import { forgetPhone, signed } from './phone'
import type { Act, Result } from './queue'

const NOW_MS = 1_500
/** The server is there but takes nothing from anybody just now. */
const BUSY = new Set([408, 429, 502, 503, 504])

export async function sendAct(act: Act): Promise<Result> {
  try {
    if (act.photo !== undefined) await sendPhoto(act, act.photo)
    else if (act.link !== undefined) await sendByLink(act, act.link)
    else await sendSigned(act)
    return { kind: 'taken' }
  } catch (error) {
    return resultOf(error)
  }
}

/** What an answer means for the act that was sent. */
export function resultOf(error: unknown): Result {
  if (!(error instanceof ApiError) || BUSY.has(error.status)) return { kind: 'away' }
  const { status, code, message } = error
  if (code === 'session.missing' || code === 'csrf.mismatch') return { kind: 'signed-out' }
  // Somebody else was faster, or a fault at the centre: the same may succeed a moment later.
  if (code === 'conflict' || status >= 500) return { kind: 'not-now', code, message }
  return { kind: 'refused', code, message }
}

/** A first try at once is now: only a later one must tell when it was tapped. */
function claimed(act: Act): { at?: string } {
  const now = act.tries === 0 && serverNow() - Date.parse(act.at) < NOW_MS
  return now ? {} : { at: act.at }
}

/** The act in the API's words, without what is empty. */
export function bodyOf(act: Act, claim: { at?: string }): Record<string, unknown> {
  return {
    act: act.act,
    ...claim,
    ...(act.verb === 'refuse' && { reason: act.reason ?? 'other' }),
    ...(act.position !== undefined && { position: act.position }),
    ...(act.position_age_s !== undefined && { position_age_s: act.position_age_s }),
    ...(act.tag !== undefined && { tag: act.tag }),
  }
}

async function sendSigned(act: Act): Promise<void> {
  const claim = claimed(act)
  const path = `/api/incidents/${encodeURIComponent(act.incident)}/${act.verb}`
  const body = JSON.stringify(bodyOf(act, claim))
  const headers =
    claim.at === undefined ? {} : await signed(act.owner, { at: claim.at, method: 'POST', path, body }).catch(() => ({}))
  try {
    await postText(path, body, headers)
  } catch (error) {
    // The centre believes this phone no more (it was taken out of use): the act itself is still worth sending.
    if (!(error instanceof ApiError) || error.code !== 'act.phone') throw error
    await forgetPhone(act.owner)
    await postText(path, body)
  }
}

async function sendByLink(act: Act, token: string): Promise<void> {
  const what = act.verb.replace('-', '_')
  await postText('/api/go/act', JSON.stringify({ token, what, ...bodyOf(act, claimed(act)) }), {}, 'omit')
}

async function sendPhoto(act: Act, photo: NonNullable<Act['photo']>): Promise<void> {
  const form = new FormData()
  form.set('act', act.act)
  form.set('challenge', photo.challenge)
  const { at } = claimed(act)
  if (at !== undefined) form.set('at', at)
  form.set('photo', photo.picture, `${newAct()}.jpg`)
  if (act.link === undefined) return postForm(`/api/incidents/${encodeURIComponent(act.incident)}/arrive-photo`, form)
  form.set('token', act.link)
  return postForm('/api/go/arrive-photo', form, 'omit')
}
