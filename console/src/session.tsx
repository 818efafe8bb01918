/** Who is signed in; every page below it may ask. */
import { createContext, useContext } from 'react'

import type { Role, Session } from './api/types'

export interface SignedIn {
  session: Session
  signOut: () => Promise<void>
}

export const SessionContext = createContext<SignedIn | null>(null)

export function useSession(): SignedIn {
  const found = useContext(SessionContext)
  if (found === null) throw new Error('useSession needs a signed-in page around it')
  return found
}

/** Where a role begins its work. */
export function landing(role: Role): string {
  if (role === 'responder') return '/r'
  if (role === 'department') return '/todo'
  if (role === 'supervisor') return '/overdue'
  return role === 'engineer' ? '/devices' : '/queue'
}
