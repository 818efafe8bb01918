/** The frame of a responder's pages: small, for one hand and a weak network. */
import { useCallback } from 'react'
import { Navigate, Route, Routes } from 'react-router'

import type { LiveIncident } from '../api/types'
import { useT } from '../i18n'
import { useLive } from '../live/useLive'
import { Responder } from '../pages/Responder'
import { ResponderIncident } from '../pages/ResponderIncident'
import { useSession } from '../session'
import { ring, setMuted, useBell, wake } from './bell'
import { LanguageSwitch } from './LanguageSwitch'
import { Btn } from './Plain'
import { TruthBanner } from './TruthBanner'

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
        <Routes>
          <Route path="/r" element={<Responder />} />
          <Route path="/r/:id" element={<ResponderIncident />} />
          <Route path="*" element={<Navigate to="/r" replace />} />
        </Routes>
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
