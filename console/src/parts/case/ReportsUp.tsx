/** Reports to the level above (初报, 续报, 终报): what was made, what is due. */
import type { Detail } from '../../api/types'
import { useT } from '../../i18n'
import { useNow } from '../../serverClock'
import { minute } from '../../time'
import { Panel } from '../Panel'

export function ReportsUp({ detail }: { detail: Detail }) {
  const { t } = useT()
  const now = useNow()
  const { reported_up: made, reports_due: due } = detail
  if (made.length === 0 && due.length === 0) return null
  return (
    <Panel title={t('up.title')}>
      <ul className="plain">
        {made.map((one, place) => (
          <li key={`made ${place}`}>
            ✓ {t(`upstage.${one.stage}`)} <time className="mono quiet">{minute(one.at, now)}</time>
          </li>
        ))}
        {due.map((one, place) => {
          const late = Date.parse(one.due) <= now
          return (
            <li key={`due ${place}`} className={late ? 'tone-missed' : ''}>
              {t(late ? 'up.late' : 'up.due', { stage: t(`upstage.${one.stage}`), due: minute(one.due, now) })}
            </li>
          )
        })}
      </ul>
    </Panel>
  )
}
