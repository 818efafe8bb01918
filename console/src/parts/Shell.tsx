/** The frame around all pages: where to go, who I am, whether what is shown is true. */
import { Layout } from 'antd'
import { useCallback } from 'react'
import { Navigate, Route, Routes, useLocation } from 'react-router'

import type { LiveIncident } from '../api/types'
import { useLive } from '../live/useLive'
import { Alarms } from '../pages/Alarms'
import { Device } from '../pages/Device'
import { Devices } from '../pages/Devices'
import { Incident } from '../pages/Incident'
import { Queue } from '../pages/Queue'
import { Report } from '../pages/Report'
import { Responder } from '../pages/Responder'
import { ResponderIncident } from '../pages/ResponderIncident'
import { landing, useSession } from '../session'
import { ring } from './bell'
import { Header } from './Header'
import { TruthBanner } from './TruthBanner'

const RINGS = new Set(['opened', 'confirmation_overdue', 'help_asked'])

export function Shell() {
  const { session, signOut } = useSession()
  const { pathname } = useLocation()
  const role = session.role
  const onIncident = useCallback(
    (told: LiveIncident) => {
      if (role === 'responder') {
        if (told.event.event === 'called' && told.event.person === session.person) ring()
      } else if (RINGS.has(told.event.event)) ring()
    },
    [role, session.person],
  )
  const onEnd = useCallback(() => void signOut(), [signOut])
  const home = <Navigate to={landing(role)} replace />
  const desk = role === 'operator' || role === 'administrator'
  return (
    <Layout className={pathname.startsWith('/r/') || pathname === '/r' ? 'shell phone' : 'shell'}>
      {role !== 'engineer' && <Live onIncident={onIncident} onEnd={onEnd} />}
      <Header />
      {role !== 'engineer' && <TruthBanner />}
      <Layout.Content className="content">
        <Routes>
          {desk && <Route path="/queue" element={<Queue />} />}
          {desk && <Route path="/incidents/:id" element={<Incident />} />}
          {role === 'operator' && <Route path="/report" element={<Report />} />}
          {role !== 'responder' && <Route path="/alarms" element={<Alarms />} />}
          {role !== 'responder' && <Route path="/devices" element={<Devices />} />}
          {role !== 'responder' && <Route path="/devices/:id" element={<Device />} />}
          {role === 'responder' && <Route path="/r" element={<Responder />} />}
          {role === 'responder' && <Route path="/r/:id" element={<ResponderIncident />} />}
          <Route path="*" element={home} />
        </Routes>
      </Layout.Content>
    </Layout>
  )
}

function Live({ onIncident, onEnd }: { onIncident: (told: LiveIncident) => void; onEnd: () => void }) {
  const { session } = useSession()
  useLive(session, onIncident, onEnd)
  return null
}
