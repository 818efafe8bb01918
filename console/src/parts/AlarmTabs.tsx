/** From the alarms to what keeps them quiet and what they cost. */
import { NavLink } from 'react-router'

import { useT } from '../i18n'

export function AlarmTabs() {
  const { t } = useT()
  return (
    <nav className="tabs" aria-label={t('alarms.title')}>
      <NavLink end to="/alarms">{t('alarms.list')}</NavLink>
      <NavLink to="/alarms/maintenance">{t('maintenance.title')}</NavLink>
      <NavLink to="/alarms/load">{t('load.title')}</NavLink>
    </nav>
  )
}
