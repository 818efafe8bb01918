/** Who this phone last belonged to: enough to show the own assignments while the server cannot be reached. */
import type { Session } from '../api/types'
import { forgetKept } from './keep'
import { forgetPhone } from './phone'

const STORED = 'tocsin.session'

/** Remember a responder; desks work only with the server, so nothing is kept there. The CSRF token is never kept. */
export function rememberOwner(session: Session): void {
  try {
    if (session.role === 'responder') localStorage.setItem(STORED, JSON.stringify({ ...session, csrf: '' }))
    else localStorage.removeItem(STORED)
  } catch {
    // Not remembered: a reload without network then shows the sign-in.
  }
}

export function rememberedOwner(): Session | null {
  try {
    const found = JSON.parse(localStorage.getItem(STORED) ?? 'null') as Session | null
    return found?.role === 'responder' && Date.parse(found.expires) > Date.now() ? found : null
  } catch {
    return null
  }
}

/** Take away what was kept. The signing key goes only at a real sign-out: acts that wait still need it after an expiry. */
export async function forgetOwner(how: 'signed-out' | 'expired'): Promise<void> {
  const found = rememberedOwner()
  try {
    localStorage.removeItem(STORED)
  } catch {
    // Nothing was remembered either.
  }
  if (found === null) return
  await forgetKept(found.account)
  if (how === 'signed-out') await forgetPhone(found.account)
}
