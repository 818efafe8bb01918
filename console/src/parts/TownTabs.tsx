/** 「治理」: how the town is governed; one way in the header, its pages as tabs beneath it. */
import { NavLink, useLocation } from 'react-router'

import type { Role } from '../api/types'
import { type Key, useT } from '../i18n'
import { useSession } from '../session'

const LEADERS: readonly Role[] = ['operator', 'supervisor', 'administrator']

interface Way {
  to: string
  key: Key
  roles: readonly Role[]
}

/** Pages of the group, in the order of their tabs. */
export const TOWN_WAYS: readonly Way[] = [
  { to: '/grids', key: 'nav.grids', roles: LEADERS },
  { to: '/people', key: 'nav.people', roles: LEADERS },
  { to: '/duty', key: 'nav.duty', roles: LEADERS },
  { to: '/organisations', key: 'nav.organisations', roles: LEADERS },
  { to: '/overdue', key: 'nav.overdue', roles: LEADERS },
  { to: '/figures', key: 'nav.figures', roles: [...LEADERS, 'department'] },
  { to: '/scores', key: 'nav.scores', roles: LEADERS },
  { to: '/sweeps', key: 'nav.sweeps', roles: LEADERS },
  { to: '/exercises', key: 'nav.exercises', roles: LEADERS },
]

export function townWays(role: Role): readonly Way[] {
  return TOWN_WAYS.filter((way) => way.roles.includes(role))
}

export function inTown(path: string): boolean {
  return TOWN_WAYS.some((way) => path === way.to || path.startsWith(`${way.to}/`))
}

/** The way in the header: to the first page that the role may see. */
export function TownWay() {
  const { t } = useT()
  const { session } = useSession()
  const { pathname } = useLocation()
  const first = townWays(session.role)[0]
  if (first === undefined) return null
  return (
    <NavLink to={first.to} className={inTown(pathname) ? 'active' : ''}>
      {t('nav.town')}
    </NavLink>
  )
}

export function TownTabs() {
  const { t } = useT()
  const { session } = useSession()
  const { pathname } = useLocation()
  const ways = townWays(session.role)
  if (!inTown(pathname) || ways.length < 2) return null
  return (
    <nav className="tabs town-tabs" aria-label={t('nav.town')}>
      {ways.map((way) => (
        <NavLink key={way.to} to={way.to}>{t(way.key)}</NavLink>
      ))}
    </nav>
  )
}
