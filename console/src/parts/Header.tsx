/** Name, ways, clock, sound, language, sign-out. */
import { BellFilled, BellOutlined, LogoutOutlined, MutedOutlined, SoundOutlined } from '@ant-design/icons'
import { useQuery } from '@tanstack/react-query'
import { Button, Tooltip } from 'antd'
import { NavLink } from 'react-router'

import { counts } from '../api/queries'
import type { Role } from '../api/types'
import { type Key, useT } from '../i18n'
import { useNow } from '../serverClock'
import { useSession } from '../session'
import { second } from '../time'
import { setMuted, useBell, wake } from './bell'
import { LanguageSwitch } from './LanguageSwitch'
import { TownWay } from './TownTabs'

const WAYS: readonly { to: string; key: Key; roles: readonly Role[] }[] = [
  { to: '/todo', key: 'nav.todo', roles: ['department'] },
  { to: '/overdue', key: 'nav.overdue', roles: ['supervisor'] },
  { to: '/queue', key: 'nav.queue', roles: ['operator', 'supervisor', 'administrator'] },
  { to: '/report', key: 'nav.report', roles: ['operator', 'supervisor', 'department'] },
  { to: '/alarms', key: 'nav.alarms', roles: ['operator', 'supervisor', 'administrator', 'engineer'] },
  { to: '/devices', key: 'nav.devices', roles: ['operator', 'supervisor', 'administrator', 'engineer'] },
  { to: '/policies', key: 'nav.policies', roles: ['operator', 'supervisor', 'administrator'] },
  { to: '/quality', key: 'nav.quality', roles: ['operator', 'supervisor', 'administrator', 'engineer'] },
  { to: '/channels', key: 'nav.channels', roles: ['operator', 'supervisor', 'administrator', 'engineer'] },
]

export function Header() {
  const { t } = useT()
  const { session, signOut } = useSession()
  const now = useNow()
  return (
    <header className="top">
      <span className="brand">
        <BellFilled /> {t('app.short')}
      </span>
      <nav aria-label={t('nav.label')}>
        {WAYS.filter((way) => way.roles.includes(session.role)).map((way) => (
          <NavLink key={way.to} to={way.to}>
            {t(way.to === '/report' && session.role !== 'operator' ? 'report.title.up' : way.key)}
            {way.to === '/queue' && <Unconfirmed />}
          </NavLink>
        ))}
        <TownWay />
      </nav>
      <span className="top-right">
        <time className="mono quiet">{second(now, now)}</time>
        {session.role !== 'engineer' && <Sound />}
        <LanguageSwitch />
        <span className="who quiet">{session.person_name}</span>
        <Tooltip title={t('do.signOut')}>
          <Button
            type="text"
            size="small"
            icon={<LogoutOutlined />}
            aria-label={t('do.signOut')}
            onClick={() => void signOut()}
          />
        </Tooltip>
      </span>
    </header>
  )
}

function Unconfirmed() {
  const { t } = useT()
  const { data } = useQuery(counts)
  if (data === undefined || data.unconfirmed === 0) return null
  return (
    <span className="count" aria-label={t('nav.unconfirmed', { n: data.unconfirmed })}>
      {data.unconfirmed}
    </span>
  )
}

function Sound() {
  const { t } = useT()
  const bell = useBell()
  if (bell === 'blocked') {
    return (
      <Button size="small" danger type="primary" icon={<BellOutlined />} onClick={wake}>
        {t('sound.blocked')}
      </Button>
    )
  }
  const ready = bell === 'ready'
  return (
    <Button
      type="text"
      size="small"
      danger={!ready}
      icon={ready ? <SoundOutlined /> : <MutedOutlined />}
      onClick={() => setMuted(ready)}
    >
      {ready ? t('sound.on') : t('sound.off')}
    </Button>
  )
}
