/** The sign-in in front of everything; behind it the field's small pages or the desk's. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, Suspense, useCallback, useEffect, useMemo } from 'react'

import { api, onSignedOut, setCsrf, take } from './api/client'
import { ApiError, isAway } from './api/errors'
import { retireThisPhone } from './api/phones'
import type { Session } from './api/types'
import { forgetOwner, rememberedOwner, rememberOwner } from './offline/owner'
import { SignIn } from './pages/SignIn'
import { SessionContext } from './session'

const Field = lazy(async () => ({ default: (await import('./parts/Field')).Field }))
const Desk = lazy(async () => ({ default: (await import('./parts/Desk')).Desk }))

async function whoAmI(): Promise<Session | null> {
  try {
    const session = await take(api.GET('/api/session'))
    setCsrf(session.csrf)
    rememberOwner(session)
    return session
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

export function App() {
  const client = useQueryClient()
  const { data: known, isPending, error, failureCount, refetch } = useQuery({
    queryKey: ['session'],
    queryFn: whoAmI,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: (query) => (query.state.error !== null ? 3_000 : false),
  })
  // Without network a responder goes on with what this phone knows; the first answer decides again.
  const away = known === undefined && (failureCount > 0 || (error !== null && isAway(error)))
  const remembered = useMemo(() => (away ? rememberedOwner() : null), [away])
  const session = known ?? remembered
  const forget = useCallback(
    (how: 'signed-out' | 'expired') => {
      void forgetOwner(how)
      setCsrf('')
      client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' })
      client.setQueryData(['session'], null)
    },
    [client],
  )
  useEffect(() => onSignedOut(() => forget('expired')), [forget])
  const signOut = useCallback(async () => {
    const account = rememberedOwner()?.account
    if (account !== undefined) await retireThisPhone(account).catch(() => undefined)
    await take(api.DELETE('/api/session')).catch(() => undefined)
    forget('signed-out')
  }, [forget])
  const value = useMemo(() => (session ? { session, signOut } : null), [session, signOut])
  if (value !== null) {
    return (
      <SessionContext value={value}>
        <Suspense>{value.session.role === 'responder' ? <Field /> : <Desk />}</Suspense>
      </SessionContext>
    )
  }
  if (isPending) return null
  return (
    <SignIn
      unreachable={error}
      onRetry={() => void refetch()}
      onSignedIn={(found) => {
        setCsrf(found.csrf)
        rememberOwner(found)
        client.setQueryData(['session'], found)
      }}
    />
  )
}
