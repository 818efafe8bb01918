/** The frame of a responder's pages: small, for one hand and a weak network. */
import { lazy, Suspense, useCallback } from 'react'
import { Navigate, Route, Routes } from 'react-router'

import type { LiveIncident } from '../api/types'
import { useT } from '../i18n'
import { useLive } from '../live/useLive'
import { Responder } from '../pages/Responder'
import { ResponderIncident } from '../pages/ResponderIncident'
import { useSession } from '../session'
import { ring, setMuted, useBell, wake } from './bell'
import { LanguageSwitch } from './LanguageSwitch'
import { Btn, Spinner } from './Plain'
import { TruthBanner } from './TruthBanner'

// What is not a call can wait for its code: calls must open on a weak network.
const FieldReport = lazy(async () => ({ default: (await import('../pages/field/FieldReport')).FieldReport }))
const FieldSweeps = lazy(async () => ({ default: (await import('../pages/field/FieldSweeps')).FieldSweeps }))
const FieldScore = lazy(async () => ({ default: (await import('../pages/field/FieldScore')).FieldScore }))
const Patrol = lazy(async () => ({ default: (await import('../pages/field/Patrol')).Patrol }))

export function Field() {
  const { t } = useT()
  const { session, signOut } = useSession()
  const onIncident = useCallback(
    (told: LiveIncident) => {
      if (told.event.event === 'called' && told.event.person === session.person) ring()
    },
    [session.person],
  )
  useLive(session, onIncident, useCallback(() => void signOut(), [signOut]))
  return (
    <div className="shell phone">
      <header className="top">
        <span className="brand">{t('app.short')}</span>
        <span className="top-right">
          <Sound />
          <LanguageSwitch />
          <Btn look="text" onClick={() => void signOut()}>{t('do.signOut')}</Btn>
        </span>
      </header>
      <TruthBanner />
      <main className="content">
        <Suspense fallback={<Spinner words={t('do.loading')} />}>
        <Routes>
          <Route path="/r" element={<Responder />} />
          <Route path="/r/do/report" element={<FieldReport />} />
          <Route path="/r/do/sweeps" element={<FieldSweeps />} />
          <Route path="/r/do/score" element={<FieldScore />} />
          <Route path="/r/do/patrol" element={<Patrol />} />
          <Route path="/r/:id" element={<ResponderIncident />} />
          <Route path="*" element={<Navigate to="/r" replace />} />
        </Routes>
        </Suspense>
      </main>
    </div>
  )
}

function Sound() {
  const { t } = useT()
  const bell = useBell()
  if (bell === 'blocked') return <Btn look="danger-solid" onClick={wake}>{t('sound.blocked')}</Btn>
  return (
    <Btn look="text" onClick={() => setMuted(bell === 'ready')}>
      {t(bell === 'ready' ? 'sound.on' : 'sound.off')}
    </Btn>
  )
}
