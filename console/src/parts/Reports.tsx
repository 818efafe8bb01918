/** What people reported by telephone or by word of mouth. */
import type { Detail } from '../api/types'
import type { Names } from '../events'
import { personOf } from '../events'
import { useT } from '../i18n'
import { second } from '../time'
import { Panel } from './Panel'

export function Reports({ detail, names }: { detail: Detail; names: Names }) {
  const { t } = useT()
  if (detail.reports.length === 0) return null
  return (
    <Panel title={t('incident.reports')}>
      <ul className="plain">
        {detail.reports.map((one) => (
          <li key={one.id}>
            <p className="words">{one.words}</p>
            <span className="quiet">
              <time className="mono">{second(one.at, names.now)}</time> · {t(`kind.${one.kind}`)} ·{' '}
              {personOf(one.reported_by, names, t)}
              {one.caller != null && one.caller !== '' && ` · ${t('incident.caller', { caller: one.caller })}`}
            </span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
