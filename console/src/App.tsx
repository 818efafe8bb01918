/** Language and look around everything, the sign-in in front of it, the role's pages behind it. */
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { App as AntApp, ConfigProvider, theme } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { useCallback, useEffect, useMemo } from 'react'

import { api, onSignedOut, setCsrf, take } from './api/client'
import { ApiError } from './api/errors'
import type { Session } from './api/types'
import { useT } from './i18n'
import { SignIn } from './pages/SignIn'
import { Shell } from './parts/Shell'
import { SessionContext } from './session'

export function App() {
  const { language } = useT()
  return (
    <ConfigProvider
      locale={language === 'en' ? enUS : zhCN}
      button={{ autoInsertSpace: false }}
      theme={{
        algorithm: theme.darkAlgorithm,
        token: { colorPrimary: '#3b82f6', borderRadius: 6, fontSize: 15, colorBgBase: '#0d1420' },
      }}
    >
      <AntApp>
        <Inner />
      </AntApp>
    </ConfigProvider>
  )
}

async function whoAmI(): Promise<Session | null> {
  try {
    const session = await take(api.GET('/api/session'))
    setCsrf(session.csrf)
    return session
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return null
    throw error
  }
}

function Inner() {
  const client = useQueryClient()
  const { data: session, isPending, error, refetch } = useQuery({
    queryKey: ['session'],
    queryFn: whoAmI,
    staleTime: Number.POSITIVE_INFINITY,
    refetchInterval: (query) => (query.state.error !== null ? 3_000 : false),
  })
  const forget = useCallback(() => {
    setCsrf('')
    client.removeQueries({ predicate: (query) => query.queryKey[0] !== 'session' })
    client.setQueryData(['session'], null)
  }, [client])
  useEffect(() => onSignedOut(forget), [forget])
  const signOut = useCallback(async () => {
    await take(api.DELETE('/api/session')).catch(() => undefined)
    forget()
  }, [forget])
  const value = useMemo(() => (session ? { session, signOut } : null), [session, signOut])
  if (isPending) return null
  if (value === null) {
    return (
      <SignIn
        unreachable={error}
        onRetry={() => void refetch()}
        onSignedIn={(found) => {
          setCsrf(found.csrf)
          client.setQueryData(['session'], found)
        }}
      />
    )
  }
  return (
    <SessionContext value={value}>
      <Shell />
    </SessionContext>
  )
}
