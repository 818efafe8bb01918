/** What convinced the detectors: the sentence and, where there is one, the curve over its limit. */
import type { Detail } from '../api/types'
import type { Names } from '../events'
import { useT } from '../i18n'
import { second } from '../time'
import { Chart } from './Chart'
import { Panel } from './Panel'
import { whyOf } from './Words'

const SHOWN = 5

export function Evidence({ detail, names }: { detail: Detail; names: Names }) {
  const { t } = useT()
  return (
    <Panel title={t('incident.evidence')}>
      {detail.evidence.length === 0 && <p className="quiet">{t('incident.evidence.none')}</p>}
      <ul className="plain">
        {detail.evidence.slice(0, SHOWN).map((one) => (
          <li key={one.id}>
            <div>
              <time className="mono">{second(one.observed, names.now)}</time> <strong>{names.device(one.device)}</strong>
            </div>
            <div>{whyOf(t, one.reason_code, one.figures, one.reason)}</div>
            {one.evidence.values.length > 1 && (
              <Chart
                points={one.evidence.values}
                unit={one.evidence.unit}
                limit={one.evidence.limit ?? undefined}
                height={90}
              />
            )}
            <span className="quiet">{t('incident.evidence.score', { score: `${Math.round(one.score * 100)}%` })}</span>
          </li>
        ))}
      </ul>
    </Panel>
  )
}
