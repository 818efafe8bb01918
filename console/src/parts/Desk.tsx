/** The desk's frame: component library, language and look around the pages of operators, engineers, administrators. */
import { App as AntApp, ConfigProvider, Layout, theme } from 'antd'
import enUS from 'antd/locale/en_US'
import zhCN from 'antd/locale/zh_CN'
import { lazy, Suspense, useCallback } from 'react'
import { Navigate, Route, Routes } from 'react-router'

import type { LiveIncident } from '../api/types'
import { useT } from '../i18n'
import { useLive } from '../live/useLive'
import { Alarms } from '../pages/Alarms'
import { Channels } from '../pages/Channels'
import { Device } from '../pages/Device'
import { Devices } from '../pages/Devices'
import { Incident } from '../pages/Incident'
import { Maintenance } from '../pages/Maintenance'
import { Policies } from '../pages/Policies'
import { Quality } from '../pages/Quality'
import { Queue } from '../pages/Queue'
import { Replay } from '../pages/Replay'
import { Report } from '../pages/Report'
import { landing, useSession } from '../session'
import { ring } from './bell'
import { Header } from './Header'
import { Spinner } from './Plain'
import { ReadinessBanner } from './Readiness'
import { TownTabs } from './TownTabs'
import { TruthBanner } from './TruthBanner'
import { WatchBanner } from './WatchBanner'

// The chart library is larger than all other pages together.
const Figures = lazy(async () => ({ default: (await import('../pages/town/Figures')).Figures }))
const Grids = lazy(async () => ({ default: (await import('../pages/town/Grids')).Grids }))
const Overdue = lazy(async () => ({ default: (await import('../pages/town/Overdue')).Overdue }))
const Todo = lazy(async () => ({ default: (await import('../pages/town/Todo')).Todo }))
const People = lazy(async () => ({ default: (await import('../pages/town/People')).People }))
const Duty = lazy(async () => ({ default: (await import('../pages/town/Duty')).Duty }))
const Scores = lazy(async () => ({ default: (await import('../pages/town/Scores')).Scores }))
const Sweeps = lazy(async () => ({ default: (await import('../pages/town/Sweeps')).Sweeps }))
const Exercises = lazy(async () => ({ default: (await import('../pages/town/Exercises')).Exercises }))
const Organisations = lazy(async () => ({ default: (await import('../pages/town/Organisations')).Organisations }))
const AlarmLoad = lazy(async () => ({ default: (await import('../pages/AlarmLoad')).AlarmLoad }))

const RINGS = new Set(['opened', 'confirmation_overdue', 'help_asked'])

export function Desk() {
  const { language } = useT()
  return (
    <ConfigProvider
      locale={language === 'en' ? enUS : zhCN}
      button={{ autoInsertSpace: false }}
      theme={{
        algorithm: theme.darkAlgorithm,
        token: { colorPrimary: '#3b82f6', borderRadius: 6, fontSize: 15, colorBgBase: '#0d1420', colorTextPlaceholder: '#8fa0b8' },
      }}
    >
      <AntApp>
        <Shell />
      </AntApp>
    </ConfigProvider>
  )
}

function Shell() {
  const { t } = useT()
  const { session, signOut } = useSession()
  const role = session.role
  const onIncident = useCallback((told: LiveIncident) => {
    if (RINGS.has(told.event.event)) ring()
  }, [])
  const onEnd = useCallback(() => void signOut(), [signOut])
  const home = <Navigate to={landing(role)} replace />
  const field = role !== 'department'
  const leads = role === 'operator' || role === 'supervisor' || role === 'administrator'
  return (
    <Layout className="shell">
      {role !== 'engineer' && <Live onIncident={onIncident} onEnd={onEnd} />}
      <Header />
      {role !== 'engineer' && <TruthBanner />}
      {field && <WatchBanner />}
      {field && <ReadinessBanner />}
      <Layout.Content className="content">
        <TownTabs />
        <Suspense fallback={<Spinner words={t('do.loading')} />}>
          <Routes>
            {leads && <Route path="/queue" element={<Queue />} />}
            {(leads || role === 'department') && <Route path="/incidents/:id" element={<Incident />} />}
            {(role === 'operator' || role === 'supervisor' || role === 'department') && <Route path="/report" element={<Report />} />}
            {role === 'department' && <Route path="/todo" element={<Todo />} />}
            {leads && <Route path="/overdue" element={<Overdue />} />}
            {field && <Route path="/alarms" element={<Alarms />} />}
            {field && <Route path="/alarms/load" element={<AlarmLoad />} />}
            {field && <Route path="/alarms/maintenance" element={<Maintenance />} />}
            {leads && <Route path="/policies" element={<Policies />} />}
            {field && <Route path="/quality" element={<Quality />} />}
            {(role === 'engineer' || role === 'administrator') && <Route path="/quality/replay" element={<Replay />} />}
            {field && <Route path="/channels" element={<Channels />} />}
            {field && <Route path="/devices" element={<Devices />} />}
            {field && <Route path="/devices/:id" element={<Device />} />}
            {leads && <Route path="/grids" element={<Grids />} />}
            {(leads || role === 'department') && <Route path="/figures" element={<Figures />} />}
            {leads && <Route path="/people" element={<People />} />}
            {leads && <Route path="/duty" element={<Duty />} />}
            {leads && <Route path="/scores" element={<Scores />} />}
            {leads && <Route path="/sweeps" element={<Sweeps />} />}
            {leads && <Route path="/sweeps/:id" element={<Sweeps />} />}
            {leads && <Route path="/exercises" element={<Exercises />} />}
            {leads && <Route path="/exercises/:id" element={<Exercises />} />}
            {leads && <Route path="/organisations" element={<Organisations />} />}
            <Route path="*" element={home} />
          </Routes>
        </Suspense>
      </Layout.Content>
    </Layout>
  )
}

function Live({ onIncident, onEnd }: { onIncident: (told: LiveIncident) => void; onEnd: () => void }) {
  const { session } = useSession()
  useLive(session, onIncident, onEnd)
  return null
}
