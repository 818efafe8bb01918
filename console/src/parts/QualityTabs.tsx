/** From how good detectors are to what other rules would have changed. */
import { NavLink } from 'react-router'

import { useT } from '../i18n'
import { useSession } from '../session'

export function QualityTabs() {
  const { t } = useT()
  const { session } = useSession()
  if (session.role === 'operator' || session.role === 'supervisor') return null
  return (
    <nav className="tabs" aria-label={t('nav.quality')}>
      <NavLink end to="/quality">{t('quality.title')}</NavLink>
      <NavLink to="/quality/replay">{t('replay.title')}</NavLink>
    </nav>
  )
}
